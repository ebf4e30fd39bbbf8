import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { signCheckpoint } from "./checkpoint.ts";
import { Ed25519Signer } from "./note.ts";
import { verifyLedger } from "./verify.ts";
import type { LedgerSource } from "./verify.ts";

const signer = Ed25519Signer.generate("keytrail.test/log");

/** A head of as many entries as a number can count, signed by the log, over a source that has none of them. */
async function nothingThere(): Promise<LedgerSource> {
  const head = { origin: signer.name, size: Number.MAX_SAFE_INTEGER, root: new Uint8Array(32) };
  const { text } = await signCheckpoint(head, signer);
  return {
    checkpoint: () => Promise.resolve(text),
    tile: () => setImmediate(undefined),
    entries: () => setImmediate(undefined),
  };
}

it("ends once so much is missing that no more would be listed, also under the log's own signature", async () => {
  const { problems, entries } = await verifyLedger(await nothingThere(), { vkey: signer.vkey });
  expect(problems[0]).toMatchObject({ kind: "missing-entries", index: 0 });
  expect(problems).toHaveLength(100);
  expect(entries).toBe(0);
});

it("ends at the first gap when nobody has signed for the size", async () => {
  const { problems } = await verifyLedger(await nothingThere());
  expect(problems.map(({ kind }) => kind)).toEqual(["missing-entries", "altered-tile"]);
});

it("rejects with the signal's reason when it is told to stop", async () => {
  const stopping = new AbortController();
  const reason = new Error("no time left");
  const source = await nothingThere();
  const verifying = verifyLedger(
    {
      ...source,
      tile: async () => {
        stopping.abort(reason);
        return undefined;
      },
    },
    { vkey: signer.vkey, signal: stopping.signal },
  );
  await expect(verifying).rejects.toBe(reason);
});
