/** Tests of texts in DuckDB's SQL: of one text, and of the values at a path. */
import type { GlobPart } from "../../search/ast.ts";
import { fold } from "../../search/fold.ts";
import { literal, toRe2 } from "../../search/pattern.ts";
import { NUMBER_TEXT } from "../../search/plan.ts";
import type { Limit, NumberRange, Plan, TextTest } from "../../search/plan.ts";
import { RECORD_SEPARATOR, UNIT_SEPARATOR } from "../../search/projection.ts";
import type { Parameters } from "./parameters.ts";

export type PathPlan = Extract<Plan, { readonly path: string }>;

/** The two columns of a text: folded, and as written where that differs (else null). */
export interface TextColumns {
  readonly folded: string;
  readonly written: string;
}

export function textSql(test: TextTest, { folded, written }: TextColumns, to: Parameters): string {
  if (!test.exactCase) return testSql(folded, test, to);
  const exact = testSql(`coalesce(${written}, ${folded})`, test, to);
  if (test.kind !== "equals" && test.kind !== "prefix") return exact;
  // What is equal in exact case is equal folded, and that can be looked up without computing anything.
  return `(${testSql(folded, { ...test, text: fold(test.text) }, to)} and ${exact})`;
}

function testSql(text: string, test: TextTest, to: Parameters): string {
  switch (test.kind) {
    case "equals":
      return `${text} = ${to.text(test.text)}`;
    case "prefix":
      return `starts_with(${text}, ${to.text(test.text)})`;
    case "contains":
      return `contains(${text}, ${to.text(test.text)})`;
    case "glob":
      return `${text} like ${to.text(likePattern(test.parts))} escape '\\'`;
    case "regex":
      return `regexp_full_match(${text}, ${to.text(toRe2(test.pattern))})`;
    case "between":
    default:
      return limitsSql(text, test, (value) => to.text(value));
  }
}

function likePattern(parts: readonly GlobPart[]): string {
  return parts
    .map((part) => {
      if (part.kind === "text") return part.text.replaceAll(/[\\%_]/g, "\\$&");
      return part.kind === "run" ? "%" : "_";
    })
    .join("");
}

/** A test of the values at a path, on the columns that hold the joined values of `search/projection.ts`. */
export function pathSql(plan: PathPlan, columns: TextColumns, to: Parameters): string {
  const { folded } = columns;
  const mark = RECORD_SEPARATOR + plan.path + UNIT_SEPARATOR;
  switch (plan.kind) {
    case "path-present": {
      const below = `${RECORD_SEPARATOR}${plan.path}.`;
      return `(contains(${folded}, ${to.text(mark)}) or contains(${folded}, ${to.text(below)}))`;
    }
    case "path-number": {
      const isNumber = `regexp_full_match(x, ${to.text(NUMBER_TEXT.source)})`;
      const inRange = numberSql("try_cast(x as double)", plan.range, to);
      const values = pathValues(folded, plan.path, to);
      return someValue(values, `${isNumber} and ${inRange}`);
    }
    case "path-text":
    default: {
      const { test } = plan;
      const source = test.exactCase ? writtenData(plan.path, columns, to) : folded;
      if (test.kind === "equals" || test.kind === "prefix") {
        const end = test.kind === "equals" ? RECORD_SEPARATOR : "";
        return `contains(${source}, ${to.text(mark + test.text + end)})`;
      }
      return someValue(pathValues(source, plan.path, to), testSql("x", test, to));
    }
  }
}

/** Whether any of a list of values passes a test on `x`. */
function someValue(values: string, test: string): string {
  return `len(list_filter(${values}, lambda x: ${test})) > 0`;
}

/** The data in which the values at a path stand as they were written. */
export function writtenData(path: string, columns: TextColumns, to: Parameters): string {
  const mark = to.text(RECORD_SEPARATOR + path + UNIT_SEPARATOR);
  const { written, folded } = columns;
  return `(case when contains(${written}, ${mark}) then ${written} else ${folded} end)`;
}

/** The list of the values at a path, from joined values. */
export function pathValues(source: string, path: string, to: Parameters): string {
  const mark = toRe2(literal(RECORD_SEPARATOR + path + UNIT_SEPARATOR));
  return `regexp_extract_all(${source}, ${to.text(`${mark}([^\\x1e]*)`)}, 1)`;
}

function numberSql(number: string, range: NumberRange, to: Parameters): string {
  return limitsSql(number, range, (value) => to.double(value));
}

interface Limits<T> {
  readonly min: Limit<T> | undefined;
  readonly max: Limit<T> | undefined;
}

function limitsSql<T>(of: string, { min, max }: Limits<T>, bind: (value: T) => string): string {
  const limits: string[] = [];
  if (min !== undefined) limits.push(`${of} ${min.inclusive ? ">=" : ">"} ${bind(min.value)}`);
  if (max !== undefined) limits.push(`${of} ${max.inclusive ? "<=" : "<"} ${bind(max.value)}`);
  return limits.length === 0 ? "true" : `(${limits.join(" and ")})`;
}
