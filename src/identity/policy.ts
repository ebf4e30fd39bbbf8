/** A policy: gives a subject roles on a resource. What has no policy is refused. */
import { catalogue, serviceOf, type OperationName } from "../audit/catalogue.ts";
import type { Millis } from "../kernel/clock.ts";
import { Refusal } from "../kernel/errors.ts";
import { isUuid } from "../kernel/ids.ts";
import type { PolicyResource } from "./authorize.ts";
import { SERVICES, type ServiceKind } from "./role-kinds.ts";
import {
  isOnTrail,
  isRoleName,
  isServiceWide,
  permissionsOf,
  ROLE_NAMES,
  SERVICE_WITH_INSTANCES,
  type RoleName,
} from "./roles.ts";

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

/** `us-south`: regions are named by whoever sets an installation up. */
const REGION = /^[a-z][a-z0-9-]{0,62}$/;

/** What a policy gives, and to whom: the part of it that people decide on. */
export type PolicyTerms = Pick<Policy, "subject" | "roles" | "resource" | "description">;

/** Which policies of an account; what is left out is not asked for. */
export interface PolicyFilter {
  readonly subject?: string | undefined;
  readonly state?: Policy["state"] | undefined;
  /** Only policies that name this service. */
  readonly service?: string | undefined;
  /** Only policies that give anything on a service of this kind. */
  readonly kind?: ServiceKind | undefined;
}

/** What a list of policies may be sorted by. */
export type PolicyOrder = "id" | "createdAt" | "createdBy" | "modifiedAt" | "modifiedBy" | "state";

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
  const { service, region, instance, secretGroup } = resource;
  if (service !== undefined && !SERVICES.includes(service)) {
    throw invalid("service", `\`service\` must be one of ${SERVICES.join(", ")}.`);
  }
  if (region !== undefined && !REGION.test(region)) {
    throw invalid("region", "`region` must be the name of a region.");
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
  // In one order, so that equal resources are equal texts where they are kept.
  return {
    ...(service === undefined ? {} : { service }),
    ...(region === undefined ? {} : { region }),
    ...(instance === undefined ? {} : { instance: instance.toLowerCase() }),
    ...(secretGroup === undefined ? {} : { secretGroup: secretGroup.toLowerCase() }),
  };
}

/** Of policies of one subject on one resource, the one in force that gives all of these roles already. */
export function coveringPolicy(
  policies: readonly Policy[],
  { id, roles }: Pick<Policy, "id" | "roles">,
): Policy | undefined {
  return policies.find(
    (other) =>
      other.id !== id &&
      other.state === "active" &&
      roles.every((role) => other.roles.includes(role)),
  );
}

/** Whether the policy lets its subject administer everything in the account. */
export function administersAccount(policy: Pick<Policy, "roles" | "resource" | "state">): boolean {
  if (policy.state !== "active") return false;
  return policy.roles.includes("Administrator") && Object.keys(policy.resource).length === 0;
}

function givesAnything(role: RoleName, resource: PolicyResource): boolean {
  return [...permissionsOf(role)].some((name) => reaches(name, resource));
}

/** Whether there can be anything in the resource that the operation is done to, or that it shows. */
function reaches(name: OperationName, resource: PolicyResource): boolean {
  const { region, instance, secretGroup } = resource;
  if (secretGroup !== undefined && isServiceWide(name)) return false;
  const own = serviceOf(catalogue[name].action);
  const { service = isOnTrail(name) ? SERVICE_WITH_INSTANCES : own } = resource;
  if (service !== own && !isOnTrail(name)) return false;
  return (region ?? instance) === undefined || service === SERVICE_WITH_INSTANCES;
}

function invalid(field: string, sentence: string): Refusal {
  return new Refusal("invalid_request", sentence, { field });
}
