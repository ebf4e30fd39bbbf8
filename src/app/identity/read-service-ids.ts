/** Service IDs as they are seen: one, with what the trail says of it, or many. */
import type { ServiceId, ServiceIdOrder } from "../../identity/service-id.ts";
import { readOperation, type Context } from "../operation.ts";
import type { View } from "../state.ts";
import { inAccount, placeOf } from "./find.ts";
import {
  activityOfIdentity,
  SERVICE_ID_CHANGES,
  toldOf,
  type Lived,
  type Telling,
  type Told,
} from "./history.ts";
import { walkOf, type ListPart, type WalkInput } from "./list-parts.ts";
import { assertOwnAccount } from "./own-account.ts";
import { noSuchServiceId, serviceIdTarget } from "./service-ids.ts";

export interface ListServiceIdsInput extends WalkInput<ServiceIdOrder> {
  /** Those of exactly this name. */
  readonly name?: string | undefined;
  readonly account?: string | undefined;
  readonly includeHistory?: boolean | undefined;
}

/** A service ID with what the trail says of it, where that was asked for. */
export interface ShownServiceId extends Told {
  readonly serviceId: ServiceId;
}

export interface ListedServiceIds extends ListPart<ServiceIdOrder> {
  readonly serviceIds: readonly ShownServiceId[];
}

export const listServiceIds = readOperation<ListServiceIdsInput, null, ListedServiceIds>({
  name: "serviceid.list",
  async locate({ account }, { call }) {
    assertOwnAccount(account, call);
    return inAccount("serviceid.list", call, { target: null, subject: null });
  },
  async run(input, _located, context) {
    const { store, call } = context;
    const walk = walkOf(input);
    const { account } = placeOf(call);
    const { items, ...part } = await store.identity.walkServiceIds(account, input.name, walk);
    const serviceIds: ShownServiceId[] = [];
    for (const serviceId of items) serviceIds.push(await shown(serviceId, input, context));
    return { serviceIds, ...part, order: walk, offset: walk.offset, limit: walk.limit };
  },
});

export interface ReadServiceIdInput extends Telling {
  readonly id: string;
}

export const readServiceId = readOperation<ReadServiceIdInput, ServiceId, ShownServiceId>({
  name: "serviceid.read",
  async locate({ id }, { store, call }) {
    const serviceId = await store.identity.serviceId(call.place.account, id);
    if (!serviceId) throw noSuchServiceId();
    const target = serviceIdTarget(serviceId);
    return inAccount("serviceid.read", call, { target, subject: serviceId });
  },
  run: (input, { subject: serviceId }, context) => shown(serviceId, input, context),
});

async function shown(
  serviceId: ServiceId,
  asked: Telling,
  context: Context<View>,
): Promise<ShownServiceId> {
  const lived: Lived = {
    target: serviceIdTarget(serviceId),
    changes: SERVICE_ID_CHANGES,
    activity: (seen) => activityOfIdentity(serviceId, seen),
  };
  return { serviceId, ...(await toldOf(lived, asked, context)) };
}
