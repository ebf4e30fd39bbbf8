/** Sends a destination what it has had, once more, from a place of the log on; receivers tell repetitions by their ids. */
import { revised } from "../../items/item.ts";
import { Refusal } from "../../kernel/errors.ts";
import { randomId } from "../../kernel/ids.ts";
import { handOf } from "../items/hand.ts";
import { changeOperation } from "../operation.ts";
import { itemOf, locateDestination, type Found, type WhichDestination } from "./find.ts";
import { placeInLog } from "./place-in-log.ts";

export interface ReplayDestinationInput extends WhichDestination {
  /** An index, a time or `beginning`. */
  readonly from: string | number;
  /** Found out by `work`. */
  readonly index?: number;
}

export interface ReplayBegun {
  /** The first entry that is looked at again. */
  readonly index: number;
}

export const replayDestination = changeOperation<ReplayDestinationInput, Found, ReplayBegun>({
  name: "destination.replay",
  locate: locateDestination,
  async work(input, _subject, { capabilities, now }) {
    return { ...input, index: await placeInLog(input.from, { log: capabilities.trail.log, now }) };
  },
  async run({ index = 0 }, { subject }, context) {
    const before = itemOf(subject);
    const report = context.capabilities.deliveries.status(before.id);
    // Ahead of it, nothing would be sent again, and what is between never.
    if (report && index > report.progress.acknowledged) {
      const sentence = `It has not come so far yet: it has everything before ${report.progress.acknowledged}.`;
      throw new Refusal("precondition_failed", sentence, { field: "from" });
    }
    const content = { ...before.content, start: { id: randomId(), index } };
    await context.store.items.putItem(revised(before, { content }, handOf(context)));
    return { index };
  },
});
