/** A text of the owner's own, or bytes. */
import { toBase64, utf8 } from "../../kernel/bytes.ts";
import { Refusal } from "../../kernel/errors.ts";
import { Sensitive } from "../../kernel/sensitive.ts";
import { plain, type Kind } from "./kind.ts";

export interface ArbitraryPayload {
  readonly kind: "arbitrary";
  /** Bytes where they were given as such: AWS's clients are given back what they gave. */
  readonly payload: Sensitive<string | Uint8Array>;
}

export const MAX_PAYLOAD_BYTES = 1_024 * 1_024;

/** What bytes are sealed behind: no text in UTF-8 has it (RFC 3629, section 1). */
const BYTES_FOLLOW = 0xff;
const MARK = Uint8Array.of(BYTES_FOLLOW);

/** What a text begins with is its own, a byte order mark too. */
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export const arbitrary: Kind<ArbitraryPayload> = {
  ...plain,
  check({ payload }) {
    const value = payload.reveal();
    const isText = typeof value === "string";
    const sizeBytes = isText ? Buffer.byteLength(value) : value.length;
    const isSound = !isText || value.isWellFormed();
    if (sizeBytes === 0 || sizeBytes > MAX_PAYLOAD_BYTES || !isSound) {
      throw new Refusal(
        "invalid_request",
        `A payload has 1 to ${MAX_PAYLOAD_BYTES} bytes and is well-formed Unicode.`,
        { field: "payload" },
      );
    }
  },
  encode({ payload }) {
    const value = payload.reveal();
    return typeof value === "string" ? utf8(value) : Buffer.concat([MARK, value]);
  },
  decode(bytes) {
    const isText = bytes[0] !== BYTES_FOLLOW;
    const value = isText ? decoder.decode(bytes) : new Uint8Array(bytes.subarray(1));
    return { kind: "arbitrary", payload: new Sensitive<string | Uint8Array>(value) };
  },
};

/** As a wire that knows texts only shows it: bytes in base64. */
export function textOf({ payload }: ArbitraryPayload): string {
  const value = payload.reveal();
  return typeof value === "string" ? value : toBase64(value);
}
