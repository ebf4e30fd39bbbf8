/** `SecretString` and `SecretBinary`: values of every type as clients of AWS read them, and as they give them. */
import type { GivenValue } from "../../../../app/secrets/given-value.ts";
import { partsOf } from "../../../../app/secrets/parts.ts";
import { Refusal } from "../../../../kernel/errors.ts";
import { Sensitive } from "../../../../kernel/sensitive.ts";
import type { Payload } from "../../../../secrets/payload.ts";
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
  return { SecretString: JSON.stringify(partsOf(payload)) };
}
