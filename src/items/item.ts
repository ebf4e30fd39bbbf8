/**
 * Items: whatever has a name, versions, and a while after its deletion in which it can be had back. Policies, pools,
 * engines and keys are kept as items; of users, roles, groups and the like, which have stores of their own, an item keeps
 * the earlier versions, and what is needed to bring one back.
 */
import type { Millis } from "../kernel/clock.ts";
import { randomId } from "../kernel/ids.ts";

/** Names a kind, and says of what type its contents are. */
export interface ItemKind<Content extends object> {
  readonly name: string;
  /** Never there at run time. */
  readonly contents?: Content;
}

/** Declares a kind. Names are kept with the state: they stay what they are. */
export function itemKind<Content extends object>(name: string): ItemKind<Content> {
  return { name };
}

export interface Item<Content extends object> {
  readonly kind: string;
  readonly account: string;
  readonly id: string;
  /** Unique among the items of its kind in the account, also those that were deleted and can be had back. */
  readonly name: string;
  /** Counts from 0, as DSV's do. */
  readonly version: number;
  /** JSON. What of it is secret is sealed. */
  readonly content: Content;
  readonly createdAt: Millis;
  readonly createdBy: string;
  readonly modifiedAt: Millis;
  readonly modifiedBy: string;
  /** Set while it is deleted and can be had back. */
  readonly removal: Removal | null;
}

export interface Removal {
  readonly at: Millis;
  readonly by: string;
  /** From when on it is gone for good. */
  readonly dueAt: Millis;
}

/** What an item was. */
export interface ItemVersion<Content extends object> {
  readonly version: number;
  readonly content: Content;
  readonly at: Millis;
  readonly by: string;
}

/** DSV's: how long what was deleted without force can be had back. */
export const RECOVERY_MS = 72 * 3_600_000;

/** Versions of an item that are kept; of those beyond, the oldest are forgotten. */
export const MAX_ITEM_VERSIONS = 100;

/** A part of what has names, found by them: an order is asked for, and how many come before the part. */
export interface PartByName {
  /** Text contained in the name, whatever its case. */
  readonly search?: string | undefined;
  readonly sortBy: "name" | "createdAt" | "modifiedAt";
  readonly order: "asc" | "desc";
  readonly offset: number;
  readonly limit: number;
}

export interface ItemQuery {
  /** Text contained in the name, whatever its case. */
  readonly search?: string | undefined;
  readonly includesRemoved?: boolean | undefined;
  readonly sortBy?: "name" | "createdAt" | "modifiedAt" | undefined;
  readonly order?: "asc" | "desc" | undefined;
  readonly offset: number;
  readonly limit: number;
}

export interface ListedItems<Content extends object> {
  readonly items: readonly Item<Content>[];
  /** How many there are in all, outside the part too. */
  readonly totalCount: number;
}

/** Which item falls due. */
export interface DueItem {
  readonly kind: string;
  readonly account: string;
  readonly id: string;
}

export interface ItemReader {
  /** Also one that was deleted and can be had back. */
  item<C extends object>(
    kind: ItemKind<C>,
    account: string,
    id: string,
  ): Promise<Item<C> | undefined>;
  itemNamed<C extends object>(
    kind: ItemKind<C>,
    account: string,
    name: string,
  ): Promise<Item<C> | undefined>;
  items<C extends object>(
    kind: ItemKind<C>,
    account: string,
    query: ItemQuery,
  ): Promise<ListedItems<C>>;
  /** Every one that is not deleted. For kinds of which there are few: asked by each call, so remembered. */
  allItems<C extends object>(kind: ItemKind<C>, account: string): Promise<readonly Item<C>[]>;
  /** Also the newest one. */
  itemVersion<C extends object>(
    kind: ItemKind<C>,
    account: string,
    at: { readonly id: string; readonly version: number },
  ): Promise<ItemVersion<C> | undefined>;
  /** Whose time to be had back is over. */
  dueItems(now: Millis, limit: number): Promise<readonly DueItem[]>;
}

export interface ItemStore extends ItemReader {
  /** With its version; replaces the item and the version of that number, if there are any. */
  putItem<C extends object>(item: Item<C>): Promise<void>;
  /** With its versions. */
  deleteItem(at: DueItem): Promise<void>;
}

/** Who does something, and when. */
export interface Hand {
  readonly by: string;
  readonly now: Millis;
}

export function newItem<C extends object>(
  kind: ItemKind<C>,
  {
    account,
    id = randomId(),
    name,
    content,
  }: {
    readonly account: string;
    readonly id?: string;
    readonly name: string;
    readonly content: C;
  },
  { by, now }: Hand,
): Item<C> {
  return {
    kind: kind.name,
    account,
    id,
    name,
    version: 0,
    content,
    createdAt: now,
    createdBy: by,
    modifiedAt: now,
    modifiedBy: by,
    removal: null,
  };
}

/** The next version of it. */
export function revised<C extends object>(
  item: Item<C>,
  changes: { readonly name?: string; readonly content: C },
  { by, now }: Hand,
): Item<C> {
  return { ...item, ...changes, version: item.version + 1, modifiedAt: now, modifiedBy: by };
}

export function removed<C extends object>(item: Item<C>, { by, now }: Hand): Item<C> {
  return { ...item, removal: { at: now, by, dueAt: now + RECOVERY_MS } };
}

export function broughtBack<C extends object>(item: Item<C>): Item<C> {
  return { ...item, removal: null };
}
