/**
 * Values as objects of their parts: what wires show that know no types of secrets, and what they put parts into. The
 * names of parts are those that clients of AWS expect.
 */
import { managedIdOf } from "../../identity/service-id.ts";
import { fromBase64, toBase64 } from "../../kernel/bytes.ts";
import { Sensitive } from "../../kernel/sensitive.ts";
import type { JsonObject } from "../../secrets/json.ts";
import type { CertificateParts } from "../../secrets/kinds/certificate.ts";
import type { Payload } from "../../secrets/payload.ts";
import type { SecretType } from "../../secrets/secret.ts";
import type { GivenValue } from "./given-value.ts";

type Structured = Exclude<SecretType, "arbitrary">;

/** Reveals a value that has parts. */
export function partsOf(payload: Extract<Payload, { kind: Structured }>): object {
  // Of its own kind, by which it is looked up.
  return (parts[payload.kind] as (payload: Payload) => object)(payload);
}

const parts: {
  readonly [Type in Structured]: (payload: Extract<Payload, { kind: Type }>) => object;
} = {
  username_password: ({ username, password }) => ({ username, password: password.reveal() }),
  kv: ({ data }) => data.reveal(),
  iam_credentials: ({ apiKey, apiKeyId, serviceId }) => ({
    apikey: apiKey.reveal(),
    api_key_id: apiKeyId,
    service_id: managedIdOf(serviceId),
  }),
  service_credentials: ({ credentials }) => credentials.reveal(),
  imported_cert: ofCertificate,
  public_cert: ofCertificate,
  private_cert: ({ certificate, privateKey, issuingCa, caChain }) => ({
    certificate,
    ...(privateKey ? { private_key: privateKey.reveal() } : {}),
    issuing_ca: issuingCa,
    ca_chain: caChain,
  }),
  custom_credentials: ({ content }) => content.reveal(),
};

function ofCertificate({ certificate, intermediate, privateKey }: CertificateParts): object {
  return {
    certificate,
    ...(intermediate === null ? {} : { intermediate }),
    ...(privateKey ? { private_key: privateKey.reveal() } : {}),
  };
}

const BASE64 = "base64";

/**
 * Reveals a value of any type. A text that is a JSON object is that object, any other one is `value`; bytes are, in
 * Base64.
 */
export function dataOf(payload: Payload): object {
  if (payload.kind !== "arbitrary") return partsOf(payload);
  const value = payload.payload.reveal();
  if (typeof value !== "string") return { value: toBase64(value), encoding: BASE64 };
  return objectIn(value) ?? { value };
}

/** Members to be put into a value. */
export interface GivenMembers {
  readonly data: Sensitive<JsonObject>;
  /** Whether the other members that the value has are to go. */
  readonly replacesAll: boolean;
}

/** The value with these members, as it is given to a secret; null: there has been none. */
export function withMembers(
  payload: Payload | null,
  { data, replacesAll }: GivenMembers,
): GivenValue {
  const before = payload && !replacesAll ? dataOf(payload) : {};
  const merged = { ...before, ...data.reveal() };
  return isPlainText(payload) ? textWith(merged) : new Sensitive(JSON.stringify(merged));
}

/** The same value once more, as it is given to a secret; of types whose values are their owners' own. */
export function givenAgain(payload: Payload): GivenValue {
  if (payload.kind === "arbitrary") return payload.payload;
  return new Sensitive(JSON.stringify(partsOf(payload)));
}

/** Whether there is no part of the value but those that were given. */
export function isWhollyGiven(payload: Payload, { data, replacesAll }: GivenMembers): boolean {
  const given = data.reveal();
  return replacesAll && Object.keys(dataOf(payload)).every((name) => Object.hasOwn(given, name));
}

function isPlainText(payload: Payload | null): boolean {
  if (payload?.kind !== "arbitrary") return false;
  const value = payload.payload.reveal();
  return typeof value !== "string" || objectIn(value) === undefined;
}

/** What was shown as its `value`, a text or bytes in Base64, stays that, if that is all there is. */
function textWith(merged: Readonly<Record<string, unknown>>): GivenValue {
  const { value, encoding, ...others } = merged;
  const isAll = typeof value === "string" && Object.keys(others).length === 0;
  if (isAll && encoding === undefined) return new Sensitive(value);
  const bytes = isAll && encoding === BASE64 ? fromBase64(value) : undefined;
  return new Sensitive(bytes ?? JSON.stringify(merged));
}

function objectIn(text: string): object | undefined {
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
