/** Conditions on the claims that an identity provider makes of whoever logs in by it (IBM, "Dynamic rules"). */

export const OPERATORS = [
  "EQUALS",
  "EQUALS_IGNORE_CASE",
  "IN",
  "NOT_EQUALS",
  "NOT_EQUALS_IGNORE_CASE",
  "CONTAINS",
] as const;

export type Operator = (typeof OPERATORS)[number];

export interface Condition {
  readonly claim: string;
  readonly operator: Operator;
  /** JSON, as IBM's wire has it: `"\"engineering\""`, or a list for IN. */
  readonly value: string;
}

/** What an identity provider says of somebody: a claim has one value or several. */
export type Claims = Readonly<Record<string, readonly string[]>>;
