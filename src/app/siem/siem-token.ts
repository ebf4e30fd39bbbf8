/** The token by which we are known to a SIEM server: sealed by the vault, and shown to nobody. */
import { toBase64, utf8 } from "../../kernel/bytes.ts";
import type { Item } from "../../items/item.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import type { Binding } from "../../secrets/vault.ts";
import type { Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import { MAX_TOKEN_CHARS } from "./endpoint.ts";

type Ports = Pick<Context<Transaction>, "store" | "capabilities">;
type Owner = Pick<Item<object>, "id" | "account">;

/** With the data key of the endpoint, which is made with the first token. In Base64. */
export async function sealToken(
  owner: Owner,
  token: Sensitive<string>,
  { store, capabilities: { vault } }: Ports,
): Promise<string> {
  const binding = bindingOf(owner);
  const { at, owner: id } = binding;
  let key = await store.secrets.dataKeyOf(id);
  if (!key) {
    key = vault.newDataKey(at, id);
    await store.secrets.insertDataKey({ owner: id, at, key });
  }
  return toBase64(vault.seal(key, binding, utf8(token.reveal())));
}

export async function forgetToken(
  owner: Owner,
  { store, capabilities: { vault } }: Ports,
): Promise<void> {
  await store.secrets.deleteDataKey(owner.id);
  vault.forget(bindingOf(owner).at, owner.id);
}

/** One line of printable ASCII: it stands in headers and in lines of text. Throws `invalid_request`. */
export function checkedToken(token: Sensitive<string>): Sensitive<string> {
  const text = token.reveal();
  if (text.length <= MAX_TOKEN_CHARS && /^[\x21-\x7e]+$/.test(text)) return token;
  const sentence = `The token has 1 to ${MAX_TOKEN_CHARS} printable characters and no spaces.`;
  throw new Refusal("invalid_request", sentence, { field: "auth" });
}

function bindingOf({ id, account }: Owner): Binding {
  return { purpose: "siem-token", at: { account, instance: "" }, owner: id, part: id };
}
