/** Policies and roles as IBM's wire shows them, in version 1 and in version 2. */
import type { FastifyRequest } from "fastify";
import { catalogue } from "../../../../audit/catalogue.ts";
import type { ListedPolicies } from "../../../../app/identity/policies.ts";
import type { ListedRoles } from "../../../../app/identity/list-roles.ts";
import { isAccessGroupId } from "../../../../identity/access-group.ts";
import type { Policy } from "../../../../identity/policy.ts";
import { ROLE_DESCRIPTIONS, type ListedRole } from "../../../../identity/role-kinds.ts";
import { permissionsOf, type RoleName } from "../../../../identity/roles.ts";
import { positionBeside, type Position } from "../../../../identity/walk.ts";
import { toRfc3339 } from "../../../../kernel/clock.ts";
import type { Answer } from "../../../route.ts";
import { entityTagHeader } from "../if-match.ts";
import { originOf } from "../pages.ts";
import { pageToken } from "./page-token.ts";
import { attributesOf, type Attribute } from "./attributes.ts";
import { crnOfRole } from "./role-crn.ts";

type PolicyBody = (policy: Policy, request: FastifyRequest) => object;

/** The body with the policy's entity tag: what the next update names in `If-Match`. */
export function withTag(
  status: number,
  body: PolicyBody,
): (policy: Policy, request: FastifyRequest) => Answer {
  return (policy, request) => ({
    status,
    headers: entityTagHeader(policy.entityTag),
    body: body(policy, request),
  });
}

export const policyBodyV1: PolicyBody = (policy, request) => ({
  id: policy.id,
  type: "access",
  ...descriptionOf(policy),
  subjects: [{ attributes: [named(subjectOf(policy))] }],
  roles: policy.roles.map((role) => ({ role_id: crnOfRole(role), ...wordsOf(role) })),
  resources: [
    { attributes: attributesOf(policy).map((one) => ({ ...named(one), operator: one.operator })) },
  ],
  ...circumstances(policy, request),
});

export const policyBodyV2: PolicyBody = (policy, request) => ({
  id: policy.id,
  type: "access",
  ...descriptionOf(policy),
  subject: { attributes: [subjectOf(policy)] },
  control: {
    grant: {
      roles: policy.roles.map((role) => ({
        role_id: crnOfRole(role),
        ...(isForDisplay(request) ? { ...wordsOf(role), actions: enrichedActions(role) } : {}),
      })),
    },
  },
  resource: { attributes: attributesOf(policy) },
  ...circumstances(policy, request),
});

export function policyListBody(
  body: PolicyBody,
): (list: ListedPolicies, request: FastifyRequest) => Answer {
  return ({ policies, order, limit, hasMoreBefore, hasMoreAfter }, request) => {
    const first = policies[0];
    const last = policies.at(-1);
    const to = (position: Position) => {
      const start = pageToken(order, position);
      return { href: hrefOf(request, start), start };
    };
    return {
      status: 200,
      body: {
        limit,
        first: { href: hrefOf(request) },
        ...(hasMoreAfter && last ? { next: to(positionBeside("after", last, order)) } : {}),
        ...(hasMoreBefore && first ? { previous: to(positionBeside("before", first, order)) } : {}),
        policies: policies.map((policy) => body(policy, request)),
      },
    };
  };
}

/** Custom roles are not served, so that there are none. */
export function roleListBody({ roles }: ListedRoles): Answer {
  const isSystem = ({ name }: ListedRole): boolean => crnOfRole(name).includes(":role:");
  return {
    status: 200,
    body: {
      custom_roles: [],
      service_roles: roles.filter((role) => !isSystem(role)).map(roleBody),
      system_roles: roles.filter(isSystem).map(roleBody),
    },
  };
}

function roleBody({ name, permissions }: ListedRole): object {
  const actions = [...new Set(permissions.map((permission) => catalogue[permission].action))];
  return { crn: crnOfRole(name), ...wordsOf(name), actions };
}

function wordsOf(role: RoleName): object {
  return { display_name: role, description: ROLE_DESCRIPTIONS[role] };
}

/** By IBM's names; several operations may be one of IBM's actions. */
function enrichedActions(role: RoleName): readonly object[] {
  const actions = new Set([...permissionsOf(role)].map((name) => catalogue[name].action));
  return [...actions].map((id) => ({ id, display_name: id, description: "" }));
}

function subjectOf({ subject }: Policy): Attribute {
  const key = isAccessGroupId(subject) ? "access_group_id" : "iam_id";
  return { key, operator: "stringEquals", value: subject };
}

/** Version 1 calls an attribute's key its name. */
function named({ key, value }: Attribute): { readonly name: string; readonly value: unknown } {
  return { name: key, value };
}

function descriptionOf({ description }: Policy): object {
  return description === "" ? {} : { description };
}

function circumstances(policy: Policy, request: FastifyRequest): object {
  const version = request.url.startsWith("/v1/") ? "v1" : "v2";
  return {
    state: policy.state,
    href: `${originOf(request)}/${version}/policies/${policy.id}`,
    created_at: toRfc3339(policy.createdAt),
    created_by_id: policy.createdBy,
    last_modified_at: toRfc3339(policy.modifiedAt),
    last_modified_by_id: policy.modifiedBy,
  };
}

function isForDisplay({ query }: FastifyRequest): boolean {
  return (query as Readonly<Record<string, unknown>>)["format"] === "display";
}

/** The request's own address with another page token, or with none: the first page. */
function hrefOf(request: FastifyRequest, start?: string): string {
  const [path = "", search = ""] = request.url.split("?", 2);
  const query = new URLSearchParams(search);
  query.delete("start");
  if (start !== undefined) query.set("start", start);
  return `${originOf(request)}${path}?${query.toString()}`;
}
