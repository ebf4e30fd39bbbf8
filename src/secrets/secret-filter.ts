/** What a list of secrets is narrowed by, in the terms of AWS's clients (AWS Secrets Manager, `Filter`). */
import { Refusal } from "../kernel/errors.ts";
import type { Position, Sort } from "./paging.ts";
import type { ListedSecret } from "./store.ts";

export const FILTER_KEYS = [
  "description",
  "name",
  "tag-key",
  "tag-value",
  "primary-region",
  "owning-service",
  "all",
] as const;

export type FilterKey = (typeof FILTER_KEYS)[number];

/**
 * Holds if one of its values does. A value that begins with `!` holds where the rest of it does not. `description` and
 * `all` ask for words, whatever their case: each has to begin one of the text's, with `all` one of the same text's. The
 * others ask what a text begins with.
 */
export interface Condition {
  readonly key: FilterKey;
  readonly values: readonly string[];
}

export const MAX_CONDITIONS = 10;
export const MAX_CONDITION_VALUES = 10;
export const MAX_CONDITION_CHARS = 512;

export const DESCRIBED_SORT_FIELDS = ["createdAt", "updatedAt", "retrievedAt", "name"] as const;

export type DescribedSortField = (typeof DESCRIBED_SORT_FIELDS)[number];

/** All of the conditions have to hold. */
export interface DescribedQuery {
  readonly conditions: readonly Condition[];
  /** Ids of groups; left out: all. */
  readonly groups?: readonly string[] | undefined;
  readonly includesDeleted: boolean;
  /** Of the instance: the primary region of what is replicated from there. */
  readonly region: string;
  readonly sort: Sort<DescribedSortField>;
  /** Where the page before has ended. */
  readonly after?: Position | undefined;
  readonly limit: number;
}

/** With what a description of it takes from elsewhere. */
export interface DescribedSecret extends ListedSecret {
  readonly position: Position;
  /** The ids of the versions that carry a staging label, by their numbers. */
  readonly labelled: ReadonlyMap<number, string>;
  readonly hasReplicas: boolean;
}

export interface Term {
  readonly text: string;
  readonly isNegated: boolean;
}

export function termOf(value: string): Term {
  const isNegated = value.startsWith("!");
  return { text: isNegated ? value.slice(1) : value, isNegated };
}

/** What people write about their secrets is not recorded, nor is what of it they look for. */
const FREE_TEXT: ReadonlySet<FilterKey> = new Set(["description", "all"]);

/** For the record: with the values of those conditions only that ask for names. */
export function recordedConditions(
  conditions: readonly Condition[] | undefined,
): readonly Partial<Condition>[] | undefined {
  return conditions?.map((one) => (FREE_TEXT.has(one.key) ? { key: one.key } : one));
}

/** Refuses more than there may be, and a condition that asks for nothing. */
export function checkConditions(conditions: readonly Condition[]): void {
  const isFew = conditions.length <= MAX_CONDITIONS;
  const areFit = conditions.every(
    ({ values }) =>
      values.length > 0 &&
      values.length <= MAX_CONDITION_VALUES &&
      values.every((value) => value.length <= MAX_CONDITION_CHARS),
  );
  if (isFew && areFit) return;
  throw new Refusal(
    "invalid_request",
    `There are up to ${MAX_CONDITIONS} filters, each of 1 to ${MAX_CONDITION_VALUES} values of up to ${MAX_CONDITION_CHARS} characters.`,
    { field: "filters" },
  );
}

/**
 * In lower case. A capital letter begins a word too: `dbPassword` is two. Only ASCII is folded: nothing else stands in
 * what is asked for.
 */
export function wordsIn(text: string): readonly string[] {
  return text
    .replaceAll(/(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/gu, " ")
    .split(NO_WORD)
    .filter((word) => word !== "")
    .map(folded);
}

const NO_WORD = /[^\p{L}\p{N}]+/u;

function folded(text: string): string {
  return text.replaceAll(/[A-Z]+/g, (capitals) => capitals.toLowerCase());
}

/** Whether each of the words, and there is one, begins a word of the text; `dbpass` begins `dbPassword` too. */
export function hasWords(text: string, words: readonly string[]): boolean {
  if (words.length === 0) return false;
  const whole = text.split(NO_WORD).map(folded);
  const all = [...wordsIn(text), ...whole];
  return words.every((word) => all.some((one) => one.startsWith(word)));
}
