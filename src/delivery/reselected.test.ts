import { describe, expect, it } from "vitest";
import { begun, type Progress } from "./progress.ts";

const START = { id: "start", index: 0 };
const SIZE = 1_000;

function after(acknowledged: number, selectedFrom?: number): Progress {
  const made = begun(undefined, { fingerprint: "old", start: START, selectedFrom, size: SIZE });
  return { ...made, acknowledged, deliveredCount: 7 };
}

const again = (before: Progress, said: object) =>
  begun(before, { fingerprint: "new", start: START, size: SIZE, ...said });

describe("another selection", () => {
  it("looks again at what was recorded since it holds, also where that was passed already", () => {
    const found = again(after(500), { selectedFrom: 480 });
    expect(found).toMatchObject({ acknowledged: 480, since: 480, selectedFrom: 480 });
    // What it has had by the selection before is nothing that proofs speak of.
    expect(found.deliveredCount).toBe(0);
  });

  it("skips nothing of a backlog", () => {
    expect(again(after(300), { selectedFrom: 480 }).acknowledged).toBe(300);
  });

  it("is looked at once: after a restart, or with another receiver, it goes on where it was", () => {
    const same = { ...after(500, 480), fingerprint: "old" };
    const restarted = begun(same, {
      fingerprint: "old",
      start: START,
      selectedFrom: 480,
      size: SIZE,
    });
    expect(restarted).toEqual(same);
    expect(again(same, { selectedFrom: 480 }).acknowledged).toBe(500);
    // Routes have changed, and not for this one.
    expect(
      begun(same, { ...restarted, start: START, selectedFrom: 490, size: SIZE }),
    ).toMatchObject({
      acknowledged: 500,
      deliveredCount: 7,
      selectedFrom: 490,
    });
  });

  it("is not asked where somebody has said from where to begin again", () => {
    const start = { id: "replay", index: 900 };
    expect(again(after(500), { selectedFrom: 480, start }).acknowledged).toBe(900);
  });
});
