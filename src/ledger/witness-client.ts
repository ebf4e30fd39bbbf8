/**
 * The log's side of witnessing (C2SP tlog-witness): asks the configured witnesses to cosign a checkpoint that is
 * already published, and gathers what they sign. Nothing waits for it but the cosignatures themselves.
 */
import type { SignedCheckpoint } from "./checkpoint.ts";
import { parseDecimal } from "./checkpoint.ts";
import { cosignatureVerifier, withCosignatures } from "./cosignature.ts";
import type { Hash } from "./merkle.ts";
import { MAX_NOTE_SIGNATURES, NoteError, parseNote, parseSignatureLine } from "./note.ts";
import type { NoteSignature, NoteVerifier } from "./note.ts";
import { SIZE_CONTENT_TYPE, formatAddCheckpoint } from "./witness.ts";

/** For all exchanges with one witness about one checkpoint, together. */
export const WITNESS_TIMEOUT_MS = 5_000;
/** One to be told the size it knows, one to answer that, one for a witness another copy of the log just asked. */
export const MAX_WITNESS_ATTEMPTS = 3;
/** Cosignature lines are some 150 bytes each. */
export const MAX_WITNESS_ANSWER_BYTES = 64 * 1024;

/** Beside the log's own checkpoint: the newest one that came back with cosignatures. */
export const COSIGNED_FILE = "checkpoint.cosigned";

export interface WitnessEndpoint {
  readonly vkey: string;
  /** The submission prefix: `add-checkpoint` is appended to it. */
  readonly url: string;
}

/** What came of asking one witness. `ahead` is the one to wake somebody for. */
export type WitnessOutcome = { readonly witness: string; readonly size: number } & WitnessResult;

export type WitnessResult =
  | { readonly kind: "cosigned" }
  /** Still answering about an earlier checkpoint: left out of this one. */
  | { readonly kind: "busy" }
  | { readonly kind: "unreachable"; readonly message: string }
  | { readonly kind: "refused"; readonly status: number; readonly message: string }
  /** It has cosigned a larger tree than the log now has: the log was rolled back, or there are two of it. */
  | { readonly kind: "ahead"; readonly knownSize: number };

export interface CosignersOptions {
  readonly witnesses: readonly WitnessEndpoint[];
  /** RFC 6962 section 2.1.2, between two sizes of the log, 1 <= size1 <= size2. */
  readonly consistencyProof: (size1: number, size2: number) => Promise<readonly Hash[]>;
  /** Told once for each witness and checkpoint. */
  readonly onOutcome?: (outcome: WitnessOutcome) => void;
  readonly timeoutMs?: number;
}

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

export class Cosigners {
  readonly #options: CosignersOptions;
  readonly #witnesses: readonly AskedWitness[];
  #latest: SignedCheckpoint | undefined;

  /** Throws KeyError when a key is not a witness's, and a TypeError when a URL is none. */
  constructor(options: CosignersOptions) {
    this.#options = options;
    this.#witnesses = options.witnesses.map((endpoint) => new AskedWitness(endpoint, options));
  }

  /**
   * The largest checkpoint that came back with a cosignature, with all it has: what receipts are made against when
   * they are to carry cosignatures. Undefined until a witness has answered.
   */
  get latest(): SignedCheckpoint | undefined {
    return this.#latest;
  }

  /**
   * Asks every witness at once and resolves, within the time limit, to the checkpoint with the cosignatures that
   * arrived and verified: possibly none. A witness that still has an earlier checkpoint in hand is left out.
   * Rejects only when a consistency proof cannot be made.
   */
  async collect(checkpoint: SignedCheckpoint): Promise<SignedCheckpoint> {
    const collected = await Promise.all(
      this.#witnesses.map(async (witness) => {
        const { result, cosignatures } = await witness.ask(checkpoint);
        this.#options.onOutcome?.({ witness: witness.name, size: checkpoint.size, ...result });
        return cosignatures;
      }),
    );
    const cosignatures = collected.flat();
    if (cosignatures.length === 0) return checkpoint;
    const witnessed = withCosignatures(checkpoint, cosignatures);
    if (witnessed.size >= (this.#latest?.size ?? 0)) this.#latest = witnessed;
    return witnessed;
  }
}

interface Asked {
  readonly result: WitnessResult;
  readonly cosignatures: readonly NoteSignature[];
}

