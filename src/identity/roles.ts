/**
 * The roles and what each may do. The four service roles are IBM Secrets Manager's, action for action
 * (secrets-manager `iam.md`); Administrator is the platform role over identities; Auditor reads the trail.
 */
import { catalogue, operationNames, serviceOf, type OperationName } from "../audit/catalogue.ts";

export const ROLE_NAMES = [
  "Manager",
  "Writer",
  "SecretsReader",
  "Reader",
  "Administrator",
  "Auditor",
  "Operator",
] as const;

export type RoleName = (typeof ROLE_NAMES)[number];

const seeing: readonly OperationName[] = [
  "secret.list",
  "secret.metadata.read",
  "version.list",
  "version.metadata.read",
  "secret-group.list",
  "secret-group.read",
  "secret-lock.list",
  "secret-lock.list-all",
  "version-lock.list",
];

/** Payloads: what a Reader cannot see. */
const reading: readonly OperationName[] = ["secret.read", "version.read"];

const writing: readonly OperationName[] = [
  "secret.create",
  "secret.metadata.update",
  "secret.action",
  "version.create",
  "version.action",
  "version.metadata.update",
  "version.data.delete",
  "secret-lock.create",
  "version-lock.create",
];

const managing: readonly OperationName[] = [
  "secret.delete",
  "secret-lock.delete",
  "version-lock.delete",
  "secret-group.create",
  "secret-group.update",
  "secret-group.delete",
];

const administering: readonly OperationName[] = [
  "user.create",
  "user.list",
  "user.delete",
  "serviceid.create",
  "serviceid.list",
  "serviceid.delete",
  "user-apikey.create",
  "user-apikey.delete",
  "serviceid-apikey.create",
  "serviceid-apikey.delete",
  "apikey.list",
  "policy.create",
  "policy.list",
  "policy.delete",
];

const auditing: readonly OperationName[] = [
  "event.search",
  "event.read",
  "event.summarize",
  "event.tail",
  "event.export",
  "receipt.read",
];

const permissions: Readonly<Record<RoleName, ReadonlySet<OperationName>>> = {
  Reader: new Set(seeing),
  SecretsReader: new Set([...seeing, ...reading]),
  Writer: new Set([...seeing, ...reading, ...writing]),
  Manager: new Set([...seeing, ...reading, ...writing, ...managing]),
  Administrator: new Set(administering),
  Auditor: new Set(auditing),
  // Runs the installation: also sees the operator's own stream of the trail, and the log's entries as they are.
  Operator: new Set([...auditing, "log.read", "root-key.read", "root-key.rotate"]),
};

export function permissionsOf(role: RoleName): ReadonlySet<OperationName> {
  return permissions[role];
}

export function isRoleName(text: string): text is RoleName {
  return (ROLE_NAMES as readonly string[]).includes(text);
}

/** Every role that may do it; for messages and documentation. */
export function rolesAllowing(permission: OperationName): readonly RoleName[] {
  return ROLE_NAMES.filter((role) => permissions[role].has(permission));
}

/** Operations on an instance or an account as a whole, which a role on one secret group does not give. */
const serviceWide: ReadonlySet<OperationName> = new Set<OperationName>([
  "secret-group.create",
  ...operationNames.filter((name) => serviceOf(catalogue[name].action) !== "secrets-manager"),
]);

export function isServiceWide(permission: OperationName): boolean {
  return serviceWide.has(permission);
}
