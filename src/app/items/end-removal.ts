/** What can be had back after its deletion is gone when the time for that is over. Run by the schedule. */
import { accountPlace } from "../../identity/account.ts";
import { itemKind, type DueItem, type Item } from "../../items/item.ts";
import { toRfc3339 } from "../../kernel/clock.ts";
import { invariant, Refusal } from "../../kernel/errors.ts";
import { randomId } from "../../kernel/ids.ts";
import type { Call } from "../call.ts";
import { changeOperation } from "../operation.ts";
import type { Job } from "../schedule.ts";
import type { JobPorts } from "../secrets/secret-job.ts";
import { endings } from "./endings.ts";
import { targetOf } from "./find.ts";

/** Which, by its kind and id. */
export interface EndRemovalInput {
  readonly kind: string;
  readonly id: string;
}

export const endRemoval = changeOperation<EndRemovalInput, Item<object>, object>({
  name: "removal.end",
  async locate({ kind, id }, { store, call }) {
    const item = await store.items.item(itemKind<object>(kind), call.place.account, id);
    if (!item) throw new Refusal("not_found", "There is no such item.");
    return {
      target: targetOf(item, call.place),
      resource: { service: "iam-identity", place: call.place },
      subject: item,
      facts: item.removal ? { removedAt: toRfc3339(item.removal.at) } : {},
    };
  },
  async run(_input, { subject: item }, context) {
    invariant(context.caller.kind === "internal", "removals are ended by the schedule alone");
    // Between being found due and now, it may have been restored.
    if (!item.removal || item.removal.dueAt > context.now) {
      throw new Refusal("precondition_failed", "The item is not due to be removed.");
    }
    await endings[item.kind]?.(item, context);
    await context.store.items.deleteItem(item);
    return {};
  },
});

const JOB = "removal";

export function removalJob({ state, performer }: JobPorts): Job {
  return {
    name: JOB,
    due: (now, limit) =>
      state.read(async ({ items }) => {
        const due = await items.dueItems(now, limit);
        return due.map((item) => ({
          key: `${item.kind} ${item.account} ${item.id}`,
          async run() {
            const ended = await performer.perform(endRemoval, callAbout(item), () => item);
            return ended.kind === "done";
          },
        }));
      }),
  };
}

function callAbout({ kind, account, id }: DueItem): Call {
  const requestId = randomId();
  return {
    caller: { kind: "internal", job: JOB },
    dialect: "internal",
    place: accountPlace(account),
    host: { address: "", addressType: "", agent: "" },
    requestId,
    correlationId: requestId,
    about: { kind, id },
  };
}
