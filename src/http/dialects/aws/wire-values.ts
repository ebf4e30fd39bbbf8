/** Values that the protocols write each in their own way. Everything else in an answer is plain JSON. */
import type { Millis } from "../../../kernel/clock.ts";

/** Epoch seconds in JSON, RFC 3339 in XML, a tagged number in CBOR. */
export class Timestamp {
  readonly at: Millis;

  constructor(at: Millis) {
    this.at = at;
  }

  static orNothing(at: Millis | null): Timestamp | undefined {
    return at === null ? undefined : new Timestamp(at);
  }
}

/** Base64 in JSON and XML, bytes in CBOR. */
export class Blob {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** An answer's members, by AWS's names; what is undefined is left out. */
export type WireObject = Readonly<Record<string, unknown>>;
