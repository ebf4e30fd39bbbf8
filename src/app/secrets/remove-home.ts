/** The end of a home, with that of the identity whose it is: nobody could reach into it any more. */
import { instancePlace } from "../../identity/account.ts";
import { MAX_PAGE_ITEMS } from "../../secrets/paging.ts";
import type { Secret } from "../../secrets/secret.ts";
import type { Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import { locatedSecret, toldOf } from "./find.ts";
import { removeSecret } from "./remove-secret.ts";

/** Every secret in it goes, whether or not it is locked, with an event of its own; then the home does. */
export async function removeHome(
  { account, iamId }: { readonly account: string; readonly iamId: string },
  context: Context<Transaction>,
): Promise<void> {
  const { store, call, also } = context;
  const home = await store.identity.homeOf(account, iamId);
  if (!home) return;
  const place = instancePlace(home);
  const there: Context<Transaction> = { ...context, call: { ...call, place } };
  const at = { account, instance: home.id };
  for (;;) {
    const page = { offset: 0, limit: MAX_PAGE_ITEMS };
    const { items } = await store.secrets.secrets(at, {
      page,
      sort: "name",
      includesDeleted: true,
    });
    if (items.length === 0) break;
    for (const { secret } of items) await removeFromHome(secret, there);
  }
  for (const { id, name } of await store.secrets.groups(at)) {
    await store.secrets.deleteGroup(at, id);
    const target = { place, kind: "secret-group", id, name };
    also({ operation: "secret-group.delete", target, input: { id }, output: {} });
  }
  await store.identity.deleteInstance(home.id);
  const target = { place, kind: "", id: "", name: "" };
  also({ operation: "instance.delete", target, input: { id: home.id }, output: {} });
}

async function removeFromHome(secret: Secret, context: Context<Transaction>): Promise<void> {
  const { store, call, also } = context;
  const { id, versionsTotal } = secret;
  for (const lock of await store.secrets.locksOf(id)) await store.secrets.deleteLock(lock);
  await removeSecret({ ...secret, locksTotal: 0 }, { isForced: true }, context);
  const { target } = locatedSecret(call.place, secret, null);
  const input = { id, force: true, ...toldOf(secret) };
  also({ operation: "secret.delete", target, input, output: { versionsDeleted: versionsTotal } });
}
