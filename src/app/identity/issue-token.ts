/**
 * Logging in: a credential for an access token. A login that succeeds stands in its account's trail under the name
 * of whoever logged in; one that fails belongs to no account, and stands in the operator's own stream.
 */
import { operatorPlace } from "../../audit/crn.ts";
import { credentialRefusal, loginRefusal, type Credential } from "../../identity/api-key.ts";
import {
  DEFAULT_CLIENT_ID,
  REFRESH_TOKEN_LIFETIME_MS,
  refreshRefusal,
  type RefreshToken,
} from "../../identity/refresh-token.ts";
import { TOKEN_SCOPE } from "../../identity/token-claims.ts";
import type { Refusal } from "../../kernel/errors.ts";
import { randomId } from "../../kernel/ids.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import { changeOperation, type Context, type Located } from "../operation.ts";
import type { Transaction, View } from "../state.ts";
import { callerOf, initiatorTypeOf, nameOf } from "./caller.ts";
import { targetOf } from "./find.ts";

export const API_KEY_GRANT = "urn:ibm:params:oauth:grant-type:apikey";
export const REFRESH_GRANT = "refresh_token";

/** Named as on the wire: `client_id` and `grant_type` are recorded under these names. */
export type IssueTokenInput = { readonly client_id: string } & (
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

/** What a login came to before anything is done: good credentials, or the reason why not. */
type Login =
  | { readonly kind: "good"; readonly credential: Credential; readonly used: RefreshToken | null }
  | { readonly kind: "bad"; readonly refusal: Refusal };

type LoginOperation = "user-apikey.login" | "serviceid-apikey.login" | "refreshtoken.login";

export const issueToken = changeOperation<IssueTokenInput, Login, IssuedTokens>({
  name: "user-apikey.login",
  locate(input, context) {
    return input.grant_type === API_KEY_GRANT
      ? locateByKey(input.apiKey, context)
      : locateByRefresh(input, context);
  },
  async run(input, { subject: login }, { store, services, now }) {
    if (login.kind === "bad") throw login.refusal;
    const { credential, used } = login;
    const { client_id: clientId, grant_type: grantType } = input;
    const access = await services.tokens.issue(credential, { clientId, grantType, now });
    if (used) await store.identity.useRefreshToken(used.hash);
    return {
      accessToken: access.token,
      refreshToken:
        clientId === DEFAULT_CLIENT_ID
          ? null
          : await nextRefreshToken(input, login, { store, services, now }),
      expiresInS: access.expiresInS,
      expiration: access.expiration,
      scope: TOKEN_SCOPE,
      apikeyId: credential.key.id,
    };
  },
});

/** The next token of the session, or the first of a new one. */
async function nextRefreshToken(
  { client_id: clientId }: IssueTokenInput,
  { credential, used }: Login & { readonly kind: "good" },
  { store, services, now }: Pick<Context<Transaction>, "store" | "services" | "now">,
): Promise<Sensitive<string>> {
  const { value, hash } = services.credentials.makeRefreshToken();
  await store.identity.forgetRefreshTokens(now);
  await store.identity.putRefreshToken({
    hash,
    session: used?.session ?? randomId(),
    clientId,
    credentialId: credential.key.id,
    account: credential.owner.account,
    expiresAt: now + REFRESH_TOKEN_LIFETIME_MS,
    isUsed: false,
  });
  return value;
}

async function locateByKey<Store extends View>(
  apiKey: Sensitive<string>,
  { store, services, call, now }: Context<Store>,
): Promise<Located<Login>> {
  const hash = services.credentials.hashOfApiKey(apiKey);
  const credential = hash === undefined ? undefined : await store.identity.credentialByHash(hash);
  if (!credential) {
    const refusal = loginRefusal("unknown-api-key", "The API key is not known.");
    return failed("user-apikey.login", refusal);
  }
  const operation = loginOf(credential);
  const refusal = credentialRefusal(credential, now);
  if (refusal) return failed(operation, refusal, credential);
  return succeeded(operation, { kind: "good", credential, used: null }, call);
}

async function locateByRefresh<Store extends View>(
  input: IssueTokenInput & { readonly grant_type: typeof REFRESH_GRANT },
  { store, services, call, now }: Context<Store>,
): Promise<Located<Login>> {
  const operation = "refreshtoken.login";
  const hash = services.credentials.hashOfRefreshToken(input.refreshToken);
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

function loginOf({ owner }: Credential): LoginOperation {
  return owner.kind === "user" ? "user-apikey.login" : "serviceid-apikey.login";
}

/** The target is the identity that logs in, in its own account; and so is the initiator. */
function succeeded(
  operation: LoginOperation,
  login: Login & { readonly kind: "good" },
  call: Context<View>["call"],
): Located<Login> {
  const { owner } = login.credential;
  const kind = owner.kind;
  const id = owner.kind === "user" ? owner.iamId : owner.id;
  const inItsAccount = { ...call, place: { ...call.place, account: owner.account } };
  return {
    target: targetOf(inItsAccount, { kind, id, name: nameOf(owner) }),
    resource: null,
    subject: login,
    operation,
    caller: callerOf(login.credential),
  };
}

/** Not thrown from here, so that the record has the operator's stream as its place and says whose key it was. */
function failed(
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
