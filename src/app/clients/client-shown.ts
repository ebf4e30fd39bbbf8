/** A client as it is shown: a service ID with the role that it logs in as, and how much is left of its secret. */
import type { ApiKey } from "../../identity/api-key.ts";
import { CLIENT, type Client, type ClientAddress, type ClientRole } from "../../identity/client.ts";
import { PROFILE } from "../../identity/removed-profile.ts";
import { isServiceId, type ServiceId } from "../../identity/service-id.ts";
import type { Item } from "../../items/item.ts";
import type { Millis } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import { serviceIdTarget } from "../identity/service-ids.ts";
import { namedById } from "../identity/named-by-id.ts";
import { markedRefusal } from "../items/find.ts";
import { targetOf } from "../identity/find.ts";
import type { Context, Located } from "../operation.ts";
import type { View } from "../state.ts";

/** By its id: `ServiceId-…`. */
export interface WhichClient {
  readonly id: string;
}

export interface ShownClient {
  /** Both recorded of one that was made. */
  readonly id: string;
  readonly iamId: string;
  /** The name of its role; empty of a service ID that no client was made of. */
  readonly role: string;
  readonly description: string;
  readonly createdAt: Millis;
  readonly createdBy: string;
  readonly ttlS: number | null;
  readonly expiresAt: Millis | null;
  readonly usesLimit: number | null;
  readonly usedCount: number;
  readonly address: ClientAddress | null;
  readonly status: ClientStatus;
}

export type ClientStatus = "active" | "disabled" | "expired" | "used up" | "without role";

export async function shownClient(
  serviceId: ServiceId,
  { store, now }: Pick<Context<View>, "store" | "now">,
): Promise<ShownClient> {
  const { account, id, iamId, description, createdAt } = serviceId;
  const client = (await store.items.item(CLIENT, account, id))?.content;
  const key = client?.secret && (await store.identity.apiKey(account, client.secret.apiKey));
  const role = client?.role ?? null;
  const hasRole = role !== null && (await store.profiles.profile(account, role.id)) !== undefined;
  return {
    id,
    iamId,
    role: role ? await nameOfRole(role, account, store) : "",
    description,
    createdAt,
    createdBy: await namedById(account, serviceId.createdBy, store),
    ttlS: client?.ttlS ?? null,
    expiresAt: key?.expiresAt ?? null,
    usesLimit: client?.usesLimit ?? null,
    usedCount: client?.usedCount ?? 0,
    address: client?.address ?? null,
    status: hasRole ? statusOf(client, key ?? undefined, now) : "without role",
  };
}

function statusOf(client: Client | undefined, key: ApiKey | undefined, now: Millis): ClientStatus {
  if (!client || !key || key.disabled) return "disabled";
  if (key.expiresAt !== null && key.expiresAt <= now) return "expired";
  const { usesLimit, usedCount } = client;
  return usesLimit !== null && usedCount >= usesLimit ? "used up" : "active";
}

/** As it is called now, also while it waits to be had back; as it was called, once it is gone. */
async function nameOfRole(
  { id, name }: ClientRole,
  account: string,
  { profiles, items }: Pick<View, "profiles" | "items">,
): Promise<string> {
  const profile = await profiles.profile(account, id);
  return profile?.name ?? (await items.item(PROFILE, account, id))?.name ?? name;
}

/** Refuses one that is not there. */
export async function findClient(
  { id }: WhichClient,
  { store, call }: Pick<Context<View>, "store" | "call">,
): Promise<ServiceId> {
  const serviceId = isServiceId(id)
    ? await store.identity.serviceId(call.place.account, id)
    : undefined;
  if (!serviceId) throw new Refusal("not_found", "There is no such client.");
  return serviceId;
}

/** One that was deleted and can be had back; undefined of any other. */
export async function removedClient(
  { id }: WhichClient,
  { store: { items }, call }: Pick<Context<View>, "store" | "call">,
): Promise<Item<Client> | undefined> {
  const item = await items.item(CLIENT, call.place.account, id);
  return item?.removal ? item : undefined;
}

/** Located all the same, so that the record has it, and refused. */
export async function locatedAside(
  input: WhichClient,
  context: Pick<Context<View>, "store" | "call">,
): Promise<(Omit<Located<unknown>, "subject"> & { readonly item: Item<Client> }) | undefined> {
  const item = await removedClient(input, context);
  const serviceId = item?.content.parts?.serviceId;
  if (!item || !serviceId) return undefined;
  return {
    item,
    target: targetOf(context.call, serviceIdTarget(serviceId)),
    resource: { service: "iam-identity", place: context.call.place },
    refusal: markedRefusal(),
  };
}
