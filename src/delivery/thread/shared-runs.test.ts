import { describe, expect, it } from "vitest";
import { numberedLines } from "../../storage/memory/ledger-fixture.ts";
import type { ReadRun } from "../parcel.ts";
import { MAX_HELD_RUNS, sharedRuns } from "./shared-runs.ts";

function fetching(count = 10): { readonly fetch: ReadRun; readonly asked: number[] } {
  const asked: number[] = [];
  const fetch: ReadRun = (from) => {
    asked.push(from);
    return Promise.resolve({ first: from, lines: numberedLines(from, count) });
  };
  return { fetch, asked };
}

describe("runs that couriers share", () => {
  it("are fetched once for those who are at the same place", async () => {
    const { fetch, asked } = fetching();
    const read = sharedRuns(fetch);
    const [one, other] = await Promise.all([read(0), read(0)]);
    expect(other).toBe(one);
    expect(await read(9)).toBe(one);
    expect(asked).toEqual([0]);
    expect((await read(10)).first).toBe(10);
  });

  it("are kept for a while, and no more of them than may be", async () => {
    const { fetch, asked } = fetching();
    const read = sharedRuns(fetch);
    for (let i = 0; i <= MAX_HELD_RUNS; i += 1) await read(i * 10);
    asked.length = 0;
    await read(10);
    await read(0);
    expect(asked).toEqual([0]);
  });

  it("are fetched again after they could not be", async () => {
    let isBroken = true;
    const { fetch } = fetching();
    const read = sharedRuns((from) => (isBroken ? Promise.reject(new Error("gone")) : fetch(from)));
    await expect(read(0)).rejects.toThrow("gone");
    isBroken = false;
    expect((await read(0)).lines).toHaveLength(10);
  });
});
