/** Values as clients of AWS give them, a text or bytes, for secrets of every type. */
import { hash } from "node:crypto";
import { Refusal } from "../../kernel/errors.ts";
import { secretsEqual } from "../../kernel/bytes.ts";
import { Sensitive } from "../../kernel/sensitive.ts";
import type { JsonObject } from "../../secrets/json.ts";
import { encodePayload, type NewVersionPayload, type Payload } from "../../secrets/payload.ts";
import type { Secret, SecretType } from "../../secrets/secret.ts";
import type { Vault } from "../../secrets/vault.ts";
import { openUsername } from "./open.ts";

export type GivenValue = Sensitive<string | Uint8Array>;

type Read = (given: GivenValue, secret: Secret, vault: Vault) => NewVersionPayload;

/** The types whose values are the owner's own words, and how these are read. The others make their values themselves. */
const readers: Readonly<Record<SecretType, Read | null>> = {
  arbitrary: (payload) => ({ kind: "arbitrary", payload }),
  kv: (given) => ({ kind: "kv", data: new Sensitive(objectIn(given)) }),
  username_password: passwordIn,
  iam_credentials: null,
  service_credentials: null,
  imported_cert: null,
  public_cert: null,
  private_cert: null,
  custom_credentials: null,
};

/** Whether a version of the type says all there is to say of it, so that any of them may be made current again. */
export function hasOwnValues(type: SecretType): boolean {
  return readers[type] !== null;
}

/** What a new version of the secret is made of. Refuses what its type cannot be given; nothing of it is quoted. */
export function newValueOf(secret: Secret, given: GivenValue, vault: Vault): NewVersionPayload {
  const reader = readers[secret.type];
  if (reader) return reader(given, secret, vault);
  const sentence = `The values of a ${secret.type} secret are made for it: none can be given to it here.`;
  throw new Refusal("precondition_failed", sentence, { reason: "value-of-type" });
}

/** Takes a time that does not depend on where they differ. */
export function isSameValue(one: Payload, other: Payload): boolean {
  return secretsEqual(digestOf(one), digestOf(other));
}

function digestOf(payload: Payload): Uint8Array {
  return hash("sha256", encodePayload(payload), "buffer");
}

const PASSWORD_FIELDS: readonly string[] = ["username", "password"];

function passwordIn(given: GivenValue, secret: Secret, vault: Vault): NewVersionPayload {
  const { username, password, ...others } = objectIn(given);
  const isOther = username !== undefined && username !== openUsername(vault, secret);
  if (typeof password !== "string" || isOther || Object.keys(others).length > 0) {
    throw unfit(
      `The value of a username_password secret is a JSON object of ${PASSWORD_FIELDS.join(" and ")}, of which the first stays as it is and may be left out.`,
    );
  }
  return { kind: "username_password", password: new Sensitive(password) };
}

function objectIn(given: GivenValue): JsonObject {
  const text = given.reveal();
  let value: unknown;
  try {
    value = typeof text === "string" ? JSON.parse(text) : undefined;
  } catch {
    value = undefined;
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as JsonObject;
  }
  throw unfit("The value of a secret of this type is the text of a JSON object.");
}

function unfit(sentence: string): Refusal {
  return new Refusal("invalid_request", sentence, { reason: "value-of-type" });
}
