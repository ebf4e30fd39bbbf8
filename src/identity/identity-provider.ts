/**
 * What people of an account may log in by: an OpenID Connect provider, or an authority that has signed their certificates.
 * Whom it vouches for, the account trusts.
 */
import { isIPv4 } from "node:net";
import type { Millis } from "../kernel/clock.ts";
import { Refusal } from "../kernel/errors.ts";
import { isUuid, randomId } from "../kernel/ids.ts";
import type { Claims } from "./claims.ts";
import { HOME_REALM } from "./user.ts";

/** `thycoticone` speaks OpenID Connect as well, and is called by the name that its users know. */
export const PROVIDER_TYPES = ["oidc", "thycoticone", "certificate"] as const;
export type ProviderType = (typeof PROVIDER_TYPES)[number];

/** An authority that may vouch for people: the certificate that it had when it was named here, and no later one. */
export interface VouchingAuthority {
  /** The secret that the authority stands in; once that is deleted, it vouches for nobody. Null for one from outside. */
  readonly path: string | null;
  /** In PEM. */
  readonly certificate: string;
}

export interface IdentityProvider {
  readonly id: string;
  readonly account: string;
  readonly type: ProviderType;
  readonly name: string;
  /** What rules know it by. One provider of an account to a realm, for as long as there is the provider. */
  readonly realm: string;
  /**
   * An https URL (http on loopback): OpenID Connect Discovery 1.0, section 4. Another issuer's subjects are other people.
   * Empty, as the client's id is, where certificates vouch.
   */
  readonly issuer: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  /** The claim that says what the user logs in with here; null: the address, which the provider must have verified. */
  readonly usernameClaim: string | null;
  /** Kept and shown, as DSV's clients ask for it: nothing is sent. */
  readonly sendsWelcomeEmail: boolean;
  /** Of the type `certificate`, and null of all others. */
  readonly authority: VouchingAuthority | null;
  /** Whether a login makes a user for a person whom the account does not know yet. */
  readonly createsUsers: boolean;
  readonly enabled: boolean;
  readonly createdAt: Millis;
  readonly createdBy: string;
  readonly modifiedAt: Millis;
}

/** What a provider of OpenID Connect has of all that others may have, unless it is said. */
export const PLAIN_PROVIDER = {
  type: "oidc",
  usernameClaim: null,
  sendsWelcomeEmail: false,
  authority: null,
} as const satisfies Partial<IdentityProvider>;

/** Who is who: the provider's subject and the user it logs in as. */
export interface FederatedLink {
  readonly provider: string;
  readonly subject: string;
  readonly account: string;
  readonly iamId: string;
}

/** Somebody whom a provider vouches for, and what it says of them. */
export interface Person {
  readonly subject: string;
  /**
   * What the person logs in with here, in lower case: the address, null unless the provider says that it has verified it;
   * or what the claim says that the account goes by.
   */
  readonly email: string | null;
  readonly name: string | null;
  readonly claims: Claims;
}

/** A login that has been sent to its provider and is not over. Good once. */
export interface LoginFlow {
  /**
   * SHA-256, in hex, of `state` (RFC 6749, section 10.12) and of what only the browser that began was given beside it:
   * nobody finishes the login of somebody else.
   */
  readonly hash: string;
  readonly provider: string;
  readonly account: string;
  readonly clientId: string;
  /** RFC 7636; worth nothing without the code that only the provider gives. */
  readonly codeVerifier: string;
  readonly nonce: string;
  /** Where the browser goes afterwards: a path of our own. */
  readonly returnTo: string;
  /** Where the provider sends the browser, if not to us: to a program that began the login, and brings the code. */
  readonly callback: string | null;
  /** Whom the provider has vouched for, while a code of our own second factor is still to come; null before. */
  readonly person: Person | null;
  readonly expiresAt: Millis;
}

export const MAX_PROVIDERS_PER_ACCOUNT = 20;
export const LOGIN_FLOW_LIFETIME_MS = 10 * 60 * 1_000;

export const MAX_ISSUER_CHARS = 512;
export const MAX_REALM_CHARS = 255;
export const MAX_CLIENT_ID_CHARS = 255;
export const MAX_CLIENT_SECRET_CHARS = 1_024;
export const MAX_SCOPES = 20;
export const MAX_USERNAME_CLAIM_CHARS = 128;
/** Without `openid` there is no ID token (OpenID Connect Core 1.0, section 3.1.2.1). */
export const NEEDED_SCOPE = "openid";
export const DEFAULT_SCOPES: readonly string[] = [NEEDED_SCOPE, "email", "profile"];

