/** Clients read, listed and deleted: service IDs with what is kept of them as clients. */
import { CLIENT } from "../../identity/client.ts";
import { isActingServiceId, managedIdOf, type ServiceId } from "../../identity/service-id.ts";
import { MAX_LIST_LIMIT } from "../../identity/store.ts";
import { inAccount } from "../identity/find.ts";
import { deleteServiceId, serviceIdTarget } from "../identity/service-ids.ts";
import { changeInTerms } from "../in-other-terms.ts";
import { changeOperation, readOperation, type Context } from "../operation.ts";
import type { View } from "../state.ts";
import {
  findClient,
  locatedAside,
  shownClient,
  type ShownClient,
  type WhichClient,
} from "./client-shown.ts";

export const readClient = readOperation<WhichClient, ServiceId, ShownClient>({
  name: "serviceid.read",
  async locate(input, context) {
    const aside = await locatedAside(input, context);
    if (aside) return { ...aside, subject: NONE };
    const subject = await findClient(input, context);
    const target = serviceIdTarget(subject);
    return inAccount("serviceid.read", context.call, { target, subject });
  },
  run: (_input, { subject: serviceId }, context) => shownClient(serviceId, context),
});

export interface ListClientsInput {
  /** Only those of the role of this name. */
  readonly role?: string | undefined;
  readonly order: "asc" | "desc";
  readonly offset: number;
  readonly limit: number;
}

export interface ListedClients {
  readonly clients: readonly ShownClient[];
  readonly totalCount: number;
}

/** In the order in which they were made. */
export const listClients = readOperation<ListClientsInput, null, ListedClients>({
  name: "serviceid.list",
  async locate(_input, { call }) {
    return inAccount("serviceid.list", call, { target: null, subject: null });
  },
  async run(input, _located, context) {
    const { serviceIds, totalCount } =
      input.role === undefined ? await allOf(input, context) : await ofRole(input, context);
    const clients: ShownClient[] = [];
    for (const one of serviceIds) clients.push(await shownClient(one, context));
    return { clients, totalCount };
  },
});

interface Found {
  readonly serviceIds: readonly ServiceId[];
  readonly totalCount: number;
}

async function allOf(
  { order, offset, limit }: ListClientsInput,
  { store, call }: Context<View>,
): Promise<Found> {
  const { account } = call.place;
  const serviceIds: ServiceId[] = [];
  for (;;) {
    const walk = {
      by: "createdAt",
      isDescending: order === "desc",
      offset: offset + serviceIds.length,
      limit: Math.min(limit - serviceIds.length, MAX_LIST_LIMIT),
    } as const;
    const { items, totalCount } = await store.identity.walkServiceIds(account, undefined, walk);
    serviceIds.push(...items);
    if (items.length < walk.limit || serviceIds.length >= limit) return { serviceIds, totalCount };
  }
}

/** Of those whom the role trusts, whoever was made as a client of it. */
async function ofRole(
  { role = "", order, offset, limit }: ListClientsInput,
  { store, call }: Context<View>,
): Promise<Found> {
  const { account } = call.place;
  const profile = await store.profiles.profileByName(account, role);
  if (!profile) return { serviceIds: [], totalCount: 0 };
  const found: ServiceId[] = [];
  for (const { identifier } of await store.profiles.profileIdentities(account, profile.id)) {
    if (!isActingServiceId(identifier)) continue;
    const id = managedIdOf(identifier);
    const client = await store.items.item(CLIENT, account, id);
    const serviceId = await store.identity.serviceId(account, id);
    if (serviceId && client?.content.role?.id === profile.id) found.push(serviceId);
  }
  const sorted = found.toSorted((one, other) => one.createdAt - other.createdAt);
  if (order === "desc") sorted.reverse();
  return { serviceIds: sorted.slice(offset, offset + limit), totalCount: found.length };
}

export interface DeleteClientInput extends WhichClient {
  /** For good, at once. */
  readonly force?: boolean | undefined;
}

const deleteInTerms = changeInTerms(deleteServiceId, {
  async understood({ id, force = false }: DeleteClientInput) {
    return { id, ...(force ? {} : { recoverable: true as const }) };
  },
  shown: async (deleted) => deleted,
});

/** Its sessions end at once. */
export const deleteClient = changeOperation({
  ...deleteInTerms,
  async locate(input: DeleteClientInput, context: Parameters<typeof deleteInTerms.locate>[1]) {
    const aside = await locatedAside(input, context);
    return aside ? { ...aside, subject: NONE } : deleteInTerms.locate(input, context);
  },
});

/** Of what is refused before anything is done to it. */
const NONE = null as never;
