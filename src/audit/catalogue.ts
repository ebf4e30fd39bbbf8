/**
 * The catalogue: one row for each thing that can happen, with its names in every vocabulary. Authorisation (the
 * permission is the operation), severity, redaction, search and the documentation are all read from here.
 */
import { accessRows } from "./catalogue/access.ts";
import { deliveryRows } from "./catalogue/delivery.ts";
import { documentRows } from "./catalogue/documents.ts";
import { encryptionRows } from "./catalogue/encryption.ts";
import { engineRows } from "./catalogue/engines.ts";
import { identityRows } from "./catalogue/identity.ts";
import { loginRows } from "./catalogue/logins.ts";
import { configurationRows } from "./catalogue/configurations.ts";
import { instanceRows } from "./catalogue/instances.ts";
import { pkiRows } from "./catalogue/pki.ts";
import { recoveryRows } from "./catalogue/recovery.ts";
import type { Kind, Row } from "./catalogue/row.ts";
import { secretLifeRows } from "./catalogue/secret-life.ts";
import { secretRows } from "./catalogue/secrets.ts";
import { stagedSecretRows } from "./catalogue/staged-secrets.ts";
import { trailRows } from "./catalogue/trail.ts";
import { trustRows } from "./catalogue/trust.ts";

export type { Kind, Row } from "./catalogue/row.ts";

const table = {
  ...secretRows,
  ...secretLifeRows,
  ...stagedSecretRows,
  ...configurationRows,
  ...instanceRows,
  ...identityRows,
  ...accessRows,
  ...trustRows,
  ...loginRows,
  ...documentRows,
  ...recoveryRows,
  ...encryptionRows,
  ...pkiRows,
  ...engineRows,
  ...deliveryRows,
  ...trailRows,
};

export type OperationName = keyof typeof table;

/** The operations of one kind, so that a read cannot be declared as a change; but for those that make what they give. */
export type OperationOfKind<K extends Kind> = {
  [Name in OperationName]: (typeof table)[Name]["kind"] extends K
    ? Name
    : [K, (typeof table)[Name]] extends ["change", { readonly madeWhenRead: true }]
      ? Name
      : never;
}[OperationName];

type LastWord<Action> = Action extends `${string}.${string}.${infer Last}` ? Last : never;

/** The last words of IBM's actions: a table over these cannot forget the verb of a new row. */
export type Verb = LastWord<(typeof table)[OperationName]["action"]>;

type FirstWord<Name> = Name extends `${infer First}.${string}` ? First : never;

/** The first words of the operations' names, what they are about: `secret` of `secret.metadata.read`. */
export type Subject = FirstWord<OperationName>;

type Placeholders<Path> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;

/** What stands in braces in DSV's paths. */
export type DsvPlaceholder = Placeholders<(typeof table)[OperationName]["dsv"][0]>;

export const catalogue: Readonly<Record<OperationName, Row>> = table;

export const operationNames = Object.keys(table) as readonly OperationName[];

/** The service of an IBM action: `secrets-manager` of `secrets-manager.secret.read`. */
export function serviceOf(action: string): string {
  return action.slice(0, action.indexOf("."));
}

export function verbOf(operation: OperationName): Verb {
  const { action } = catalogue[operation];
  return action.slice(action.lastIndexOf(".") + 1) as Verb;
}

export function subjectOf(operation: OperationName): Subject {
  return operation.slice(0, operation.indexOf(".")) as Subject;
}

/** Names that operations had before: lines of the log keep them, and are read as what they are called now. */
const FORMER_NAMES: Readonly<Record<string, OperationName>> = {
  "siem.create": "destination.create",
  "siem.read": "destination.read",
  "siem.list": "destination.list",
  "siem.update": "destination.update",
  "siem.delete": "destination.delete",
};

/** What an operation is called now that a line of the log names. */
export function operationNamed<Name extends string>(name: Name): Name | OperationName {
  return Object.hasOwn(FORMER_NAMES, name) ? (FORMER_NAMES[name] ?? name) : name;
}
