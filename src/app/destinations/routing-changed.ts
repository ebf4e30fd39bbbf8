/** From where in the log the account's routes and settings of routing are as they are: kept with each change of them. */
import { newItem, revised } from "../../items/item.ts";
import { handOf } from "../items/hand.ts";
import type { Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import { ROUTING_SETTINGS, SETTINGS_NAME, type RoutingSettings } from "./destination.ts";

export const NOTHING_SAID: RoutingSettings = {
  defaultTargets: [],
  permittedTargetRegions: [],
  metadataRegionPrimary: "",
  metadataRegionBackup: "",
  isPrivateOnly: false,
};

/**
 * What is recorded from now on stands there or later: it is looked at by the rules that hold now, also where a courier has
 * passed it by those before. `settings` are the account's, where they are what has changed.
 */
export async function routingChanged(
  context: Context<Transaction>,
  settings?: RoutingSettings,
): Promise<void> {
  const { store, call, capabilities } = context;
  const { account } = call.place;
  const before = await store.items.itemNamed(ROUTING_SETTINGS, account, SETTINGS_NAME);
  const content: RoutingSettings = {
    ...(settings ?? before?.content ?? NOTHING_SAID),
    changedAt: capabilities.trail.log.size,
  };
  const hand = handOf(context);
  await store.items.putItem(
    before
      ? revised(before, { content }, hand)
      : newItem(ROUTING_SETTINGS, { account, name: SETTINGS_NAME, content }, hand),
  );
}
