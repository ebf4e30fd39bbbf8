/** Which instances an account has, as far as the caller may see them; and one of them. */
import type { Instance } from "../../identity/account.ts";
import { accountPlace } from "../../identity/account.ts";
import type { Part } from "../../identity/authorize.ts";
import type { Region } from "../../identity/region.ts";
import { SERVICE_WITH_INSTANCES } from "../../identity/roles.ts";
import { readOperation } from "../operation.ts";
import { locateInstance, viewOf, type InstanceView } from "./find.ts";

export interface ListInstancesOutput {
  readonly totalCount: number;
  /** In the order in which they were made: behind a plain address is the first of the account. */
  readonly instances: readonly InstanceView[];
  /** Where there may be instances, and where there may not. */
  readonly regions: readonly Region[];
}

/** Shows what a policy of the caller's lets it see: of one on a region, or on an instance, just that. */
export const listInstances = readOperation<object, undefined, ListInstancesOutput>({
  name: "instance.list",

  async locate(_input, { call }) {
    const place = accountPlace(call.place.account);
    return {
      target: { place, kind: "", id: "", name: "" },
      resource: { service: SERVICE_WITH_INSTANCES, place },
      subject: undefined,
      anywhere: true,
    };
  },

  async run(_input, _located, { store, call, parts, capabilities }) {
    const seen = parts();
    const all = await store.identity.instances(call.place.account);
    const instances = all
      .filter((instance) => seen.some((part) => isWithin(instance, part)))
      .map(viewOf);
    return { totalCount: instances.length, instances, regions: capabilities.regions.all };
  },
});

export interface InstanceInput {
  readonly id: string;
}

export const readInstance = readOperation<InstanceInput, Instance, InstanceView>({
  name: "instance.read",

  locate: locateInstance,

  async run(_input, { subject: instance }) {
    return viewOf(instance);
  },
});

function isWithin({ id, account, region }: Instance, part: Part): boolean {
  return (
    (part.account ?? account) === account &&
    (part.service ?? SERVICE_WITH_INSTANCES) === SERVICE_WITH_INSTANCES &&
    (part.region ?? region) === region &&
    (part.instance ?? id) === id
  );
}
