/** The thread that projects lines, so that the thread which answers requests does not. */
import { writeFileSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { encodeChunk } from "./chunk.ts";
import { TermNumbers } from "./term-numbers.ts";
import type { Term } from "./term-numbers.ts";

/** What the thread starts with: the dictionaries as they are stored. */
export interface Dictionaries {
  readonly next: readonly number[];
  readonly recent: readonly Term[];
}

/** Lines one after another in one buffer, which is moved between threads instead of copied. */
export interface ChunkOrder {
  readonly eventsPath: string;
  readonly termsPath: string;
  readonly first: number;
  readonly bytes: Uint8Array;
  readonly lengths: Uint32Array;
}

export interface ChunkAnswer {
  readonly hasTerms: boolean;
  readonly error: string | undefined;
}

const { next, recent }: Dictionaries = workerData;
const numbers = new TermNumbers(next);
for (const term of recent) numbers.remember(term);

parentPort?.on("message", (order: ChunkOrder) => {
  let answer: ChunkAnswer;
  try {
    answer = { hasTerms: write(order), error: undefined };
  } catch (error) {
    answer = { hasTerms: false, error: error instanceof Error ? error.message : String(error) };
  }
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
  parentPort?.postMessage(answer);
});

function write({ eventsPath, termsPath, first, bytes, lengths }: ChunkOrder): boolean {
  const lines: Uint8Array[] = [];
  let at = 0;
  for (const length of lengths) {
    lines.push(bytes.subarray(at, at + length));
    at += length;
  }
  const { events, terms } = encodeChunk(numbers, first, lines);
  writeFileSync(eventsPath, events, { mode: 0o600 });
  if (terms !== "") writeFileSync(termsPath, terms, { mode: 0o600 });
  return terms !== "";
}
