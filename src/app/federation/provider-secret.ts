/** The secret by which we are a client of an identity provider: sealed by the vault, and opened for a login only. */
import { fromUtf8, utf8 } from "../../kernel/bytes.ts";
import {
  MAX_CLIENT_SECRET_CHARS,
  type IdentityProvider,
} from "../../identity/identity-provider.ts";
import { Outage, Refusal } from "../../kernel/errors.ts";
import { Sensitive } from "../../kernel/sensitive.ts";
import type { Binding, SealedValue, Vault, WrappedKey } from "../../secrets/vault.ts";
import type { Transaction, View } from "../state.ts";
import type { Client } from "./federation.ts";

/** Seals the secret with the data key of the provider, which is made with the first one. */
export async function sealSecret(
  provider: IdentityProvider,
  secret: Sensitive<string>,
  { store, vault }: { readonly store: Transaction; readonly vault: Vault },
): Promise<SealedValue> {
  const key =
    (await store.secrets.dataKeyOf(provider.id)) ?? (await newKey(provider, store, vault));
  return vault.seal(key, bindingOf(provider), utf8(secret.reveal()));
}

/** As what we are known to the provider. Throws `sealed` while the vault is. */
export async function clientOf(
  provider: IdentityProvider,
  { view, vault }: { readonly view: View; readonly vault: Vault },
): Promise<Client> {
  const { id, issuer, clientId, scopes } = provider;
  const sealed = await view.logins.identityProviderSecret(id);
  if (!sealed) return { issuer, clientId, clientSecret: null, scopes };
  const key = await view.secrets.dataKeyOf(id);
  if (!key) throw new Outage("the data key of an identity provider is not there");
  const secret = fromUtf8(vault.open(key, bindingOf(provider), sealed));
  return { issuer, clientId, clientSecret: new Sensitive(secret), scopes };
}

/** After this the sealed secret opens no more, wherever a copy of it may be. */
export async function forgetSecret(
  provider: IdentityProvider,
  { store, vault }: { readonly store: Transaction; readonly vault: Vault },
): Promise<void> {
  await store.secrets.deleteDataKey(provider.id);
  vault.forget(bindingOf(provider).at, provider.id);
}

/** Throws `invalid_request`, which keeps the secret out of the record. */
export function checkedSecret(secret: Sensitive<string>): Sensitive<string> {
  const { length } = secret.reveal();
  if (length < 1 || length > MAX_CLIENT_SECRET_CHARS) {
    const sentence = `The client secret has between 1 and ${MAX_CLIENT_SECRET_CHARS} characters.`;
    throw new Refusal("invalid_request", sentence, { field: "client_secret" });
  }
  return secret;
}

async function newKey(
  provider: IdentityProvider,
  store: Transaction,
  vault: Vault,
): Promise<WrappedKey> {
  const { at, owner } = bindingOf(provider);
  const key = vault.newDataKey(at, owner);
  await store.secrets.insertDataKey({ owner, at, key });
  return key;
}

function bindingOf({ id, account }: IdentityProvider): Binding {
  return {
    purpose: "identity-provider-secret",
    at: { account, instance: "" },
    owner: id,
    part: id,
  };
}
