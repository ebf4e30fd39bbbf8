/** What people choose roles by: for which kind of service each is, and what it gives, in a sentence. */
import { catalogue, operationNames, serviceOf, type OperationName } from "../audit/catalogue.ts";
import { permissionsOf, ROLE_NAMES, type RoleName } from "./roles.ts";

/** IBM's two kinds: services that hold something of their own, and those by which an account is managed. */
export const SERVICE_KINDS = ["service", "platform_service"] as const;

export type ServiceKind = (typeof SERVICE_KINDS)[number];

/** Every service that an operation is of. */
export const SERVICES: readonly string[] = [
  ...new Set(operationNames.map((name) => serviceOf(catalogue[name].action))),
];

export function kindOfService(service: string): ServiceKind {
  return /^(?:iam-|user-management$)/.test(service) ? "platform_service" : "service";
}

const platformRoles: ReadonlySet<RoleName> = new Set<RoleName>([
  "Administrator",
  "Editor",
  "Viewer",
  "ServiceIdCreator",
  "UserApiKeyCreator",
]);

/** Which kind of service the role is for. No role is for both, so that a policy need not say. */
export function kindOfRole(role: RoleName): ServiceKind {
  return platformRoles.has(role) ? "platform_service" : "service";
}

export const ROLE_DESCRIPTIONS: Readonly<Record<RoleName, string>> = {
  Manager: "Does everything with secrets, groups and locks, deletion included.",
  Writer: "Reads, creates and changes secrets, and locks them.",
  SecretsReader: "Reads secrets with their values.",
  Reader: "Sees which secrets there are, without their values.",
  SecretTaskUpdater: "Brings the credentials that a task of a custom_credentials secret asks for.",
  Administrator: "Manages users, service IDs, groups, trusted profiles and everyone's policies.",
  Editor: "Manages service IDs and access groups with their members.",
  Viewer: "Sees who and what there is in the account, without credentials.",
  ServiceIdCreator: "Creates service IDs where the account restricts it.",
  UserApiKeyCreator: "Creates API keys of its own where the account restricts it.",
  Auditor: "Searches, follows and exports the audit trail, and asks who has access.",
  Operator:
    "Runs the installation: instances, its own part of the trail, the log as it is, the root key.",
};

/** A role as it is listed: what it gives, all of it or as far as it is of one service. */
export interface ListedRole {
  readonly name: RoleName;
  readonly kind: ServiceKind;
  readonly description: string;
  readonly permissions: readonly OperationName[];
}

/** The roles that give anything of a service; without one, every role. */
export function rolesOf(service?: string): readonly ListedRole[] {
  const isOfService = (name: OperationName): boolean =>
    service === undefined || serviceOf(catalogue[name].action) === service;
  return ROLE_NAMES.map((name) => ({
    name,
    kind: kindOfRole(name),
    description: ROLE_DESCRIPTIONS[name],
    permissions: [...permissionsOf(name)].filter(isOfService),
  })).filter(({ permissions }) => permissions.length > 0);
}
