/**
 * Taking members out of access groups: one, several, or one out of every group. All that made somebody a member is
 * taken away, by hand or by a rule, so that whoever is told that a member is gone need not ask what else there is; a rule
 * that still holds may give the membership again at the next login.
 */
import { isInForce, MAX_MEMBERS_PER_CALL, type AccessGroup } from "../../identity/access-group.ts";
import { Refusal } from "../../kernel/errors.ts";
import { keepAdministered } from "../identity/administration.ts";
import { inAccount } from "../identity/find.ts";
import { assertOwnAccount } from "../identity/own-account.ts";
import { changeOperation, type Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import { findGroup, groupTarget, inGroup } from "./find.ts";
import { assertPartsPerCall, ended, type Ending } from "./parts.ts";

export interface RemovedMember {
  readonly statusCode: number;
}

export interface RemoveMemberInput {
  readonly id: string;
  readonly iam_id: string;
}

/** Takes effect with the member's next call. Refused for the last one who administers the account. */
export const removeMember = changeOperation<RemoveMemberInput, AccessGroup, RemovedMember>({
  name: "access-group-member.delete",
  locate({ id }, context) {
    return inGroup("access-group-member.delete", id, context);
  },
  run({ iam_id: iamId }, { subject: group }, context) {
    return keepAdministered(context, () => removedFrom(group, iamId, context));
  },
});

export interface RemoveMembersInput {
  readonly id: string;
  readonly members: readonly string[];
}

export interface RemovedMembers {
  readonly id: string;
  readonly members: readonly { readonly iamId: string; readonly ending: Ending<RemovedMember> }[];
}

/** Each by itself; but none of them where all together would leave the account without an administrator. */
export const removeMembers = changeOperation<RemoveMembersInput, AccessGroup, RemovedMembers>({
  name: "access-group-member.delete",
  async locate({ id, members }, context) {
    assertPartsPerCall(members, { field: "members", max: MAX_MEMBERS_PER_CALL });
    return { ...(await inGroup("access-group-member.delete", id, context)), byParts: true };
  },
  run({ id, members: iamIds }, { subject: group, target }, context) {
    return keepAdministered(context, async () => {
      const members: { iamId: string; ending: Ending<RemovedMember> }[] = [];
      for (const iamId of iamIds) {
        const ending = await ended(() => removedFrom(group, iamId, context));
        const operation = "access-group-member.delete";
        context.also({ operation, target, input: { iam_id: iamId }, output: ending });
        members.push({ iamId, ending });
      }
      return { id, members };
    });
  },
});

export interface RemoveFromGroupsInput {
  readonly accountId?: string | undefined;
  readonly iam_id: string;
}

export interface RemovedFromGroups {
  readonly iamId: string;
  readonly groups: readonly { readonly id: string; readonly ending: Ending<RemovedMember> }[];
}

/** Out of every group of the account at once; refused where there is none. */
export const removeFromGroups = changeOperation<RemoveFromGroupsInput, null, RemovedFromGroups>({
  name: "access-group-member.delete",
  async locate({ accountId }, { call }) {
    assertOwnAccount(accountId, call);
    const located = inAccount("access-group-member.delete", call, { target: null, subject: null });
    return { ...located, byParts: true };
  },
  async run({ iam_id: iamId }, _located, context) {
    const { store, call, now, also } = context;
    const memberships = await store.groups.membershipsOf(call.place.account, iamId);
    const going = memberships.filter((membership) => isInForce(membership, now));
    const ids = [...new Set(going.map(({ group }) => group))];
    if (ids.length === 0) {
      throw new Refusal("not_found", `${iamId} is a member of no access group of the account.`);
    }
    return keepAdministered(context, async () => {
      const groups: { id: string; ending: RemovedMember }[] = [];
      for (const id of ids) {
        const group = await findGroup(id, context);
        const ending = await removedFrom(group, iamId, context);
        const target = groupTarget(call, group);
        const operation = "access-group-member.delete";
        also({ operation, target, input: { iam_id: iamId }, output: ending });
        groups.push({ id, ending });
      }
      return { iamId, groups };
    });
  },
});

/** Refuses before it changes anything. */
export async function removedFrom(
  { account, id }: AccessGroup,
  iamId: string,
  { store, now }: Context<Transaction>,
): Promise<RemovedMember> {
  const memberships = await store.groups.memberships(account, id, iamId);
  if (!memberships.some((membership) => isInForce(membership, now))) {
    throw new Refusal("not_found", "There is no such member of the access group.");
  }
  await store.groups.deleteMember(account, id, iamId);
  return { statusCode: 204 };
}
