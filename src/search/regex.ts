/** Reads the subset of regular expressions that `pattern.ts` describes; refuses the rest with its position. */
import type { CodeRange, Pattern } from "./pattern.ts";

export const MAX_REGEX_LENGTH = 256;
/** The most that `{m,n}` may ask for. */
export const MAX_REPETITIONS = 100;

/** Why and where (an offset into the expression) it cannot be used. */
export class RegexError extends Error {
  override readonly name = "RegexError";
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

const DIGIT: readonly CodeRange[] = [[0x30, 0x39]];
const WORD: readonly CodeRange[] = [...DIGIT, [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]];
const SPACE: readonly CodeRange[] = [
  [0x09, 0x0a],
  [0x0c, 0x0d],
  [0x20, 0x20],
];
const CLASSES: Readonly<Record<string, readonly CodeRange[]>> = { d: DIGIT, w: WORD, s: SPACE };
const CONTROLS: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", f: "\f" };
const QUANTIFIER = /^(?:[*+?]|\{(\d{1,4})(,?)(\d{0,4})\})/;

/** Parses an expression that has to match a whole value; a leading `^` and a trailing `$` say nothing more. */
export function parseRegex(source: string): Pattern {
  if (source.length > MAX_REGEX_LENGTH) {
    throw new RegexError(`A regular expression has at most ${MAX_REGEX_LENGTH} characters`, 0);
  }
  const start = source.startsWith("^") ? 1 : 0;
  const end = /(?:^|[^\\])(?:\\\\)*\$$/.test(source) ? source.length - 1 : source.length;
  return new RegexParser(source.slice(0, end), start).parse();
}

class RegexParser {
  readonly #source: string;
  #at: number;

  constructor(source: string, at: number) {
    this.#source = source;
    this.#at = at;
  }

  parse(): Pattern {
    const pattern = this.#choice();
    if (this.#at < this.#source.length) throw this.#error("This parenthesis was never opened");
    return pattern;
  }

  #choice(): Pattern {
    const of = [this.#sequence()];
    while (this.#take("|")) of.push(this.#sequence());
    return { kind: "choice", of };
  }

  #sequence(): Pattern {
    const of: Pattern[] = [];
    while (this.#at < this.#source.length && !"|)".includes(this.#peek())) {
      of.push(this.#quantified(this.#atom()));
    }
    return { kind: "sequence", of };
  }

  #quantified(of: Pattern): Pattern {
    const found = QUANTIFIER.exec(this.#source.slice(this.#at));
    if (found === null) return of;
    const [text, least = "0", comma = "", most = ""] = found;
    const min = text === "+" ? 1 : Number(least);
    const max = text === "?" ? 1 : maxOf(text, { min, comma, most });
    if (min > max || min > MAX_REPETITIONS || (max !== Infinity && max > MAX_REPETITIONS)) {
      throw this.#error(`A repetition goes up to ${MAX_REPETITIONS}`);
    }
    this.#at += text.length;
    if (QUANTIFIER.test(this.#source.slice(this.#at))) {
      throw this.#error("A quantifier cannot follow another one");
    }
    return { kind: "repeat", of, min, max };
  }

  #atom(): Pattern {
    const char = this.#peek();
    if (char === "(") return this.#group();
    if (char === "[") return this.#class();
    if (char === "\\") return this.#escape();
    if ("*+?{".includes(char)) throw this.#error("There is nothing here to repeat");
    if ("^$".includes(char)) throw this.#error("The whole value is matched: no anchors inside");
    this.#at += char.length;
    return char === "." ? { kind: "any" } : { kind: "char", code: char.codePointAt(0) ?? 0 };
  }

  #group(): Pattern {
    const at = this.#at;
    this.#at += this.#source.startsWith("(?:", at) ? 3 : 1;
    if (this.#peek() === "?") throw this.#error("Only plain groups ( ) are understood");
    const inside = this.#choice();
    if (!this.#take(")")) throw this.#error("This parenthesis is never closed", at);
    return inside;
  }

  #escape(): Pattern {
    const ranges = this.#shorthand();
    if (ranges !== undefined) return ranges;
    return { kind: "char", code: this.#literalEscape() };
  }

  /** `\d`, `\D` and their kin. */
  #shorthand(): Extract<Pattern, { kind: "class" }> | undefined {
    const letter = this.#source.charAt(this.#at + 1);
    const ranges = CLASSES[letter.toLowerCase()];
    if (ranges === undefined || letter === "") return undefined;
    this.#at += 2;
    return { kind: "class", negated: letter !== letter.toLowerCase(), ranges };
  }

  #literalEscape(): number {
    const at = this.#at;
    this.#at += 1;
    const char = this.#peek();
    this.#at += char.length;
    const control = CONTROLS[char];
    if (control === undefined && /^[A-Za-z0-9]?$/.test(char)) {
      throw this.#error(`\\${char} is not understood here`, at);
    }
    return (control ?? char).codePointAt(0) ?? 0;
  }

  #class(): Pattern {
    const at = this.#at;
    this.#at += 1;
    const negated = this.#take("^");
    const ranges: CodeRange[] = [];
    while (!this.#take("]")) {
      if (this.#at >= this.#source.length) throw this.#error("This bracket is never closed", at);
      const shorthand = this.#peek() === "\\" ? this.#shorthand() : undefined;
      if (shorthand?.negated === true)
        throw this.#error("\\D, \\W and \\S cannot stand in a class");
      ranges.push(...(shorthand?.ranges ?? [this.#range()]));
    }
    if (ranges.length === 0) throw this.#error("This class is empty", at);
    return { kind: "class", negated, ranges };
  }

  #range(): CodeRange {
    const at = this.#at;
    const first = this.#classChar();
    if (this.#peek() !== "-" || "]".includes(this.#source.charAt(this.#at + 1)))
      return [first, first];
    this.#at += 1;
    const last = this.#classChar();
    if (last < first) throw this.#error("This range goes backwards", at);
    return [first, last];
  }

  #classChar(): number {
    const char = this.#peek();
    if (char === "\\") return this.#literalEscape();
    if (char === "[") throw this.#error("Write \\[ for a bracket inside a class");
    this.#at += char.length;
    return char.codePointAt(0) ?? 0;
  }

  /** The character at the cursor, whole even when it takes two UTF-16 units; empty at the end. */
  #peek(): string {
    const code = this.#source.codePointAt(this.#at);
    return code === undefined ? "" : String.fromCodePoint(code);
  }

  #take(char: string): boolean {
    if (this.#peek() !== char) return false;
    this.#at += 1;
    return true;
  }

  #error(message: string, at = this.#at): RegexError {
    return new RegexError(message, at);
  }
}

function maxOf(
  text: string,
  counts: { readonly min: number; readonly comma: string; readonly most: string },
): number {
  if (text === "*" || text === "+") return Infinity;
  if (counts.comma === "") return counts.min;
  return counts.most === "" ? Infinity : Number(counts.most);
}
