/** Finding an instance of the caller's account, and saying so: the target of its events, the resource of its policies. */
import { crn } from "../../audit/crn.ts";
import type { TargetRef } from "../../audit/describe.ts";
import { instancePlace, type Instance } from "../../identity/account.ts";
import type { Resource } from "../../identity/authorize.ts";
import { SERVICE_WITH_INSTANCES } from "../../identity/roles.ts";
import type { IdentityReader } from "../../identity/store.ts";
import type { Millis } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Context, Located } from "../operation.ts";
import type { View } from "../state.ts";

export interface InstanceView {
  readonly id: string;
  readonly crn: string;
  readonly name: string;
  readonly region: string;
  readonly createdAt: Millis;
}

export function instanceCrn(instance: Instance): string {
  return crn(SERVICE_WITH_INSTANCES, instancePlace(instance));
}

export function viewOf(instance: Instance): InstanceView {
  const { id, name, region, createdAt } = instance;
  return { id, crn: instanceCrn(instance), name, region, createdAt };
}

/** The instance itself: its CRN is that of the place in which everything of it happens. */
export function targetOf(instance: Instance, name: string = instance.name): TargetRef {
  return { place: instancePlace(instance), kind: "", id: "", name };
}

export function resourceOf(instance: Instance): Resource {
  return { service: SERVICE_WITH_INSTANCES, place: instancePlace(instance) };
}

/** Another account's instance is not there. */
export async function findInstance(
  { identity }: { readonly identity: IdentityReader },
  { id, account }: { readonly id: string; readonly account: string },
): Promise<Instance> {
  const instance = await identity.instance(id);
  // Nor is a home: it comes and goes with whose it is.
  if (instance?.account === account && !instance.home) return instance;
  throw new Refusal("not_found", "There is no such instance.");
}

/** One instance by its id, wherever the call itself is addressed to. */
export async function locateInstance<Store extends View>(
  { id }: { readonly id: string },
  { store, call }: Context<Store>,
): Promise<Located<Instance>> {
  const instance = await findInstance(store, { id, account: call.place.account });
  return { target: targetOf(instance), resource: resourceOf(instance), subject: instance };
}
