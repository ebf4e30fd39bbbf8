/** The thread that projects lines, so that the thread which answers requests does not. */
import { writeFileSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { ChunkEncoder } from "./chunk.ts";

/** Where a chunk is written: texts to look up, then rows and new terms. */
export interface ChunkFiles {
  readonly textsPath: string;
  readonly eventsPath: string;
  readonly termsPath: string;
}

export interface ChunkSetup {
  readonly files: ChunkFiles;
  /** The first free number of each dictionary. */
  readonly next: readonly number[];
}

export type ChunkOrder =
  | {
      readonly kind: "begin";
      readonly first: number;
      /** Lines one after another in one buffer, which is moved between threads instead of copied. */
      readonly bytes: Uint8Array;
      readonly lengths: Uint32Array;
    }
  | { readonly kind: "finish"; readonly known: ReadonlyMap<number, number> };

/** How many texts there are to look up, or how many terms are new. */
export type ChunkAnswer =
  | { readonly kind: "done"; readonly count: number }
  | { readonly kind: "failed"; readonly reason: string };

const { files, next }: ChunkSetup = workerData;
const encoder = new ChunkEncoder(next);

parentPort?.on("message", (order: ChunkOrder) => {
  let answer: ChunkAnswer;
  try {
    answer = { kind: "done", count: order.kind === "begin" ? begin(order) : finish(order.known) };
  } catch (error) {
    answer = { kind: "failed", reason: error instanceof Error ? error.message : String(error) };
  }
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
  parentPort?.postMessage(answer);
});

function begin({ first, bytes, lengths }: Extract<ChunkOrder, { kind: "begin" }>): number {
  const lines: Uint8Array[] = [];
  let at = 0;
  for (const length of lengths) {
    lines.push(bytes.subarray(at, at + length));
    at += length;
  }
  const texts = encoder.begin(first, lines);
  write(
    files.textsPath,
    texts.map((text, place) => JSON.stringify({ ...text, place })),
  );
  return texts.length;
}

function finish(known: ReadonlyMap<number, number>): number {
  const { rows, terms } = encoder.finish(known);
  write(files.eventsPath, rows);
  write(
    files.termsPath,
    terms.map((term) => JSON.stringify(term)),
  );
  return terms.length;
}

function write(path: string, lines: readonly string[]): void {
  if (lines.length > 0) writeFileSync(path, `${lines.join("\n")}\n`, { mode: 0o600 });
}
