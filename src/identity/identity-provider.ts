/** An OpenID Connect provider that people of an account may log in with. Whom it vouches for, the account trusts. */
import { isIPv4 } from "node:net";
import type { Millis } from "../kernel/clock.ts";
import { Refusal } from "../kernel/errors.ts";
import { isUuid, randomId } from "../kernel/ids.ts";
import type { Claims } from "./claims.ts";
import { HOME_REALM } from "./user.ts";

export interface IdentityProvider {
  readonly id: string;
  readonly account: string;
  readonly name: string;
  /** What rules know it by. One provider of an account to a realm, for as long as there is the provider. */
  readonly realm: string;
  /**
   * An https URL (http on loopback): OpenID Connect Discovery 1.0, section 4. It stays: another issuer's subjects are
   * other people.
   */
  readonly issuer: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  /** Whether a login makes a user for a person whom the account does not know yet. */
  readonly createsUsers: boolean;
  readonly enabled: boolean;
  readonly createdAt: Millis;
  readonly createdBy: string;
  readonly modifiedAt: Millis;
}

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
  /** In lower case; null unless the provider says that it has verified the address. */
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
