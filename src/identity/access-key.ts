/**
 * Access keys: an id that every request names and a secret that signs it (AWS Signature Version 4). A lasting one is the
 * other form of an API key; a session has one of its own, with a token. The secret is kept sealed, since whoever checks a
 * signature has to know it.
 */
import { hash, randomBytes, randomInt } from "node:crypto";
import type { Millis } from "../kernel/clock.ts";
import { Sensitive } from "../kernel/sensitive.ts";

export interface AccessKey {
  readonly id: string;
  readonly account: string;
  readonly of: KeyOfCredential | KeyOfSession;
  /** By the account's data key for access keys: see `accessKeyBinding`. */
  readonly sealed: Uint8Array;
  readonly createdAt: Millis;
}

export interface KeyOfCredential {
  readonly kind: "key";
  /** The id of the API key. */
  readonly apiKey: string;
}

export interface KeyOfSession {
  readonly kind: "session";
  readonly session: string;
  /** SHA-256 of the session token, in hex. */
  readonly tokenHash: string;
  readonly terms: SessionTerms;
}

/** What a session was asked for: as whom, under which name, within which bounds. */
export interface SessionTerms {
  readonly kind: "user" | "role" | "federated";
  /** Of the session of a role, or of whom a federated one is for. */
  readonly name: string | null;
  readonly sourceIdentity: string | null;
  readonly isMfa: boolean;
  /** The JSON text of the policy that bounds it, or null. Whom a federated one is for may do nothing without one. */
  readonly policy: string | null;
}

/** Of keys that last, and of those that end with a session (AWS IAM, "unique identifiers"). */
export const LASTING_PREFIX = "AKIA";
export const SESSION_PREFIX = "ASIA";
const ID_CHARS = 16;
const ID_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const ID = /^A[KS]IA[A-Z2-7]{16}$/;
/** 30 bytes in base64: AWS's secrets have this length, and clients expect no other. */
const SECRET_BYTES = 30;
const TOKEN_BYTES = 48;

export interface NewAccessKey {
  readonly id: string;
  /** Given to its owner once. */
  readonly secret: Sensitive<string>;
}

export function newAccessKey(prefix: typeof LASTING_PREFIX | typeof SESSION_PREFIX): NewAccessKey {
  let id: string = prefix;
  for (let i = 0; i < ID_CHARS; i++) id += ID_ALPHABET[randomInt(ID_ALPHABET.length)];
  return { id, secret: new Sensitive(randomBytes(SECRET_BYTES).toString("base64")) };
}

export function isAccessKeyId(text: string): boolean {
  return ID.test(text);
}

/** With the hash by which it is recognised: 384 random bits, of which nothing but that is kept. */
export function newSessionToken(): { readonly value: Sensitive<string>; readonly hash: string } {
  const value = randomBytes(TOKEN_BYTES).toString("base64");
  return { value: new Sensitive(value), hash: hashOfSessionToken(value) };
}

export function hashOfSessionToken(value: string): string {
  return hash("sha256", value, "hex");
}

/** In the place of an API key's hash, for one that is an access key: no value hashes to it. */
export function hashInPlaceOf({ id }: NewAccessKey): string {
  return `access-key ${id}`;
}

/** Whose data key the secrets of an account's access keys are sealed by. */
export function accessKeysOf(account: string): string {
  return `access-keys/${account}`;
}

/** The port to the access keys. Rows go with the API key or the session that they belong to. */
export interface AccessKeyReader {
  accessKey(id: string): Promise<AccessKey | undefined>;
}

export interface AccessKeyStore extends AccessKeyReader {
  putAccessKey(key: AccessKey): Promise<void>;
}
