/**
 * A checked query: every field resolved, every value of its field's kind. A plan is what the back ends run, the
 * SQL of a store and the predicate in memory, and its meaning is defined on rows (`projection.ts`):
 *
 * - A row without a value in a column matches no test of that column; `not` of such a test matches it.
 * - A test with `exactCase` sees the value as it was written; one without sees it folded, and holds folded text.
 * - A path may have several values in one event (arrays); a test holds if it holds for any one of them.
 */
import type { GlobPart } from "./ast.ts";
import type { Field } from "./fields.ts";
import type { Pattern } from "./pattern.ts";

/** Which text is looked at, and the test on it. */
export type TextTest =
  | { readonly kind: "equals"; readonly text: string; readonly exactCase: boolean }
  | { readonly kind: "prefix"; readonly text: string; readonly exactCase: boolean }
  | { readonly kind: "contains"; readonly text: string; readonly exactCase: boolean }
  | { readonly kind: "glob"; readonly parts: readonly GlobPart[]; readonly exactCase: boolean }
  | { readonly kind: "regex"; readonly pattern: Pattern; readonly exactCase: boolean }
  /** By code points, on folded text. */
  | {
      readonly kind: "between";
      readonly min: Limit<string> | undefined;
      readonly max: Limit<string> | undefined;
      readonly exactCase: false;
    };

export interface Limit<T> {
  readonly value: T;
  readonly inclusive: boolean;
}

export interface NumberRange {
  readonly min: Limit<number> | undefined;
  readonly max: Limit<number> | undefined;
}

export type Plan =
  | { readonly kind: "everything" }
  | { readonly kind: "nothing" }
  | { readonly kind: "and"; readonly of: readonly Plan[] }
  | { readonly kind: "or"; readonly of: readonly Plan[] }
  | { readonly kind: "not"; readonly of: Plan }
  | { readonly kind: "text"; readonly field: Field; readonly test: TextTest }
  /** Numbers and times. */
  | { readonly kind: "number"; readonly field: Field; readonly range: NumberRange }
  | { readonly kind: "flag"; readonly field: Field; readonly value: boolean }
  | { readonly kind: "present"; readonly field: Field }
  /** A value at a path that is not a field. */
  | { readonly kind: "path-text"; readonly path: string; readonly test: TextTest }
  /** A value at such a path that reads as a number, see `NUMBER_TEXT`. */
  | { readonly kind: "path-number"; readonly path: string; readonly range: NumberRange }
  /** The path has a value, or a path below it has. */
  | { readonly kind: "path-present"; readonly path: string }
  /** The event is of one of these operations. */
  | { readonly kind: "operations"; readonly names: readonly string[] }
  /** In any of `ANYWHERE_FIELDS`, or among the paths and their values. */
  | { readonly kind: "anywhere"; readonly test: TextTest };

/** Texts at a path that are compared as numbers: what JSON can write, within what a double holds exactly enough. */
export const NUMBER_TEXT = /^-?[0-9]{1,20}(?:\.[0-9]{1,20})?(?:[eE][+-]?[0-9]{1,2})?$/;

export function all(of: readonly Plan[]): Plan {
  const [only] = of;
  if (only === undefined) return { kind: "everything" };
  return of.length === 1 ? only : { kind: "and", of };
}

export function any(of: readonly Plan[]): Plan {
  const [only] = of;
  if (only === undefined) return { kind: "nothing" };
  return of.length === 1 ? only : { kind: "or", of };
}
