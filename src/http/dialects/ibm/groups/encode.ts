/** What the operations put out, as this wire has it. */
import type { FastifyRequest } from "fastify";
import type { ListedAccessGroups, ShownAccessGroup } from "../../../../app/groups/access-groups.ts";
import type {
  AddedMember,
  AddedMembers,
  AddedToGroups,
} from "../../../../app/groups/add-members.ts";
import type { Ending } from "../../../../app/groups/parts.ts";
import type { ListedMembers, ShownMember } from "../../../../app/groups/read-members.ts";
import type {
  RemovedFromGroups,
  RemovedMember,
  RemovedMembers,
} from "../../../../app/groups/remove-members.ts";
import type { ListedRules } from "../../../../app/groups/rules.ts";
import type { GroupSettings } from "../../../../app/groups/settings.ts";
import { crn } from "../../../../audit/crn.ts";
import type { GroupRule } from "../../../../identity/access-group.ts";
import { accountPlace } from "../../../../identity/account.ts";
import { toRfc3339 } from "../../../../kernel/clock.ts";
import { Refusal } from "../../../../kernel/errors.ts";
import { originOf, pageLinks } from "../pages.ts";
import { problemOf, type PartProblem } from "./errors.ts";

const SERVICE = "iam-groups";

export function groupBody(group: ShownAccessGroup, request: FastifyRequest): object {
  const { id, account, name, description, isFederated } = group;
  return {
    id,
    name,
    description,
    account_id: account,
    created_at: toRfc3339(group.createdAt),
    created_by_id: group.createdBy,
    last_modified_at: toRfc3339(group.modifiedAt),
    last_modified_by_id: group.modifiedBy,
    href: hrefOf(request, id),
    ...(isFederated === undefined ? {} : { is_federated: isFederated }),
    ...(showsCrn(request)
      ? { crn: crn(SERVICE, accountPlace(account), { kind: "groups", id }) }
      : {}),
  };
}

export function groupListBody(listed: ListedAccessGroups, request: FastifyRequest): object {
  const groups = listed.groups.map((group) => groupBody(group, request));
  return { ...pageLinks(listed, request), groups };
}

function showsCrn({ query }: FastifyRequest): boolean {
  return (query as Readonly<Record<string, unknown>>)["show_crn"] === "true";
}

export function addedMembersBody({ members }: AddedMembers, request: FastifyRequest): object {
  return {
    members: members.map(({ asked, ending }) => ({
      iam_id: asked.iam_id,
      type: asked.type,
      ...(ending instanceof Refusal ? problemOf(ending, request.id) : addedBody(ending, request)),
    })),
  };
}

function addedBody(added: AddedMember, request: FastifyRequest): object {
  return {
    created_at: added.createdAt,
    created_by_id: added.createdById,
    status_code: added.statusCode,
    trace: request.id,
  };
}

export function removedMembersBody(
  { id, members }: RemovedMembers,
  request: FastifyRequest,
): object {
  return {
    access_group_id: id,
    members: members.map(({ iamId, ending }) => ({ iam_id: iamId, ...partBody(ending, request) })),
  };
}

export function membershipsBody(
  { iamId, groups }: AddedToGroups | RemovedFromGroups,
  request: FastifyRequest,
): object {
  return {
    iam_id: iamId,
    groups: groups.map(({ id, ending }) => ({
      access_group_id: id,
      ...partBody(ending, request),
    })),
  };
}

type PartBody = PartProblem | { readonly status_code: number; readonly trace: string };

function partBody(
  ending: Ending<AddedMember> | Ending<RemovedMember>,
  { id: trace }: FastifyRequest,
): PartBody {
  if (ending instanceof Refusal) return problemOf(ending, trace);
  return { status_code: ending.statusCode, trace };
}

export function memberListBody(listed: ListedMembers, request: FastifyRequest): object {
  const members = listed.members.map((member) => memberBody(member, request));
  return { ...pageLinks(listed, request), members };
}

function memberBody(member: ShownMember, request: FastifyRequest): object {
  const { group, iamId, kind, rule, name, email, description } = member;
  return {
    iam_id: iamId,
    type: kind,
    membership_type: rule === null ? "static" : "dynamic",
    name,
    email,
    description,
    href: `${hrefOf(request, group)}/members/${iamId}`,
    created_at: toRfc3339(member.createdAt),
    created_by_id: member.createdBy,
  };
}

export function ruleBody(rule: GroupRule): object {
  return {
    id: rule.id,
    name: rule.name,
    expiration: rule.expirationHours,
    realm_name: rule.realm,
    access_group_id: rule.group,
    account_id: rule.account,
    conditions: rule.conditions,
    created_at: toRfc3339(rule.createdAt),
    created_by_id: rule.createdBy,
    last_modified_at: toRfc3339(rule.modifiedAt),
    last_modified_by_id: rule.modifiedBy,
  };
}

export function ruleListBody({ rules }: ListedRules): object {
  return { rules: rules.map(ruleBody) };
}

/** When the settings were changed last, but not by whom: they are of more than this wire, and the trail knows. */
export function settingsBody({ account, modifiedAt, ...shown }: GroupSettings): object {
  return { account_id: account, last_modified_at: toRfc3339(modifiedAt), ...shown };
}

function hrefOf(request: FastifyRequest, id: string): string {
  return `${originOf(request)}/v2/groups/${id}`;
}
