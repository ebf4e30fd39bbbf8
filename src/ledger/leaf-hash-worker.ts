/** The hashing thread: lines in, their leaf hashes out. */
import { parentPort } from "node:worker_threads";
import { hashLines } from "./leaf-hasher.ts";
import type { HashAnswer, HashTask } from "./leaf-hasher.ts";

parentPort?.on("message", ({ id, bytes, first }: HashTask) => {
  const answer: HashAnswer = { id, hashed: hashLines(bytes, first) };
  parentPort?.postMessage(answer, [answer.hashed.leafHashes.buffer]);
});
