/** Access groups by their names. Also those that were deleted and can be had back. */
import type { OperationName } from "../../audit/catalogue.ts";
import { groupNameKey, type AccessGroup } from "../../identity/access-group.ts";
import { GROUP } from "../../identity/removed-group.ts";
import { Refusal } from "../../kernel/errors.ts";
import { inAccount } from "../identity/find.ts";
import { markedRefusal } from "../items/find.ts";
import type { Context, Located } from "../operation.ts";
import type { View } from "../state.ts";
import type { GroupItem } from "./group-versions.ts";

export interface NamedKnownGroup {
  readonly name: string;
}

export interface FoundGroup {
  readonly group: AccessGroup;
  /** Of one that is deleted and can be had back; null of all others. */
  readonly removed: GroupItem | null;
}

/** One that is deleted is refused to all but what brings it back, or ends it. */
export async function locateKnownGroup(
  operation: OperationName,
  { name }: NamedKnownGroup,
  { store, call }: Context<View>,
): Promise<Located<FoundGroup>> {
  const found = await foundGroup(name, call.place.account, store);
  const { group, removed } = found;
  const target = { kind: "groups", id: group.id, name: group.name } as const;
  const located = inAccount(operation, call, { target, subject: found });
  return removed ? { ...located, refusal: markedRefusal() } : located;
}

async function foundGroup(
  name: string,
  account: string,
  { groups, items }: View,
): Promise<FoundGroup> {
  const group = await groups.groupByName(account, name);
  if (group) return { group, removed: null };
  const removed = await items.itemNamed(GROUP, account, groupNameKey(name));
  const parts = removed?.removal ? removed.content.parts : null;
  if (!removed || !parts) throw new Refusal("not_found", "There is no such access group.");
  return { group: parts.group, removed };
}
