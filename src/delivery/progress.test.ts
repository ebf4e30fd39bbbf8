import { describe, expect, it } from "vitest";
import { MAX_NAMED_SET_ASIDE, begun, setAsideUpTo, type Progress } from "./progress.ts";

const start = { id: "s1", index: 10 };
const first = begun(undefined, { fingerprint: "f1", start, size: 100 });
const later: Progress = {
  ...first,
  acknowledged: 60,
  deliveredCount: 40,
  setAsideCount: 1,
  setAside: [{ index: 20, eventId: "e", at: 1, reason: "refused" }],
};
const after = (given: { fingerprint?: string; start?: typeof start; size?: number }) =>
  begun(later, { fingerprint: "f1", start, size: 100, ...given });

describe("a destination", () => {
  it("begins where it is told to, at the ledger's end at the latest, and there without a word", () => {
    expect(first).toMatchObject({ acknowledged: 10, since: 10, startId: "s1", setAsideCount: 0 });
    const past = { id: "s1", index: 500 };
    expect(begun(undefined, { fingerprint: "f1", start: past, size: 100 }).since).toBe(100);
    const now = { id: "s1", index: null };
    expect(begun(undefined, { fingerprint: "f1", start: now, size: 100 }).since).toBe(100);
  });

  it("goes on where it has come to, whatever the ledger has become", () => {
    expect(after({ size: 1_000 })).toEqual(later);
  });

  it("that has another receiver or selection has nothing yet, and goes on all the same", () => {
    expect(after({ fingerprint: "f2" })).toMatchObject({
      acknowledged: 60,
      since: 60,
      fingerprint: "f2",
      deliveredCount: 0,
      setAsideCount: 0,
      setAside: [],
    });
  });

  it("that goes back still has what it had, up to there", () => {
    const back = after({ start: { id: "s2", index: 30 } });
    expect(back).toMatchObject({ acknowledged: 30, since: 10, startId: "s2", deliveredCount: 40 });
    expect(after({ start: { id: "s2", index: 5 } })).toMatchObject({ acknowledged: 5, since: 5 });
  });

  it("that skips ahead has never had what it skipped", () => {
    const ahead = after({ start: { id: "s2", index: 80 } });
    expect(ahead).toMatchObject({ acknowledged: 80, since: 80, deliveredCount: 0 });
    const start2 = { id: "s2", index: null };
    expect(begun(later, { fingerprint: "f1", start: start2, size: 90 }).since).toBe(90);
  });

  it("is no further than a ledger that was put back from a copy", () => {
    expect(after({ size: 40 })).toMatchObject({ acknowledged: 40, since: 10 });
    expect(after({ size: 4 })).toMatchObject({ acknowledged: 4, since: 4 });
  });
});

it("of those set aside the latest are named, in order, and all are counted", () => {
  const aside = (index: number) => ({ index, eventId: `e${index}`, at: 1, reason: "refused" });
  const many = Array.from({ length: MAX_NAMED_SET_ASIDE + 5 }, (_, i) => aside(200 - i));
  const { setAside, setAsideCount } = setAsideUpTo(later, many);
  expect(setAsideCount).toBe(many.length + 1);
  expect(setAside).toHaveLength(MAX_NAMED_SET_ASIDE);
  expect(setAside.at(-1)).toEqual(aside(200));
  expect(setAsideUpTo(later, [])).toEqual({ setAside: later.setAside, setAsideCount: 1 });
});
