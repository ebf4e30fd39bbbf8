/** Calls of this wire, as the operations' inputs. */
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type {
  CreateAccessGroupInput,
  ListAccessGroupsInput,
  ReadAccessGroupInput,
  UpdateAccessGroupInput,
} from "../../../../app/groups/access-groups.ts";
import type { AddMembersInput, AddToGroupsInput } from "../../../../app/groups/add-members.ts";
import type { DeleteAccessGroupInput } from "../../../../app/groups/delete-access-group.ts";
import type { ListMembersInput, ReadMemberInput } from "../../../../app/groups/read-members.ts";
import type {
  RemoveFromGroupsInput,
  RemoveMembersInput,
} from "../../../../app/groups/remove-members.ts";
import type { ReplaceRuleInput, RuleInput, RuleOfGroup } from "../../../../app/groups/rules.ts";
import type {
  ReadGroupSettingsInput,
  UpdateGroupSettingsInput,
} from "../../../../app/groups/settings.ts";
import { MEMBER_KINDS } from "../../../../identity/access-group.ts";
import { GROUP_SEARCHES, type GroupSearch } from "../../../../identity/group-store.ts";
import { bodyOf, patchOf, read } from "../body.ts";
import { Query } from "../query.ts";
import { ifMatchIn } from "../if-match.ts";
import { groupId, groupIdIn, memberId, memberIdIn, ruleIdIn } from "./path.ts";

const MEMBERSHIP_TYPES = ["static", "dynamic", "all"] as const;

const prototype = z.strictObject({ name: z.string(), description: z.string().optional() });
const patch = z.strictObject({ name: z.string().optional(), description: z.string().optional() });
const kind = z.enum(MEMBER_KINDS);
const newMembers = z.strictObject({
  members: z.array(z.strictObject({ iam_id: z.string(), type: kind })),
});
const formerMembers = z.strictObject({ members: z.array(z.string()) });
const memberships = z.strictObject({ type: kind.optional(), groups: z.array(z.string()) });
const settings = z.strictObject({ public_access_enabled: z.boolean() });
const rule = z.strictObject({
  name: z.string().optional(),
  expiration: z.number(),
  realm_name: z.string(),
  conditions: z.array(
    z.strictObject({ claim: z.string(), operator: z.string(), value: z.string() }),
  ),
});

export function decodeNewGroup(request: FastifyRequest): CreateAccessGroupInput {
  return { ...accountIn(request), ...read(prototype, bodyOf(request)) };
}

export function decodeGroupList(request: FastifyRequest): ListAccessGroupsInput {
  const query = new Query(request, [
    "account_id",
    "iam_id",
    "search",
    "membership_type",
    "limit",
    "offset",
    "sort",
    "show_federated",
    "hide_public_access",
    "show_crn",
  ]);
  const iamId = query.text("iam_id");
  return {
    accountId: query.text("account_id"),
    iamId: iamId === undefined ? undefined : memberId(iamId),
    membershipType: query.oneOf("membership_type", MEMBERSHIP_TYPES),
    search: searchOf(query.search("search")),
    sort: query.sort("sort", {
      id: "id",
      name: "name",
      description: "description",
      is_federated: "isFederated",
      created_at: "createdAt",
    }),
    showFederated: query.flag("show_federated"),
    hidePublicAccess: query.flag("hide_public_access"),
    offset: query.whole("offset"),
    limit: query.whole("limit"),
  };
}

/** `description:builds`; without the name of a field, part of a group's name. */
function searchOf(text: string | undefined): GroupSearch | undefined {
  if (text === undefined) return undefined;
  const field = GROUP_SEARCHES.find((name) => text.startsWith(`${name}:`));
  if (field === undefined) return { in: "name", text };
  return { in: field, text: text.slice(field.length + 1) };
}

export function decodeGroup(request: FastifyRequest): ReadAccessGroupInput {
  const query = new Query(request, ["show_federated", "show_crn"]);
  return { id: groupIdIn(request), showFederated: query.flag("show_federated") };
}

export function decodeGroupPatch(request: FastifyRequest): UpdateAccessGroupInput {
  const id = groupIdIn(request);
  return { id, ifMatch: ifMatchIn(request), ...read(patch, patchOf(request)) };
}

export function decodeGroupDeletion(request: FastifyRequest): DeleteAccessGroupInput {
  const query = new Query(request, ["force"]);
  return { id: groupIdIn(request), force: query.flag("force") };
}

export function decodeNewMembers(request: FastifyRequest): AddMembersInput {
  const id = groupIdIn(request);
  const { members } = read(newMembers, bodyOf(request));
  return { id, members: members.map(({ iam_id, type }) => ({ iam_id: memberId(iam_id), type })) };
}

export function decodeMemberList(request: FastifyRequest): ListMembersInput {
  const query = new Query(request, [
    "membership_type",
    "type",
    "limit",
    "offset",
    "verbose",
    "sort",
  ]);
  return {
    id: groupIdIn(request),
    membershipType: query.oneOf("membership_type", MEMBERSHIP_TYPES),
    type: query.oneOf("type", MEMBER_KINDS),
    sort: query.sort("sort", { id: "id", name: "name", email: "email" }),
    verbose: query.flag("verbose"),
    offset: query.whole("offset"),
    limit: query.whole("limit"),
  };
}

export function decodeMember(request: FastifyRequest): ReadMemberInput {
  return { id: groupIdIn(request), iam_id: memberIdIn(request) };
}

export function decodeFormerMembers(request: FastifyRequest): RemoveMembersInput {
  const id = groupIdIn(request);
  const { members } = read(formerMembers, bodyOf(request));
  return { id, members: members.map(memberId) };
}

export function decodeNewMemberships(request: FastifyRequest): AddToGroupsInput {
  const iamId = memberIdIn(request);
  const { type, groups } = read(memberships, bodyOf(request));
  return { ...accountIn(request), iam_id: iamId, type, groups: groups.map(groupId) };
}

export function decodeFormerMemberships(request: FastifyRequest): RemoveFromGroupsInput {
  return { ...accountIn(request), iam_id: memberIdIn(request) };
}

export function decodeNewRule(request: FastifyRequest): RuleInput {
  return { group: groupIdIn(request), ...read(rule, bodyOf(request)) };
}

export function decodeRuleList(request: FastifyRequest): { readonly group: string } {
  return { group: groupIdIn(request) };
}

export function decodeRule(request: FastifyRequest): RuleOfGroup {
  return { group: groupIdIn(request), id: ruleIdIn(request) };
}

export function decodeNextRule(request: FastifyRequest): ReplaceRuleInput {
  const at = decodeRule(request);
  return { ...at, ifMatch: ifMatchIn(request), ...read(rule, bodyOf(request)) };
}

export function decodeSettings(request: FastifyRequest): ReadGroupSettingsInput {
  return accountIn(request);
}

export function decodeSettingsPatch(request: FastifyRequest): UpdateGroupSettingsInput {
  return { ...accountIn(request), ...read(settings, patchOf(request)) };
}

/** `account_id` stands in the query, whatever the method. */
function accountIn(request: FastifyRequest): ReadGroupSettingsInput {
  return { accountId: new Query(request, ["account_id"]).text("account_id") };
}
