import { mkdtemp, readFile, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ToyLog } from "../../test/support/toy-log.ts";
import { Outage } from "../kernel/errors.ts";
import { originHashOf } from "../ledger/witness.ts";
import type { WitnessState } from "../ledger/witness.ts";
import { FileWitnessState, takeStep } from "./files/witness-state.ts";
import { MemoryWitnessState } from "./memory/witness-state.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "keytrail-witness-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const kinds: readonly [string, () => Promise<WitnessState>][] = [
  ["memory", async () => new MemoryWitnessState()],
  ["files", async () => new FileWitnessState(await mkdtemp(join(root, "s-")))],
];

describe.each(kinds)("a witness's state in %s", (_, open) => {
  test("knows nothing of a log at first, and then the latest", async () => {
    const state = await open();
    const log = new ToyLog().grow(3);
    const [one, two] = [await log.checkpoint(1), await log.checkpoint(2)];
    expect(await state.latest(log.signer.name)).toBeUndefined();
    expect(await state.advance(undefined, one)).toBe(true);
    expect(await state.latest(log.signer.name)).toMatchObject({ size: 1, text: one.text });
    expect(await state.advance(await state.latest(log.signer.name), two)).toBe(true);
    expect((await state.latest(log.signer.name))?.text).toBe(two.text);
  });

  test("does not advance from what is no longer the latest", async () => {
    const state = await open();
    const log = new ToyLog().grow(3);
    const [one, two, three] = [
      await log.checkpoint(1),
      await log.checkpoint(2),
      await log.checkpoint(3),
    ];
    expect(await state.advance(one, two)).toBe(false);
    await state.advance(undefined, one);
    expect(await state.advance(undefined, two)).toBe(false);
    await state.advance(one, two);
    expect(await state.advance(one, three)).toBe(false);
    expect((await state.latest(log.signer.name))?.size).toBe(2);
  });

  test("keeps logs apart", async () => {
    const state = await open();
    const [a, b] = [new ToyLog("a").grow(1), new ToyLog("b").grow(2)];
    await state.advance(undefined, await a.checkpoint());
    await state.advance(undefined, await b.checkpoint());
    expect([(await state.latest("a"))?.size, (await state.latest("b"))?.size]).toEqual([1, 2]);
  });

  test("lets at most one of many who advance at once", async () => {
    const state = await open();
    const log = new ToyLog().grow(40);
    let latest = undefined;
    for (let round = 0; round < 3; round++) {
      const nexts = await Promise.all(
        Array.from({ length: 10 }, (__, i) => log.checkpoint(10 * round + i + 1)),
      );
      const from: Awaited<ReturnType<WitnessState["latest"]>> = latest;
      const advanced = await Promise.all(nexts.map((next) => state.advance(from, next)));
      expect(advanced.filter(Boolean).length).toBeLessThanOrEqual(1);
      latest = await state.latest(log.signer.name);
      expect(latest).toBeDefined();
      const winner = nexts[advanced.indexOf(true)];
      if (winner !== undefined) expect(latest?.text).toBe(winner.text);
    }
  });
});

/** A state whose log has advanced twice, in files. */
async function withTwo() {
  const dir = await mkdtemp(join(root, "f-"));
  const log = new ToyLog().grow(9);
  const state = new FileWitnessState(dir);
  await state.advance(undefined, await log.checkpoint(4));
  await state.advance(await state.latest(log.signer.name), await log.checkpoint(8));
  return { dir, log, folder: join(dir, originHashOf(log.signer.name)) };
}

describe("a witness's state in files", () => {
  test("is there for the next process, one file of it", async () => {
    const { dir, log, folder } = await withTwo();
    expect((await new FileWitnessState(dir).latest(log.signer.name))?.size).toBe(8);
    expect(await readdir(folder)).toEqual(["000000000000002"]);
  });

  test("advances over what a crash left behind", async () => {
    const { dir, log, folder } = await withTwo();
    await writeFile(join(folder, "000000000000001"), "an older one, not removed yet");
    await writeFile(join(folder, "draft-half"), "half a dra");
    const state = new FileWitnessState(dir);
    expect(await state.advance(await state.latest(log.signer.name), await log.checkpoint(9))).toBe(
      true,
    );
    expect((await readdir(folder)).filter((name) => !name.startsWith("draft-"))).toEqual([
      "000000000000003",
    ]);
  });

  test("between two processes advances once, even when one is a step late", async () => {
    const { dir, log } = await withTwo();
    const [a, b] = [new FileWitnessState(dir), new FileWitnessState(dir)];
    const seen = await a.latest(log.signer.name);
    const nine = await log.checkpoint(9);
    const both = await Promise.all([a.advance(seen, nine), b.advance(seen, nine)]);
    expect(both.filter(Boolean).length).toBeLessThanOrEqual(1);
    expect((await a.latest(log.signer.name))?.size).toBe(9);
  });

  test("does not take the step of a process that slept while others took it and the next", async () => {
    const { dir, log, folder } = await withTwo();
    const late = (await log.checkpoint(9)).text;
    expect(await takeStep(folder, 1, late)).toBe(false);
    expect(await takeStep(folder, 2, late)).toBe(false);
    expect((await new FileWitnessState(dir).latest(log.signer.name))?.size).toBe(8);
    expect(await takeStep(folder, 3, late)).toBe(true);
    expect(await readdir(folder)).toEqual(["000000000000003"]);
  });

  test("that was damaged is an outage, not an empty memory", async () => {
    const { dir, log, folder } = await withTwo();
    const file = join(folder, "000000000000002");
    const text = await readFile(file, "utf8");
    await truncate(file, text.length - 10);
    const state = new FileWitnessState(dir);
    await expect(state.latest(log.signer.name)).rejects.toThrow(Outage);
    await expect(state.advance(undefined, await log.checkpoint(9))).rejects.toThrow(Outage);
    await writeFile(file, (await new ToyLog("another.example").grow(1).checkpoint()).text);
    await expect(state.latest(log.signer.name)).rejects.toThrow(Outage);
  });
});
