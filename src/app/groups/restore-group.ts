/** Access groups that were deleted so that they can be had back: taken apart, and put together again. */
import { MAX_GROUPS_PER_ACCOUNT, type AccessGroup } from "../../identity/access-group.ts";
import { newEntityTag } from "../../identity/entity-tag.ts";
import { GROUP, type GroupParts } from "../../identity/removed-group.ts";
import { broughtBack } from "../../items/item.ts";
import type { Millis } from "../../kernel/clock.ts";
import { invariant, Refusal } from "../../kernel/errors.ts";
import { bringBack } from "../identity/belongings.ts";
import { assertRoom } from "../identity/find.ts";
import { whole } from "../identity/removal.ts";
import { evenRemoved } from "../items/find.ts";
import { endNow, setAside } from "../items/versions.ts";
import { changeOperation, type Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import { deleteAccessGroup, membershipsIn, removeGroup } from "./delete-access-group.ts";
import { locateKnownGroup, type FoundGroup, type NamedKnownGroup } from "./find-known-group.ts";
import { assertMadeByHand, groupTarget } from "./find.ts";
import { versionedGroup, type GroupItem } from "./group-versions.ts";
import { ruleFacts } from "./rules.ts";

export interface DeleteKnownGroupInput extends NamedKnownGroup {
  /** For good, also one that could still be had back. */
  readonly force?: boolean | undefined;
}

export interface DeletedKnownGroup {
  readonly name: string;
  /** Until when it can be had back; null of one that is gone for good. */
  readonly dueAt: Millis | null;
}

/** With members or without. Refused for a group by which alone the account is administered. */
export const deleteKnownGroup = changeOperation<
  DeleteKnownGroupInput,
  FoundGroup,
  DeletedKnownGroup
>({
  name: "access-group.delete",
  async locate(input, context) {
    const located = await locateKnownGroup("access-group.delete", input, context);
    return input.force ? evenRemoved(located) : located;
  },
  async run({ force = false }, located, context) {
    const { group, removed } = located.subject;
    const { id, name } = group;
    if (removed) await endNow(removed, context);
    else if (force) {
      await deleteAccessGroup.run({ id, force }, { ...located, subject: group }, context);
    } else {
      return { name, dueAt: (await setGroupAside(group, context)).removal?.dueAt ?? null };
    }
    return { name, dueAt: null };
  },
});

async function setGroupAside(
  group: AccessGroup,
  context: Context<Transaction>,
): Promise<GroupItem> {
  assertMadeByHand(group);
  const { account, id } = group;
  const { groups, identity } = context.store;
  const rules = await groups.rules(account, id);
  const memberships = await membershipsIn(group, context);
  const parts: GroupParts = {
    group,
    members: memberships.filter(({ rule }) => rule === null),
    rules,
    policies: await whole((offset, limit) => identity.policies(account, id, { offset, limit })),
  };
  const versioned = await versionedGroup(group, context.store);
  await removeGroup(group, { rules, memberships }, context);
  return setAside(GROUP, versioned, { parts, context });
}

/** With its rules, its policies, and the members that were added by hand; what rules gave comes with the next login. */
export const restoreGroup = changeOperation<NamedKnownGroup, FoundGroup, AccessGroup>({
  name: "access-group.restore",
  async locate(input, context) {
    const located = await locateKnownGroup("access-group.restore", input, context);
    if (located.subject.removed) return evenRemoved(located);
    // Of one that was deleted and lost the name to this one, nothing is left.
    const sentence = "There is an access group of this name: none is to be restored.";
    return { ...located, refusal: new Refusal("conflict", sentence) };
  },
  async run(_input, { subject: { removed } }, context) {
    const parts = removed?.content.parts ?? null;
    invariant(removed !== null && parts !== null, "what can be had back is kept with its parts");
    const { store, now, call, also } = context;
    const group: AccessGroup = { ...parts.group, entityTag: newEntityTag() };
    const query = { hidesPublicAccess: true, now };
    const { totalCount } = await store.groups.groups(group.account, query, { offset: 0, limit: 1 });
    assertRoom(totalCount, MAX_GROUPS_PER_ACCOUNT, "access groups in an account");
    await store.groups.putGroup(group);
    const { shown } = removed.content;
    await store.items.putItem({ ...broughtBack(removed), content: { shown, parts: null } });
    const target = groupTarget(call, group);
    for (const rule of parts.rules) {
      await store.groups.putRule(rule);
      const input = ruleFacts(rule);
      also({ operation: "access-group-rule.create", target, input, output: { id: rule.id } });
    }
    const { policies, members: memberships } = parts;
    await bringBack({ policies, memberships, trust: [] }, context);
    return group;
  },
});
