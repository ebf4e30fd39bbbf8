/** A policy: gives a subject roles on a resource. What has no policy is refused. */
import { catalogue, operationNames, serviceOf } from "../audit/catalogue.ts";
import type { Millis } from "../kernel/clock.ts";
import { Refusal } from "../kernel/errors.ts";
import { isUuid } from "../kernel/ids.ts";
import type { PolicyResource } from "./authorize.ts";
import { isRoleName, isServiceWide, permissionsOf, ROLE_NAMES, type RoleName } from "./roles.ts";

export interface Policy {
  readonly id: string;
  readonly account: string;
  /** Who is given the roles: the IAM id of a user, service ID or trusted profile, or the id of an access group. */
  readonly subject: string;
  readonly roles: readonly RoleName[];
  readonly resource: PolicyResource;
  readonly description: string;
  /** A deleted one gives nothing, and can be made active again. */
  readonly state: "active" | "deleted";
  readonly entityTag: string;
  readonly createdAt: Millis;
  readonly createdBy: string;
  readonly modifiedAt: Millis;
  readonly modifiedBy: string;
}

export const MAX_POLICIES_PER_SUBJECT = 1_000;
/** The secret group that every instance has. */
export const DEFAULT_SECRET_GROUP = "default";

const services: ReadonlySet<string> = new Set(
  Object.values(catalogue).map(({ action }) => serviceOf(action)),
);

/** Distinct known roles, in the order of ROLE_NAMES. */
export function checkedRoles(names: readonly string[]): readonly RoleName[] {
  const unknown = names.find((name) => !isRoleName(name));
  if (unknown !== undefined || names.length === 0) {
    const sentence = `\`roles\` must name one or more of ${ROLE_NAMES.join(", ")}.`;
    throw new Refusal("invalid_request", sentence, { field: "roles" });
  }
  return ROLE_NAMES.filter((role) => names.includes(role));
}

/**
 * The resource of a policy, with its ids checked for form. Refuses one on which a role would give nothing, since
 * whoever wrote it means something else by it.
 */
export function checkedResource(
  resource: PolicyResource,
  roles: readonly RoleName[],
): PolicyResource {
  const { service, instance, secretGroup } = resource;
  if (service !== undefined && !services.has(service)) {
    throw invalid("service", `\`service\` must be one of ${[...services].join(", ")}.`);
  }
  if (instance !== undefined && !isUuid(instance)) {
    throw invalid("instance", "`instance` must be the id of an instance.");
  }
  if (secretGroup !== undefined && secretGroup !== DEFAULT_SECRET_GROUP && !isUuid(secretGroup)) {
    throw invalid("secretGroup", "`secretGroup` must be `default` or the id of a secret group.");
  }
  const idle = roles.find((role) => !givesAnything(role, resource));
  if (idle !== undefined)
    throw invalid("roles", `The role ${idle} gives nothing on this resource.`);
  return {
    ...(service === undefined ? {} : { service }),
    ...(instance === undefined ? {} : { instance }),
    ...(secretGroup === undefined ? {} : { secretGroup }),
  };
}

/** Whether the policy lets its subject administer everything in the account. */
export function administersAccount(policy: Pick<Policy, "roles" | "resource" | "state">): boolean {
  if (policy.state !== "active") return false;
  return policy.roles.includes("Administrator") && Object.keys(policy.resource).length === 0;
}

function givesAnything(role: RoleName, { service, secretGroup }: PolicyResource): boolean {
  const permissions = permissionsOf(role);
  return operationNames.some(
    (name) =>
      permissions.has(name) &&
      (service === undefined || serviceOf(catalogue[name].action) === service) &&
      (secretGroup === undefined || !isServiceWide(name)),
  );
}

function invalid(field: string, sentence: string): Refusal {
  return new Refusal("invalid_request", sentence, { field });
}
