/** Runs a plan in memory, on one row at a time: for the live tail, and as the meaning every store is held to. */
import { ANYWHERE_FIELDS, OPERATION } from "./fields.ts";
import type { Field } from "./fields.ts";
import { NUMBER_TEXT } from "./plan.ts";
import type { NumberRange, Plan, TextTest } from "./plan.ts";
import { RECORD_SEPARATOR, UNIT_SEPARATOR, writtenColumn } from "./projection.ts";
import type { EventRow } from "./projection.ts";
import { compileTextTest } from "./text-test.ts";

export type Predicate = (row: EventRow) => boolean;

export function compilePredicate(plan: Plan): Predicate {
  switch (plan.kind) {
    case "and": {
      const parts = plan.of.map(compilePredicate);
      return (row) => parts.every((part) => part(row));
    }
    case "or": {
      const parts = plan.of.map(compilePredicate);
      return (row) => parts.some((part) => part(row));
    }
    case "not": {
      const part = compilePredicate(plan.of);
      return (row) => !part(row);
    }
    case "everything":
      return () => true;
    case "nothing":
      return () => false;
    case "operations": {
      const names = new Set<unknown>(plan.names);
      return (row) => names.has(row[OPERATION.column]);
    }
    case "anywhere":
      return anywhere(plan.test);
    case "path-text":
    case "path-number":
    case "path-present":
      return pathPredicate(plan);
    case "text":
    case "number":
    case "flag":
    case "present":
    default:
      return fieldPredicate(plan);
  }
}

type FieldPlan = Extract<Plan, { readonly field: Field }>;
type PathPlan = Extract<Plan, { readonly path: string }>;

function fieldPredicate(plan: FieldPlan): Predicate {
  const { column } = plan.field;
  switch (plan.kind) {
    case "text":
      return textPredicate(plan.field, plan.test);
    case "number": {
      const holds = inRange(plan.range);
      return (row) => holds(row[column]);
    }
    case "flag":
      return (row) => row[column] === plan.value;
    case "present":
    default:
      return (row) => row[column] !== undefined;
  }
}

function textPredicate(field: Field, test: TextTest): Predicate {
  const matches = compileTextTest(test);
  const written = writtenColumn(field);
  return (row) => {
    const text = (test.exactCase ? row[written] : undefined) ?? row[field.column];
    return typeof text === "string" && matches(text);
  };
}

function pathPredicate(plan: PathPlan): Predicate {
  switch (plan.kind) {
    case "path-text": {
      const matches = compileTextTest(plan.test);
      return (row) => valuesAt(row, plan.path, plan.test.exactCase).some(matches);
    }
    case "path-number": {
      const holds = inRange(plan.range);
      return (row) =>
        valuesAt(row, plan.path).some((text) => NUMBER_TEXT.test(text) && holds(Number(text)));
    }
    case "path-present":
    default: {
      const marks = [UNIT_SEPARATOR, "."].map((end) => RECORD_SEPARATOR + plan.path + end);
      return (row) => marks.some((mark) => String(row["data"] ?? "").includes(mark));
    }
  }
}

/** The values at a path: as written, or folded. */
export function valuesAt(row: EventRow, path: string, asWritten = false): readonly string[] {
  const written = asWritten ? valuesIn(row["data_cs"], path) : [];
  return written.length > 0 ? written : valuesIn(row["data"], path);
}

function valuesIn(data: EventRow[string] | undefined, path: string): string[] {
  if (typeof data !== "string") return [];
  const mark = RECORD_SEPARATOR + path + UNIT_SEPARATOR;
  const values: string[] = [];
  for (let at = data.indexOf(mark); at >= 0; at = data.indexOf(mark, at)) {
    const start = at + mark.length;
    at = data.indexOf(RECORD_SEPARATOR, start);
    values.push(data.slice(start, at));
  }
  return values;
}

function anywhere(test: TextTest): Predicate {
  const matches = compileTextTest(test);
  return (row) =>
    ANYWHERE_FIELDS.some((field) => {
      const text = row[field.column];
      return typeof text === "string" && matches(text);
    }) ||
    (typeof row["data"] === "string" && matches(row["data"]));
}

function inRange({ min, max }: NumberRange): (value: unknown) => boolean {
  return (value) => {
    if (typeof value !== "number") return false;
    if (min !== undefined && (min.inclusive ? value < min.value : value <= min.value)) return false;
    return max === undefined || (max.inclusive ? value <= max.value : value < max.value);
  };
}
