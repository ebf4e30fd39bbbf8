/**
 * Access tokens: JSON Web Tokens (RFC 7519) signed with ES256. IBM's clients only decode them; this is the only
 * verifier, and it accepts one algorithm, one key, one issuer and one audience (RFC 8725, sections 3.1 and 3.8).
 */
import { hash } from "node:crypto";
import {
  calculateJwkThumbprint,
  errors,
  exportJWK,
  generateKeyPair,
  importJWK,
  jwtVerify,
  SignJWT,
  type JWK,
} from "jose";
import type { Millis } from "../kernel/clock.ts";
import { Refusal } from "../kernel/errors.ts";
import { Sensitive } from "../kernel/sensitive.ts";
import {
  claimsOf,
  knownTokenOf,
  type KnownToken,
  type TokenSubject,
  type TokenTerms,
} from "./token-claims.ts";

const ALGORITHM = "ES256";
const AUDIENCE = "keytrail";

/** No token of ours comes near it; a longer text is refused before anything is computed from it. */
export const MAX_TOKEN_CHARS = 8_192;
/** Tokens remembered as genuine: the oldest is forgotten for the newest, and then costs one more verification. */
export const MAX_REMEMBERED_TOKENS = 10_000;

/**
 * Where the signing key is kept: readable by this server alone, and apart from the vault, since a sealed server must
 * still know who asks in order to record it. Whoever reads it can make tokens until it is replaced.
 */
export interface TokenKeyStore {
  load(): Promise<JWK | undefined>;
  /** Durable when it resolves. Called once, when there is no key. */
  save(key: JWK): Promise<void>;
}

export interface IssuedToken {
  readonly token: Sensitive<string>;
  readonly expiresInS: number;
  /** Seconds since the epoch. */
  readonly expiration: number;
}

export type Verification =
  | { readonly kind: "genuine"; readonly token: KnownToken }
  /** `token` is set when the signature was good: the claims are then true, only too old. */
  | { readonly kind: "refused"; readonly refusal: Refusal; readonly token?: KnownToken };

interface Keys {
  readonly kid: string;
  readonly sign: CryptoKey;
  readonly verify: CryptoKey;
  readonly published: JWK;
}

export class TokenIssuer {
  readonly issuer: string;
  readonly #keys: Keys;
  /** By the hash of the token, so that memory holds none that could be used. Insertion order is age. */
  readonly #genuine = new Map<string, KnownToken>();

  private constructor(issuer: string, keys: Keys) {
    this.issuer = issuer;
    this.#keys = keys;
  }

  /** Loads the signing key, or makes one at the first start. */
  static async open(options: {
    readonly issuer: string;
    readonly store: TokenKeyStore;
  }): Promise<TokenIssuer> {
    let key = await options.store.load();
    if (!key) {
      const made = await generateKeyPair(ALGORITHM, { extractable: true });
      key = await exportJWK(made.privateKey);
      await options.store.save(key);
    }
    return new TokenIssuer(options.issuer, await keysOf(key));
  }

  async issue(subject: TokenSubject, terms: TokenTerms): Promise<IssuedToken> {
    const claims = claimsOf(subject, terms);
    const token = await new SignJWT({ ...claims })
      .setProtectedHeader({ alg: ALGORITHM, kid: this.#keys.kid, typ: "JWT" })
      .setIssuer(this.issuer)
      .setAudience(AUDIENCE)
      .sign(this.#keys.sign);
    return {
      token: new Sensitive(token),
      expiresInS: terms.lifetimeS,
      expiration: claims.exp,
    };
  }

  /**
   * Whether this installation signed the token and it has not expired. A token seen before costs one hash; its
   * expiry is looked at every time. Says nothing about the credential behind it: that can end before the token.
   */
  async verify(token: string, now: Millis): Promise<Verification> {
    if (token.length > MAX_TOKEN_CHARS) return refused("The access token is too long to be one.");
    const key = hash("sha256", token, "base64");
    let known = this.#genuine.get(key);
    if (!known) {
      const checked = await this.#check(token, now);
      if (checked.kind === "refused") return checked;
      known = checked.token;
      this.#remember(key, known);
    }
    const verification = this.verifyAgain(known, now);
    if (verification.kind === "refused") this.#genuine.delete(key);
    return verification;
  }

  /** The same of a token that was found genuine before: all that can have changed is that it has expired. */
  verifyAgain(token: KnownToken, now: Millis): Verification {
    return token.expiresAt > now ? { kind: "genuine", token } : expired(token);
  }

  /** The public key as a JWK Set (RFC 7517, section 5). */
  publishedKeys(): { readonly keys: readonly JWK[] } {
    return { keys: [this.#keys.published] };
  }

  async #check(token: string, now: Millis): Promise<Verification> {
    try {
      const { payload } = await jwtVerify(
        token,
        ({ kid }) => {
          if (kid !== this.#keys.kid) throw new errors.JWKSNoMatchingKey();
          return this.#keys.verify;
        },
        {
          algorithms: [ALGORITHM],
          issuer: this.issuer,
          audience: AUDIENCE,
          currentDate: new Date(now),
        },
      );
      const known = knownTokenOf(payload);
      return known ? { kind: "genuine", token: known } : refused("The access token lacks claims.");
    } catch (error) {
      if (!(error instanceof errors.JOSEError)) throw error;
      return refusedFor(error);
    }
  }

  #remember(key: string, known: KnownToken): void {
    if (this.#genuine.size >= MAX_REMEMBERED_TOKENS) {
      const oldest = this.#genuine.keys().next();
      if (!oldest.done) this.#genuine.delete(oldest.value);
    }
    this.#genuine.set(key, known);
  }
}

async function keysOf(key: JWK): Promise<Keys> {
  // RFC 7518, section 6.2.1: everything but `d` is public.
  const { d: _private, ...publicKey } = key;
  const kid = await calculateJwkThumbprint(publicKey);
  return {
    kid,
    sign: await importKey(key),
    verify: await importKey(publicKey),
    published: { ...publicKey, alg: ALGORITHM, use: "sig", kid },
  };
}

async function importKey(key: JWK): Promise<CryptoKey> {
  const imported = await importJWK(key, ALGORITHM);
  if (imported instanceof Uint8Array) throw new TypeError("the token key is not an EC key");
  return imported;
}

/** jose checks the signature before any claim: an error about a claim speaks of a token that we signed. */
function refusedFor(error: InstanceType<typeof errors.JOSEError>): Verification {
  if (error instanceof errors.JWTExpired) {
    const known = knownTokenOf(error.payload);
    return known ? expired(known) : refused("The access token has expired.");
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    return refused("The access token was issued for another address or purpose.");
  }
  if (
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JOSEAlgNotAllowed
  ) {
    return refused("The access token was not signed by this installation.");
  }
  return refused("The access token is not a JSON Web Token.");
}

function expired(token: KnownToken): Verification {
  const refusal = new Refusal("unauthenticated", "The access token has expired.");
  return { kind: "refused", refusal, token };
}

function refused(sentence: string): Verification {
  return { kind: "refused", refusal: new Refusal("unauthenticated", sentence) };
}
