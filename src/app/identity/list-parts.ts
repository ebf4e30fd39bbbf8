/** What is asked of a long list: which part, in which order. */
import type { Order, Position, Walk } from "../../identity/walk.ts";
import { windowOf, type ListInput } from "./find.ts";

export interface WalkInput<Field extends string> extends ListInput {
  /** In the order of creation, unless this says otherwise. */
  readonly order?: Order<Field> | undefined;
  /** Where the part lies, by an item of the part before it or after it. */
  readonly beside?: Position | undefined;
}

/** A part of a list as it is answered: where it lies, and whether there is more. */
export interface ListPart<Field extends string> {
  readonly order: Order<Field>;
  readonly totalCount: number;
  readonly offset: number;
  readonly limit: number;
  readonly hasMoreBefore: boolean;
  readonly hasMoreAfter: boolean;
}

/** Refuses numbers out of bounds. */
export function walkOf<Field extends string>(
  input: WalkInput<Field | "createdAt">,
): Walk<Field | "createdAt"> {
  const { order = { by: "createdAt", isDescending: false }, beside } = input;
  return { ...windowOf(input), ...order, beside };
}

/** The part of a list that is at hand as a whole, and where it goes on. */
export interface Slice<Item> {
  readonly items: readonly Item[];
  readonly totalCount: number;
  readonly next: { readonly offset: number } | null;
}

/** Refuses numbers out of bounds. */
export function sliceOf<Item>(all: readonly Item[], input: ListInput): Slice<Item> {
  const { offset, limit } = windowOf(input);
  const end = offset + limit;
  return {
    items: all.slice(offset, end),
    totalCount: all.length,
    next: end < all.length ? { offset: end } : null,
  };
}
