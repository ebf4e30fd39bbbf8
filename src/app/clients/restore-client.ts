/** A client that was deleted is there again, with its secret, its policies and memberships, and whom trusts it. */
import { CLIENT, type Client, type ClientParts } from "../../identity/client.ts";
import { PROFILE } from "../../identity/removed-profile.ts";
import { MAX_SERVICE_IDS_PER_ACCOUNT, type ServiceId } from "../../identity/service-id.ts";
import { broughtBack, type Item } from "../../items/item.ts";
import type { Refusal } from "../../kernel/errors.ts";
import { keyTarget } from "../identity/api-key-events.ts";
import { bringBack } from "../identity/belongings.ts";
import { assertRoom, inAccount, targetOf } from "../identity/find.ts";
import { serviceIdTarget } from "../identity/service-ids.ts";
import { notRemovedRefusal } from "../items/find.ts";
import { forgetVersions } from "../items/versions.ts";
import { changeOperation, type Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import { findClient, removedClient, type WhichClient } from "./client-shown.ts";
import { refusalToActAs } from "./create-client.ts";

interface Restoring {
  readonly item: Item<Client>;
  readonly parts: ClientParts;
}

/** Its sessions went with the secret: whoever was logged in with it before logs in anew. */
export const restoreClient = changeOperation<WhichClient, Restoring, ServiceId>({
  name: "serviceid.restore",
  async locate(input, context) {
    const item = await removedClient(input, context);
    const parts = item?.content.parts;
    const serviceId = parts?.serviceId ?? (await findClient(input, context));
    const located = inAccount("serviceid.restore", context.call, {
      target: serviceIdTarget(serviceId),
      subject: null as never,
    });
    if (!item || !parts) return { ...located, refusal: notRemovedRefusal() };
    const refusal = await refusalToTrust(parts, context);
    return { ...located, subject: { item, parts }, refusal };
  },
  async run(_input, { subject }, context) {
    const { item, parts } = subject;
    const { store } = context;
    const { serviceId } = parts;
    const one = { offset: 0, limit: 1 };
    const { totalCount } = await store.identity.serviceIds(serviceId.account, one);
    assertRoom(totalCount, MAX_SERVICE_IDS_PER_ACCOUNT, "service IDs in an account");
    await store.identity.putServiceId(serviceId);
    await bringSecretBack(subject, context);
    await bringBack(parts.belongings, context);
    const content = { ...item.content, parts: null };
    if (content.role) await store.items.putItem({ ...broughtBack(item), content });
    else await forgetVersions(CLIENT, item, context);
    return serviceId;
  },
});

/** Whoever has its secret is its role again: as when it was made, that is for who may say who acts as the role. */
async function refusalToTrust(
  { belongings }: ClientParts,
  context: Context<Transaction>,
): Promise<Refusal | undefined> {
  for (const { account, profile: id } of belongings.trust) {
    const { profiles, items } = context.store;
    const role =
      (await profiles.profile(account, id)) ??
      (await items.item(PROFILE, account, id))?.content.parts?.profile;
    const refusal = role && refusalToActAs(role, context);
    if (refusal) return refusal;
  }
  return undefined;
}

async function bringSecretBack(
  { item: { content }, parts: { key } }: Restoring,
  { store, call, also }: Context<Transaction>,
): Promise<void> {
  if (!key || !content.secret) return;
  await store.identity.putApiKey(key, content.secret.hash);
  also({
    operation: "serviceid-apikey.create",
    target: targetOf(call, keyTarget(key)),
    input: { name: key.name, iamId: key.iamId, lock: key.locked },
    output: { id: key.id },
  });
}
