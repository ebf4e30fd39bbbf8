/**
 * Checkpoints (C2SP tlog-checkpoint): a log's statement of how many entries it has and what they are, as a note:
 *
 *     audit.example.com/log
 *     20852163
 *     CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
 *
 *     — audit.example.com/log Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Z…
 */
import { fromBase64, toBase64 } from "../kernel/bytes.ts";
import { NoteError, ed25519Verifier, openNote, parseNote, signNote } from "./note.ts";
import type { NoteSigner } from "./note.ts";
import { isKeyName } from "./vkey.ts";

const ROOT_BYTES = 32;

export interface TreeHead {
  /** The log's name: what its checkpoints open with, and the name of the key that signs them. */
  readonly origin: string;
  /** Number of entries. */
  readonly size: number;
  /** Merkle tree hash over them (RFC 6962 section 2.1), 32 bytes. */
  readonly root: Uint8Array;
}

export interface SignedCheckpoint extends TreeHead {
  /** The whole signed note, with every signature and cosignature it carries. */
  readonly text: string;
}

/**
 * The text that is signed, with extension lines if there are any. Throws a NoteError when it cannot be written so that it
 * reads back the same.
 */
export function checkpointText(head: TreeHead, extensions: readonly string[] = []): string {
  if (!isKeyName(head.origin)) malformed("an origin has no spaces and no +");
  if (!Number.isSafeInteger(head.size) || head.size < 0) malformed("a size is a whole number");
  if (head.root.length !== ROOT_BYTES) malformed("a root is 32 bytes");
  if (extensions.some((line) => line === "" || line.includes("\n"))) {
    malformed("an extension of a checkpoint is one line, and not empty");
  }
  const lines = [head.origin, String(head.size), toBase64(head.root), ...extensions];
  return `${lines.join("\n")}\n`;
}

/**
 * Reads the text of a checkpoint. Extension lines are allowed, and ignored: they are signed and cosigned as part of
 * the text, which callers keep. Sizes above 2^53 - 1 are refused. Throws NoteError `malformed`.
 */
export function parseCheckpointText(text: string): TreeHead {
  const lines = text.split("\n");
  if (lines.pop() !== "") malformed("a checkpoint's text ends with a newline");
  const [origin = "", sizeText = "", rootText = "", ...extensions] = lines;
  if (origin === "") malformed("a checkpoint opens with its origin");
  const size = parseDecimal(sizeText);
  if (size === undefined) malformed("a checkpoint's second line is its size, in decimal");
  const root = fromBase64(rootText);
  if (root?.length !== ROOT_BYTES) malformed("a checkpoint's third line is base64 of 32 bytes");
  if (extensions.includes("")) malformed("a checkpoint has no empty line");
  return { origin, size, root };
}

/** Strict ASCII decimal, no sign and no leading zeros, below 2^53; undefined for anything else. */
export function parseDecimal(text: string): number | undefined {
  if (!/^(0|[1-9][0-9]{0,15})$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** Reads a signed checkpoint without checking any signature. Throws NoteError `malformed`. */
export function readCheckpoint(note: string): SignedCheckpoint {
  return { ...parseCheckpointText(parseNote(note).text), text: note };
}

/** The extension lines of a checkpoint's text, which `parseCheckpointText` has read. */
export function extensionsOf(text: string): readonly string[] {
  return text.split("\n").slice(3, -1);
}

/** The signer's name must be the head's origin. */
export async function signCheckpoint(
  head: TreeHead,
  signer: NoteSigner,
  extensions: readonly string[] = [],
): Promise<SignedCheckpoint> {
  if (signer.name !== head.origin) {
    malformed(`a checkpoint of "${head.origin}" cannot be signed by "${signer.name}"`);
  }
  return { ...head, text: await signNote(checkpointText(head, extensions), [signer]) };
}

/**
 * Opens a checkpoint by the log's key: the origin must be the key's name and the signature must verify. Cosignatures
 * are left unread. Throws NoteError, or KeyError when `logVkey` is no Ed25519 key.
 */
export function openCheckpoint(note: string, logVkey: string): SignedCheckpoint {
  const verifier = ed25519Verifier(logVkey);
  const head = parseCheckpointText(openNote(note, [verifier]).text);
  if (head.origin !== verifier.name) {
    throw new NoteError(
      "unverified",
      `the checkpoint is of "${head.origin}", the key of "${verifier.name}"`,
    );
  }
  return { ...head, text: note };
}

function malformed(message: string): never {
  throw new NoteError("malformed", message);
}
