/**
 * From a plan to DuckDB's SQL. Names of columns come from our own table of fields, numbers of terms from the
 * dictionary; every value from a query is a bound parameter. The SQL of a plan may be null where the predicate
 * says false; `not` and `where` treat the two alike.
 */
import type { Plan } from "../../search/plan.ts";
import type { NumberRange } from "../../search/plan.ts";
import { writtenColumn } from "../../search/projection.ts";
import type { Selection } from "../../search/event-index.ts";
import { ANYWHERE_FIELDS, EVENT_TIME } from "../../search/fields.ts";
import type { Parameters } from "./parameters.ts";
import { dictionaryOf } from "./schema.ts";
import { termColumns, termCondition } from "./terms.ts";
import type { Lookup } from "./terms.ts";
import { textSql } from "./text-sql.ts";

/** Where a statement's values go, and the terms that were looked up for it. */
export interface Statement {
  readonly to: Parameters;
  readonly lookup: Lookup;
}

/** The condition of a `where`. */
export function selectionSql({ plan, from, to: until }: Selection, statement: Statement): string {
  const min = from === undefined ? undefined : { value: from, inclusive: true };
  const max = until === undefined ? undefined : { value: until, inclusive: false };
  const conditions = [planSql(plan, statement)];
  if (min !== undefined || max !== undefined) {
    conditions.unshift(rangeSql(EVENT_TIME.column, { min, max }, statement.to));
  }
  return conditions.join(" and ");
}

export function planSql(plan: Plan, statement: Statement): string {
  switch (plan.kind) {
    case "and":
    case "or":
      return `(${plan.of.map((part) => planSql(part, statement)).join(` ${plan.kind} `)})`;
    case "not":
      return `(${planSql(plan.of, statement)} is not true)`;
    case "everything":
      return "true";
    case "nothing":
      return "false";
    case "number":
      return rangeSql(plan.field.column, plan.range, statement.to);
    case "flag":
      return `${plan.field.column} = ${plan.value}`;
    case "present":
      return `${plan.field.column} is not null`;
    case "text":
      return dictionaryOf(plan.field.column) === undefined
        ? plainText(plan, statement)
        : termSql(plan, statement);
    case "anywhere":
      return anywhereSql(plan, statement);
    case "operations":
    case "path-text":
    case "path-number":
    case "path-present":
    default:
      return termSql(plan, statement);
  }
}

function plainText({ field, test }: Extract<Plan, { kind: "text" }>, { to }: Statement): string {
  return textSql(test, { folded: field.column, written: writtenColumn(field) }, to);
}

function anywhereSql(plan: Extract<Plan, { kind: "anywhere" }>, statement: Statement): string {
  const plain = ANYWHERE_FIELDS.filter((field) => dictionaryOf(field.column) === undefined);
  const tests = plain.map((field) =>
    plainText({ kind: "text", field, test: plan.test }, statement),
  );
  return `(${[...tests, termSql(plan, statement)].join(" or ")})`;
}

/** The event's term, in any of the columns that a test is about, is one of those that pass it. */
function termSql(plan: Plan, { to, lookup }: Statement): string {
  const conditions: string[] = [];
  for (const column of termColumns(plan)) {
    const found = lookup.get(plan)?.get(column) ?? [];
    if (found === "many") {
      const passing = `field = ${dictionaryOf(column)} and ${termCondition(plan, to)}`;
      conditions.push(`${column} in (select id from terms where ${passing})`);
    } else if (found.length > 0) {
      conditions.push(`${column} in (${found.join(", ")})`);
    }
  }
  return conditions.length === 0 ? "false" : `(${conditions.join(" or ")})`;
}

/** Beyond any value that a row holds (those are safe integers) and within what BIGINT holds. */
const FARTHEST = 2 ** 62;

/** A range of a column of whole numbers. */
function rangeSql(column: string, { min, max }: NumberRange, to: Parameters): string {
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
