/** An OpenID Connect provider that people of an account may log in with. Whom it vouches for, the account trusts. */
import type { Millis } from "../kernel/clock.ts";
import { isUuid, randomId } from "../kernel/ids.ts";

export interface IdentityProvider {
  readonly id: string;
  readonly account: string;
  readonly name: string;
  /** What rules know it by. One provider of an account to a realm. */
  readonly realm: string;
  /** An https URL (http on loopback): OpenID Connect Discovery 1.0, section 4. */
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

/** A login that has been sent to its provider and has not come back. Good once. */
export interface LoginFlow {
  /** SHA-256 of `state` (RFC 6749, section 10.12), in hex. */
  readonly hash: string;
  readonly provider: string;
  readonly account: string;
  readonly clientId: string;
  /** RFC 7636; worth nothing without the code that only the provider gives. */
  readonly codeVerifier: string;
  readonly nonce: string;
  /** Where the browser goes afterwards: a path of our own. */
  readonly returnTo: string;
  readonly expiresAt: Millis;
}

export const MAX_PROVIDERS_PER_ACCOUNT = 20;
export const LOGIN_FLOW_LIFETIME_MS = 10 * 60 * 1_000;

const PREFIX = "IdentityProvider-";

export function newIdentityProviderId(): string {
  return `${PREFIX}${randomId()}`;
}

export function isIdentityProviderId(text: string): boolean {
  return text.startsWith(PREFIX) && isUuid(text.slice(PREFIX.length));
}
