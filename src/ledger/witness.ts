/**
 * A witness (C2SP tlog-witness): remembers the largest head it has seen of each log it knows, and cosigns a new one
 * only with a proof that it extends that. Two heads that contradict each other never both get its cosignature, so a
 * log cannot show different people different histories without a witness noticing.
 */
import { hash } from "node:crypto";
import { bytesEqual, fromBase64, fromUtf8, toHex, utf8 } from "../kernel/bytes.ts";
import { parseCheckpointText, parseDecimal } from "./checkpoint.ts";
import type { SignedCheckpoint, TreeHead } from "./checkpoint.ts";
import type { CosignatureSigner } from "./cosignature.ts";
import { EMPTY_ROOT, HASH_BYTES, verifyConsistency } from "./merkle.ts";
import type { Hash } from "./merkle.ts";
import { NoteError, ed25519Verifier, openNote } from "./note.ts";
import type { NoteVerifier } from "./note.ts";

/** C2SP: clients must not send more. A consistency proof between sizes below 2^63 never needs them. */
export const MAX_PROOF_LINES = 63;
/** A checkpoint, its signatures and a full proof fit many times over. */
export const MAX_ADD_CHECKPOINT_BYTES = 64 * 1024;

export const SIZE_CONTENT_TYPE = "text/x.tlog.size";
const TEXT_CONTENT_TYPE = "text/plain; charset=utf-8";

/**
 * Where a witness keeps what it has cosigned. This is all its honesty rests on: it must never be restored from a
 * backup, or the witness forgets what it vouched for.
 */
export interface WitnessState {
  /** The latest head cosigned for the log; undefined before the first. */
  latest(origin: string): Promise<SignedCheckpoint | undefined>;
  /**
   * Compare and swap: makes `next` the latest only if `previous` (as `latest` gave it) still is, in one step, and
   * resolves to whether it did. Once it resolves to true, `next` survives a crash. Usable concurrently.
   */
  advance(previous: SignedCheckpoint | undefined, next: SignedCheckpoint): Promise<boolean>;
}

/** An answer of the protocol, for a transport to send as it is. */
export interface WitnessAnswer {
  readonly status: 200 | 400 | 403 | 404 | 409 | 422;
  readonly contentType: string;
  readonly body: string;
}

export interface AddCheckpointRequest {
  readonly oldSize: number;
  readonly proof: readonly Hash[];
  readonly checkpoint: string;
}

export interface WitnessOptions {
  readonly signer: CosignatureSigner;
  readonly state: WitnessState;
  /** Verifier keys of the logs to witness, named by their origins. A log may have more than one key. */
  readonly logs: readonly string[];
}

export class Witness {
  readonly #signer: CosignatureSigner;
  readonly #state: WitnessState;
  readonly #logs = new Map<string, NoteVerifier[]>();

  /** Throws KeyError when a log's key does not parse. */
  constructor(options: WitnessOptions) {
    this.#signer = options.signer;
    this.#state = options.state;
    for (const vkey of options.logs) {
      const verifier = ed25519Verifier(vkey);
      this.#logs.set(verifier.name, [...(this.#logs.get(verifier.name) ?? []), verifier]);
    }
  }

  get vkey(): string {
    return this.#signer.vkey;
  }

