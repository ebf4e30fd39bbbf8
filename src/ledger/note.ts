/**
 * Signed notes (C2SP signed-note): a text and the signatures over it, readable by people and by `openssl`.
 *
 *     This is an example message.
 *
 *     — example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYj…
 *
 * The text ends in a newline and is followed by an empty line, the last one of the note. Each signature line is an
 * em dash (U+2014), a space, the key's name, a space, and base64 of four bytes of key id and the signature.
 */
import { fromBase64, fromHex, toBase64, toHex, utf8 } from "../kernel/bytes.ts";
import {
  ED25519_KEY_BYTES,
  ed25519FromSeed,
  ed25519PublicKey,
  generateEd25519,
  verifyEd25519,
} from "./ed25519.ts";
import type { Ed25519KeyPair } from "./ed25519.ts";
import {
  ALG_ED25519,
  KEY_ID_BYTES,
  KeyError,
  checkLength,
  formatVkey,
  isKeyName,
  keyIdOf,
  makeVkey,
  parseVkey,
  splitKey,
} from "./vkey.ts";
import type { Vkey } from "./vkey.ts";

/** Longer notes are refused unread: a checkpoint with every signature it may carry is a tenth of this. */
export const MAX_NOTE_LENGTH = 1_000_000;
/** C2SP asks for at least 16; more than this is somebody making work. */
export const MAX_NOTE_SIGNATURES = 100;

const SIGNATURE_PREFIX = "— ";
const PRIVATE_KEY_PREFIX = "PRIVATE+KEY+";

/**
 * Why a note was not opened: `malformed` breaks the format, `unverified` has no signature by a known key,
 * `bad_signature` has one that fails.
 */
export type NoteErrorKind = "malformed" | "unverified" | "bad_signature";

export class NoteError extends Error {
  override readonly name = "NoteError";
  readonly kind: NoteErrorKind;

  constructor(kind: NoteErrorKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

export interface NoteSigner {
  readonly name: string;
  /** The verifier key to hand to whoever is to check the signatures. */
  readonly vkey: string;
  /** Resolves to the signature line over `text`, with its newline. `text` ends in a newline. */
  sign(text: string): Promise<string>;
}

export interface NoteVerifier {
  readonly name: string;
  readonly keyId: string;
  /** Whether `signature` (what follows the key id on the line) is this key's over `text`. */
  verify(text: string, signature: Uint8Array): boolean;
}

export interface NoteSignature {
  readonly name: string;
  readonly keyId: string;
  readonly signature: Uint8Array;
  /** The whole line as it stood, with its newline. */
  readonly line: string;
}

export interface Note {
  /** Everything before the last empty line, including the newline before it: what is signed. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

export interface OpenedNote {
  readonly text: string;
  readonly verified: readonly NoteSignature[];
  /** Signatures by keys nobody named: present, never looked into. */
  readonly unknown: readonly NoteSignature[];
}

/** Splits a note without checking any signature. Throws NoteError `malformed`. */
export function parseNote(note: string): Note {
  if (note.length > MAX_NOTE_LENGTH) malformed(`a note is at most ${MAX_NOTE_LENGTH} characters`);
  if (!note.isWellFormed()) malformed("a note is valid UTF-8");
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u0009\u000b-\u001f]/.test(note)) malformed("a note has no control characters");
  const end = note.lastIndexOf("\n\n");
  if (end < 0) malformed("a note has an empty line between its text and its signatures");
  if (!note.endsWith("\n")) malformed("a note ends with a newline");
  const lines = note
    .slice(end + 2)
    .split("\n")
    .slice(0, -1);
  if (lines.length === 0) malformed("a note has at least one signature");
  if (lines.length > MAX_NOTE_SIGNATURES) {
    malformed(`a note has at most ${MAX_NOTE_SIGNATURES} signatures`);
  }
  return { text: note.slice(0, end + 1), signatures: lines.map(parseSignatureLine) };
}

/** Parses one signature line, without its newline. Throws NoteError `malformed`. */
export function parseSignatureLine(line: string): NoteSignature {
  const [name = "", encoded = "", ...rest] = line.startsWith(SIGNATURE_PREFIX)
    ? line.slice(SIGNATURE_PREFIX.length).split(" ")
    : [];
  const payload = fromBase64(encoded);
  if (!isKeyName(name) || rest.length > 0 || !payload || payload.length <= KEY_ID_BYTES) {
    malformed('a signature line is "— <name> <base64 of key id and signature>"');
  }
  return {
    name,
    keyId: toHex(payload.subarray(0, KEY_ID_BYTES)),
    signature: payload.subarray(KEY_ID_BYTES),
    line: `${line}\n`,
  };
}

export function formatSignatureLine(
  key: Pick<Vkey, "name" | "keyId">,
  signature: Uint8Array,
): string {
  const payload = Buffer.concat([fromHex(key.keyId) ?? malformed("bad key id"), signature]);
  return `${SIGNATURE_PREFIX}${key.name} ${toBase64(payload)}\n`;
}

