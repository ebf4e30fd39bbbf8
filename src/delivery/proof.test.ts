import { expect, it } from "vitest";
import { fingerprintOf } from "./definition.ts";
import { begun } from "./progress.ts";
import { readStatement, statementOf } from "./proof.ts";
import { definition } from "./testing/crew.ts";

const start = { id: "s1", index: 17 };
const progress = { ...begun(undefined, { fingerprint: "f1", start, size: 99 }), deliveredCount: 4 };

it("a statement says from where on, what, and how much, and can be read again", () => {
  const lines = statementOf({ id: "id-1", name: "our siem" }, progress, Date.UTC(2026, 10, 21));
  expect(lines).toContain("delivered-from 17");
  expect(readStatement(lines)).toEqual({
    id: "id-1",
    name: "our siem",
    since: 17,
    fingerprint: "f1",
    deliveredCount: 4,
    setAsideCount: 0,
    at: "2026-11-21T00:00:00.000Z",
  });
});

it.each(["to", "from", "events", "set-aside", "selection", "at"])(
  "lines that do not say what was delivered-%s state nothing",
  (key) => {
    const lines = statementOf({ id: "id-1", name: "siem" }, progress, 0);
    const without = lines.filter((line) => !line.startsWith(`delivered-${key} `));
    expect(without).toHaveLength(lines.length - 1);
    expect(readStatement(without)).toBeUndefined();
  },
);

it.each(["", " ", "-1", "1e3", "0x10", "1.5", "9".repeat(20)])(
  "a number written as %j is none",
  (text) => {
    const lines = statementOf({ id: "id-1", name: "siem" }, progress, 0);
    const broken = lines.map((line) => line.replace(/^(delivered-from) .*/, `$1 ${text}`));
    expect(readStatement(broken)).toBeUndefined();
  },
);

it("a fingerprint is of the selection and the receiver, and of nothing else", () => {
  const one = definition("siem");
  expect(fingerprintOf({ ...one, name: "x", isPaused: true, maxBacklog: 3 } as typeof one)).toBe(
    fingerprintOf(one),
  );
  const filtered = { ...one, selection: { ...one.selection, filter: "outcome:failure" } };
  expect(fingerprintOf(filtered)).not.toBe(fingerprintOf(one));
  expect(fingerprintOf({ ...one, sink: { kind: "other" } })).not.toBe(fingerprintOf(one));
});
