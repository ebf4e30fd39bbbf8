/**
 * Patterns of the policy grammar: `*` for any characters, `?` for one, `${key}` for what a condition key says of the
 * request (AWS IAM, "Policy variables"). Matched in the product of the lengths at worst, without recursion.
 */

/** A character by its code, or one of the wildcards. */
type Unit = number;
const ANY: Unit = -1;
const ONE: Unit = -2;

interface Variable {
  readonly key: string;
  readonly fallback: string | null;
}

export interface Pattern {
  readonly text: string;
  readonly parts: readonly (Unit | Variable)[];
  readonly hasVariables: boolean;
  /** Whether it can match more than one text. */
  readonly isWild: boolean;
}

/** What a condition key, in lower case, says of a request: nothing where the request has no such key. */
export type KeyValues = (key: string) => readonly string[] | undefined;

const NO_KEYS: KeyValues = () => undefined;
const VARIABLE = /^\$\{([^{}$,']{1,256})(?:,[ ]?'([^'{}]{0,256})')?\}/;
/** `${*}` and the like: the character itself. */
const ESCAPED: ReadonlySet<string> = new Set(["*", "?", "$"]);

export interface PatternForm {
  /** Not in policies of 2008, nor where only a comparison is meant. */
  readonly hasVariables: boolean;
  readonly hasWildcards: boolean;
}

/** Undefined for a text with a variable that is none. */
export function patternOf(text: string, form: PatternForm): Pattern | undefined {
  const parts: (Unit | Variable)[] = [];
  for (let i = 0; i < text.length;) {
    if (form.hasVariables && text.startsWith("${", i)) {
      const match = VARIABLE.exec(text.slice(i, i + 600));
      if (!match) return undefined;
      const [whole, name = "", fallback] = match;
      if (ESCAPED.has(name)) parts.push(name.charCodeAt(0));
      else parts.push({ key: name.trim().toLowerCase(), fallback: fallback ?? null });
      i += whole.length;
    } else {
      parts.push(unitAt(text, i, form.hasWildcards));
      i += 1;
    }
  }
  return {
    text,
    parts,
    hasVariables: parts.some((part) => typeof part === "object"),
    isWild: parts.some((part) => part === ANY || part === ONE),
  };
}

/** For patterns that the code itself writes, and for those that are known to have no variables. */
export function plainPattern(text: string): Pattern {
  const parts = Array.from({ length: text.length }, (_, i) => unitAt(text, i, true));
  return { text, parts, hasVariables: false, isWild: /[*?]/.test(text) };
}

/** A variable that the request has no single value for matches nothing. */
export function isMatch(pattern: Pattern, text: string, keys: KeyValues = NO_KEYS): boolean {
  const units = unitsOf(pattern, keys);
  return units !== undefined && isMatching(units, text);
}

function unitAt(text: string, i: number, hasWildcards: boolean): Unit {
  const char = text.charCodeAt(i);
  if (!hasWildcards) return char;
  if (char === 0x2a) return ANY;
  return char === 0x3f ? ONE : char;
}

function unitsOf({ parts, hasVariables }: Pattern, keys: KeyValues): readonly Unit[] | undefined {
  if (!hasVariables) return parts as readonly Unit[];
  const units: Unit[] = [];
  for (const part of parts) {
    if (typeof part === "number") {
      units.push(part);
      continue;
    }
    const values = keys(part.key);
    const value = values?.length === 1 ? values[0] : (part.fallback ?? undefined);
    if (value === undefined) return undefined;
    // What a request says is text, whatever characters it has.
    for (let i = 0; i < value.length; i++) units.push(value.charCodeAt(i));
  }
  return units;
}

/** Goes back to the last `*` only: what earlier ones have matched need never be more. */
function isMatching(units: readonly Unit[], text: string): boolean {
  let at = 0;
  let unit = 0;
  let lastAny = -1;
  let resume = 0;
  while (at < text.length) {
    const wanted = units[unit];
    if (wanted === ANY) {
      lastAny = unit++;
      resume = at;
    } else if (wanted === ONE || wanted === text.charCodeAt(at)) {
      unit++;
      at++;
    } else if (lastAny >= 0) {
      unit = lastAny + 1;
      at = ++resume;
    } else {
      return false;
    }
  }
  while (units[unit] === ANY) unit++;
  return unit === units.length;
}
