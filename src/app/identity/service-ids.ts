/** Service IDs: created, alone or with a first API key, and deleted with their keys and policies. */
import { MAX_API_KEYS_PER_IDENTITY, type ApiKey } from "../../identity/api-key.ts";
import { CLIENT } from "../../identity/client.ts";
import { newEntityTag } from "../../identity/entity-tag.ts";
import {
  actingIdOf,
  checkedInstanceCrns,
  MAX_SERVICE_IDS_PER_ACCOUNT,
  newServiceId,
  type ServiceId,
} from "../../identity/service-id.ts";
import { checkedDescription, checkedName } from "../../identity/text.ts";
import { isUserId } from "../../identity/user.ts";
import type { Millis } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Call } from "../call.ts";
import { setClientAside } from "../clients/set-aside.ts";
import { forgetVersions } from "../items/versions.ts";
import { callerId, changeOperation, type Context } from "../operation.ts";
import { removeHome } from "../secrets/remove-home.ts";
import type { View } from "../state.ts";
import { keyTarget } from "./api-key-events.ts";
import { madeApiKey, newApiKey, type CreatedApiKey, type NewApiKey } from "./api-keys.ts";
import { assertRoom, inAccount, targetOf, type Named } from "./find.ts";
import { assertMayToo } from "./further-rights.ts";
import { assertOwnAccount } from "./own-account.ts";
import { assertUnlocked, removeWithIdentity } from "./removal.ts";

export interface CreateServiceIdInput {
  readonly name: string;
  readonly description?: string | undefined;
  readonly uniqueInstanceCrns?: readonly string[] | undefined;
  /** Whether it begins locked. */
  readonly lock?: boolean | undefined;
  /** A first key, made in the same transaction. */
  readonly apiKey?: NewApiKey | undefined;
  /** Where the wire names one: it must be the caller's own. */
  readonly account?: string | undefined;
}

export interface CreatedServiceId extends ServiceId {
  readonly apiKey: CreatedApiKey | null;
}

interface NewServiceId {
  readonly serviceId: ServiceId;
  readonly key: ApiKey | null;
}

export function serviceIdTarget({ id, name }: ServiceId): Named {
  return { kind: "serviceid", id, name };
}

export const noSuchServiceId = (): Refusal =>
  new Refusal("not_found", "There is no such service ID.");

/**
 * Names need not differ, as with IBM; what identifies a service ID is its id. It may do nothing until a policy says so,
 * so that an account may let every user make them; a key that comes with it takes the right to make one all the same.
 */
export const createServiceId = changeOperation<
  CreateServiceIdInput,
  NewServiceId,
  CreatedServiceId
>({
  name: "serviceid.create",
  async locate(input, context) {
    const { call, store } = context;
    assertOwnAccount(input.account, call);
    const serviceId = newlyNamed(input, context);
    const key = input.apiKey ? newApiKey(serviceId, input.apiKey, context) : null;
    const located = inAccount("serviceid.create", call, {
      target: serviceIdTarget(serviceId),
      subject: { serviceId, key },
      facts: { lock: serviceId.locked, instance_name: serviceId.name },
    });
    const { restrictCreateServiceId } = await store.identity.settings(serviceId.account);
    const isOpen = restrictCreateServiceId === "NOT_RESTRICTED" && isUserHere(call);
    return isOpen ? { ...located, resource: null } : located;
  },
  async run({ apiKey: given }, { subject: { serviceId, key } }, context) {
    const { store, call, also } = context;
    const one = { offset: 0, limit: 1 };
    const { totalCount } = await store.identity.serviceIds(serviceId.account, one);
    assertRoom(totalCount, MAX_SERVICE_IDS_PER_ACCOUNT, "service IDs in an account");
    if (key) await assertMayToo("serviceid-apikey.create", "An API key with it", context);
    await store.identity.putServiceId(serviceId);
    if (!key) return { ...serviceId, apiKey: null };
    const made = await madeApiKey(key, context);
    also({
      operation: "serviceid-apikey.create",
      target: targetOf(call, keyTarget(key)),
      input: { ...given, iamId: serviceId.iamId, lock: key.locked },
      output: { id: key.id },
    });
    return { ...serviceId, apiKey: made };
  },
});

/** One that is not kept yet. */
export function newlyNamed(
  { name, description = "", uniqueInstanceCrns = [], lock = false }: CreateServiceIdInput,
  { call, caller, now }: Context<View>,
): ServiceId {
  const id = newServiceId();
  return {
    kind: "serviceid",
    id,
    iamId: actingIdOf(id),
    account: call.place.account,
    name: checkedName(name),
    description: checkedDescription(description),
    uniqueInstanceCrns: checkedInstanceCrns(uniqueInstanceCrns),
    locked: lock,
    entityTag: newEntityTag(),
    createdAt: now,
    createdBy: callerId(caller),
    modifiedAt: now,
  };
}

function isUserHere({ caller, place }: Call): boolean {
  return caller.kind === "identity" && caller.account === place.account && isUserId(caller.id);
}

export interface DeleteServiceIdInput {
  readonly id: string;
  /** Whether it can be had back for a while, with its secret if it is a client. */
  readonly recoverable?: true | undefined;
}

export interface DeletedServiceId {
  /** Until when it can be had back; null of one that is gone for good. */
  readonly dueAt: Millis | null;
}

/** Ends its sessions at once. A locked one is refused, and one that has a locked API key. */
export const deleteServiceId = changeOperation<DeleteServiceIdInput, ServiceId, DeletedServiceId>({
  name: "serviceid.delete",
  async locate({ id }, { call, store }) {
    const { account } = call.place;
    const serviceId = await store.identity.serviceId(account, id);
    if (!serviceId) throw noSuchServiceId();
    const all = { offset: 0, limit: MAX_API_KEYS_PER_IDENTITY };
    const { items: keys } = await store.identity.apiKeys(account, serviceId.iamId, all);
    const lock = serviceId.locked || keys.some(({ locked }) => locked);
    const target = serviceIdTarget(serviceId);
    return inAccount("serviceid.delete", call, { target, subject: serviceId, facts: { lock } });
  },
  async run({ recoverable = false }, { subject: serviceId }, context) {
    assertUnlocked(serviceId, "service ID");
    const item = recoverable ? await setClientAside(serviceId, context) : undefined;
    await removeWithIdentity(serviceId, context);
    if (!item) await removeHome(serviceId, context);
    await context.store.identity.deleteServiceId(serviceId.account, serviceId.id);
    if (!item) await forgetVersions(CLIENT, serviceId, context);
    return { dueAt: item?.removal?.dueAt ?? null };
  },
});
