import { afterEach, describe, expect, it, vi } from "vitest";
import { MAX_TESTS_AT_ONCE, type Couriers } from "./couriers.ts";
import type { Definition } from "./definition.ts";
import { DeliveryFault } from "./fault.ts";
import { definition, toyCrew, type ToyCrew } from "./testing/crew.ts";
import { ScriptedReceiver } from "./testing/scripted-receiver.ts";
import { ToyLedger } from "./testing/toy-ledger.ts";

let running: Couriers | undefined;
afterEach(async () => {
  await running?.stop();
  running = undefined;
});

function scene(entries: number) {
  const ledger = new ToyLedger();
  ledger.grow(Array.from({ length: entries }, () => ({})));
  const receivers = { siem: new ScriptedReceiver(), other: new ScriptedReceiver() };
  const crew = toyCrew(ledger, receivers);
  running = crew.couriers;
  return { ledger, crew, ...receivers };
}

const until = (crew: ToyCrew, id: string, index: number) =>
  vi.waitFor(() => expect(crew.last(id)?.progress.acknowledged).toBe(index), { timeout: 5_000 });
const filtered = (filter: string): Partial<Definition> => ({
  selection: { account: "acct1", includesOperators: false, filter, routing: null },
});

describe("definitions", () => {
  it("that have not changed go on with the same connection", async () => {
    const { ledger, crew, siem, other } = scene(3);
    await crew.couriers.set([definition("siem")]);
    await until(crew, "siem", 3);
    const { sends } = siem;
    await crew.couriers.set([definition("siem"), definition("other")]);
    ledger.grow([{}]);
    await Promise.all([until(crew, "siem", 4), until(crew, "other", 4)]);
    expect([siem.sends, siem.openLinks, other.openLinks]).toEqual([sends + 1, 1, 1]);
  });

  it("that changed while the receiver hangs soon hold all the same", async () => {
    const { crew, siem } = scene(3);
    siem.script.before = () => "hang";
    await crew.couriers.set([definition("siem")]);
    await vi.waitFor(() => expect(siem.sends).toBe(1));
    siem.script.before = () => undefined;
    await crew.couriers.set([definition("siem", filtered("outcome:failure"))]);
    await until(crew, "siem", 3);
    expect(siem.arrived).toEqual([]);
  });

  it("that cannot be used keep nobody else from theirs, now and later", async () => {
    const { ledger, crew } = scene(3);
    const broken = definition("broken", { sink: { kind: "nothing" } });
    const unreadable = definition("other", filtered("outcome:("));
    await crew.couriers.set([broken, unreadable, definition("siem")]);
    await until(crew, "siem", 3);
    expect(crew.last("broken")?.progress).toMatchObject({ lastTrouble: { kind: "denied" } });
    expect(crew.last("other")?.progress).toMatchObject({ lastTrouble: { kind: "denied" } });
    await crew.couriers.set([definition("other"), definition("siem")]);
    ledger.grow([{}]);
    await Promise.all([until(crew, "siem", 4), until(crew, "other", 4)]);
  });

  it("that have a problem of their own say so, and the others go on", async () => {
    const { crew, siem } = scene(3);
    const problem = "its credentials cannot be opened";
    await crew.couriers.set([definition("siem"), definition("other", { problem })]);
    await until(crew, "siem", 3);
    const { lastTrouble, failingSince } = crew.last("other")?.progress ?? {};
    expect([lastTrouble, failingSince]).toMatchObject([{ problem }, expect.any(Number)]);
    expect(siem.arrived).toEqual([0, 1, 2]);
    const said = crew.reports.length;
    await crew.couriers.set([definition("siem"), definition("other", { problem })]);
    expect(crew.reports).toHaveLength(said);
    await crew.couriers.set([definition("siem"), definition("other")]);
    await until(crew, "other", 3);
  });

  it("that go leave no connection behind", async () => {
    const { crew, siem } = scene(3);
    await crew.couriers.set([definition("siem")]);
    await until(crew, "siem", 3);
    await crew.couriers.set([]);
    expect(siem.openLinks).toBe(0);
  });
});

describe("a test of a destination", () => {
  it("sends the newest event that it gets once more, beside what is under way", async () => {
    const { ledger, crew, siem } = scene(3);
    ledger.grow([{ account: "other" }, { account: "other" }]);
    await crew.couriers.set([definition("siem")]);
    await until(crew, "siem", 5);
    const tested = await crew.couriers.test(definition("siem"));
    expect(tested).toEqual({ isReached: true, problem: null, index: 2 });
    expect(siem.arrived).toEqual([0, 1, 2, 2]);
    expect(siem.openLinks).toBe(1);
    expect(crew.last("siem")?.progress.deliveredCount).toBe(3);
  });

  it("only connects where there is nothing to send", async () => {
    const { crew, siem } = scene(0);
    const tested = await crew.couriers.test(definition("siem"));
    expect(tested).toEqual({ isReached: true, problem: null, index: null });
    expect([siem.sends, siem.openLinks, siem.arrived]).toEqual([1, 0, []]);
  });

  it("says why not, whether it is refused, denied, or not answered at all", async () => {
    const { crew, siem } = scene(2);
    const problem = async () => (await crew.couriers.test(definition("siem"))).problem;
    siem.script.refusesAll = true;
    expect(await problem()).toBe("refused");
    siem.script.refuses = "each";
    expect(await problem()).toBe("refused");
    siem.script.before = () => new DeliveryFault("denied", "the receiver answered 401");
    expect(await problem()).toBe("the receiver answered 401");
    siem.script.before = () => "hang";
    expect(await problem()).toBe("no answer from siem");
    siem.script.encode = () => {
      throw new DeliveryFault("rejected", "longer than a datagram");
    };
    expect(await problem()).toBe("longer than a datagram");
    expect(siem.openLinks).toBe(0);
  });

  it("is refused while as many as may be are under way", async () => {
    const { crew, siem } = scene(1);
    siem.script.before = () => "hang";
    const all = Array.from({ length: MAX_TESTS_AT_ONCE + 1 }, () =>
      crew.couriers.test(definition("siem")),
    );
    const problems = (await Promise.all(all)).map(({ problem }) => problem);
    expect(problems.filter((one) => one === "too many tests are under way")).toHaveLength(1);
    siem.script.before = () => undefined;
    expect(await crew.couriers.test(definition("siem"))).toMatchObject({ isReached: true });
  });
});
