/**
 * What a login comes to before anything is done for it. One that succeeds stands in its account's trail under the name
 * of whoever logged in; one that fails belongs to no account, and stands in the operator's own stream.
 */
import { operatorPlace } from "../../audit/crn.ts";
import type { OperationName } from "../../audit/catalogue.ts";
import type { Client } from "../../identity/client.ts";
import { isAddressAllowed } from "../../identity/addresses.ts";
import {
  loginRefusal,
  type Credential,
  type CredentialOwner,
  type Principal,
} from "../../identity/api-key.ts";
import type { RefreshToken } from "../../identity/refresh-token.ts";
import type { Session, SessionOrigin } from "../../identity/session.ts";
import type { TrustedProfile } from "../../identity/trusted-profile.ts";
import type { UserCredentials } from "../../identity/user-credentials.ts";
import type { User } from "../../identity/user.ts";
import type { Item } from "../../items/item.ts";
import type { Refusal } from "../../kernel/errors.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import type { Context, Located } from "../operation.ts";
import type { View } from "../state.ts";
import { callerOf, initiatorTypeOf, nameOf } from "./caller.ts";
import { targetOf } from "./find.ts";

export const API_KEY_GRANT = "urn:ibm:params:oauth:grant-type:apikey";
export const REFRESH_GRANT = "refresh_token";
export const PASSWORD_GRANT = "password";
export const PASSCODE_GRANT = "urn:ibm:params:oauth:grant-type:passcode";
export const CLIENT_GRANT = "client_credentials";
export const ASSUME_GRANT = "urn:ibm:params:oauth:grant-type:assume";
/** Ours: IBM's console has a way of its own from its cookie to a token. */
export const CERTIFICATE_GRANT = "certificate";
export const COOKIE_GRANT = "urn:ibm:params:oauth:grant-type:identity-cookie";

/** Named as on the wire: `client_id`, `grant_type` and `profile_id` are recorded under these names. */
interface ByClient {
  readonly client_id: string;
  /** Whom the access token says that it is for: by the name that policy documents have, if not by IBM's. */
  readonly subject?: "principal";
  /** Its refresh token stays the same one, and is good for as long as it is used. */
  readonly slides?: true;
}

export interface KeyLogin extends ByClient {
  readonly grant_type: typeof API_KEY_GRANT;
  readonly apiKey: Sensitive<string>;
}

export interface RefreshLogin extends ByClient {
  readonly grant_type: typeof REFRESH_GRANT;
  readonly refreshToken: Sensitive<string>;
  /** The account that the tokens are to be for: a session has but one. */
  readonly account?: string;
}

export interface PasswordLogin extends ByClient {
  readonly grant_type: typeof PASSWORD_GRANT;
  /** An e-mail address, or what a stranger typed in its place: a password, say. */
  readonly username: Sensitive<string>;
  readonly password: Sensitive<string>;
  /** Of the second factor. */
  readonly code?: Sensitive<string>;
  /** Without it, the installation's first account; or the one that the call is addressed to. */
  readonly account?: string;
  readonly isOfPlace?: true;
  /** Typed into the server's own page, of which the browser then holds a cookie. */
  readonly isOnPage?: true;
}

export interface PasscodeLogin extends ByClient {
  readonly grant_type: typeof PASSCODE_GRANT;
  readonly passcode: Sensitive<string>;
}

export interface AssumeLogin extends ByClient {
  readonly grant_type: typeof ASSUME_GRANT;
  readonly by: { readonly accessToken: Sensitive<string> } | { readonly apiKey: Sensitive<string> };
  readonly profile: ProfileSelector;
}

export type ProfileSelector =
  | { readonly id: string; readonly account?: string }
  | { readonly name: string; readonly account: string };

export interface ClientLogin extends ByClient {
  readonly grant_type: typeof CLIENT_GRANT;
  /** The id of the client, or what was typed in its place. */
  readonly client: Sensitive<string>;
  readonly secret: Sensitive<string>;
}

export interface CertificateLogin extends ByClient {
  readonly grant_type: typeof CERTIFICATE_GRANT;
  /** The id of a challenge that was given out, and what it says, in Base64. */
  readonly challengeId: Sensitive<string>;
  readonly answer: Sensitive<string>;
  /** Of the second factor. */
  readonly code?: Sensitive<string>;
}

export interface CookieLogin extends ByClient {
  readonly grant_type: typeof COOKIE_GRANT;
  readonly cookie: Sensitive<string>;
}

export type LoginInput =
  | KeyLogin
  | RefreshLogin
  | PasswordLogin
  | PasscodeLogin
  | AssumeLogin
  | ClientLogin
  | CertificateLogin
  | CookieLogin;

export interface IssuedTokens {
  readonly accessToken: Sensitive<string>;
  /** Null for a client that gets none. */
  readonly refreshToken: Sensitive<string> | null;
  /** What the browser is to hold, after a login on a page. */
  readonly cookie: IssuedCookie | null;
  readonly expiresInS: number;
  /** Seconds since the epoch. */
  readonly expiration: number;
  readonly scope: string;
  /** The API key at the root of the session, if there is one. */
  readonly apikeyId: string | undefined;
  readonly session: string;
  /** Of a client: how often it has logged in by now. */
  readonly usedCount?: number;
}

