/** The identity providers over the network, by openid-client: discovery, authorization code with PKCE, ID tokens. */
import * as openid from "openid-client";
import {
  federationRefusal,
  type Client,
  type Federation,
  type Marks,
  type Returned,
  type Vouched,
} from "../app/federation/federation.ts";
import { isLoopbackIssuer } from "../identity/identity-provider.ts";
import type { Clock, Millis } from "../kernel/clock.ts";
import { Refusal } from "../kernel/errors.ts";
import { guardedFetch, REQUEST_TIMEOUT_MS, Unreachable } from "./guarded-fetch.ts";

/** What a provider publishes of itself is asked for again after this. */
export const METADATA_LIFETIME_MS = 10 * 60 * 1_000;
/** Anybody may begin a login: one that fails is not a request to the provider for each who tries. */
export const FAILURE_LIFETIME_MS = 5_000;
export const MAX_KNOWN_ISSUERS = 100;
/** Codes being exchanged: anybody may bring one, and a provider that is slow holds each for seconds. */
export const MAX_CODES_AT_ONCE = 64;

interface Issuer {
  readonly metadata: openid.ServerMetadata;
  keys: ReturnType<typeof openid.getJwksCache>;
}

interface Asked {
  readonly discovered: Promise<Issuer>;
  readonly since: Millis;
  lifetimeMs: number;
}

/** Holds no secret of any client longer than a call. */
export class OpenIdFederation implements Federation {
  readonly #clock: Clock;
  #redeeming = 0;
  /** By issuer; insertion order is the order in which they were asked. */
  readonly #issuers = new Map<string, Asked>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  addressOf(client: Client, marks: Marks): Promise<string> {
    return refusing(async () => {
      const { metadata } = await this.#issuer(client);
      const address = openid.buildAuthorizationUrl(configurationOf(client, metadata), {
        redirect_uri: marks.redirectUri,
        scope: client.scopes.join(" "),
        state: marks.state.reveal(),
        nonce: marks.nonce,
        code_challenge: await openid.calculatePKCECodeChallenge(marks.codeVerifier),
        code_challenge_method: "S256",
      });
      const isPlain = address.protocol === "http:" && isLoopbackIssuer(client.issuer);
      if (address.protocol !== "https:" && !isPlain) throw notBelieved();
      return address.href;
    });
  }

  async redeem(client: Client, returned: Returned, marks: Marks): Promise<Vouched> {
    if (this.#redeeming >= MAX_CODES_AT_ONCE) {
      throw new Refusal("rate_limited", "Too many logins are under way: try again in a moment.");
    }
    this.#redeeming += 1;
    try {
      return await this.#redeemed(client, returned, marks);
    } finally {
      this.#redeeming -= 1;
    }
  }

  #redeemed(client: Client, { code, iss }: Returned, marks: Marks): Promise<Vouched> {
    return refusing(async () => {
      const issuer = await this.#issuer(client);
      const configuration = configurationOf(client, issuer.metadata);
      // Without this, a token that came straight from the provider would be believed unsigned (Core, 3.1.3.7). Nor is
      // one believed that is signed with the client's secret, which more than the provider know.
      openid.enableNonRepudiationChecks(configuration);
      if (issuer.keys) openid.setJwksCache(configuration, issuer.keys);
      const current = new URL(marks.redirectUri);
      current.searchParams.set("code", code.reveal());
      current.searchParams.set("state", marks.state.reveal());
      if (iss !== undefined) current.searchParams.set("iss", iss);
      const tokens = await openid.authorizationCodeGrant(configuration, current, {
        expectedState: marks.state.reveal(),
        expectedNonce: marks.nonce,
        pkceCodeVerifier: marks.codeVerifier,
        idTokenExpected: true,
      });
      issuer.keys = openid.getJwksCache(configuration);
      const claims = tokens.claims();
      if (!claims) throw notBelieved();
      return { subject: claims.sub, claims: await wholeOf(claims, tokens, configuration) };
    });
  }

  /** Whoever asks while it is being discovered waits for the same answer, or the same failure. */
  #issuer({ issuer, clientId }: Client): Promise<Issuer> {
    const now = this.#clock.now();
    const known = this.#issuers.get(issuer);
    if (known && Math.abs(now - known.since) < known.lifetimeMs) return known.discovered;
    const asked: Asked = {
      discovered: discovered(issuer, clientId),
      since: now,
      lifetimeMs: METADATA_LIFETIME_MS,
    };
    asked.discovered.catch(() => (asked.lifetimeMs = FAILURE_LIFETIME_MS));
    this.#issuers.delete(issuer);
    this.#issuers.set(issuer, asked);
    if (this.#issuers.size > MAX_KNOWN_ISSUERS) {
      const [oldest] = this.#issuers.keys();
      if (oldest !== undefined) this.#issuers.delete(oldest);
    }
    return asked.discovered;
  }
}