/** One witness, and what this process knows of it. */
class AskedWitness {
  readonly #verifier: NoteVerifier;
  readonly #url: URL;
  readonly #options: CosignersOptions;
  /** The size it last cosigned, as far as we know; 0 makes it say. */
  #knownSize = 0;
  #isBusy = false;

  constructor(endpoint: WitnessEndpoint, options: CosignersOptions) {
    this.#verifier = cosignatureVerifier(endpoint.vkey);
    this.#url = new URL(`${endpoint.url.replace(/\/$/, "")}/add-checkpoint`);
    this.#options = options;
  }

  get name(): string {
    return this.#verifier.name;
  }

  async ask(checkpoint: SignedCheckpoint): Promise<Asked> {
    if (this.#isBusy) return nothing({ kind: "busy" });
    this.#isBusy = true;
    try {
      return await this.#exchange(checkpoint);
    } finally {
      this.#isBusy = false;
    }
  }

  async #exchange(checkpoint: SignedCheckpoint): Promise<Asked> {
    const signal = AbortSignal.timeout(this.#options.timeoutMs ?? WITNESS_TIMEOUT_MS);
    for (let attempt = 1; ; attempt++) {
      if (this.#knownSize > checkpoint.size) {
        return nothing({ kind: "ahead", knownSize: this.#knownSize });
      }
      const body = formatAddCheckpoint({
        oldSize: this.#knownSize,
        proof: await this.#proofTo(checkpoint.size),
        checkpoint: checkpoint.text,
      });
      const answer = await post(this.#url, body, signal);
      if (typeof answer === "string") return nothing({ kind: "unreachable", message: answer });
      if (answer.status === 200) return this.#accept(checkpoint, answer);
      const told = answer.status === 409 ? sizeIn(answer) : undefined;
      if (told === undefined || attempt === MAX_WITNESS_ATTEMPTS) return refusal(answer);
      this.#knownSize = told;
    }
  }

  async #proofTo(size: number): Promise<readonly Hash[]> {
    // From nothing and to the same size there is nothing to prove, and the protocol wants it said by no lines.
    if (this.#knownSize === 0 || this.#knownSize === size) return [];
    return this.#options.consistencyProof(this.#knownSize, size);
  }

  #accept(checkpoint: SignedCheckpoint, answer: Answer): Asked {
    const { text } = parseNote(checkpoint.text);
    const cosignatures = signaturesIn(answer.body).filter(
      ({ name, keyId, signature }) =>
        name === this.#verifier.name &&
        keyId === this.#verifier.keyId &&
        this.#verifier.verify(text, signature),
    );
    if (cosignatures.length === 0) {
      const message = "it answered without a valid cosignature by the key configured for it";
      return nothing({ kind: "refused", status: answer.status, message });
    }
    this.#knownSize = checkpoint.size;
    return { result: { kind: "cosigned" }, cosignatures };
  }
}

function nothing(result: WitnessResult): Asked {
  return { result, cosignatures: [] };
}

/** The answer, or why there is none. */
async function post(url: URL, body: string, signal: AbortSignal): Promise<Answer | string> {
  try {
    const response = await fetch(url, { method: "POST", body, signal, redirect: "error" });
    const contentType = response.headers.get("content-type") ?? "";
    return { status: response.status, contentType, body: await readBounded(response) };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return cause instanceof Error ? cause.message : String(cause);
  }
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MAX_WITNESS_ANSWER_BYTES) {
      throw new Error(`it answered with more than ${MAX_WITNESS_ANSWER_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function sizeIn(answer: Answer): number | undefined {
  if (answer.contentType !== SIZE_CONTENT_TYPE || !answer.body.endsWith("\n")) return undefined;
  return parseDecimal(answer.body.slice(0, -1));
}

function refusal({ status, body }: Answer): Asked {
  // What a stranger wrote goes into our logs: one line of it, without control characters.
  const message = (body.split("\n")[0] ?? "").replaceAll(/\p{C}/gu, "").slice(0, 200);
  return nothing({ kind: "refused", status, message });
}

/** Lines that are no signatures are skipped: the witness's own are found among whatever else it sends. */
function signaturesIn(body: string): readonly NoteSignature[] {
  const lines = body.split("\n").slice(0, MAX_NOTE_SIGNATURES);
  return lines.flatMap((line) => {
    try {
      return [parseSignatureLine(line)];
    } catch (error) {
      if (error instanceof NoteError) return [];
      throw error;
    }
  });
}