  get origins(): readonly string[] {
    return [...this.#logs.keys()];
  }

  /**
   * Answers the body of an `add-checkpoint` request. A cosignature is in the answer only when the head it is for is
   * already durable as this witness's latest. Rejects only when the state cannot be read or written.
   */
  async addCheckpoint(body: Uint8Array): Promise<WitnessAnswer> {
    const request = parseAddCheckpoint(body);
    if (typeof request === "string") return answer(400, request);
    const opened = this.#open(request.checkpoint);
    if ("status" in opened) return opened;
    const { head } = opened;
    if (request.oldSize > head.size) return answer(400, "the old size is beyond the checkpoint's");

    const latest = await this.#state.latest(head.origin);
    if (request.oldSize !== (latest?.size ?? 0)) return conflict(latest);
    const fault = inconsistency(latest, head, request.proof);
    if (fault !== undefined) return answer(422, fault);

    const line = await this.#signer.sign(opened.text);
    const next: SignedCheckpoint = { ...head, text: `${opened.note}${line}` };
    // The cosignature exists, but nobody has it. A crash before the swap is as if it had never been made; one
    // after it loses only the answer, and the log asks again from the size it is then told.
    const advanced = await this.#state.advance(latest, next);
    return advanced ? answer(200, line) : conflict(await this.#state.latest(head.origin));
  }

  /** The latest head this witness cosigned of the log whose origin has this SHA-256 (hex), for monitors. */
  async latestByHash(originHash: string): Promise<WitnessAnswer> {
    const origin = this.origins.find((name) => originHashOf(name) === originHash);
    const latest = origin === undefined ? undefined : await this.#state.latest(origin);
    return latest === undefined
      ? answer(404, "no checkpoint of such a log has been cosigned")
      : { status: 200, contentType: TEXT_CONTENT_TYPE, body: latest.text };
  }

  /** The log's own signature must be there; what else signed the note is dropped, not passed on. */
  #open(
    checkpoint: string,
  ): WitnessAnswer | { readonly head: TreeHead; readonly text: string; readonly note: string } {
    const origin = checkpoint.slice(0, checkpoint.indexOf("\n"));
    const verifiers = this.#logs.get(origin);
    if (verifiers === undefined) return answer(404, "this witness does not know that log");
    try {
      const { text, verified } = openNote(checkpoint, verifiers);
      const note = `${text}\n${verified.map((signature) => signature.line).join("")}`;
      return { head: parseCheckpointText(text), text, note };
    } catch (error) {
      if (!(error instanceof NoteError)) throw error;
      return answer(error.kind === "malformed" ? 400 : 403, error.message);
    }
  }
}

/** What monitors call a log by: hex SHA-256 of its origin. */
export function originHashOf(origin: string): string {
  return toHex(hash("sha256", utf8(origin), "buffer"));
}

/** Writes the body of an `add-checkpoint` request. */
export function formatAddCheckpoint(request: AddCheckpointRequest): string {
  const proof = request.proof.map((node) => `${Buffer.from(node).toString("base64")}\n`).join("");
  return `old ${request.oldSize}\n${proof}\n${request.checkpoint}`;
}

/** Reads the body of an `add-checkpoint` request, or says what is wrong with it. */
export function parseAddCheckpoint(body: Uint8Array): AddCheckpointRequest | string {
  if (body.length > MAX_ADD_CHECKPOINT_BYTES) {
    return `a request is at most ${MAX_ADD_CHECKPOINT_BYTES} bytes`;
  }
  const text = decode(body);
  if (text === undefined) return "a request is UTF-8";
  const end = text.indexOf("\n\n");
  if (end < 0) return "an empty line stands before the checkpoint";
  const [old = "", ...lines] = text.slice(0, end).split("\n");
  const oldSize = old.startsWith("old ") ? parseDecimal(old.slice("old ".length)) : undefined;
  if (oldSize === undefined) return 'the first line is "old <decimal size>"';
  if (lines.length > MAX_PROOF_LINES) return `a proof has at most ${MAX_PROOF_LINES} lines`;
  const proof = lines.map((line) => fromBase64(line));
  if (!proof.every((node) => node?.length === HASH_BYTES))
    return "a proof line is a hash in base64";
  return { oldSize, proof: proof.flatMap((node) => node ?? []), checkpoint: text.slice(end + 2) };
}

/** Why the head does not extend the latest one, or undefined when it does. Both are of one log. */
function inconsistency(
  latest: TreeHead | undefined,
  head: TreeHead,
  proof: readonly Hash[],
): string | undefined {
  if (head.size === 0 && !bytesEqual(head.root, EMPTY_ROOT)) {
    return "an empty log has the hash of nothing for its root";
  }
  if (latest === undefined || latest.size === 0) {
    return proof.length === 0 ? undefined : "there is nothing to prove from size 0";
  }
  const consistent = verifyConsistency({
    size1: latest.size,
    root1: latest.root,
    size2: head.size,
    root2: head.root,
    proof,
  });
  if (consistent) return undefined;
  return head.size === latest.size
    ? `another head of size ${head.size} has been cosigned`
    : "the consistency proof does not verify";
}

function conflict(latest: TreeHead | undefined): WitnessAnswer {
  return { status: 409, contentType: SIZE_CONTENT_TYPE, body: `${latest?.size ?? 0}\n` };
}

function answer(status: WitnessAnswer["status"], body: string): WitnessAnswer {
  return { status, contentType: TEXT_CONTENT_TYPE, body: body.endsWith("\n") ? body : `${body}\n` };
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return fromUtf8(bytes);
  } catch {
    return undefined;
  }
}