async function discovered(issuer: string, clientId: string): Promise<Issuer> {
  const url = new URL(issuer);
  const found = await openid.discovery(url, clientId, {}, openid.None(), termsOf(issuer));
  // Without the functions that the library adds to it.
  return { metadata: JSON.parse(JSON.stringify(found.serverMetadata())), keys: undefined };
}

/**
 * A provider that gives an access token may leave the claims of scopes to its user info (Core, 5.4): it is asked when
 * the token says nothing of the address. What the token says stands: it is signed.
 */
async function wholeOf(
  claims: openid.IDToken,
  tokens: openid.TokenEndpointResponse,
  configuration: openid.Configuration,
): Promise<Vouched["claims"]> {
  const isWhole = claims["email"] !== undefined;
  if (isWhole || !configuration.serverMetadata().userinfo_endpoint) return claims;
  const more = await openid.fetchUserInfo(configuration, tokens.access_token, claims.sub);
  // That an address is verified is believed of the address it was said of, and of no other.
  const { email_verified: _ofNoAddress, ...ofToken } = claims;
  return { ...more, ...ofToken };
}

function termsOf(
  issuer: string,
): Required<
  Pick<openid.DiscoveryRequestOptions, typeof openid.customFetch | "timeout" | "execute">
> {
  const isLoopback = isLoopbackIssuer(issuer);
  return {
    [openid.customFetch]: guardedFetch({ isLoopback }),
    timeout: REQUEST_TIMEOUT_MS / 1_000,
    execute: isLoopback ? [openid.allowInsecureRequests] : [],
  };
}

function configurationOf(
  { issuer, clientId, clientSecret }: Client,
  metadata: openid.ServerMetadata,
): openid.Configuration {
  const configuration = new openid.Configuration(
    metadata,
    clientId,
    {},
    authenticationOf(clientSecret?.reveal(), metadata),
  );
  const terms = termsOf(issuer);
  configuration[openid.customFetch] = terms[openid.customFetch];
  configuration.timeout = terms.timeout;
  for (const extend of terms.execute) extend(configuration);
  return configuration;
}

/** In the Basic header unless the provider takes the secret in the form only (Discovery 1.0, section 3). */
function authenticationOf(
  secret: string | undefined,
  { token_endpoint_auth_methods_supported: methods }: openid.ServerMetadata,
): openid.ClientAuth {
  if (secret === undefined) return openid.None();
  const takesBasic = !Array.isArray(methods) || methods.includes("client_secret_basic");
  return takesBasic ? openid.ClientSecretBasic(secret) : openid.ClientSecretPost(secret);
}

/** Whatever the provider did wrong becomes a refusal in our words: its own may hold codes and tokens. */
async function refusing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw refusalOf(error) ?? error;
  }
}

function refusalOf(error: unknown): Refusal | undefined {
  if (isUnreachable(error)) {
    const sentence = "The identity provider cannot be reached, or does not answer in time.";
    return federationRefusal("provider-unreachable", sentence);
  }
  if (error instanceof openid.ResponseBodyError) {
    return federationRefusal("provider-refused", "The identity provider refused the login's code.");
  }
  return isFaultOfAnswer(error) ? notBelieved(error) : undefined;
}

/** The library's own errors: those that it wraps, and those that it lets through, which have a code of its form. */
function isFaultOfAnswer(error: unknown): error is { readonly code?: string } {
  if (error instanceof openid.ClientError) return true;
  return error instanceof Error && "code" in error && String(error.code).startsWith("OAUTH_");
}

function isUnreachable(error: unknown): boolean {
  if (error instanceof Unreachable) return true;
  if (!(error instanceof openid.ClientError)) return false;
  return error.code === "OAUTH_TIMEOUT" || isUnreachable(error.cause);
}

const sentences: Readonly<Record<string, string>> = {
  OAUTH_JWT_TIMESTAMP_CHECK_FAILED:
    "The identity provider's token has expired, or is not good yet.",
  OAUTH_JWT_CLAIM_COMPARISON_FAILED:
    "The identity provider's token is not for this login: its issuer, audience or nonce is another.",
  OAUTH_RESPONSE_IS_NOT_CONFORM: "The identity provider did not answer as OpenID Connect asks.",
  OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED:
    "The identity provider calls itself otherwise than it is known here.",
};

function notBelieved(error?: { readonly code?: string }): Refusal {
  const sentence =
    sentences[error?.code ?? ""] ?? "What the identity provider answered cannot be believed.";
  return federationRefusal("provider-not-believed", sentence);
}
