/** What we are known by to a destination's receiver: sealed by the vault, and shown to nobody. */
import { fromBase64, fromUtf8, toBase64, utf8 } from "../../kernel/bytes.ts";
import type { Item } from "../../items/item.ts";
import { invariant } from "../../kernel/errors.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import type { Binding } from "../../secrets/vault.ts";
import type { Context } from "../operation.ts";
import type { Transaction, View } from "../state.ts";
import type { Destination } from "./destination.ts";

type Ports<Store extends View> = Pick<Context<Store>, "store" | "capabilities">;
type Owner = Pick<Item<object>, "id" | "account">;

/** By their names. */
export type Credentials = Readonly<Record<string, Sensitive<string>>>;

/** With the data key of the destination, which is made with its first credential. Each in Base64. */
export async function sealCredentials(
  owner: Owner,
  credentials: Credentials,
  { store, capabilities: { vault } }: Ports<Transaction>,
): Promise<Readonly<Record<string, string>>> {
  const names = Object.keys(credentials);
  if (names.length === 0) return {};
  const { at, owner: id } = bindingOf(owner, "");
  let key = await store.secrets.dataKeyOf(id);
  if (!key) {
    key = vault.newDataKey(at, id);
    await store.secrets.insertDataKey({ owner: id, at, key });
  }
  const sealing = key;
  return Object.fromEntries(
    Object.entries(credentials).map(([name, value]) => [
      name,
      toBase64(vault.seal(sealing, bindingOf(owner, name), utf8(value.reveal()))),
    ]),
  );
}

/** In the clear: for the delivery, and for nobody else. */
export async function openCredentials(
  { content, ...owner }: Item<Destination>,
  { store, capabilities: { vault } }: Ports<View>,
): Promise<Readonly<Record<string, string>>> {
  const sealed = Object.entries(content.sealed);
  if (sealed.length === 0) return {};
  const key = await store.secrets.dataKeyOf(owner.id);
  invariant(key !== undefined, "what is sealed has a data key");
  return Object.fromEntries(
    sealed.map(([name, text]) => {
      const bytes = fromBase64(text);
      invariant(bytes !== undefined, "what is sealed is kept in Base64");
      return [name, fromUtf8(vault.open(key, bindingOf(owner, name), bytes))];
    }),
  );
}

export async function forgetCredentials(
  owner: Owner,
  { store, capabilities: { vault } }: Ports<Transaction>,
): Promise<void> {
  await store.secrets.deleteDataKey(owner.id);
  vault.forget(bindingOf(owner, "").at, owner.id);
}

/** The token's part is the destination itself: so it was when SIEM endpoints had nothing else. */
function bindingOf({ id, account }: Owner, name: string): Binding {
  const part = name === "token" || name === "" ? id : `${id}/${name}`;
  return { purpose: "siem-token", at: { account, instance: "" }, owner: id, part };
}
