/**
 * The secret of a client by its address: made for whoever comes first, in time, and for nobody after. Nobody logs in for
 * it; whoever comes second learns, and so does the trail, that somebody was there before.
 */
import { CLIENT, type Client, type ClientAddress } from "../../identity/client.ts";
import { isServiceId, type ServiceId } from "../../identity/service-id.ts";
import type { Item } from "../../items/item.ts";
import { accountPlace } from "../../identity/account.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import { targetOf } from "../identity/find.ts";
import { serviceIdTarget } from "../identity/service-ids.ts";
import { changeOperation, type Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import { isCode } from "./address.ts";
import { shownClient, type ShownClient } from "./client-shown.ts";

export interface FetchSecretInput {
  /** Of the client. */
  readonly id: string;
  /** What nobody can guess of the address; never recorded. */
  readonly code: Sensitive<string>;
}

interface Fetching {
  readonly serviceId: ServiceId;
  readonly item: Item<Client>;
  readonly address: ClientAddress;
}

export interface FetchedSecret extends ShownClient {
  readonly secret: Sensitive<string>;
  readonly apikeyId: string;
}

/** A client that is not there and an address that is wrong are refused alike. */
export const fetchClientSecret = changeOperation<FetchSecretInput, Fetching, FetchedSecret>({
  name: "serviceid.credential.read",
  forAnyone: true,
  async locate(input, context) {
    const found = await addressed(input, context);
    if (!found) throw new Refusal("not_found", "There is no such address.");
    const { serviceId, address } = found;
    const place = accountPlace(serviceId.account);
    const refusal = refusalOf(address, context);
    return {
      target: targetOf({ ...context.call, place }, serviceIdTarget(serviceId)),
      resource: null,
      subject: found,
      refusal,
      facts: refusal ? { fault: refusal.details["reason"] } : {},
    };
  },
  async run(_input, { subject: { serviceId, item, address } }, context) {
    const { store, capabilities, now } = context;
    const { secret } = item.content;
    const key = secret && (await store.identity.apiKey(serviceId.account, secret.apiKey));
    if (!secret || !key) throw new Refusal("gone", "The secret of this client was deleted.");
    const made = capabilities.credentials.makeClientSecret();
    await store.identity.putApiKey(key, made.hash);
    const content: Client = {
      ...item.content,
      secret: { apiKey: key.id, hash: made.hash },
      address: { ...address, usedAt: now },
    };
    await store.items.putItem({ ...item, content });
    return { ...(await shownClient(serviceId, context)), secret: made.value, apikeyId: key.id };
  },
});

function refusalOf(
  { usedAt, expiresAt }: ClientAddress,
  { now }: Pick<Context<Transaction>, "now">,
) {
  if (usedAt !== null) {
    return new Refusal("gone", "The address has been used already.", { reason: "url-used" });
  }
  if (expiresAt > now) return undefined;
  return new Refusal("gone", "The address has expired.", { reason: "url-expired" });
}

/** In whichever account: whoever comes has nothing but the address. */
async function addressed(
  { id, code }: FetchSecretInput,
  { store }: Context<Transaction>,
): Promise<Fetching | undefined> {
  if (!isServiceId(id)) return undefined;
  for (const { id: account } of await store.identity.accounts()) {
    const item = await store.items.item(CLIENT, account, id);
    const address = item?.content.address;
    if (!item || !address) continue;
    if (!isCode(code, address.hash)) return undefined;
    // Of one that is deleted there is none.
    const serviceId = await store.identity.serviceId(account, id);
    return serviceId && { serviceId, item, address };
  }
  return undefined;
}
