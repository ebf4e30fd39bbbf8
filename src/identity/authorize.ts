/** The decision: may this identity do this operation here? The permission is the operation's own name. */
import type { OperationName } from "../audit/catalogue.ts";
import { OPERATOR_ACCOUNT, type Place } from "../audit/crn.ts";
import { isServiceWide, permissionsOf, type RoleName } from "./roles.ts";

/** What is acted on, as policies speak of it. Unset `secretGroup`: the instance, or account, as a whole. */
export interface Resource {
  readonly service: string;
  readonly place: Place;
  readonly secretGroup?: string;
}

/** The part of a place in which an operation is allowed. */
export type Scope =
  | { readonly kind: "all" }
  | { readonly kind: "groups"; readonly groups: ReadonlySet<string> };

/** What a policy grants its roles on; what is left out is not restricted. */
export interface PolicyResource {
  readonly service?: string;
  readonly region?: string;
  readonly instance?: string;
  readonly secretGroup?: string;
}

export interface Grant {
  readonly roles: readonly RoleName[];
  readonly resource: PolicyResource;
  /** Of a membership that a login gave: when it ends. */
  readonly until?: number;
}

/** What every call of an identity is judged by. */
export interface Access {
  readonly grants: readonly Grant[];
  /** Where its account lets calls come from; see `addresses.ts`. */
  readonly allowedIpAddresses: readonly string[];
}

/** Whether any of the grants gives the permission on the resource. */
export function isAllowed(
  grants: readonly Grant[],
  permission: OperationName,
  resource: Resource,
): boolean {
  return grants.some((grant) => covers(grant, permission, resource));
}

/** Where within the resource's place the permission is given: everywhere, or in which secret groups. */
export function scopeOf(
  grants: readonly Grant[],
  permission: OperationName,
  resource: Resource,
): Scope {
  if (isAllowed(grants, permission, resource)) return { kind: "all" };
  const groups = new Set<string>();
  for (const grant of grants) {
    const { secretGroup } = grant.resource;
    if (secretGroup !== undefined && gives(grant, permission, resource)) groups.add(secretGroup);
  }
  return { kind: "groups", groups };
}

/** A part of all there is, as policies bound it; what is left out is not bounded. */
export interface Part {
  readonly account?: string;
  readonly service?: string;
  readonly region?: string;
  readonly instance?: string;
}

/**
 * Every part of an account in which the permission is given as a whole: what a search of the trail may show. Whoever
 * operates the installation, without bounds, also sees what belongs to no account: the operator's own stream.
 */
export function partsOf(
  grants: readonly Grant[],
  permission: OperationName,
  account: string,
): readonly Part[] {
  const parts: Part[] = [];
  for (const { roles, resource } of grants) {
    const { service, region, instance, secretGroup } = resource;
    const giving = roles.filter((role) => permissionsOf(role).has(permission));
    if (giving.length === 0 || secretGroup !== undefined) continue;
    parts.push({
      account,
      ...(service === undefined ? {} : { service }),
      ...(region === undefined ? {} : { region }),
      ...(instance === undefined ? {} : { instance }),
    });
    const isUnbounded = [service, region, instance].every((bound) => bound === undefined);
    if (isUnbounded && giving.includes("Operator")) parts.push({ account: OPERATOR_ACCOUNT });
  }
  return parts;
}

/** The secret group first: among many policies of one identity it is what differs. */
function covers(grant: Grant, permission: OperationName, resource: Resource): boolean {
  const { secretGroup } = grant.resource;
  if (secretGroup !== undefined && secretGroup !== resource.secretGroup) return false;
  return gives(grant, permission, resource);
}

/** Whether the grant gives the permission in its own part of the place: all of it, or one secret group. */
function gives(grant: Grant, permission: OperationName, { service, place }: Resource): boolean {
  const granted = grant.resource;
  if (granted.service !== undefined && granted.service !== service) return false;
  if (granted.instance !== undefined && granted.instance !== place.instance) return false;
  if (granted.region !== undefined && granted.region !== place.region) return false;
  if (granted.secretGroup !== undefined && isServiceWide(permission)) return false;
  return grant.roles.some((role) => permissionsOf(role).has(permission));
}