/**
 * Opens a note: at least one known key must have signed it, and no known key's signature may fail. Unknown keys are
 * ignored. Throws NoteError.
 */
export function openNote(note: string, verifiers: readonly NoteVerifier[]): OpenedNote {
  const { text, signatures } = parseNote(note);
  const verified: NoteSignature[] = [];
  const unknown: NoteSignature[] = [];
  for (const signature of signatures) {
    const candidates = verifiers.filter((v) => sameKey(v, signature));
    if (candidates.length === 0) unknown.push(signature);
    // Key ids are four bytes: two known keys may share one, and either may be the signer.
    else if (candidates.some((v) => v.verify(text, signature.signature))) verified.push(signature);
    else throw new NoteError("bad_signature", `the signature by "${signature.name}" is not valid`);
  }
  if (verified.length === 0) {
    const wanted = verifiers.map((v) => `"${v.name}" (${v.keyId})`).join(", ");
    throw new NoteError("unverified", `no signature by a known key; known: ${wanted || "none"}`);
  }
  return { text, verified, unknown };
}

/** Signs `text` with every signer, in order. `text` must end in a newline and have no control characters. */
export async function signNote(text: string, signers: readonly NoteSigner[]): Promise<string> {
  const lines = await Promise.all(signers.map((signer) => signer.sign(text)));
  const note = `${text}\n${lines.join("")}`;
  if (parseNote(note).text !== text) malformed("a note's text ends in one newline");
  return note;
}

/** A verifier of Ed25519 signatures. Throws KeyError when `vkey` is not a key of that type. */
export function ed25519Verifier(vkey: string): NoteVerifier {
  const key = parseVkey(vkey);
  if (key.type !== ALG_ED25519) {
    throw new KeyError(`the key of "${key.name}" is a witness key; a log's key (type 1) is wanted`);
  }
  const publicKey = ed25519PublicKey(key.publicKey);
  return {
    name: key.name,
    keyId: key.keyId,
    verify: (text, signature) => verifyEd25519(publicKey, utf8(text), signature),
  };
}

/** Signs notes with an Ed25519 key held in memory. */
export class Ed25519Signer implements NoteSigner {
  readonly name: string;
  readonly vkey: string;
  readonly #key: Vkey;
  readonly #pair: Ed25519KeyPair;

  private constructor(name: string, pair: Ed25519KeyPair) {
    this.#key = makeVkey(name, ALG_ED25519, pair.publicKey);
    this.#pair = pair;
    this.name = name;
    this.vkey = formatVkey(this.#key);
  }

  /** A fresh key from the system's randomness. Throws KeyError when the name cannot name a key. */
  static generate(name: string): Ed25519Signer {
    return new Ed25519Signer(name, generateEd25519());
  }

  /** Reads `PRIVATE+KEY+<name>+<key id>+<base64>`, the form of Go's sumdb/note. Throws KeyError. */
  static fromPrivate(text: string): Ed25519Signer {
    const { name, seed } = parsePrivateKey(text, ALG_ED25519);
    return new Ed25519Signer(name, ed25519FromSeed(seed));
  }

  /** The form `fromPrivate` reads. A secret: to be stored where only this process can read. */
  toPrivate(): string {
    return formatPrivateKey(this.#key, this.#pair.seed);
  }

  async sign(text: string): Promise<string> {
    return formatSignatureLine(this.#key, this.#pair.sign(utf8(text)));
  }
}

/** The error never quotes its input, which may be nearly a key. */
export function parsePrivateKey(
  text: string,
  type: number,
): { readonly name: string; readonly seed: Uint8Array } {
  const form = `a private key is ${PRIVATE_KEY_PREFIX}<name>+<key id>+<base64>`;
  if (!text.startsWith(PRIVATE_KEY_PREFIX)) throw new KeyError(form);
  const parts = splitKey(text.slice(PRIVATE_KEY_PREFIX.length), form);
  if (parts.type !== type) {
    throw new KeyError(`the private key of "${parts.name}" has type ${parts.type}, not ${type}`);
  }
  checkLength(parts.name, parts.key);
  if (keyIdOf(parts.name, type, ed25519FromSeed(parts.key).publicKey) !== parts.keyId) {
    throw new KeyError(
      `key id ${parts.keyId} does not belong to the private key of "${parts.name}"`,
    );
  }
  return { name: parts.name, seed: parts.key };
}

export function formatPrivateKey(key: Vkey, seed: Uint8Array): string {
  const typed = Buffer.concat([Uint8Array.of(key.type), seed], 1 + ED25519_KEY_BYTES);
  return `${PRIVATE_KEY_PREFIX}${key.name}+${key.keyId}+${toBase64(typed)}`;
}

function sameKey(verifier: NoteVerifier, signature: NoteSignature): boolean {
  return verifier.name === signature.name && verifier.keyId === signature.keyId;
}

function malformed(message: string): never {
  throw new NoteError("malformed", message);
}
