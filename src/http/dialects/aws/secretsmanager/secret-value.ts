/** `SecretString` and `SecretBinary`: values of every type as clients of AWS read them, and as they give them. */
import type { GivenValue } from "../../../../app/secrets/given-value.ts";
import { managedIdOf } from "../../../../identity/service-id.ts";
import { Refusal } from "../../../../kernel/errors.ts";
import { Sensitive } from "../../../../kernel/sensitive.ts";
import type { CertificateParts } from "../../../../secrets/kinds/certificate.ts";
import type { Payload } from "../../../../secrets/payload.ts";
import type { SecretType } from "../../../../secrets/secret.ts";
import type { Members } from "../members.ts";
import { Blob, type WireObject } from "../wire-values.ts";

/** AWS, "Quotas": of the one as of the other. */
export const MAX_VALUE_BYTES = 65_536;

/** Undefined where neither is given. */
export function valueIn(members: Members): GivenValue | undefined {
  const bounds = { min: 1, max: MAX_VALUE_BYTES };
  const text = members.secretOrNothing("SecretString", bounds);
  const bytes = members.blobOrNothing("SecretBinary", bounds);
  if (text && bytes) {
    const sentence =
      "You can't specify both a binary secret value and a string secret value in the same secret.";
    throw new Refusal("invalid_request", sentence, { reason: "two-values" });
  }
  const given = text ?? bytes;
  return given && new Sensitive<string | Uint8Array>(given.reveal());
}

/** The one place where this wire reveals a value: as text, as JSON in a text, or as bytes. */
export function secretValue(payload: Payload): WireObject {
  if (payload.kind === "arbitrary") {
    const value = payload.payload.reveal();
    return typeof value === "string" ? { SecretString: value } : { SecretBinary: new Blob(value) };
  }
  // Of its own kind, by which it is looked up.
  const shown = (shownAs[payload.kind] as (payload: Payload) => object)(payload);
  return { SecretString: JSON.stringify(shown) };
}

type Structured = Exclude<SecretType, "arbitrary">;

/** The types whose values have parts: an object of them, under the names that clients of AWS expect. */
const shownAs: {
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
  imported_cert: partsOf,
  public_cert: partsOf,
  private_cert: ({ certificate, privateKey, issuingCa, caChain }) => ({
    certificate,
    ...(privateKey ? { private_key: privateKey.reveal() } : {}),
    issuing_ca: issuingCa,
    ca_chain: caChain,
  }),
  custom_credentials: ({ content }) => content.reveal(),
};

function partsOf({ certificate, intermediate, privateKey }: CertificateParts): object {
  return {
    certificate,
    ...(intermediate === null ? {} : { intermediate }),
    ...(privateKey ? { private_key: privateKey.reveal() } : {}),
  };
}
