/**
 * What a login comes to before anything is done for it. One that succeeds stands in its account's trail under the name
 * of whoever logged in; one that fails belongs to no account, and stands in the operator's own stream.
 */
import { operatorPlace } from "../../audit/crn.ts";
import type { OperationName } from "../../audit/catalogue.ts";
import {
  credentialRefusal,
  loginRefusal,
  type Credential,
  type LoginFault,
} from "../../identity/api-key.ts";
import { refreshRefusal, type RefreshToken } from "../../identity/refresh-token.ts";
import { isAddressAllowed } from "../../identity/addresses.ts";
import type { Session } from "../../identity/session.ts";
import type { TrustedProfile } from "../../identity/trusted-profile.ts";
import type { Millis } from "../../kernel/clock.ts";
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
  /** The API key at the root of the session, if there is one. */
  readonly apikeyId: string | undefined;
  readonly session: string;
}

/** Good credentials: whose, as whom, and the session that goes on if that is what was brought. */
export interface GoodLogin {
  readonly kind: "good";
  readonly credential: Credential;
  readonly profile: TrustedProfile | null;
  readonly going: { readonly session: Session; readonly used: RefreshToken } | null;
}

/** Or the reason why they are not; a refresh token that came twice ends its session. */
export interface BadLogin {
  readonly kind: "bad";
  readonly refusal: Refusal;
  readonly replayed?: { readonly session: Session; readonly credential: Credential };
}

export type Login = GoodLogin | BadLogin;

export type LoginOperation = Extract<OperationName, `${string}.login`>;

export async function locateByKey<Store extends View>(
  {
    apiKey,
    client_id: clientId,
  }: { readonly apiKey: Sensitive<string>; readonly client_id: string },
  context: Context<Store>,
): Promise<Located<Login>> {
  const { store, capabilities, now } = context;
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
  return succeeded(
    operation,
    { kind: "good", credential, profile: null, going: null },
    { ...context, clientId },
  );
}

/** A refresh is a login of whoever the session acts as: of a trusted profile, it is the profile's. */
export async function locateByRefresh<Store extends View>(
  input: { readonly client_id: string; readonly refreshToken: Sensitive<string> },
  context: Context<Store>,
): Promise<Located<Login>> {
  const { store, capabilities, now } = context;
  const hash = capabilities.credentials.hashOfRefreshToken(input.refreshToken);
  const used = hash === undefined ? undefined : await store.logins.refreshToken(hash);
  const session = used && (await store.logins.session(used.session));
  const credential = session && (await store.identity.credential(session.credentialId));
  if (!used || !session || !credential) {
    // Deleted with its credential, dropped with its session, expired long ago, or never there: all the same now.
    const sentence = "The refresh token is not known.";
    return failed("refreshtoken.login", loginRefusal("unknown-refresh-token", sentence));
  }
  const profile = await profileOf(session, store);
  const operation = session.profile === null ? "refreshtoken.login" : "profile.login";
  const refusal =
    refreshRefusal(used, { clientId: input.client_id, now }) ??
    sessionRefusal({ session, credential, profile }, now) ??
    credentialRefusal(credential, now);
  if (!refusal) {
    const login: GoodLogin = { kind: "good", credential, profile, going: { session, used } };
    return succeeded(operation, login, { ...context, clientId: input.client_id });
  }
  const located = failed(operation, refusal, credential);
  if (refusal.details["reason"] !== ("refresh-token-used" satisfies LoginFault)) return located;
  return { ...located, subject: { kind: "bad", refusal, replayed: { session, credential } } };
}

async function profileOf(
  { account, profile }: Session,
  { profiles }: View,
): Promise<TrustedProfile | null> {
  return profile === null ? null : ((await profiles.profile(account, profile)) ?? null);
}

interface Going {
  readonly session: Session;
  readonly credential: Credential;
  readonly profile: TrustedProfile | null;
}

/** Why a session does not go on, though its refresh token is good. */
function sessionRefusal({ session, credential, profile }: Going, now: Millis): Refusal | undefined {
  const { owner } = credential;
  const isOver =
    session.isEnded ||
    session.endsAt <= now ||
    (owner.kind === "user" && session.startedAt < owner.sessionsSince) ||
    (session.profile !== null && (!profile || session.startedAt < profile.sessionsSince));
  return isOver ? loginRefusal("refresh-token-expired", "The session is over.") : undefined;
}

/**
 * The target is the identity that logs in, in its own account; and so is the initiator. Refused where the account lets
 * nobody come from the caller's address.
 */
export async function succeeded(
  operation: LoginOperation,
  login: GoodLogin,
  { call, store, clientId }: Pick<Context<View>, "call" | "store"> & { readonly clientId: string },
): Promise<Located<Login>> {
  const { credential } = login;
  const acting = login.profile ?? credential.owner;
  const { allowedIpAddresses } = await store.identity.settings(acting.account);
  if (!isAddressAllowed(allowedIpAddresses, call.host.address)) {
    const sentence = "The account does not allow logins from this address.";
    return failed(operation, loginRefusal("address-not-allowed", sentence), credential);
  }
  const id = acting.kind === "user" ? acting.iamId : acting.id;
  const inItsAccount = { ...call, place: { ...call.place, account: acting.account } };
  return {
    target: targetOf(inItsAccount, { kind: acting.kind, id, name: nameOf(acting) }),
    resource: null,
    subject: login,
    operation,
    // The session is not there yet, and no part of the record of an initiator.
    caller: callerOf({ ...login, session: { id: "", beganAt: 0, isKept: false }, clientId }),
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
