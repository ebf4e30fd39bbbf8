/**
 * From a plan to DuckDB's SQL. Names of columns come from our own table of fields; every value from a query is a
 * bound parameter. The SQL of a plan may be null where the predicate says false; `not` and `where` treat them alike.
 */
import { BIGINT, DOUBLE, VARCHAR } from "@duckdb/node-api";
import type { DuckDBType, DuckDBValue } from "@duckdb/node-api";
import type { GlobPart } from "../../search/ast.ts";
import { ANYWHERE_FIELDS, OPERATION } from "../../search/fields.ts";
import { fold } from "../../search/fold.ts";
import { literal, toRe2 } from "../../search/pattern.ts";
import { NUMBER_TEXT } from "../../search/plan.ts";
import type { Limit, NumberRange, Plan, TextTest } from "../../search/plan.ts";
import { RECORD_SEPARATOR, UNIT_SEPARATOR, writtenColumn } from "../../search/projection.ts";

/** Collects a statement's values and says how each is written in it. */
export class Parameters {
  readonly values: DuckDBValue[] = [];
  readonly types: DuckDBType[] = [];

  text(value: string): string {
    return this.#add(value, VARCHAR);
  }

  /** A whole number; typed as the columns are, because a conversion of the column would scan all of it. */
  integer(value: number): string {
    return this.#add(BigInt(value), BIGINT);
  }

  double(value: number): string {
    return this.#add(value, DOUBLE);
  }

  #add(value: DuckDBValue, type: DuckDBType): string {
    this.values.push(value);
    this.types.push(type);
    return `$${this.values.length}`;
  }
}

type PathPlan = Extract<Plan, { readonly path: string }>;

export function planSql(plan: Plan, to: Parameters): string {
  switch (plan.kind) {
    case "and":
    case "or":
      return `(${plan.of.map((part) => planSql(part, to)).join(` ${plan.kind} `)})`;
    case "not":
      return `(${planSql(plan.of, to)} is not true)`;
    case "everything":
      return "true";
    case "nothing":
      return "false";
    case "text":
      return fieldText(plan, to);
    case "number":
      return integerRange(plan.field.column, { range: plan.range, to });
    case "flag":
      return `${plan.field.column} = ${plan.value}`;
    case "present":
      return `${plan.field.column} is not null`;
    case "operations": {
      const names = plan.names.map((name) => to.text(name));
      return names.length === 0 ? "false" : `${OPERATION.column} in (${names.join(", ")})`;
    }
    case "anywhere":
      return anywhere(plan.test, to);
    case "path-text":
    case "path-number":
    case "path-present":
    default:
      return pathSql(plan, to);
  }
}

function fieldText({ field, test }: Extract<Plan, { kind: "text" }>, to: Parameters): string {
  const { column } = field;
  if (!test.exactCase) return textTest(column, { test, to });
  const written = textTest(`coalesce(${writtenColumn(field)}, ${column})`, { test, to });
  if (test.kind !== "equals" && test.kind !== "prefix") return written;
  // What is equal in exact case is equal folded, and that the store can look up without computing anything.
  return `(${textTest(column, { test: { ...test, text: fold(test.text) }, to })} and ${written})`;
}

interface TestOf {
  readonly test: TextTest;
  readonly to: Parameters;
}

