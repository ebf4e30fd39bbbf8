/**
 * Page tokens: where a part of a list lies, in a text that means nothing to the client. It names an item and what the
 * list is sorted by of it, so that items which are made or deleted meanwhile shift nothing. Not a secret, and not
 * signed: whoever makes one up goes to another place in a list that they may read anyway.
 */
import { z } from "zod";
import type { Order, Position } from "../../../../identity/walk.ts";
import { Refusal } from "../../../../kernel/errors.ts";

export const MAX_PAGE_TOKEN_CHARS = 2_048;

const form = z.tuple([
  z.string(),
  z.boolean(),
  z.enum(["after", "before"]),
  z.union([z.string(), z.number()]),
  z.string(),
]);

export function pageToken<Field extends string>(
  { by, isDescending }: Order<Field>,
  { side, value, id }: Position,
): string {
  const parts: z.input<typeof form> = [by, isDescending, side, value, id];
  return Buffer.from(JSON.stringify(parts)).toString("base64url");
}

/** Refuses a text that is no token, or one of a list in another order. */
export function positionIn<Field extends string>(
  text: string | undefined,
  { by, isDescending }: Order<Field>,
): Position | undefined {
  if (text === undefined) return undefined;
  const parsed = form.safeParse(jsonIn(text));
  if (parsed.success) {
    const [sortedBy, isTurned, side, value, id] = parsed.data;
    const isTime = by === "createdAt" || by === "modifiedAt";
    const isOfList = sortedBy === by && isTurned === isDescending;
    if (isOfList && isTime === (typeof value === "number")) return { side, value, id };
  }
  const sentence = "The query parameter start is no page token of this list.";
  throw new Refusal("invalid_request", sentence, { field: "start" });
}

function jsonIn(token: string): unknown {
  if (token.length > MAX_PAGE_TOKEN_CHARS || !/^[\w-]+$/.test(token)) return undefined;
  try {
    return JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
  } catch {
    return undefined;
  }
}