export interface IssuedCookie {
  readonly value: Sensitive<string>;
  readonly expiresInS: number;
}

/** What good credentials are used up by: it is done when the session is opened, or goes on. */
export type Spent =
  | { readonly kind: "refresh-token"; readonly token: RefreshToken }
  | {
      /** Given back as it came. */
      readonly kind: "sliding-token";
      readonly token: RefreshToken;
      readonly value: Sensitive<string>;
    }
  | { readonly kind: "cookie"; readonly token: RefreshToken }
  | { readonly kind: "passcode"; readonly hash: string }
  | { readonly kind: "password"; readonly after: UserCredentials }
  | {
      readonly kind: "challenge";
      readonly id: string;
      /** Where a code was asked for beside it. */
      readonly after: UserCredentials | null;
    }
  | { readonly kind: "client"; readonly after: Item<Client> };

/** Good credentials: whose, and as whom. */
export interface GoodLogin {
  readonly kind: "good";
  readonly credential: Credential;
  readonly profile: TrustedProfile | null;
  /** The session that goes on, if that is what was brought. */
  readonly going: Session | null;
  /** The session that a new one comes out of: it hands on who vouched for it, and the new one ends with it. */
  readonly from?: SessionOrigin | null;
  /** How long a new session may last at most, where what was brought says so. */
  readonly lifetimeS?: number | null;
  /** Of the provider that vouched for it. */
  readonly realm?: string;
  readonly spent?: Spent;
}

/** Or the reason why they are not, and what comes of that. */
export interface BadLogin {
  readonly kind: "bad";
  readonly refusal: Refusal;
  /** A refresh token that came twice ends its session. */
  readonly replayed?: { readonly session: Session; readonly credential: Credential };
  /** A guess at a user's password or code counts towards the lock-out. */
  readonly guessed?: { readonly user: User; readonly credentials: UserCredentials };
  /** A challenge is good once, also for a wrong answer: its id. */
  readonly challenged?: string;
}

export type Login = GoodLogin | BadLogin;

export type LoginOperation = Extract<OperationName, `${string}.login`>;

/**
 * The target is the identity that logs in, in its own account; and so is the initiator. Refused where the account lets
 * nobody come from the caller's address.
 */
export async function succeeded(
  operation: LoginOperation,
  login: GoodLogin,
  {
    call,
    store,
    clientId,
    facts,
  }: Pick<Context<View>, "call" | "store"> & {
    readonly clientId: string;
    readonly facts?: object;
  },
): Promise<Located<Login>> {
  const { credential } = login;
  const acting = login.profile ?? credential.owner;
  const { allowedIpAddresses } = await store.identity.settings(acting.account);
  if (!isAddressAllowed(allowedIpAddresses, call.host.address)) {
    return failed(operation, addressRefusal(), { credential });
  }
  const id = idOf(acting);
  const inItsAccount = { ...call, place: { ...call.place, account: acting.account } };
  return {
    target: targetOf(inItsAccount, { kind: acting.kind, id, name: nameOf(acting) }),
    resource: null,
    subject: login,
    operation,
    // The session is not there yet, and no part of the record of an initiator.
    caller: callerOf({ ...login, session: { id: "", beganAt: 0, isKept: false }, clientId }),
    ...(facts ? { facts } : {}),
  };
}

function idOf(identity: Principal): string {
  return identity.kind === "user" ? identity.iamId : identity.id;
}

export function addressRefusal(): Refusal {
  const sentence = "The account does not allow logins from this address.";
  return loginRefusal("address-not-allowed", sentence);
}

export interface Failing {
  /** What was genuine, though it is no good: the record says whose it was. */
  readonly credential?: Credential;
  /** Whose password, or secret, was tried, by whoever it was: the target, since nobody has shown to be that. */
  readonly attacked?: CredentialOwner;
  /** Why, where the caller is not told. */
  readonly fault?: string;
  readonly consequences?: Pick<BadLogin, "replayed" | "guessed" | "challenged">;
}

/**
 * Not thrown from here, so that the record has the operator's stream as its place and says whose credential it was,
 * and why it was refused (`fault`) also where the caller hears no more than that it was.
 */
export function failed(
  operation: LoginOperation,
  refusal: Refusal,
  { credential, attacked, fault, consequences }: Failing = {},
): Located<Login> {
  const claimed = credential?.owner.iamId;
  return {
    target: {
      place: operatorPlace(),
      ...(attacked
        ? { kind: attacked.kind, id: idOf(attacked), name: nameOf(attacked) }
        : { kind: "", id: "", name: "login" }),
    },
    resource: null,
    subject: { kind: "bad", refusal, ...consequences },
    operation,
    caller: {
      kind: "anonymous",
      refusal,
      ...(claimed === undefined
        ? {}
        : { claimed: { id: claimed, typeURI: initiatorTypeOf(claimed) } }),
    },
    facts: { fault: fault ?? refusal.details["reason"] ?? refusal.code },
  };
}