/** The test of one text, an SQL expression. */
function textTest(text: string, { test, to }: TestOf): string {
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
    default: {
      const { min, max } = test;
      const limits = [
        ...(min === undefined
          ? []
          : [`${text} ${min.inclusive ? ">=" : ">"} ${to.text(min.value)}`]),
        ...(max === undefined
          ? []
          : [`${text} ${max.inclusive ? "<=" : "<"} ${to.text(max.value)}`]),
      ];
      return `(${limits.join(" and ")})`;
    }
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

function anywhere(test: TextTest, to: Parameters): string {
  const columns = [...ANYWHERE_FIELDS.map((field) => field.column), "data"];
  return `(${columns.map((column) => textTest(column, { test, to })).join(" or ")})`;
}

function pathSql(plan: PathPlan, to: Parameters): string {
  const mark = RECORD_SEPARATOR + plan.path + UNIT_SEPARATOR;
  switch (plan.kind) {
    case "path-present": {
      const below = `${RECORD_SEPARATOR}${plan.path}.`;
      return `(contains(data, ${to.text(mark)}) or contains(data, ${to.text(below)}))`;
    }
    case "path-number": {
      const isNumber = `regexp_full_match(x, ${to.text(NUMBER_TEXT.source)})`;
      const inRange = doubleRange("try_cast(x as double)", { range: plan.range, to });
      return someValue({ source: "data", path: plan.path, test: `${isNumber} and ${inRange}` }, to);
    }
    case "path-text":
    default: {
      const { test } = plan;
      if (test.kind === "equals" || test.kind === "prefix") {
        const sought = to.text(mark + test.text + (test.kind === "equals" ? RECORD_SEPARATOR : ""));
        if (!test.exactCase) return `contains(data, ${sought})`;
        return `contains(${writtenData(plan.path, to)}, ${sought})`;
      }
      const source = test.exactCase ? writtenData(plan.path, to) : "data";
      return someValue({ source, path: plan.path, test: textTest("x", { test, to }) }, to);
    }
  }
}

interface SomeValue {
  readonly source: string;
  readonly path: string;
  /** On `x`, a value. */
  readonly test: string;
}

/** Whether any value at the path passes; rows without the path are turned away before values are taken out. */
function someValue({ source, path, test }: SomeValue, to: Parameters): string {
  const mark = RECORD_SEPARATOR + path + UNIT_SEPARATOR;
  const values = pathValues(source, path, to);
  return `(contains(data, ${to.text(mark)}) and len(list_filter(${values}, lambda x: ${test})) > 0)`;
}

/** The data in which the values at a path stand as they were written. */
export function writtenData(path: string, to: Parameters): string {
  const mark = to.text(RECORD_SEPARATOR + path + UNIT_SEPARATOR);
  return `(case when contains(data_cs, ${mark}) then data_cs else data end)`;
}

/** The list of the values at a path. */
export function pathValues(source: string, path: string, to: Parameters): string {
  const mark = toRe2(literal(RECORD_SEPARATOR + path + UNIT_SEPARATOR));
  return `regexp_extract_all(${source}, ${to.text(`${mark}([^\\x1e]*)`)}, 1)`;
}

interface RangeOf {
  readonly range: NumberRange;
  readonly to: Parameters;
}

/** Beyond any value that a row holds (those are safe integers) and within what BIGINT holds. */
const FARTHEST = 2 ** 62;

export function integerRange(column: string, { range: { min, max }, to }: RangeOf): string {
  const limits: string[] = [];
  if (min !== undefined) {
    const least = min.inclusive ? Math.ceil(min.value) : Math.floor(min.value) + 1;
    limits.push(`${column} >= ${to.integer(clamped(least))}`);
  }
  if (max !== undefined) {
    const most = max.inclusive ? Math.floor(max.value) : Math.ceil(max.value) - 1;
    limits.push(`${column} <= ${to.integer(clamped(most))}`);
  }
  return limits.length === 0 ? `${column} is not null` : `(${limits.join(" and ")})`;
}

function clamped(value: number): number {
  return Math.max(-FARTHEST, Math.min(FARTHEST, value));
}

function doubleRange(number: string, { range: { min, max }, to }: RangeOf): string {
  const limit = (sign: "<" | ">", { value, inclusive }: Limit<number>): string =>
    `${number} ${sign}${inclusive ? "=" : ""} ${to.double(value)}`;
  const limits = [
    ...(min === undefined ? [] : [limit(">", min)]),
    ...(max === undefined ? [] : [limit("<", max)]),
  ];
  return limits.length === 0 ? "true" : limits.join(" and ");
}
