/**
 * AWS's managed policies as far as they speak of what there is here, by the roles that give as much. Attaching one makes
 * a policy of these roles, which every wire shows.
 */
import type { PolicyResource } from "./authorize.ts";
import type { Policy } from "./policy.ts";
import { SERVICE_WITH_INSTANCES, type RoleName } from "./roles.ts";

export interface ManagedPolicy {
  /** As AWS calls it: `SecretsManagerReadWrite`. */
  readonly name: string;
  readonly description: string;
  /** In the order of ROLE_NAMES. */
  readonly roles: readonly RoleName[];
  readonly resource: PolicyResource;
}

const ON_SECRETS: PolicyResource = { service: SERVICE_WITH_INSTANCES };

/** Where two give the same, the wider name comes first: a policy that names neither is called by it. */
export const MANAGED_POLICIES: readonly ManagedPolicy[] = [
  {
    name: "AdministratorAccess",
    description: "Everything: secrets, identities, the audit trail and the installation.",
    roles: ["Manager", "Administrator", "Auditor", "Operator"],
    resource: {},
  },
  {
    name: "ReadOnlyAccess",
    description: "Sees secrets without their values, and who and what there is in the account.",
    roles: ["Reader", "Viewer"],
    resource: {},
  },
  {
    name: "SecurityAudit",
    description: "As ReadOnlyAccess, and reads the audit trail.",
    roles: ["Reader", "Viewer", "Auditor"],
    resource: {},
  },
  {
    name: "SecretsManagerReadWrite",
    description: "Everything with secrets, deletion included.",
    roles: ["Manager"],
    resource: ON_SECRETS,
  },
  {
    name: "AWSSecretsManagerClientReadOnlyAccess",
    description: "Reads secrets with their values.",
    roles: ["SecretsReader"],
    resource: ON_SECRETS,
  },
  {
    name: "IAMFullAccess",
    description: "Manages users, service IDs, groups, roles and everyone's policies.",
    roles: ["Administrator"],
    resource: {},
  },
  {
    name: "IAMReadOnlyAccess",
    description: "Sees who and what there is in the account, without credentials.",
    roles: ["Viewer"],
    resource: {},
  },
  {
    name: "AWSCloudTrail_FullAccess",
    description: "Searches, follows and exports the audit trail, which nobody can change.",
    roles: ["Auditor"],
    resource: {},
  },
  {
    name: "AWSCloudTrail_ReadOnlyAccess",
    description: "Searches, follows and exports the audit trail.",
    roles: ["Auditor"],
    resource: {},
  },
];

export function managedPolicyNamed(name: string): ManagedPolicy | undefined {
  return MANAGED_POLICIES.find((one) => one.name === name);
}

/**
 * Which managed policy this one is: it gives just that, under its name or under none. Undefined of every other, and of
 * one that has been deleted.
 */
export function managedPolicyOf(policy: Policy): ManagedPolicy | undefined {
  if (policy.state !== "active") return undefined;
  const equal = MANAGED_POLICIES.filter((one) => terms(one) === terms(policy));
  return equal.find(({ name }) => name === policy.description) ?? equal[0];
}

function terms({ roles, resource }: Pick<ManagedPolicy, "roles" | "resource">): string {
  return JSON.stringify([roles, resource]);
}
