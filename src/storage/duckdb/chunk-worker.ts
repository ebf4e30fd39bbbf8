/** The thread that projects big chunks, so that the thread which answers requests does not. */
import { writeFileSync } from "node:fs";
import { parentPort } from "node:worker_threads";
import { chunkText } from "./chunk.ts";

/** Lines one after another in one buffer, which is moved between threads instead of copied. */
export interface ChunkOrder {
  readonly path: string;
  readonly first: number;
  readonly bytes: Uint8Array;
  readonly lengths: Uint32Array;
}

/** The error's text, or undefined when the file is written. */
export type ChunkAnswer = string | undefined;

parentPort?.on("message", ({ path, first, bytes, lengths }: ChunkOrder) => {
  let answer: ChunkAnswer;
  try {
    const lines: Uint8Array[] = [];
    let at = 0;
    for (const length of lengths) {
      lines.push(bytes.subarray(at, at + length));
      at += length;
    }
    writeFileSync(path, chunkText(first, lines), { mode: 0o600 });
  } catch (error) {
    answer = error instanceof Error ? error.message : String(error);
  }
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
  parentPort?.postMessage(answer);
});
