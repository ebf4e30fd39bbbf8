/** Adding members to access groups by hand: many to one group, or one to many, each with an event of its own. */
import {
  MAX_GROUPS_PER_MEMBER,
  MAX_MEMBERS_PER_CALL,
  MAX_MEMBERS_PER_GROUP,
  memberKindOf,
  type AccessGroup,
  type Member,
  type MemberKind,
} from "../../identity/access-group.ts";
import { toRfc3339 } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import { assertRoom, inAccount } from "../identity/find.ts";
import { assertOwnAccount } from "../identity/own-account.ts";
import { callerId, changeOperation, type Context } from "../operation.ts";
import type { Transaction, View } from "../state.ts";
import { assertMadeByHand, findGroup, groupTarget, inGroup } from "./find.ts";
import { assertPartsPerCall, ended, type Ending } from "./parts.ts";

/** By the names that the record has for them. */
export interface MemberToAdd {
  readonly iam_id: string;
  /** What the caller takes the identity for: it has to be that. */
  readonly type?: MemberKind | undefined;
}

/** A membership as it is answered and recorded, by the names of IBM's events. */
export interface AddedMember {
  readonly iamId: string;
  readonly type: MemberKind;
  readonly createdAt: string;
  readonly createdById: string;
  readonly statusCode: number;
}

export interface AddMembersInput {
  readonly id: string;
  readonly members: readonly MemberToAdd[];
}

export interface AddedMembers {
  readonly members: readonly {
    readonly asked: MemberToAdd;
    readonly ending: Ending<AddedMember>;
  }[];
}

/**
 * Each member is added, or refused, by itself. Whoever is a member by hand already stays one since when it was: asking
 * twice is no fault. Takes effect with the next call of each.
 */
export const addMembers = changeOperation<AddMembersInput, AccessGroup, AddedMembers>({
  name: "access-group-member.add",
  async locate({ id, members: asked }, context) {
    assertPartsPerCall(asked, { field: "members", max: MAX_MEMBERS_PER_CALL });
    return { ...(await inGroup("access-group-member.add", id, context)), byParts: true };
  },
  async run({ members: asked }, { subject: group, target }, context) {
    const members: { asked: MemberToAdd; ending: Ending<AddedMember> }[] = [];
    for (const member of asked) {
      const ending = await ended(() => addedTo(group, member, context));
      const operation = "access-group-member.add";
      context.also({ operation, target, input: member, output: ending });
      members.push({ asked: member, ending });
    }
    return { members };
  },
});

export interface AddToGroupsInput extends MemberToAdd {
  readonly accountId?: string | undefined;
  readonly groups: readonly string[];
}

export interface AddedToGroups {
  readonly iamId: string;
  readonly groups: readonly { readonly id: string; readonly ending: Ending<AddedMember> }[];
}

/** One member to several groups; the same for each group as if it had been asked for alone. */
export const addToGroups = changeOperation<AddToGroupsInput, null, AddedToGroups>({
  name: "access-group-member.add",
  async locate({ accountId, groups }, { call }) {
    assertOwnAccount(accountId, call);
    assertPartsPerCall(groups, { field: "groups", max: MAX_MEMBERS_PER_CALL });
    const located = inAccount("access-group-member.add", call, { target: null, subject: null });
    return { ...located, byParts: true };
  },
  async run({ iam_id, type, groups: ids }, _located, context) {
    const member: MemberToAdd = { iam_id, type };
    const groups: { id: string; ending: Ending<AddedMember> }[] = [];
    for (const id of ids) {
      const group = await ended(() => findGroup(id, context));
      const isThere = !(group instanceof Refusal);
      const ending = isThere ? await ended(() => addedTo(group, member, context)) : group;
      const target = groupTarget(context.call, isThere ? group : { id, name: "" });
      const operation = "access-group-member.add";
      context.also({ operation, target, input: member, output: ending });
      groups.push({ id, ending });
    }
    return { iamId: iam_id, groups };
  },
});

/** Refuses before it changes anything. */
export async function addedTo(
  group: AccessGroup,
  { iam_id: iamId, type }: MemberToAdd,
  { store, now, caller }: Context<Transaction>,
): Promise<AddedMember> {
  const { account, id } = group;
  assertMadeByHand(group);
  const principal = await store.identity.principal(account, iamId);
  if (!principal) throw new Refusal("not_found", "There is no such identity in the account.");
  const kind = memberKindOf(principal);
  if (type !== undefined && type !== kind) {
    throw new Refusal("invalid_request", `The identity is of type ${kind}.`, { field: "type" });
  }
  const memberships = (await store.groups.membershipsOf(account, iamId)).filter(
    ({ rule }) => rule === null,
  );
  const going = memberships.find((membership) => membership.group === id);
  if (going) return shown(going);
  assertRoom(memberships.length, MAX_GROUPS_PER_MEMBER, "access groups of one member");
  await assertRoomInGroup(group, { store, now });
  const member: Member = {
    account,
    group: id,
    iamId,
    kind,
    rule: null,
    expiresAt: null,
    createdAt: now,
    createdBy: callerId(caller),
  };
  await store.groups.putMember(member);
  return shown(member);
}

export async function assertRoomInGroup(
  { account, id }: AccessGroup,
  { store, now }: Pick<Context<View>, "store" | "now">,
): Promise<void> {
  const { totalCount } = await store.groups.members(
    { account, group: id },
    { membership: "static", now },
    { offset: 0, limit: 1 },
  );
  assertRoom(totalCount, MAX_MEMBERS_PER_GROUP, "members of an access group");
}

function shown({ iamId, kind, createdAt, createdBy }: Member): AddedMember {
  return {
    iamId,
    type: kind,
    createdAt: toRfc3339(createdAt),
    createdById: createdBy,
    statusCode: 200,
  };
}
