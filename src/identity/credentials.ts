/**
 * Makes credentials and turns those that are offered into what they are looked up by. API keys and refresh tokens
 * are 256 random bits, so their plain SHA-256 is kept: there is nothing to guess, hence nothing for a slow hash to
 * slow down, and a look-up by the hash tells an attacker's clock nothing about any key.
 */
import { hash, randomBytes } from "node:crypto";
import { Sensitive } from "../kernel/sensitive.ts";

/** Marks a leaked text as what it is, for people and for scanners of repositories. */
export const API_KEY_PREFIX = "ktk_";
export const REFRESH_TOKEN_PREFIX = "ktr_";

const RANDOM_BYTES = 32;
const FORM = /^kt[kr]_[A-Za-z0-9_-]{43}$/;

export interface MadeCredential {
  /** Given to its owner once, and kept nowhere. */
  readonly value: Sensitive<string>;
  /** SHA-256 in hex: what is kept, and found by. */
  readonly hash: string;
}

export class CredentialKeeper {
  makeApiKey(): MadeCredential {
    return make(API_KEY_PREFIX);
  }

  makeRefreshToken(): MadeCredential {
    return make(REFRESH_TOKEN_PREFIX);
  }

  /** What an offered API key would be found by; undefined for a text that never was one. */
  hashOfApiKey(value: Sensitive<string>): string | undefined {
    return hashOf(value, API_KEY_PREFIX);
  }

  hashOfRefreshToken(value: Sensitive<string>): string | undefined {
    return hashOf(value, REFRESH_TOKEN_PREFIX);
  }
}

function make(prefix: string): MadeCredential {
  const value = `${prefix}${randomBytes(RANDOM_BYTES).toString("base64url")}`;
  return { value: new Sensitive(value), hash: hash("sha256", value, "hex") };
}

function hashOf(value: Sensitive<string>, prefix: string): string | undefined {
  const text = value.reveal();
  return FORM.test(text) && text.startsWith(prefix) ? hash("sha256", text, "hex") : undefined;
}
