/** The secrets of access keys, kept sealed by a data key of their account: whoever checks a signature needs them. */
import {
  accessKeysOf,
  type AccessKey,
  type KeyOfCredential,
  type KeyOfSession,
  type NewAccessKey,
} from "../../identity/access-key.ts";
import { fromUtf8, utf8 } from "../../kernel/bytes.ts";
import { invariant } from "../../kernel/errors.ts";
import { Sensitive } from "../../kernel/sensitive.ts";
import type { Binding, Vault } from "../../secrets/vault.ts";
import type { Context } from "../operation.ts";
import type { Transaction, View } from "../state.ts";

/** Keeps a new access key of an API key or of a session, which has its row already. Refuses while the vault is sealed. */
export async function keepAccessKey(
  { id, secret }: NewAccessKey,
  { account, of }: { readonly account: string; readonly of: KeyOfCredential | KeyOfSession },
  { store, now, capabilities: { vault } }: Context<Transaction>,
): Promise<void> {
  const owner = accessKeysOf(account);
  const binding = bindingOf({ id, account });
  let wrapped = await store.secrets.dataKeyOf(owner);
  if (!wrapped) {
    wrapped = vault.newDataKey(binding.at, owner);
    await store.secrets.insertDataKey({ owner, at: binding.at, key: wrapped });
  }
  const sealed = vault.seal(wrapped, binding, utf8(secret.reveal()));
  await store.accessKeys.putAccessKey({ id, account, of, sealed, createdAt: now });
}

/** Refuses while the vault is sealed. */
export async function openedAccessKey(
  key: AccessKey,
  { secrets }: View,
  vault: Vault,
): Promise<Sensitive<string>> {
  const wrapped = await secrets.dataKeyOf(accessKeysOf(key.account));
  invariant(wrapped !== undefined, "an access key is sealed by its account's data key");
  return new Sensitive(fromUtf8(vault.open(wrapped, bindingOf(key), key.sealed)));
}

function bindingOf({ id, account }: Pick<AccessKey, "id" | "account">): Binding {
  return {
    purpose: "access-key",
    at: { account, instance: "" },
    owner: accessKeysOf(account),
    part: id,
  };
}
