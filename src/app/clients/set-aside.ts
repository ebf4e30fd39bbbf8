/** What is kept of a client, or of any other service ID, that is deleted and can be had back. */
import { CLIENT, type Client } from "../../identity/client.ts";
import type { ServiceId } from "../../identity/service-id.ts";
import { newItem, removed, type Item } from "../../items/item.ts";
import { belongingsOf } from "../identity/belongings.ts";
import { handOf } from "../items/hand.ts";
import type { Context } from "../operation.ts";
import type { Transaction } from "../state.ts";

/** Of its API keys only its secret comes back: the hashes of the others are nowhere but with the keys. */
export async function setClientAside(
  serviceId: ServiceId,
  context: Context<Transaction>,
): Promise<Item<Client>> {
  const { store } = context;
  const { account, id } = serviceId;
  const known = await store.items.item(CLIENT, account, id);
  const client = known?.content ?? NONE;
  const key = client.secret && (await store.identity.apiKey(account, client.secret.apiKey));
  const belongings = await belongingsOf(serviceId, store);
  const content: Client = { ...client, parts: { serviceId, key: key ?? null, belongings } };
  const hand = handOf(context);
  const item = known ?? newItem(CLIENT, { account, id, name: id, content }, hand);
  const aside = removed({ ...item, content }, hand);
  await store.items.putItem(aside);
  return aside;
}

/** Of a service ID that no client was made of. */
const NONE: Client = {
  role: null,
  secret: null,
  ttlS: null,
  usesLimit: null,
  usedCount: 0,
  address: null,
  parts: null,
};
