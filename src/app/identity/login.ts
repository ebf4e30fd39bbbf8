/**
 * What a login comes to before anything is done for it. One that succeeds stands in its account's trail under the name
 * of whoever logged in; one that fails belongs to no account, and stands in the operator's own stream.
 */
import { operatorPlace } from "../../audit/crn.ts";
import { credentialRefusal, loginRefusal, type Credential } from "../../identity/api-key.ts";
import { refreshRefusal, type RefreshToken } from "../../identity/refresh-token.ts";
import type { Refusal } from "../../kernel/errors.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import type { Context, Located } from "../operation.ts";
import type { View } from "../state.ts";
import { callerOf, initiatorTypeOf, nameOf } from "./caller.ts";
import { targetOf } from "./find.ts";

export const API_KEY_GRANT = "urn:ibm:params:oauth:grant-type:apikey";
export const REFRESH_GRANT = "refresh_token";

/** Named as on the wire: `client_id` and `grant_type` are recorded under these names. */
export type LoginInput = { readonly client_id: string } & (
  | { readonly grant_type: typeof API_KEY_GRANT; readonly apiKey: Sensitive<string> }
  | { readonly grant_type: typeof REFRESH_GRANT; readonly refreshToken: Sensitive<string> }
);

export interface IssuedTokens {
  readonly accessToken: Sensitive<string>;
  /** Null for a client that gets none. */
  readonly refreshToken: Sensitive<string> | null;
  readonly expiresInS: number;
  /** Seconds since the epoch. */
  readonly expiration: number;
  readonly scope: string;
  /** The API key at the root of the session. */
  readonly apikeyId: string;
}

/** Good credentials, with the refresh token if that is what was brought; or the reason why they are not. */
export type Login =
  | { readonly kind: "good"; readonly credential: Credential; readonly used: RefreshToken | null }
  | { readonly kind: "bad"; readonly refusal: Refusal };

type LoginOperation = "user-apikey.login" | "serviceid-apikey.login" | "refreshtoken.login";

export async function locateByKey<Store extends View>(
  apiKey: Sensitive<string>,
  { store, capabilities, call, now }: Context<Store>,
): Promise<Located<Login>> {
  const hash = capabilities.credentials.hashOfApiKey(apiKey);
  const credential = hash === undefined ? undefined : await store.identity.credentialByHash(hash);
  if (!credential) {
    const refusal = loginRefusal("unknown-api-key", "The API key is not known.");
    return failed("user-apikey.login", refusal);
  }
  const isUser = credential.owner.kind === "user";
  const operation = isUser ? "user-apikey.login" : "serviceid-apikey.login";
  const refusal = credentialRefusal(credential, now);
  if (refusal) return failed(operation, refusal, credential);
  return succeeded(operation, { kind: "good", credential, used: null }, call);
}

export async function locateByRefresh<Store extends View>(
  input: LoginInput & { readonly grant_type: typeof REFRESH_GRANT },
  { store, capabilities, call, now }: Context<Store>,
): Promise<Located<Login>> {
  const operation = "refreshtoken.login";
  const hash = capabilities.credentials.hashOfRefreshToken(input.refreshToken);
  const token = hash === undefined ? undefined : await store.identity.refreshToken(hash);
  const credential = token && (await store.identity.credential(token.credentialId));
  if (!credential) {
    // Deleted with its API key, dropped with its session, expired long ago, or never there: all the same now.
    const refusal = loginRefusal("unknown-refresh-token", "The refresh token is not known.");
    return failed(operation, refusal);
  }
  const refusal =
    refreshRefusal(token, { clientId: input.client_id, now }) ?? credentialRefusal(credential, now);
  if (refusal) return failed(operation, refusal, credential);
  return succeeded(operation, { kind: "good", credential, used: token }, call);
}

/** The target is the identity that logs in, in its own account; and so is the initiator. */
function succeeded(
  operation: LoginOperation,
  login: Login & { readonly kind: "good" },
  call: Context<View>["call"],
): Located<Login> {
  const { owner } = login.credential;
  const id = owner.kind === "user" ? owner.iamId : owner.id;
  const inItsAccount = { ...call, place: { ...call.place, account: owner.account } };
  return {
    target: targetOf(inItsAccount, { kind: owner.kind, id, name: nameOf(owner) }),
    resource: null,
    subject: login,
    operation,
    caller: callerOf(login.credential),
  };
}

/** Not thrown from here, so that the record has the operator's stream as its place and says whose key it was. */
export function failed(
  operation: LoginOperation,
  refusal: Refusal,
  credential?: Credential,
): Located<Login> {
  const iamId = credential?.owner.iamId;
  return {
    target: { place: operatorPlace(), kind: "", id: "", name: "login" },
    resource: null,
    subject: { kind: "bad", refusal },
    operation,
    caller: {
      kind: "anonymous",
      refusal,
      ...(iamId === undefined ? {} : { claimed: { id: iamId, typeURI: initiatorTypeOf(iamId) } }),
    },
  };
}
