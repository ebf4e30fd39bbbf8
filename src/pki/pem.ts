/** PEM (RFC 7468): the blocks of a text, and a block as a text. */
import { Refusal } from "../kernel/errors.ts";

/** Of everything in PEM that is brought here: IBM's bound on a certificate. */
export const MAX_PEM_BYTES = 100 * 1_024;
/** A chain has a handful; whatever has more is something else. */
export const MAX_PEM_BLOCKS = 20;

const BLOCK = /-----BEGIN ([A-Z0-9 ]{1,40})-----([^-]*)-----END \1-----/g;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

export interface PemBlock {
  readonly label: string;
  readonly der: Uint8Array;
}

/** What is being read, for the sentence of a refusal and the name of the field. */
export interface Reading {
  readonly field: string;
  /** As it stands in a sentence: `a certificate`. */
  readonly what: string;
}

/**
 * Refuses a text that is too long, has no block, or has a block that is not closed, has headers, or is not Base64. Text
 * between blocks is passed over.
 */
export function pemBlocks(text: string, { field, what }: Reading): readonly PemBlock[] {
  if (Buffer.byteLength(text) > MAX_PEM_BYTES) {
    throw new Refusal("too_large", `The field ${field} has at most ${MAX_PEM_BYTES} bytes.`, {
      field,
    });
  }
  const blocks: PemBlock[] = [];
  for (const [, label = "", body = ""] of text.matchAll(BLOCK)) {
    if (blocks.length === MAX_PEM_BLOCKS) {
      const sentence = `The field ${field} has at most ${MAX_PEM_BLOCKS} PEM blocks.`;
      throw new Refusal("invalid_request", sentence, { field });
    }
    const base64 = body.replaceAll(/\s+/g, "");
    if (!BASE64.test(base64) || base64.length % 4 !== 0) throw notPem({ field, what });
    blocks.push({ label, der: Buffer.from(base64, "base64") });
  }
  const begun = text.split("-----BEGIN ").length - 1;
  if (blocks.length === 0 || blocks.length < begun) throw notPem({ field, what });
  return blocks;
}

/** Ends with a line feed. */
export function pemOf(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

export function notPem({ field, what }: Reading): Refusal {
  return new Refusal("invalid_request", `The field ${field} is not ${what} in PEM.`, { field });
}
