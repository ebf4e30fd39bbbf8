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
