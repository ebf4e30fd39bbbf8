/** The port to the identity providers: what a login by one of them needs of the network (OpenID Connect Core 1.0, 3.1). */
import { Refusal } from "../../kernel/errors.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";

/** As what we are known to a provider. */
export interface Client {
  readonly issuer: string;
  readonly clientId: string;
  /** Null for a public client: PKCE alone ties the code to us. */
  readonly clientSecret: Sensitive<string> | null;
  readonly scopes: readonly string[];
}

/** What one login is recognised by, from its sending out to its coming back. */
export interface Marks {
  readonly state: Sensitive<string>;
  readonly nonce: string;
  /** RFC 7636, S256. */
  readonly codeVerifier: string;
  /** Where the provider sends the browser: the same at both ends of a login. */
  readonly redirectUri: string;
}

/** What the browser brought back from the provider. */
export interface Returned {
  readonly code: Sensitive<string>;
  /** RFC 9207: who says that it was them. */
  readonly iss: string | undefined;
}

/** Somebody whom a provider has authenticated just now, and all that it says of them. */
export interface Vouched {
  readonly subject: string;
  /** Of a valid ID token, and of the user info where that is needed: JSON, and as large as the provider likes. */
  readonly claims: Readonly<Record<string, unknown>>;
}

export interface Federation {
  /** The address of the provider to send the browser to. Throws a Refusal of `federationRefusal`, as the other does. */
  addressOf(client: Client, marks: Marks): Promise<string>;
  /**
   * Exchanges the code for an ID token. It resolves only for a token that the provider signed for this client and this
   * login, and that has not expired: issuer, audience, nonce, times and signature have been checked. Refuses with
   * `rate_limited` when too many are being exchanged.
   */
  redeem(client: Client, returned: Returned, marks: Marks): Promise<Vouched>;
}

/** Why a federated login comes to nothing; `details.reason` of its refusal. */
export type FederationFault =
  | "unknown-provider"
  | "unknown-login"
  | "provider-unreachable"
  | "provider-refused"
  | "provider-not-believed"
  | "claims-not-usable"
  | "user-not-known";

/** What the work came to; a refusal is told apart later, where it can be recorded with what it was about. */
export async function refusalOr<T>(work: () => Promise<T>): Promise<T | Refusal> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

export function federationRefusal(reason: FederationFault, sentence: string): Refusal {
  return new Refusal("unauthenticated", sentence, { reason });
}
