/** Values that the protocols write each in their own way. Everything else in an answer is plain JSON. */
import type { Millis } from "../../../kernel/clock.ts";

/** Epoch seconds in JSON, RFC 3339 in XML, a tagged number in CBOR. */
export class Timestamp {
  readonly at: Millis;

  constructor(at: Millis) {
    this.at = at;
  }

  /** As AWS's JSON has it. */
  toJSON(): number {
    return this.at / 1_000;
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

  /** As AWS's JSON has it. */
  toJSON(): string {
    return Buffer.from(this.bytes).toString("base64");
  }
}

/** An answer's members, by AWS's names; what is undefined is left out. */
export type WireObject = Readonly<Record<string, unknown>>;
