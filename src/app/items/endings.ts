/** What goes with an item when the time in which it could be had back is over, by its kind; most have nothing more. */
import type { Item } from "../../items/item.ts";
import type { Context } from "../operation.ts";
import type { Transaction } from "../state.ts";

export type Ending = (item: Item<object>, context: Context<Transaction>) => Promise<void>;

export const endings: Readonly<Record<string, Ending>> = {};
