/** Filters on secrets as SQL, over `secrets s`. */
import {
  hasWords,
  termOf,
  wordsIn,
  type Condition,
  type Term,
} from "../../secrets/secret-filter.ts";
import type { Instance } from "../../secrets/secret.ts";
import type { SecretFilter } from "../../secrets/store.ts";
import { fieldMatchFilter, prefixFilter, textsFilter } from "./secret-matches.ts";
import type { Database, Value } from "./database.ts";

export interface Filter {
  readonly where: string;
  readonly values: readonly Value[];
}

export function filterOf(at: Instance, filter: SecretFilter): Filter {
  const { search, groups, secretTypes, matchAllLabels } = filter;
  const parts: [where: string, value: Value][] = [
    ["s.account = ?", at.account],
    ["s.instance = ?", at.instance],
  ];
  if (groups) parts.push(["s.group_id IN (SELECT value FROM json_each(?))", list(groups)]);
  if (secretTypes) parts.push(["s.type IN (SELECT value FROM json_each(?))", list(secretTypes)]);
  if (search !== undefined) parts.push(["instr(s.search_text, ?) > 0", search.toLowerCase()]);
  if (!filter.includesDeleted) parts.push(["s.deletion_due_at IS ?", null]);
  if (matchAllLabels) {
    const missing =
      "SELECT 1 FROM json_each(?) WHERE value NOT IN (SELECT value FROM json_each(s.labels))";
    parts.push([`NOT EXISTS (${missing})`, list(matchAllLabels)]);
  }
  const { texts, fieldMatch, namePrefix } = filter;
  return joined([
    ...parts.map(([where, value]) => ({ where, values: [value] })),
    ...(texts ? [textsFilter(texts)] : []),
    ...(fieldMatch ? [fieldMatchFilter(fieldMatch)] : []),
    ...(namePrefix === undefined ? [] : [prefixFilter(namePrefix)]),
  ]);
}

export function joined(filters: readonly Filter[]): Filter {
  return {
    where: filters.map(({ where }) => where).join(" AND "),
    values: filters.flatMap(({ values }) => values),
  };
}

/** Makes `has_words`, which conditions ask with, known to the connection. */
export function defineWords(db: Database): void {
  db.define("has_words", (text, words) =>
    Number(typeof text === "string" && hasWords(text, String(words).split(" ").filter(Boolean))),
  );
}

/** `region` is that of the instance. The same keys give the same text, so that there are few to prepare. */
export function conditionsOf(conditions: readonly Condition[], region: string): Filter {
  const sorted = conditions.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  return joined(sorted.map((condition) => conditionOf(condition, region)));
}

function conditionOf({ key, values }: Condition, region: string): Filter {
  const terms = values.map(termOf).toSorted((a, b) => Number(a.isNegated) - Number(b.isNegated));
  const tests = terms.map((term) => signed(term, testsOf[key](term.text, region)));
  const any = {
    where: `(${tests.map(({ where }) => where).join(" OR ")})`,
    values: tests.flatMap((test) => test.values),
  };
  return key === "name" ? joined([...rangeOf(terms), any]) : any;
}

/** What is not known does not hold, and so its negation does. */
function signed({ isNegated }: Term, { where, values }: Filter): Filter {
  return { where: `(${where}) IS ${isNegated ? "NOT " : ""}TRUE`, values };
}

/** Names in which to look at all, where all terms say what they begin with: an index finds those. */
function rangeOf(terms: readonly Term[]): readonly Filter[] {
  if (terms.some(({ isNegated }) => isNegated)) return [];
  const texts = terms.map(({ text }) => text);
  // Names are ASCII: after all that begin with a text comes that text with what comes after ASCII.
  const ends = texts.map((text) => `${text}\u{10FFFF}`);
  const range = [texts.toSorted()[0] ?? "", ends.toSorted().at(-1) ?? ""];
  return [{ where: "s.name >= ? AND s.name < ?", values: range }];
}

type Test = (text: string, region: string) => Filter;

const testsOf: Readonly<Record<Condition["key"], Test>> = {
  name: (text) => ({ where: "instr(s.name, ?) = 1", values: [text] }),
  description: (text) => inWords("s.description", text, "lower(s.description)"),
  "tag-key": (text) => ofTags("instr(t.key, ?) = 1", text),
  "tag-value": (text) => ofTags("instr(t.value, ?) = 1", text),
  // Of what has a replica, or is one.
  "primary-region": (text, region) => ({
    where: `instr(coalesce(s.primary_region,
      CASE WHEN EXISTS (SELECT 1 FROM secrets r WHERE r.replica_of = s.id) THEN ? END), ?) = 1`,
    values: [region, text],
  }),
  // No other service keeps its secrets here.
  "owning-service": () => ({ where: "FALSE", values: [] }),
  all: (text) => {
    const words = wordsIn(text).join(" ");
    const tags =
      "EXISTS (SELECT 1 FROM json_each(s.tags) t WHERE has_words(t.key, ?) OR has_words(t.value, ?))";
    return {
      where: `(instr(s.search_text, ?) > 0 OR instr(lower(s.tags), ?) > 0)
        AND (has_words(s.name, ?) OR has_words(s.description, ?) OR ${tags})`,
      values: [...Array.from({ length: 2 }, () => rarest(text)), words, words, words, words],
    };
  },
};

/** The text that is looked at first is cheap to search, and has every word that the exact answer depends on. */
function inWords(column: string, text: string, searchable: string): Filter {
  return {
    where: `instr(${searchable}, ?) > 0 AND has_words(${column}, ?)`,
    values: [rarest(text), wordsIn(text).join(" ")],
  };
}

/** What may be asked for is the same in JSON as it is. */
function ofTags(test: string, text: string): Filter {
  return {
    where: `instr(s.tags, ?) > 0 AND EXISTS (SELECT 1 FROM json_each(s.tags) t WHERE ${test})`,
    values: [text, text],
  };
}

/** The longest word. */
function rarest(text: string): string {
  return wordsIn(text).reduce(
    (longest, word) => (word.length > longest.length ? word : longest),
    "",
  );
}

function list(values: readonly string[]): string {
  return JSON.stringify(values);
}
