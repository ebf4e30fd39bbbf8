/**
 * Cosignatures (C2SP tlog-cosignature, Ed25519 cosignature/v1): a witness's statement that at a moment the largest
 * tree it knew of a log had this head, consistent with every head it had seen before. On the checkpoint it is a
 * signature line whose payload is eight bytes of time (Unix seconds, big-endian) and 64 of signature, over
 *
 *     cosignature/v1
 *     time 1679315147
 *     <the checkpoint's text>
 */
import { utf8 } from "../kernel/bytes.ts";
import type { Clock } from "../kernel/clock.ts";
import { readCheckpoint } from "./checkpoint.ts";
import type { SignedCheckpoint } from "./checkpoint.ts";
import {
  ED25519_SIGNATURE_BYTES,
  ed25519FromSeed,
  ed25519PublicKey,
  generateEd25519,
  verifyEd25519,
} from "./ed25519.ts";
import type { Ed25519KeyPair } from "./ed25519.ts";
import { formatPrivateKey, formatSignatureLine, parseNote, parsePrivateKey } from "./note.ts";
import type { NoteSignature, NoteSigner, NoteVerifier } from "./note.ts";
import { ALG_COSIGNATURE, KeyError, formatVkey, makeVkey, parseVkey } from "./vkey.ts";
import type { Vkey } from "./vkey.ts";

const TIME_BYTES = 8;
const COSIGNATURE_BYTES = TIME_BYTES + ED25519_SIGNATURE_BYTES;

/** Unix time in whole seconds: what cosignatures are dated with. */
export type UnixSeconds = number;

/** The bytes a witness signs for the text of a checkpoint. */
export function cosignedMessage(text: string, time: UnixSeconds): Uint8Array {
  return utf8(`cosignature/v1\ntime ${time}\n${text}`);
}

/** Signs as a witness. Each cosignature is dated with the clock's now. */
export class CosignatureSigner implements NoteSigner {
  readonly name: string;
  readonly vkey: string;
  readonly #key: Vkey;
  readonly #pair: Ed25519KeyPair;
  readonly #clock: Clock;

  private constructor(name: string, pair: Ed25519KeyPair, clock: Clock) {
    this.#key = makeVkey(name, ALG_COSIGNATURE, pair.publicKey);
    this.#pair = pair;
    this.#clock = clock;
    this.name = name;
    this.vkey = formatVkey(this.#key);
  }

  /** A fresh key. Throws KeyError when the name cannot name a key. */
  static generate(name: string, clock: Clock): CosignatureSigner {
    return new CosignatureSigner(name, generateEd25519(), clock);
  }

  /** Reads what `toPrivate` wrote. Throws KeyError. */
  static fromPrivate(text: string, clock: Clock): CosignatureSigner {
    const { name, seed } = parsePrivateKey(text, ALG_COSIGNATURE);
    return new CosignatureSigner(name, ed25519FromSeed(seed), clock);
  }

  /** A secret: to be stored where only the witness can read. */
  toPrivate(): string {
    return formatPrivateKey(this.#key, this.#pair.seed);
  }

  async sign(text: string): Promise<string> {
    const time = Math.floor(this.#clock.now() / 1000);
    const payload = Buffer.alloc(COSIGNATURE_BYTES);
    payload.writeBigUInt64BE(BigInt(time));
    payload.set(this.#pair.sign(cosignedMessage(text, time)), TIME_BYTES);
    return formatSignatureLine(this.#key, payload);
  }
}

/** A verifier of cosignatures. Throws KeyError when `vkey` is not a witness's key. */
export function cosignatureVerifier(vkey: string): NoteVerifier {
  const key = parseVkey(vkey);
  if (key.type !== ALG_COSIGNATURE) {
    throw new KeyError(`the key of "${key.name}" is a log's key; a witness's (type 4) is wanted`);
  }
  const publicKey = ed25519PublicKey(key.publicKey);
  return {
    name: key.name,
    keyId: key.keyId,
    verify: (text, payload) => {
      const time = cosignatureTime(payload);
      if (time === undefined) return false;
      const signature = payload.subarray(TIME_BYTES);
      return verifyEd25519(publicKey, cosignedMessage(text, time), signature);
    },
  };
}

/** When the payload of a cosignature says it was made; undefined when it is none, or no time before 2^53. */
export function cosignatureTime(payload: Uint8Array): UnixSeconds | undefined {
  if (payload.length !== COSIGNATURE_BYTES) return undefined;
  const time = Buffer.from(payload.subarray(0, TIME_BYTES)).readBigUInt64BE();
  return time <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(time) : undefined;
}

/**
 * The checkpoint with the cosignatures added after the signatures it has; one by a key that is already there replaces
 * it, so that asking a witness again never lengthens the note.
 */
export function withCosignatures(
  checkpoint: SignedCheckpoint,
  cosignatures: readonly NoteSignature[],
): SignedCheckpoint {
  const { text, signatures } = parseNote(checkpoint.text);
  const byKey = new Map(signatures.map((s) => [`${s.name}+${s.keyId}`, s.line]));
  for (const added of cosignatures) byKey.set(`${added.name}+${added.keyId}`, added.line);
  return readCheckpoint(`${text}\n${[...byKey.values()].join("")}`);
}