/** Realms of our own, which no provider speaks for. */
const OWN_REALMS: ReadonlySet<string> = new Set([HOME_REALM.toLowerCase(), "iam"]);
const REALM = /^[A-Za-z0-9][A-Za-z0-9._:/@-]*$/;
/** RFC 6749, appendix A.1 and A.4. */
const CLIENT_ID = /^[\x20-\x7e]+$/;
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/;

const PREFIX = "IdentityProvider-";

export function newIdentityProviderId(): string {
  return `${PREFIX}${randomId()}`;
}

export function isIdentityProviderId(text: string): boolean {
  return text.startsWith(PREFIX) && isUuid(text.slice(PREFIX.length));
}

/** The issuer as it was given, which is what its tokens have to say. Throws `invalid_request`. */
export function checkedIssuer(issuer: string): string {
  const url = URL.parse(issuer);
  const isUsable =
    url !== null &&
    issuer.length <= MAX_ISSUER_CHARS &&
    url.search === "" &&
    url.hash === "" &&
    url.username === "" &&
    url.password === "" &&
    !/[\s?#]/.test(issuer) &&
    (url.protocol === "https:" || isLoopbackIssuer(issuer));
  if (!isUsable) {
    const sentence =
      "`issuer` is an https URL without a query; http will do on loopback addresses.";
    throw invalid("issuer", sentence);
  }
  return issuer;
}

/** A provider under development, on this machine and without TLS. */
export function isLoopbackIssuer(issuer: string): boolean {
  const url = URL.parse(issuer);
  if (url?.protocol !== "http:") return false;
  const { hostname } = url;
  return (
    hostname === "localhost" ||
    hostname === "[::1]" ||
    (isIPv4(hostname) && hostname.startsWith("127."))
  );
}

/**
 * An address that a program waits at for the code: https, or plain on this machine (RFC 8252, section 7.3). Throws
 * `invalid_request`.
 */
export function checkedCallback(callback: string): string {
  const url = URL.parse(callback);
  const isUsable =
    url !== null &&
    callback.length <= MAX_ISSUER_CHARS &&
    url.hash === "" &&
    url.username === "" &&
    url.password === "" &&
    !/[\s#]/.test(callback) &&
    (url.protocol === "https:" || isLoopbackIssuer(callback));
  if (isUsable) return callback;
  throw invalid(
    "callback_url",
    "The callback is an https URL; http will do on loopback addresses.",
  );
}

/** Throws `invalid_request`. */
export function checkedUsernameClaim(claim: string): string {
  if (/^[\x21-\x7e]+$/.test(claim) && claim.length <= MAX_USERNAME_CLAIM_CHARS) return claim;
  const sentence = `The claim has 1 to ${MAX_USERNAME_CLAIM_CHARS} characters of printable ASCII.`;
  throw invalid("usernameClaim", sentence);
}

/** Throws `invalid_request`. */
export function checkedRealm(realm: string): string {
  if (realm.length > MAX_REALM_CHARS || !REALM.test(realm)) {
    const sentence = `\`realm\` has 1 to ${MAX_REALM_CHARS} letters, digits and . _ : / @ -`;
    throw invalid("realm", `${sentence}, a letter or a digit first.`);
  }
  if (OWN_REALMS.has(realm.toLowerCase())) {
    throw invalid("realm", "This realm is one of our own: no provider speaks for it.");
  }
  return realm;
}

/** Throws `invalid_request`. */
export function checkedClientId(clientId: string): string {
  if (clientId.length > MAX_CLIENT_ID_CHARS || !CLIENT_ID.test(clientId)) {
    const sentence = `The client id has 1 to ${MAX_CLIENT_ID_CHARS} characters of printable ASCII.`;
    throw invalid("client_id", sentence);
  }
  return clientId;
}

/** Each once, and `openid` among them. Throws `invalid_request`. */
export function checkedScopes(scopes: readonly string[]): readonly string[] {
  const all = [...new Set([NEEDED_SCOPE, ...scopes])];
  if (all.length > MAX_SCOPES || !all.every((scope) => SCOPE.test(scope))) {
    throw invalid("scopes", `There may be ${MAX_SCOPES} scopes, each as OAuth writes them.`);
  }
  return all;
}

function invalid(field: string, sentence: string): Refusal {
  return new Refusal("invalid_request", sentence, { field });
}
