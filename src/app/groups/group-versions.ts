/** Versions of access groups: kept whenever one is named or described otherwise, by whichever wire. */
import { groupNameKey, type AccessGroup } from "../../identity/access-group.ts";
import type { Recoverable } from "../../identity/recoverable.ts";
import { GROUP, type GroupParts, type ShownGroupVersion } from "../../identity/removed-group.ts";
import type { Item } from "../../items/item.ts";
import { namedById } from "../identity/principal-names.ts";
import { keepVersion, type Versioned } from "../items/versions.ts";
import type { Context } from "../operation.ts";
import type { Transaction, View } from "../state.ts";

export type GroupItem = Item<Recoverable<ShownGroupVersion, GroupParts>>;

/** After it was made, or changed from what it `was`. */
export async function keepGroupVersion(
  group: AccessGroup,
  context: Context<Transaction>,
  was?: AccessGroup,
): Promise<GroupItem> {
  // Of one that was made before versions were kept, what it was until now is the first.
  if (was) await keepVersion(GROUP, await versionedGroup(was, context.store), context);
  return keepVersion(GROUP, await versionedGroup(group, context.store), context);
}

export async function versionedGroup(
  { account, id, name, description, createdAt, createdBy }: AccessGroup,
  view: Pick<View, "identity">,
): Promise<Versioned<ShownGroupVersion>> {
  const made = { by: await namedById(account, createdBy, view), now: createdAt };
  return { account, id, name: groupNameKey(name), shown: { name, description }, made };
}

/** A group with who made and who changed it, in the words of documents. */
export interface KnownGroup extends AccessGroup {
  readonly version: number;
}

export async function knownGroup(
  group: AccessGroup,
  view: Pick<View, "identity" | "items">,
): Promise<KnownGroup> {
  const { account, id, createdBy, modifiedBy } = group;
  const item = await view.items.item(GROUP, account, id);
  return {
    ...group,
    version: item?.version ?? 0,
    createdBy: await namedById(account, createdBy, view),
    modifiedBy: await namedById(account, modifiedBy, view),
  };
}
