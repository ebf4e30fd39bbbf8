/** Reads a query character by character: words with escapes and wildcards, phrases, fields, ranges and lists. */
import type { Bound, FieldName, GlobPart, Operator, Value } from "./ast.ts";
import { queryError } from "./query-error.ts";

/** A field name and its colon. Not a field: `https://…`, and a CRN pasted as it is. */
const FIELD = /(?!crn:v1:)([A-Za-z_@$][\w@$.-]*):(?!\/\/)/y;
const OPERATOR = /={1,3}/y;
const COMPARISON = /[<>]=?/y;
const KEYWORD = /(AND|OR|NOT)(?=[\s()]|$)|&&|\|\|/y;
/** A regular expression ends at an unescaped slash with nothing after it; `/prod/db` is a path, hence a word. */
const REGEX = /\/((?:[^/\\]|\\.)+)\/(?=[\s)]|$)/y;
const SPACES = /\s*/y;
const RANGE = /^(\s*)("(?:[^"\\]|\\.)*"|\S+)\s+TO\s+("(?:[^"\\]|\\.)*"|\S+)\s*$/;

export type Keyword = "AND" | "OR" | "NOT";

const OPERATORS: Readonly<Record<string, Operator>> = {
  "=": "prefix-case",
  "==": "equals",
  "===": "equals-case",
};
const KEYWORDS: Readonly<Record<string, Keyword>> = {
  "&&": "AND",
  "||": "OR",
  AND: "AND",
  OR: "OR",
  NOT: "NOT",
};

export class Scanner {
  readonly query: string;
  #at = 0;

  constructor(query: string) {
    this.query = query;
  }

  get at(): number {
    return this.#at;
  }

  get done(): boolean {
    return this.#at >= this.query.length;
  }

  /** The character at the cursor, or one further on; empty at the end. */
  peek(ahead = 0): string {
    return this.query.charAt(this.#at + ahead);
  }

  /** Skips white space; true when there was any. */
  skipSpace(): boolean {
    return this.#take(SPACES)?.[0] !== "";
  }

  /** Takes the character if it is the one at the cursor. */
  takeChar(char: string): boolean {
    if (this.done || this.peek() !== char) return false;
    this.#at += 1;
    return true;
  }

  peekKeyword(): Keyword | undefined {
    KEYWORD.lastIndex = this.#at;
    return KEYWORDS[KEYWORD.exec(this.query)?.[0] ?? ""];
  }

  takeKeyword(keyword: Keyword): boolean {
    if (this.peekKeyword() !== keyword) return false;
    this.#take(KEYWORD);
    return true;
  }

  takeField(): FieldName | undefined {
    const at = this.#at;
    const name = this.#take(FIELD)?.[1];
    return name === undefined ? undefined : { name, at };
  }

  takeOperator(): Operator {
    return OPERATORS[this.#take(OPERATOR)?.[0] ?? ""] ?? "match";
  }

  /** `>5`, `>=5`, `<5` or `<=5`: a range open at one end. */
  takeComparison(): Value | undefined {
    const at = this.#at;
    const sign = this.#take(COMPARISON)?.[0];
    if (sign === undefined) return undefined;
    this.skipSpace();
    const boundAt = this.#at;
    const text = this.#plain(this.peek() === '"' ? this.takePhrase() : this.takeWord());
    if (text === "")
      throw queryError({ query: this.query, at: boundAt }, "A value is missing here");
    const bound: Bound = { text, inclusive: sign.endsWith("="), at: boundAt };
    const isLower = sign.startsWith(">");
    return {
      kind: "range",
      min: isLower ? bound : undefined,
      max: isLower ? undefined : bound,
      at,
    };
  }

  takeRegex(): Value | undefined {
    const at = this.#at;
    const source = this.#take(REGEX)?.[1];
    return source === undefined ? undefined : { kind: "regex", source, at };
  }

  /** A phrase in double quotes: `\"` and `\\` are escapes, wildcards are ordinary characters. */
  takePhrase(): Value {
    const at = this.#at;
    let text = "";
    for (this.#at += 1; !this.done; this.#at += 1) {
      const char = this.peek();
      if (char === '"') {
        this.#at += 1;
        return { kind: "phrase", text, at };
      }
      if (char === "\\" && (this.peek(1) === '"' || this.peek(1) === "\\")) {
        this.#at += 1;
        text += this.peek();
      } else {
        text += char;
      }
    }
    throw queryError({ query: this.query, at }, "This quotation mark is never closed");
  }

  /**
   * A word: everything to the next white space or to a `)` that it did not open itself; colons, quotes and
   * brackets inside are part of it. `\` takes the meaning from the next character; `*` and `?` make it a glob.
   */
  takeWord(stops = ""): Value {
    const at = this.#at;
    const parts: GlobPart[] = [];
    let text = "";
    let open = 0;
    for (; !this.done; this.#at += 1) {
      const char = this.peek();
      if (/\s/.test(char) || stops.includes(char)) break;
      if (char === "(") open += 1;
      if (char === ")" && --open < 0) break;
      if (char === "\\" && this.peek(1) !== "") {
        this.#at += 1;
        text += this.peek();
      } else if (char === "*" || char === "?") {
        if (text !== "") parts.push({ kind: "text", text });
        text = "";
        parts.push({ kind: char === "*" ? "run" : "one" });
      } else {
        text += char;
      }
    }
    if (parts.length === 0) return { kind: "word", text, at };
    if (text !== "") parts.push({ kind: "text", text });
    return { kind: "glob", parts, at };
  }

  /**
   * What stands in brackets: a range (`[a TO b]`, `{a TO b}`, or mixed), a list (`[a,b]`), or, in braces
   * without TO, a value protected by them, as the documentation prints it: `app:{crn:v1:…::}`.
   */
  takeBrackets(): readonly Value[] {
    const at = this.#at;
    const open = this.peek();
    const end = this.#closing(at);
    const inside = this.query.slice(at + 1, end);
    const range = RANGE.exec(inside);
    if (range !== null) {
      this.#at = end + 1;
      const [, space = "", min = "", max = ""] = range;
      const minAt = at + 1 + space.length;
      const maxAt = at + 1 + inside.lastIndexOf(max);
      return [
        {
          kind: "range",
          min: boundOf(min, open === "[", minAt),
          max: boundOf(max, this.query.charAt(end) === "]", maxAt),
          at,
        },
      ];
    }
    if (open === "{") {
      this.#at = end + 1;
      return [{ kind: "word", text: inside, at: at + 1 }];
    }
    return this.#takeList();
  }

  #takeList(): readonly Value[] {
    const at = this.#at;
    const values: Value[] = [];
    this.#at += 1;
    for (;;) {
      this.skipSpace();
      const valueAt = this.#at;
      const value = this.peek() === '"' ? this.takePhrase() : this.takeWord(",]");
      if (this.#at === valueAt) {
        throw queryError({ query: this.query, at: valueAt }, "A value is missing in this list");
      }
      values.push(value);
      this.skipSpace();
      if (this.takeChar("]")) return values;
      if (!this.takeChar(",")) {
        throw queryError(
          { query: this.query, at },
          "This is neither a list [a,b] nor a range [a TO b]",
        );
      }
    }
  }

  #closing(at: number): number {
    const closers = this.query.charAt(at) === "[" ? "]}" : "}]";
    let quoted = false;
    for (let end = at + 1; end < this.query.length; end++) {
      const char = this.query.charAt(end);
      if (char === "\\") end += 1;
      else if (char === '"') quoted = !quoted;
      else if (!quoted && closers.includes(char)) return end;
    }
    throw queryError({ query: this.query, at }, "This bracket is never closed");
  }

  #plain(value: Value): string {
    if (value.kind === "word" || value.kind === "phrase") return value.text;
    throw queryError({ query: this.query, at: value.at }, "A wildcard cannot be compared with");
  }

  #take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.query) ?? undefined;
    if (found !== undefined) this.#at = pattern.lastIndex;
    return found;
  }
}

function boundOf(text: string, inclusive: boolean, at: number): Bound | undefined {
  if (text === "*") return undefined;
  const plain = text.startsWith('"') ? text.slice(1, -1) : text;
  return { text: plain.replaceAll(/\\(.)/g, "$1"), inclusive, at };
}
