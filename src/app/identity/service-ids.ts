/** Service IDs: created, listed, deleted with their keys and policies. */
import { newEntityTag } from "../../identity/entity-tag.ts";
import {
  actingIdOf,
  MAX_SERVICE_IDS_PER_ACCOUNT,
  newServiceId,
  type ServiceId,
} from "../../identity/service-id.ts";
import { checkedDescription, checkedName } from "../../identity/text.ts";
import { Refusal } from "../../kernel/errors.ts";
import { callerId, changeOperation, readOperation } from "../operation.ts";
import { assertRoom, inAccount, placeOf, windowOf, type ListInput } from "./find.ts";
import { assertUnlocked, removeWithIdentity } from "./removal.ts";

export interface CreateServiceIdInput {
  readonly name: string;
  readonly description?: string | undefined;
}

/** Names need not differ, as with IBM; what identifies a service ID is its id. It may do nothing until a policy says so. */
export const createServiceId = changeOperation<CreateServiceIdInput, ServiceId, ServiceId>({
  name: "serviceid.create",
  async locate({ name, description = "" }, { call, caller, now }) {
    const id = newServiceId();
    const serviceId: ServiceId = {
      kind: "serviceid",
      id,
      iamId: actingIdOf(id),
      account: call.place.account,
      name: checkedName(name),
      description: checkedDescription(description),
      uniqueInstanceCrns: [],
      locked: false,
      entityTag: newEntityTag(),
      createdAt: now,
      createdBy: callerId(caller),
      modifiedAt: now,
    };
    const target = { kind: "serviceid", id, name: serviceId.name } as const;
    return inAccount("serviceid.create", call, { target, subject: serviceId });
  },
  async run(_input, { subject: serviceId }, { store }) {
    const one = { offset: 0, limit: 1 };
    const { totalCount } = await store.identity.serviceIds(serviceId.account, one);
    assertRoom(totalCount, MAX_SERVICE_IDS_PER_ACCOUNT, "service IDs in an account");
    await store.identity.putServiceId(serviceId);
    return serviceId;
  },
});

export interface ListedServiceIds {
  readonly serviceIds: readonly ServiceId[];
  readonly totalCount: number;
  readonly offset: number;
  readonly limit: number;
}

export const listServiceIds = readOperation<ListInput, null, ListedServiceIds>({
  name: "serviceid.list",
  async locate(_input, { call }) {
    return inAccount("serviceid.list", call, { target: null, subject: null });
  },
  async run(input, _located, { store, call }) {
    const window = windowOf(input);
    const { items, totalCount } = await store.identity.serviceIds(placeOf(call).account, window);
    return { serviceIds: items, totalCount, ...window };
  },
});

export interface DeleteServiceIdInput {
  readonly id: string;
}

/** Ends its sessions at once. A locked one is refused. */
export const deleteServiceId = changeOperation<DeleteServiceIdInput, ServiceId, object>({
  name: "serviceid.delete",
  async locate({ id }, { call, store }) {
    const serviceId = await store.identity.serviceId(call.place.account, id);
    if (!serviceId) throw new Refusal("not_found", "There is no such service ID.");
    const target = { kind: "serviceid", id, name: serviceId.name } as const;
    return inAccount("serviceid.delete", call, { target, subject: serviceId });
  },
  async run(_input, { subject: serviceId }, context) {
    assertUnlocked(serviceId, "service ID");
    await removeWithIdentity(serviceId, context);
    await context.store.identity.deleteServiceId(serviceId.account, serviceId.id);
    return {};
  },
});
