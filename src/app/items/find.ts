/** Finding an item, and saying so: the target of its event, the resource of its policy. */
import type { TargetRef } from "../../audit/describe.ts";
import { MARKED_ITEM } from "../../audit/reason.ts";
import type { Item, ItemKind } from "../../items/item.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Context, Located } from "../operation.ts";
import type { View } from "../state.ts";

export interface WhichItem<C extends object> {
  readonly kind: ItemKind<C>;
  /** IBM's service that it is of: `secrets-manager`, `kms`. */
  readonly service: string;
  readonly name: string;
}

/** By its name, or by its id. One that is deleted, and can be had back, is refused to all but what brings it back. */
export async function locateItem<C extends object>(
  { kind, service, name }: WhichItem<C>,
  { store, call }: Context<View>,
): Promise<Located<Item<C>>> {
  const { account } = call.place;
  const item =
    (await store.items.itemNamed(kind, account, name)) ??
    (await store.items.item(kind, account, name));
  if (!item) throw new Refusal("not_found", `There is no such ${kind.name}.`);
  return {
    target: targetOf(item, call.place),
    resource: { service, place: call.place },
    subject: item,
    refusal: item.removal ? markedRefusal() : undefined,
  };
}

/** For what is done to one that is deleted. */
export function evenRemoved<Subject>(located: Located<Subject>): Located<Subject> {
  return { ...located, refusal: undefined };
}

export function targetOf(
  { kind, id, name }: Pick<Item<object>, "kind" | "id" | "name">,
  place: TargetRef["place"],
): TargetRef {
  return { place, kind, id, name };
}

export function markedRefusal(): Refusal {
  return new Refusal("precondition_failed", MARKED_ITEM, { reason: "marked-for-deletion" });
}

/** Refuses to bring back what is not deleted. */
export function assertRemoved({ removal }: Pick<Item<object>, "removal">): void {
  if (!removal) throw notRemovedRefusal();
}

export function notRemovedRefusal(): Refusal {
  const sentence = "It is not deleted: there is nothing to restore.";
  return new Refusal("precondition_failed", sentence, { reason: "not-deleted" });
}
