/** A query as it was written: the syntax tree, before any field is known. Offsets are UTF-16 units into the query. */

/**
 * How a field is compared. `match` is `:`; the others are LogDNA's: `:=` prefix with exact case, `:==` the whole
 * value in any case, `:===` the whole value in exact case.
 */
export type Operator = "match" | "prefix-case" | "equals" | "equals-case";

export type GlobPart =
  | { readonly kind: "text"; readonly text: string }
  /** `*`: any run of characters, also none. */
  | { readonly kind: "run" }
  /** `?`: exactly one character. */
  | { readonly kind: "one" };

/** One end of a range; an open end (`*`) is no bound at all. */
export interface Bound {
  readonly text: string;
  readonly inclusive: boolean;
  readonly at: number;
}

export type Value =
  | { readonly kind: "word"; readonly text: string; readonly at: number }
  | { readonly kind: "phrase"; readonly text: string; readonly at: number }
  | { readonly kind: "glob"; readonly parts: readonly GlobPart[]; readonly at: number }
  | { readonly kind: "regex"; readonly source: string; readonly at: number }
  | {
      readonly kind: "range";
      readonly min: Bound | undefined;
      readonly max: Bound | undefined;
      readonly at: number;
    }
  /** `f:*`: the field has a value. */
  | { readonly kind: "present"; readonly at: number };

export interface FieldName {
  readonly name: string;
  readonly at: number;
}

export type Query =
  | { readonly kind: "everything" }
  | { readonly kind: "and"; readonly of: readonly Query[] }
  | { readonly kind: "or"; readonly of: readonly Query[] }
  | { readonly kind: "not"; readonly of: Query }
  | {
      readonly kind: "field";
      readonly field: FieldName;
      readonly operator: Operator;
      readonly value: Value;
    }
  /** A word or phrase without a field: it may stand anywhere in the event. */
  | { readonly kind: "anywhere"; readonly value: Value };
