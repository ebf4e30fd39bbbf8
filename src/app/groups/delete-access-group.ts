/** Deleting an access group with all it has: members, rules and policies go in the same transaction, each recorded. */
import type { AccessGroup, GroupRule, Member } from "../../identity/access-group.ts";
import { GROUP } from "../../identity/removed-group.ts";
import { Refusal } from "../../kernel/errors.ts";
import { keepAdministered } from "../identity/administration.ts";
import { removePolicies, whole } from "../identity/removal.ts";
import { forgetVersions } from "../items/versions.ts";
import { changeOperation, type Context } from "../operation.ts";
import type { Transaction, View } from "../state.ts";
import { assertMadeByHand, groupTarget, inGroup } from "./find.ts";
import { memberRemoved } from "./leave-groups.ts";
import { ruleFacts } from "./rules.ts";

export interface DeleteAccessGroupInput {
  readonly id: string;
  /** Without it, a group that has members or rules stays. */
  readonly force?: boolean | undefined;
}

/** How much went with the group. */
export interface DeletedAccessGroup {
  readonly members: number;
  readonly rules: number;
  readonly policies: number;
}

/** Takes effect with the next call of each member. Refused for a group by which alone the account is administered. */
export const deleteAccessGroup = changeOperation<
  DeleteAccessGroupInput,
  AccessGroup,
  DeletedAccessGroup
>({
  name: "access-group.delete",
  locate({ id }, context) {
    return inGroup("access-group.delete", id, context);
  },
  async run({ force = false }, { subject: group }, context) {
    assertMadeByHand(group);
    const { account, id } = group;
    const rules = await context.store.groups.rules(account, id);
    const memberships = await membershipsIn(group, context);
    if (!force && memberships.length + rules.length > 0) {
      throw new Refusal(
        "conflict",
        "The access group has members or rules: it is deleted with them if `force` is true.",
      );
    }
    const gone = await removeGroup(group, { rules, memberships }, context);
    await forgetVersions(GROUP, group, context);
    return gone;
  },
});

/** Those that hold now. */
export function membershipsIn(
  { account, id: group }: AccessGroup,
  { store, now }: Pick<Context<View>, "store" | "now">,
): Promise<readonly Member[]> {
  return whole((offset, limit) =>
    store.groups.members({ account, group }, { now }, { offset, limit }),
  );
}

/** With all it has, each part with an event of its own. */
export async function removeGroup(
  group: AccessGroup,
  {
    rules,
    memberships,
  }: { readonly rules: readonly GroupRule[]; readonly memberships: readonly Member[] },
  context: Context<Transaction>,
): Promise<DeletedAccessGroup> {
  const { account, id } = group;
  const target = groupTarget(context.call, group);
  const members = new Set(memberships.map(({ iamId }) => iamId));
  for (const iamId of members) context.also(memberRemoved(target, { iam_id: iamId }));
  for (const rule of rules) {
    const input = { id: rule.id, ...ruleFacts(rule) };
    context.also({ operation: "access-group-rule.delete", target, input, output: {} });
  }
  const policies = await keepAdministered(context, async () => {
    const removed = await removePolicies(account, id, context);
    await context.store.groups.deleteGroup(account, id);
    return removed;
  });
  return { members: members.size, rules: rules.length, policies };
}
