/** The value of a secret, by its type: what is sealed, and the limits on it. */
import { Refusal } from "../kernel/errors.ts";
import { fromUtf8, utf8 } from "../kernel/bytes.ts";
import { Sensitive } from "../kernel/sensitive.ts";
import type { PasswordPolicy } from "./password.ts";
import { checkJson, type JsonObject } from "./json.ts";
import type { SecretType } from "./secret.ts";

export type Payload =
  | { readonly kind: "arbitrary"; readonly payload: Sensitive<string> }
  | {
      readonly kind: "username_password";
      readonly username: string;
      readonly password: Sensitive<string>;
    }
  | { readonly kind: "kv"; readonly data: Sensitive<JsonObject> };

/** The value a new secret is given; a password that is left out is generated. */
export type NewPayload =
  | Extract<Payload, { kind: "arbitrary" | "kv" }>
  | {
      readonly kind: "username_password";
      readonly username: string;
      readonly password?: Sensitive<string> | undefined;
      readonly passwordPolicy?: PasswordPolicy | undefined;
    };

/** The value a new version is given; the username stays. */
export type NewVersionPayload =
  | Extract<Payload, { kind: "arbitrary" | "kv" }>
  | { readonly kind: "username_password"; readonly password?: Sensitive<string> | undefined };

export const MAX_PAYLOAD_BYTES = 1_024 * 1_024;
export const MAX_KV_BYTES = 512 * 1_024;
export const MIN_USERNAME_CHARS = 2;
export const MAX_USERNAME_CHARS = 64;
export const MIN_GIVEN_PASSWORD_CHARS = 6;
export const MAX_GIVEN_PASSWORD_CHARS = 256;

/** Refuses a value outside its type's limits; the sentence never quotes it. */
export function checkPayload(payload: Payload): void {
  switch (payload.kind) {
    case "arbitrary":
      return checkText(payload.payload.reveal());
    case "username_password":
      checkLength("username", payload.username, [MIN_USERNAME_CHARS, MAX_USERNAME_CHARS]);
      return checkLength("password", payload.password.reveal(), [
        MIN_GIVEN_PASSWORD_CHARS,
        MAX_GIVEN_PASSWORD_CHARS,
      ]);
    case "kv":
      return checkJson(payload.data.reveal(), { field: "data", maxBytes: MAX_KV_BYTES });
  }
}

/**
 * The bytes that are sealed with a version; `decodePayload` reads them back. A username is sealed
 * with the secret.
 */
export function encodePayload(payload: Payload): Uint8Array {
  switch (payload.kind) {
    case "arbitrary":
      return utf8(payload.payload.reveal());
    case "username_password":
      return utf8(payload.password.reveal());
    case "kv":
      return utf8(JSON.stringify(payload.data.reveal()));
  }
}

/** `username` is asked for only where the type has one. */
export function decodePayload(
  type: SecretType,
  bytes: Uint8Array,
  username: () => string,
): Payload {
  const text = fromUtf8(bytes);
  switch (type) {
    case "arbitrary":
      return { kind: type, payload: new Sensitive(text) };
    case "username_password":
      return { kind: type, username: username(), password: new Sensitive(text) };
    case "kv":
      return { kind: type, data: new Sensitive(JSON.parse(text) as JsonObject) };
  }
}

function checkText(text: string): void {
  const sizeBytes = Buffer.byteLength(text);
  if (sizeBytes === 0 || sizeBytes > MAX_PAYLOAD_BYTES || !text.isWellFormed()) {
    throw new Refusal(
      "invalid_request",
      `A payload has 1 to ${MAX_PAYLOAD_BYTES} bytes and is well-formed Unicode.`,
      { field: "payload" },
    );
  }
}

function checkLength(field: string, text: string, [min, max]: readonly [number, number]): void {
  // A lone surrogate would be sealed as another character than was given.
  if (text.length < min || text.length > max || !text.isWellFormed()) {
    throw new Refusal(
      "invalid_request",
      `A ${field} has ${min} to ${max} characters of well-formed Unicode.`,
      { field },
    );
  }
}
