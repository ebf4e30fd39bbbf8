/** What DSV's clients narrow lists of secrets by, as SQL over `secrets s`. */
import type { FieldMatch } from "../../secrets/store.ts";
import type { Value } from "./database.ts";
import type { Filter } from "./secret-filter.ts";

/** Texts and numbers anywhere in the metadata; of numbers, what they look like. */
const IN_METADATA = `EXISTS (SELECT 1 FROM json_tree(coalesce(s.custom_metadata, '{}')) m
  WHERE m.atom IS NOT NULL AND instr(lower(m.atom), ?) > 0)`;

export function textsFilter(texts: readonly string[]): Filter {
  const tests = texts.map(() => `instr(s.search_text, ?) > 0 OR ${IN_METADATA}`);
  return {
    where: `(${tests.join(" OR ")})`,
    values: texts.flatMap((text) => [text.toLowerCase(), text.toLowerCase()]),
  };
}

export function fieldMatchFilter({ field, comparison, value }: FieldMatch): Filter {
  const [looked, values] = lookedAt(field);
  if (typeof value === "number") {
    const isNumber = "f.type IN ('integer', 'real') AND f.value = ?";
    return where(looked, isNumber, [...values, value]);
  }
  return where(looked, TESTS[comparison], [...values, value]);
}

/** Of the exact text: paths and attributes are case-sensitive. */
const TESTS: Readonly<Record<FieldMatch["comparison"], string>> = {
  equal: "CAST(f.value AS TEXT) = ?",
  contains: "instr(CAST(f.value AS TEXT), ?) > 0",
  begins_with: "instr(CAST(f.value AS TEXT), ?) = 1",
};

function where(looked: string, test: string, values: readonly Value[]): Filter {
  return { where: `EXISTS (SELECT 1 FROM ${looked} f WHERE ${test})`, values };
}

/** Each step of the way into the metadata is a value of the statement, whatever its characters are. */
function lookedAt(field: FieldMatch["field"]): readonly [sql: string, values: readonly string[]] {
  if (typeof field === "string") return [`(SELECT s.${field} AS value, 'text' AS type)`, []];
  const [first = "", ...further] = field.metadata;
  const start = "json_each(coalesce(s.custom_metadata, '{}')) j0";
  const steps = further.map(
    (_, i) =>
      `JOIN json_each(CASE j${i}.type WHEN 'object' THEN j${i}.value ELSE '{}' END) j${i + 1}`,
  );
  const last = `j${further.length}`;
  const keys = field.metadata.map((_, i) => `j${i}.key = ?`).join(" AND ");
  const sql = `(SELECT ${last}.value, ${last}.type FROM ${[start, ...steps].join(" ")} WHERE ${keys})`;
  return [sql, [first, ...further]];
}

/** Names are ASCII: after all that begin with a text comes that text with what comes after ASCII. */
export function prefixFilter(prefix: string): Filter {
  return { where: "s.name >= ? AND s.name < ?", values: [prefix, `${prefix}\u{10FFFF}`] };
}
