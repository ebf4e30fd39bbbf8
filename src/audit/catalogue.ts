/**
 * The catalogue: one row for each thing that can happen, with its names in every vocabulary. Authorisation (the
 * permission is the operation), severity, redaction, search and the documentation are all read from here.
 */
import { accessRows } from "./catalogue/access.ts";
import { identityRows } from "./catalogue/identity.ts";
import { loginRows } from "./catalogue/logins.ts";
import type { Kind, Row } from "./catalogue/row.ts";
import { secretRows } from "./catalogue/secrets.ts";
import { trailRows } from "./catalogue/trail.ts";
import { trustRows } from "./catalogue/trust.ts";

export type { Kind, Row } from "./catalogue/row.ts";

const table = {
  ...secretRows,
  ...identityRows,
  ...accessRows,
  ...trustRows,
  ...loginRows,
  ...trailRows,
};

export type OperationName = keyof typeof table;

/** The operations of one kind, so that a read cannot be declared as a change. */
export type OperationOfKind<K extends Kind> = {
  [Name in OperationName]: (typeof table)[Name]["kind"] extends K ? Name : never;
}[OperationName];

export const catalogue: Readonly<Record<OperationName, Row>> = table;

export const operationNames = Object.keys(table) as readonly OperationName[];

/** The service of an IBM action: `secrets-manager` of `secrets-manager.secret.read`. */
export function serviceOf(action: string): string {
  return action.slice(0, action.indexOf("."));
}
