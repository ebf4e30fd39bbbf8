/** Going through a long list part by part, in an order of the caller's choice, while others make and delete items. */
import type { Listed } from "./store.ts";

/** A place in a list beside one of its items, which stays where it is when that item, or any other, is deleted. */
export interface Position {
  readonly side: "after" | "before";
  /** What the list is sorted by, of that item; a time is in milliseconds. */
  readonly value: string | number;
  readonly id: string;
}

export interface Order<Field extends string> {
  readonly by: Field;
  readonly isDescending: boolean;
}

/** A part of a list in an order; items that are the same by it follow each other by their ids. */
export interface Walk<Field extends string> extends Order<Field> {
  readonly limit: number;
  /** How many come before the part. Not looked at where `beside` is set. */
  readonly offset: number;
  readonly beside?: Position | undefined;
}

export interface Walked<T> extends Listed<T> {
  readonly hasMoreBefore: boolean;
  readonly hasMoreAfter: boolean;
}

/** The place beside an item of a list that is in this order. */
export function positionBeside<Field extends string>(
  side: Position["side"],
  item: { readonly id: string } & Readonly<Record<Field, string | number>>,
  { by }: Order<Field>,
): Position {
  return { side, value: item[by], id: item.id };
}
