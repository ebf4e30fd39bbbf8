/** Pauses a destination, and has it go on from where it was; each may be asked for twice. */
import { revised } from "../../items/item.ts";
import { handOf } from "../items/hand.ts";
import { changeOperation, type Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import { itemOf, locateDestination, type Found, type WhichDestination } from "./find.ts";
import { viewOf, type DestinationView } from "./view.ts";

/** Nothing is sent until it is resumed. One that is required goes on counting what it is behind. */
export const pauseDestination = changeOperation<WhichDestination, Found, DestinationView>({
  name: "destination.pause",
  locate: locateDestination,
  run: (_input, { subject }, context) => put(subject, { isPaused: true }, context),
});

export const resumeDestination = changeOperation<WhichDestination, Found, DestinationView>({
  name: "destination.resume",
  locate: locateDestination,
  run: (_input, { subject }, context) => put(subject, { isPaused: false }, context),
});

async function put(
  found: Found,
  changes: { readonly isPaused: boolean },
  context: Context<Transaction>,
): Promise<DestinationView> {
  const before = itemOf(found);
  if (before.content.isPaused === changes.isPaused) return viewOf(found, context);
  const content = { ...before.content, ...changes };
  const item = revised(before, { content }, handOf(context));
  await context.store.items.putItem(item);
  return viewOf({ kind: "own", item }, context);
}
