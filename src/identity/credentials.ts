/**
 * Makes credentials and turns those that are offered into what they are looked up by. API keys, refresh tokens and
 * cookies are 256 random bits, passcodes 128, so their plain SHA-256 is kept: there is nothing to guess, hence nothing
 * for a slow hash to slow down, and a look-up by the hash tells an attacker's clock nothing about any of them.
 */
import { hash, randomBytes } from "node:crypto";
import { Sensitive } from "../kernel/sensitive.ts";
import { newPasscode, passcodeAsMade } from "./passcode.ts";
import { isPassword, keptPassword } from "./password.ts";
import { PasswordQueue } from "./password-queue.ts";

/** Marks a leaked text as what it is, for people and for scanners of repositories. */
export const API_KEY_PREFIX = "ktk_";
export const REFRESH_TOKEN_PREFIX = "ktr_";
export const COOKIE_PREFIX = "ktc_";
/** Of a client: no API key, so that it opens nothing but what its client may log in as. */
export const CLIENT_SECRET_PREFIX = "kts_";

const RANDOM_BYTES = 32;
const FORM = /^kt[krcs]_[A-Za-z0-9_-]{43}$/;

export interface MadeCredential {
  /** Given to its owner once, and kept nowhere. */
  readonly value: Sensitive<string>;
  /** SHA-256 in hex: what is kept, and found by. */
  readonly hash: string;
}

export class CredentialKeeper {
  readonly #passwords = new PasswordQueue();

  /** What to keep of a new password; refuses one that is too short or too long. */
  keptPassword(password: Sensitive<string>): Promise<string> {
    return this.#passwords.run(() => keptPassword(password));
  }

  /** Takes as long where none was kept. Refuses with `rate_limited` when too many wait for their turn. */
  isPassword(password: Sensitive<string>, kept: string | undefined): Promise<boolean> {
    return this.#passwords.run(() => isPassword(password, kept));
  }

  makeApiKey(): MadeCredential {
    return make(API_KEY_PREFIX);
  }

  makeClientSecret(): MadeCredential {
    return make(CLIENT_SECRET_PREFIX);
  }

  makeRefreshToken(): MadeCredential {
    return make(REFRESH_TOKEN_PREFIX);
  }

  /** What a browser holds of a session, as long as the session lasts. */
  makeCookie(): MadeCredential {
    return make(COOKIE_PREFIX);
  }

  makePasscode(): MadeCredential {
    const text = newPasscode();
    return { value: new Sensitive(text), hash: hash("sha256", text, "hex") };
  }

  /** What an offered API key would be found by; undefined for a text that never was one. */
  hashOfApiKey(value: Sensitive<string>): string | undefined {
    return hashOf(value, API_KEY_PREFIX);
  }

  hashOfClientSecret(value: Sensitive<string>): string | undefined {
    return hashOf(value, CLIENT_SECRET_PREFIX);
  }

  hashOfRefreshToken(value: Sensitive<string>): string | undefined {
    return hashOf(value, REFRESH_TOKEN_PREFIX);
  }

  hashOfCookie(value: Sensitive<string>): string | undefined {
    return hashOf(value, COOKIE_PREFIX);
  }

  /** However it was typed. */
  hashOfPasscode(value: Sensitive<string>): string | undefined {
    const text = passcodeAsMade(value.reveal());
    return text === undefined ? undefined : hash("sha256", text, "hex");
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
