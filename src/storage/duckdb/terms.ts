/** Looks up which terms of the dictionaries a plan's tests are about, before the events are asked. */
import { ANYWHERE_FIELDS, OPERATION } from "../../search/fields.ts";
import type { Plan } from "../../search/plan.ts";
import type { Ask } from "./database.ts";
import { Parameters } from "./parameters.ts";
import { DATA_COLUMN, dictionaryOf } from "./schema.ts";
import { pathSql, textSql } from "./text-sql.ts";

/** More numbers than this are not written into a statement: it looks them up itself. */
export const MAX_LISTED_TERMS = 2_000;

const COLUMNS = { folded: "folded", written: "written" };

/** The numbers that pass a plan's test, by column; `many` when they are too many to list. */
export type FoundTerms = ReadonlyMap<string, readonly number[] | "many">;
export type Lookup = ReadonlyMap<Plan, FoundTerms>;

/** The condition on the dictionary's rows by which a plan's test holds; undefined for plans without a text. */
export function termCondition(plan: Plan, to: Parameters): string | undefined {
  switch (plan.kind) {
    case "text":
      return dictionaryOf(plan.field.column) === undefined
        ? undefined
        : textSql(plan.test, COLUMNS, to);
    case "anywhere":
      return textSql(plan.test, COLUMNS, to);
    case "operations":
      return `folded in (${plan.names.map((name) => to.text(name)).join(", ")})`;
    case "path-text":
    case "path-number":
    case "path-present":
      return pathSql(plan, COLUMNS, to);
    case "everything":
    case "nothing":
    case "and":
    case "or":
    case "not":
    case "number":
    case "flag":
    case "present":
    default:
      return undefined;
  }
}

/** The columns in whose dictionaries a plan's test is made. */
export function termColumns(plan: Plan): readonly string[] {
  if (plan.kind === "text") return [plan.field.column];
  if (plan.kind === "operations") return [OPERATION.column];
  if (plan.kind === "anywhere") {
    const columns = [...ANYWHERE_FIELDS.map((field) => field.column), DATA_COLUMN];
    return columns.filter((column) => dictionaryOf(column) !== undefined);
  }
  return [DATA_COLUMN];
}

/**
 * Looks up the terms of every test in the plan. Has to see the same state of the index as the statement that uses
 * them: in a later state a term may be new, and `not` would then find what it should not.
 */
export async function lookUpTerms(plan: Plan, ask: Ask): Promise<Lookup> {
  const lookup = new Map<Plan, FoundTerms>();
  for (const leaf of leavesOf(plan)) lookup.set(leaf, await find(leaf, ask));
  return lookup;
}

async function find(plan: Plan, ask: Ask): Promise<FoundTerms> {
  const to = new Parameters();
  const found = new Map<string, readonly number[] | "many">();
  if (plan.kind === "operations" && plan.names.length === 0) return found;
  const condition = termCondition(plan, to);
  if (condition === undefined) return found;
  const numbers = termColumns(plan).map((column) => dictionaryOf(column) ?? -1);
  const rows = await ask(
    `select field, list(id) filter (where nth <= ${MAX_LISTED_TERMS + 1}) from
       (select field, id, row_number() over (partition by field) as nth from terms
        where field in (${numbers.join(", ")}) and ${condition})
     group by field`,
    to,
  );
  const byNumber = new Map(rows.map(([field, ids]) => [Number(field), listed(ids)]));
  for (const column of termColumns(plan)) {
    const ids = byNumber.get(dictionaryOf(column) ?? -1) ?? [];
    found.set(column, ids.length > MAX_LISTED_TERMS ? "many" : ids);
  }
  return found;
}

function listed(list: unknown): readonly number[] {
  if (typeof list !== "object" || list === null || !("items" in list)) return [];
  return Array.isArray(list.items) ? list.items.map(Number) : [];
}

function leavesOf(plan: Plan): readonly Plan[] {
  if (plan.kind === "and" || plan.kind === "or") return plan.of.flatMap(leavesOf);
  return plan.kind === "not" ? leavesOf(plan.of) : [plan];
}
