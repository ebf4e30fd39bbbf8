/** Versions of what has a store of its own, kept as items: by whichever wire it is changed, its item has the next one. */
import { isDeepStrictEqual } from "node:util";
import { accountPlace } from "../../identity/account.ts";
import type { Recoverable } from "../../identity/recoverable.ts";
import {
  broughtBack,
  newItem,
  removed,
  revised,
  type Hand,
  type Item,
  type ItemKind,
} from "../../items/item.ts";
import { toRfc3339 } from "../../kernel/clock.ts";
import type { Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import { endings } from "./endings.ts";
import { targetOf } from "./find.ts";
import { handOf } from "./hand.ts";

/** What it is called by now, and what its versions show. */
export interface Versioned<Shown extends object> {
  readonly account: string;
  readonly id: string;
  readonly name: string;
  readonly shown: Shown;
  /** By whom, and when, what has no version yet was made, if not now. */
  readonly made?: Hand;
}

/** After a change, or when it is made: the next version, unless what versions show is what it was. */
export async function keepVersion<Shown extends object, Parts extends object>(
  kind: ItemKind<Recoverable<Shown, Parts>>,
  { account, id, name, shown, made }: Versioned<Shown>,
  context: Context<Transaction>,
): Promise<Item<Recoverable<Shown, Parts>>> {
  const { items } = context.store;
  await giveUpName(kind, { account, id, name }, context);
  const content = { shown, parts: null };
  const known = await items.item(kind, account, id);
  // As JSON, which is what is kept: what is left out there is no difference.
  const isSame = known && isDeepStrictEqual(known.content.shown, JSON.parse(JSON.stringify(shown)));
  if (isSame && known.name === name && !known.removal) return known;
  const hand = handOf(context);
  const item = known
    ? revised(broughtBack(known), { name, content }, hand)
    : newItem(kind, { account, id, name, content }, made ?? hand);
  await items.putItem(item);
  return item;
}

/** When it is deleted so that it can be had back: `parts` is what that takes. */
export async function setAside<Shown extends object, Parts extends object>(
  kind: ItemKind<Recoverable<Shown, Parts>>,
  versioned: Versioned<Shown>,
  { parts, context }: { readonly parts: Parts; readonly context: Context<Transaction> },
): Promise<Item<Recoverable<Shown, Parts>>> {
  const known = await keepVersion(kind, versioned, context);
  const aside = removed({ ...known, content: { shown: versioned.shown, parts } }, handOf(context));
  await context.store.items.putItem(aside);
  return aside;
}

/** When it is deleted for good. */
export async function forgetVersions(
  kind: ItemKind<object>,
  { account, id }: { readonly account: string; readonly id: string },
  { store }: Pick<Context<Transaction>, "store">,
): Promise<void> {
  await store.items.deleteItem({ kind: kind.name, account, id });
}

/** Whoever takes the name of something that was deleted leaves it none to come back under: it is gone for good then. */
async function giveUpName(
  kind: ItemKind<object>,
  { account, id, name }: { readonly account: string; readonly id: string; readonly name: string },
  context: Context<Transaction>,
): Promise<void> {
  const other = await context.store.items.itemNamed(kind, account, name);
  if (!other || other.id === id) return;
  if (other.removal) await endNow(other, context);
  else await forgetVersions(kind, other, context);
}

/** Of what was deleted and can be had back: not any longer, with an event of its own. */
export async function endNow(item: Item<object>, context: Context<Transaction>): Promise<void> {
  const { kind, account, removal } = item;
  await endings[kind]?.(item, context);
  await context.store.items.deleteItem(item);
  context.also({
    operation: "removal.end",
    target: targetOf(item, accountPlace(account)),
    input: { kind, ...(removal ? { removedAt: toRfc3339(removal.at) } : {}) },
    output: {},
  });
}
