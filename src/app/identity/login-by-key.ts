/** Logging in with an API key: a user's, or a service ID's. */
import { credentialRefusal, loginRefusal, type Credential } from "../../identity/api-key.ts";
import type { Refusal } from "../../kernel/errors.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import type { Context, Located } from "../operation.ts";
import type { View } from "../state.ts";
import { failed, succeeded, type KeyLogin, type Login } from "./login.ts";

export async function locateByKey<Store extends View>(
  { apiKey, client_id: clientId }: KeyLogin,
  context: Context<Store>,
): Promise<Located<Login>> {
  const credential = await credentialOfKey(apiKey, context);
  if (!credential) return failed("user-apikey.login", unknownKey());
  const isUser = credential.owner.kind === "user";
  const operation = isUser ? "user-apikey.login" : "serviceid-apikey.login";
  const refusal = credentialRefusal(credential, context.now);
  if (refusal) return failed(operation, refusal, { credential });
  const login = { kind: "good", credential, profile: null, going: null } as const;
  return succeeded(operation, login, { ...context, clientId });
}

export async function credentialOfKey<Store extends View>(
  apiKey: Sensitive<string>,
  { store, capabilities }: Context<Store>,
): Promise<Credential | undefined> {
  const hash = capabilities.credentials.hashOfApiKey(apiKey);
  return hash === undefined ? undefined : store.identity.credentialByHash(hash);
}

export function unknownKey(): Refusal {
  return loginRefusal("unknown-api-key", "The API key is not known.");
}
