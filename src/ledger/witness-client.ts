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
/** A witness that fails is left out of 1, 2, 4, … rounds, and of no more than this: it is not asked in vain for long. */
export const MAX_ROUNDS_LEFT_OUT = 30;
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
  /** It says it has cosigned a larger tree than the log now has: the log was rolled back, or there are two of it. */
  | { readonly kind: "ahead"; readonly knownSize: number };

export interface CosignersOptions {
  readonly witnesses: readonly WitnessEndpoint[];
  /** RFC 6962 section 2.1.2, between two sizes of the log, 1 <= size1 <= size2. */
  readonly consistencyProof: (size1: number, size2: number) => Promise<readonly Hash[]>;
  /** Told each time a witness has been asked. */
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
   * One round: asks every witness that has not cosigned this checkpoint yet, all at once, and resolves, within the time
   * limit, to the checkpoint with every cosignature it has by then: those of earlier rounds, and those that arrived and
   * verified in this one. Asking again until all have cosigned is for the caller to do, and costs nothing afterwards.
   *
   * A witness that still has an earlier checkpoint in hand is left out. `"due"`, for rounds that come by themselves,
   * leaves out those also that failed a short while ago. Rejects only when a consistency proof cannot be made.
   */
  async collect(
    checkpoint: SignedCheckpoint,
    whom: "all" | "due" = "all",
  ): Promise<SignedCheckpoint> {
    const collected = await Promise.all(
      this.#witnesses.map(async (witness) => {
        const held = witness.cosignaturesOf(checkpoint);
        if (held !== undefined) return held;
        if (whom === "due" && witness.sitsOut()) return [];
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
  /** The last it gave this process; verified, so that nobody else can have said it. */
  #cosigned: { readonly of: SignedCheckpoint; readonly by: readonly NoteSignature[] } | undefined;
  #isBusy = false;
  #failuresInARow = 0;
  #roundsLeftOut = 0;

  constructor(endpoint: WitnessEndpoint, options: CosignersOptions) {
    this.#verifier = cosignatureVerifier(endpoint.vkey);
    this.#url = new URL(`${endpoint.url.replace(/\/$/, "")}/add-checkpoint`);
    this.#options = options;
  }

  get name(): string {
    return this.#verifier.name;
  }

  /** What it gave for this checkpoint, if that was its last. */
  cosignaturesOf(checkpoint: SignedCheckpoint): readonly NoteSignature[] | undefined {
    return this.#cosigned?.of.text === checkpoint.text ? this.#cosigned.by : undefined;
  }

  /** Whether it is left out of the round that begins: each question of it is a round. */
  sitsOut(): boolean {
    if (this.#roundsLeftOut === 0) return false;
    this.#roundsLeftOut -= 1;
    return true;
  }

  async ask(checkpoint: SignedCheckpoint): Promise<Asked> {
    if (this.#isBusy) return nothing({ kind: "busy" });
    this.#isBusy = true;
    try {
      const asked = await this.#exchange(checkpoint);
      this.#pace(asked.result.kind === "cosigned");
      return asked;
    } finally {
      this.#isBusy = false;
    }
  }

  #pace(hasCosigned: boolean): void {
    this.#roundsLeftOut = hasCosigned
      ? 0
      : Math.min(2 ** this.#failuresInARow, MAX_ROUNDS_LEFT_OUT);
    this.#failuresInARow = hasCosigned ? 0 : this.#failuresInARow + 1;
  }

  async #exchange(checkpoint: SignedCheckpoint): Promise<Asked> {
    const signal = AbortSignal.timeout(this.#options.timeoutMs ?? WITNESS_TIMEOUT_MS);
    const cosignedSize = this.#cosigned?.of.size ?? 0;
    // From 0 it says what it knows.
    const firstSize = cosignedSize <= checkpoint.size ? cosignedSize : 0;
    let oldSize = firstSize;
    for (let attempt = 1; ; attempt++) {
      const body = formatAddCheckpoint({
        oldSize,
        proof: await this.#proof(oldSize, checkpoint.size),
        checkpoint: checkpoint.text,
      });
      const answer = await post(this.#url, body, signal);
      if (typeof answer === "string") return nothing({ kind: "unreachable", message: answer });
      if (answer.status === 200) return this.#accept(checkpoint, answer);
      const told = answer.status === 409 ? sizeIn(answer) : undefined;
      if (told === undefined) return refusal(answer);
      const isAhead = told > checkpoint.size;
      if (attempt === MAX_WITNESS_ATTEMPTS) {
        return isAhead ? nothing({ kind: "ahead", knownSize: told }) : refusal(answer);
      }
      // Nobody signed what was told: it serves this exchange only, and an alarm is not raised for the first word of it.
      oldSize = isAhead ? firstSize : told;
    }
  }

  async #proof(oldSize: number, size: number): Promise<readonly Hash[]> {
    // From nothing and to the same size there is nothing to prove, and the protocol wants it said by no lines.
    if (oldSize === 0 || oldSize === size) return [];
    return this.#options.consistencyProof(oldSize, size);
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
    this.#cosigned = { of: checkpoint, by: cosignatures };
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
