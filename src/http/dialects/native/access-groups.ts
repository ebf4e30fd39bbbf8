/** Routes of access groups, to look at: which there are, and who is in them. They are changed by IBM's wire. */
import { z } from "zod";
import { listAccessGroups, readAccessGroup } from "../../../app/groups/access-groups.ts";
import {
  listMembers,
  type ListedMembers,
  type ShownMember,
} from "../../../app/groups/read-members.ts";
import {
  isAccessGroupId,
  isMemberId,
  MEMBER_KINDS,
  type AccessGroup,
} from "../../../identity/access-group.ts";
import { toRfc3339 } from "../../../kernel/clock.ts";
import type { About } from "../../route.ts";
import { listQuery, listShape } from "./identity-shapes.ts";
import { nativeRoute, type AnswerShape, type NativeRoute } from "./native-route.ts";

const GROUPS = "/trail/v1/access-groups";
const GROUP = `${GROUPS}/:id`;

const MAX_ID_CHARS = 64;

const time = z.iso.datetime({ offset: true });

const path = z.strictObject({
  id: z
    .string()
    .max(MAX_ID_CHARS)
    .refine(isAccessGroupId, { error: "it is not of the form `AccessGroupId-…`" })
    .meta({ description: "`AccessGroupId-…`" }),
});
const groupListQuery = z.strictObject({
  ...listQuery.shape,
  iam_id: z
    .string()
    .max(MAX_ID_CHARS)
    .refine(isMemberId, { error: "it is no user's, service ID's or trusted profile's IAM id" })
    .optional()
    .meta({ description: "Only the groups that this identity is a member of." }),
});

const groupShape = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    description: z.string(),
    is_federated: z.boolean().meta({ description: "Whether rules give memberships at login." }),
    entity_tag: z.string(),
    created_at: time,
    created_by: z.string(),
    modified_at: time,
    modified_by: z.string(),
  })
  .meta({ id: "AccessGroup" });

const memberShape = z
  .strictObject({
    iam_id: z.string(),
    type: z.enum(MEMBER_KINDS),
    name: z.string().optional(),
    email: z.string().optional(),
    rule_id: z.string().nullable().meta({ description: "The rule that gave the membership." }),
    expires_at: time.nullable().meta({ description: "When a membership by a rule ends." }),
    created_at: time,
    created_by: z.string(),
  })
  .meta({ id: "AccessGroupMember" });

const about: About = ({ params }) => {
  const parsed = path.safeParse(params);
  return parsed.success ? { kind: "groups", id: parsed.data.id } : null;
};

export const accessGroupRoutes: readonly NativeRoute[] = [
  nativeRoute({
    method: "GET",
    url: GROUPS,
    operationId: "listAccessGroups",
    summary: "List the access groups of the account, or those of one member.",
    operation: listAccessGroups,
    query: groupListQuery,
    answer: answered("A part of the list.", listShape("access_groups", groupShape)),
    decode: ({ query: { iam_id: iamId, ...part } }) => ({ ...part, iamId, showFederated: true }),
    encode: ({ groups, totalCount, ...part }) => ({
      status: 200,
      body: { access_groups: groups.map(groupBody), total_count: totalCount, ...part },
    }),
  }),
  nativeRoute({
    method: "GET",
    url: GROUP,
    operationId: "readAccessGroup",
    summary: "Read one access group.",
    operation: readAccessGroup,
    params: path,
    answer: answered("The access group.", groupShape),
    about,
    decode: ({ params }) => ({ ...params, showFederated: true }),
    encode: (group) => ({ status: 200, body: groupBody(group) }),
  }),
  nativeRoute({
    method: "GET",
    url: `${GROUP}/members`,
    operationId: "listAccessGroupMembers",
    summary: "List the memberships of an access group that are in force, by hand and by rules.",
    operation: listMembers,
    params: path,
    query: listQuery,
    answer: answered("A part of the list.", listShape("members", memberShape)),
    about,
    decode: ({ params, query }) => ({ ...params, ...query, verbose: true }),
    encode: (listed) => ({ status: 200, body: membersBody(listed) }),
  }),
];

function answered(description: string, shape: z.ZodObject): AnswerShape {
  return { status: 200, description, content: { "application/json": shape } };
}

function groupBody(
  group: AccessGroup & { readonly isFederated?: boolean },
): z.input<typeof groupShape> {
  const { id, name, description, isFederated = false } = group;
  return {
    id,
    name,
    description,
    is_federated: isFederated,
    entity_tag: group.entityTag,
    created_at: toRfc3339(group.createdAt),
    created_by: group.createdBy,
    modified_at: toRfc3339(group.modifiedAt),
    modified_by: group.modifiedBy,
  };
}

function membersBody({ members, totalCount, ...part }: ListedMembers): object {
  return { members: members.map(memberBody), total_count: totalCount, ...part };
}

function memberBody(member: ShownMember): z.input<typeof memberShape> {
  const { iamId, kind, name, email, rule, expiresAt } = member;
  return {
    iam_id: iamId,
    type: kind,
    name,
    email,
    rule_id: rule,
    expires_at: expiresAt === null ? null : toRfc3339(expiresAt),
    created_at: toRfc3339(member.createdAt),
    created_by: member.createdBy,
  };
}
