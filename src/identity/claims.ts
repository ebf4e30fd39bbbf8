/** Conditions on the claims that an identity provider makes of whoever logs in by it (IBM, "Dynamic rules"). */
import { MAX_RECORDED_CHARS } from "../audit/redaction.ts";
import { Refusal } from "../kernel/errors.ts";

export const OPERATORS = [
  "EQUALS",
  "EQUALS_IGNORE_CASE",
  "IN",
  "NOT_EQUALS",
  "NOT_EQUALS_IGNORE_CASE",
  "CONTAINS",
] as const;

export type Operator = (typeof OPERATORS)[number];

export interface Condition {
  readonly claim: string;
  readonly operator: Operator;
  /** JSON, as IBM's wire has it: `"\"engineering\""`, or a list for IN. */
  readonly value: string;
}

/** What an identity provider says of somebody: a claim has one value or several. */
export type Claims = Readonly<Record<string, readonly string[]>>;

/** A condition as somebody asks for it. */
export interface GivenCondition {
  readonly claim: string;
  readonly operator: string;
  readonly value: string;
}

export const MAX_CONDITIONS_PER_RULE = 10;
export const MAX_CLAIM_CHARS = 256;
/** Of a value as it is written and as it is kept: the record of a rule says whom it lets in, and so holds all of it. */
export const MAX_VALUE_CHARS = MAX_RECORDED_CHARS;
export const MAX_VALUES_OF_IN = 100;

const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u;

/**
 * Whether the claims meet every one of the conditions; no conditions are met by nobody. A claim that the provider does
 * not make meets none, not even that it be something else: nothing is gained by what is left unsaid.
 */
export function meetsAll(conditions: readonly Condition[], claims: Claims): boolean {
  return conditions.length > 0 && conditions.every((condition) => meets(condition, claims));
}

/**
 * Of a claim with several values, one has to equal what is asked for, and none what is excluded. CONTAINS asks that
 * the claim have the value among its own: a part of a word does not do, or `engineering` would let in whoever is in
 * `not-engineering`.
 */
function meets({ claim, operator, value }: Condition, claims: Claims): boolean {
  const values = Object.hasOwn(claims, claim) ? (claims[claim] ?? []) : [];
  if (values.length === 0) return false;
  const wanted = new Set(valuesOf(value));
  switch (operator) {
    case "EQUALS":
    case "CONTAINS":
    case "IN":
      return values.some((one) => wanted.has(one));
    case "NOT_EQUALS":
      return !values.some((one) => wanted.has(one));
    case "EQUALS_IGNORE_CASE":
      return meetsIgnoringCase(values, wanted);
    case "NOT_EQUALS_IGNORE_CASE":
      return !meetsIgnoringCase(values, wanted);
  }
}

function meetsIgnoringCase(values: readonly string[], wanted: ReadonlySet<string>): boolean {
  const folded = new Set([...wanted].map((one) => one.toLowerCase()));
  return values.some((one) => folded.has(one.toLowerCase()));
}

/**
 * The conditions in the form in which they are kept: each value as JSON. A value may be given as JSON, as IBM's wire
 * has it, or as plain text; for IN as a list, or as the one value of a list. Throws `invalid_request`.
 */
export function checkedConditions(given: readonly GivenCondition[]): readonly Condition[] {
  if (given.length < 1 || given.length > MAX_CONDITIONS_PER_RULE) {
    throw invalid(`There must be between 1 and ${MAX_CONDITIONS_PER_RULE} conditions.`);
  }
  return given.map(checkedCondition);
}

function checkedCondition({ claim, operator: name, value }: GivenCondition): Condition {
  const operator = OPERATORS.find((one) => one === name);
  if (operator === undefined) {
    throw invalid(`The operator of a condition is one of ${OPERATORS.join(", ")}.`);
  }
  if (!isPlain(claim, MAX_CLAIM_CHARS)) {
    throw invalid(`The claim of a condition has 1 to ${MAX_CLAIM_CHARS} printable characters.`);
  }
  assertLength(value);
  const values = valuesOf(value);
  if (values.length < 1 || values.length > MAX_VALUES_OF_IN) {
    throw invalid(`The list of a condition has between 1 and ${MAX_VALUES_OF_IN} values.`);
  }
  if (!values.every((one) => isPlain(one, MAX_VALUE_CHARS))) {
    throw invalid("The value of a condition is a text of printable characters, or for IN a list.");
  }
  const [only] = values;
  if (operator !== "IN" && (values.length > 1 || only === undefined)) {
    throw invalid("Only the operator IN takes a list of values.");
  }
  const kept = JSON.stringify(operator === "IN" ? values : only);
  assertLength(kept);
  return { claim, operator, value: kept };
}

function assertLength(value: string): void {
  if (value.length <= MAX_VALUE_CHARS) return;
  throw invalid(`The value of a condition has at most ${MAX_VALUE_CHARS} characters, as JSON.`);
}

/** What is no JSON text and no list of such is plain text, and stands for itself: `42`, `engineering`. */
function valuesOf(value: string): readonly string[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    return [value];
  }
  if (typeof parsed === "string") return [parsed];
  if (!Array.isArray(parsed)) return [value];
  // What is no text in a list becomes one that no check lets pass.
  return parsed.map((one: unknown) => (typeof one === "string" ? one : ""));
}

function isPlain(text: string, maxChars: number): boolean {
  return text.trim() !== "" && text.length <= maxChars && !UNPRINTABLE.test(text);
}

function invalid(sentence: string): Refusal {
  return new Refusal("invalid_request", sentence, { field: "conditions" });
}
