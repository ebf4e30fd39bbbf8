/** The hashing thread: lines in, their leaf hashes out. */
import { parentPort } from "node:worker_threads";
import { hashLines } from "./leaf-hasher.ts";
import type { HashAnswer, HashTask } from "./leaf-hasher.ts";

parentPort?.on("message", ({ id, bytes }: HashTask) => {
  const hashes = hashLines(bytes);
  const answer: HashAnswer = { id, hashes };
  parentPort?.postMessage(answer, [hashes.buffer]);
});
