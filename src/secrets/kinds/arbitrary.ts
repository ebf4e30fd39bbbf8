/** A text of the owner's own. */
import { fromUtf8, utf8 } from "../../kernel/bytes.ts";
import { Refusal } from "../../kernel/errors.ts";
import { Sensitive } from "../../kernel/sensitive.ts";
import { plain, type Kind } from "./kind.ts";

export interface ArbitraryPayload {
  readonly kind: "arbitrary";
  readonly payload: Sensitive<string>;
}

export const MAX_PAYLOAD_BYTES = 1_024 * 1_024;

export const arbitrary: Kind<ArbitraryPayload> = {
  ...plain,
  check({ payload }) {
    const text = payload.reveal();
    const sizeBytes = Buffer.byteLength(text);
    if (sizeBytes === 0 || sizeBytes > MAX_PAYLOAD_BYTES || !text.isWellFormed()) {
      throw new Refusal(
        "invalid_request",
        `A payload has 1 to ${MAX_PAYLOAD_BYTES} bytes and is well-formed Unicode.`,
        { field: "payload" },
      );
    }
  },
  encode: ({ payload }) => utf8(payload.reveal()),
  decode: (bytes) => ({ kind: "arbitrary", payload: new Sensitive(fromUtf8(bytes)) }),
};
