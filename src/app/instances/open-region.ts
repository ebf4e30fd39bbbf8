/**
 * The instance of an account in a region, for those who speak of regions only (AWS's clients): the first that was made
 * there. A region without one gets one with its first secret.
 */
import type { Instance } from "../../identity/account.ts";
import { assertTakesInstances } from "../../identity/region.ts";
import { randomId } from "../../kernel/ids.ts";
import { assertRoom } from "../identity/find.ts";
import type { Context } from "../operation.ts";
import type { Transaction, View } from "../state.ts";
import { MAX_INSTANCES } from "./create-instance.ts";
import { targetOf, viewOf } from "./find.ts";

export interface RegionInstance {
  readonly instance: Instance;
  /** False while it has only been chosen: `openRegion` makes it. */
  readonly isThere: boolean;
}

/** The first instance of the account in the region, if there is one. */
export async function instanceInRegion(
  { identity }: Pick<View, "identity">,
  { account, region }: { readonly account: string; readonly region: string },
): Promise<Instance | undefined> {
  const instances = await identity.instances(account);
  return instances.find((one) => one.region === region);
}

/**
 * For `locate`, which only reads: the instance there, or the one that would be made, with the id that it would have.
 * Refuses a region that the installation does not know.
 */
export async function locateRegion(
  at: { readonly account: string; readonly region: string },
  { store, capabilities, now }: Pick<Context<View>, "store" | "capabilities" | "now">,
): Promise<RegionInstance> {
  const found = await instanceInRegion(store, at);
  if (found) return { instance: found, isThere: true };
  const { id: region } = capabilities.regions.named(at.region);
  const { account } = at;
  const instance = { id: randomId(), account, region, name: `AWS ${region}`, createdAt: now };
  return { instance, isThere: false };
}

/**
 * Makes what has been located, unless it is there, with an event of its own by the server. Refused where the region takes
 * no instances, or the account has as many as it may.
 */
export async function openRegion(
  { instance, isThere }: RegionInstance,
  context: Context<Transaction>,
): Promise<Instance> {
  if (isThere) return instance;
  const { store, capabilities, also } = context;
  const { account, region, name } = instance;
  assertTakesInstances(capabilities.regions.named(region));
  const { length } = await store.identity.instances(account);
  assertRoom(length, MAX_INSTANCES, "instances of an account");
  await store.identity.putInstance(instance);
  also({
    operation: "instance.create",
    caller: { kind: "internal", job: "regions" },
    target: targetOf(instance),
    input: { name, region },
    output: viewOf(instance),
  });
  return instance;
}
