import { afterEach, describe, expect, it, vi } from "vitest";
import type { CourierOptions } from "./courier.ts";
import type { Couriers } from "./couriers.ts";
import type { Definition } from "./definition.ts";
import { DeliveryFault } from "./fault.ts";
import { definition, toyCrew, type ToyCrew } from "./testing/crew.ts";
import { ScriptedReceiver, type Script } from "./testing/scripted-receiver.ts";
import { toyId, ToyLedger } from "./testing/toy-ledger.ts";

let running: Couriers | undefined;
afterEach(async () => {
  await running?.stop();
  running = undefined;
});

interface Scene extends ToyCrew {
  readonly ledger: ToyLedger;
  readonly receiver: ScriptedReceiver;
}

async function scene(
  entries: number,
  script: Partial<Script>,
  given: Partial<Definition> & { readonly options?: Partial<CourierOptions> } = {},
): Promise<Scene> {
  const { options = {}, ...defined } = given;
  const ledger = new ToyLedger();
  ledger.grow(Array.from({ length: entries }, () => ({})));
  const receiver = new ScriptedReceiver(script);
  const crew = toyCrew(ledger, { siem: receiver }, { options });
  running = crew.couriers;
  await crew.couriers.set([definition("siem", defined)]);
  return { ...crew, ledger, receiver };
}

const acknowledged = (crew: ToyCrew) => crew.last("siem")?.progress.acknowledged;
const until = (crew: ToyCrew, index: number) =>
  vi.waitFor(() => expect(acknowledged(crew)).toBe(index), { timeout: 10_000, interval: 1 });
const asideOf = (crew: ToyCrew) => crew.last("siem")?.progress.setAside.map(({ index }) => index);
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);
const away = () => new DeliveryFault("unavailable", "away");

describe.each(["at once", "when asked"] as const)("a receiver that acknowledges %s", (word) => {
  const acknowledges = word;

  it("gets everything, in order, and what comes later", async () => {
    const crew = await scene(50, { acknowledges });
    await until(crew, 50);
    crew.ledger.grow([{}, {}]);
    await until(crew, 52);
    expect(crew.receiver.arrived).toEqual(upTo(52));
  });

  it("gets again what it may not have taken, until its word arrives", async () => {
    let failures = 4;
    const after = () => (failures-- > 0 ? away() : undefined);
    const crew = await scene(20, { acknowledges, after });
    await until(crew, 20);
    expect(crew.receiver.durable).toEqual(new Set(upTo(20)));
    expect(crew.receiver.arrived.length).toBeGreaterThan(20);
  });

  it.each(["the batch", "by name", "each"] as const)(
    "and refuses some, saying so of %s: they are named, the others arrive",
    async (refuses) => {
      const bad = new Set([3, 17, 18, 39]);
      const crew = await scene(40, {
        acknowledges,
        refuses,
        isPoison: (index) => bad.has(index),
      });
      await until(crew, 40);
      const { progress } = crew.last("siem")!;
      expect(progress.setAsideCount).toBe(4);
      expect(progress.setAside.map(({ index, eventId }) => [index, eventId])).toEqual(
        [...bad].map((index) => [index, toyId(index)]),
      );
      expect(crew.receiver.durable).toEqual(new Set(upTo(40).filter((n) => !bad.has(n))));
      expect(JSON.stringify(progress.setAside[0])).toContain("refused");
    },
  );

  it.each(["the batch", "by name", "each"] as const)(
    "and refuses more in a row than could be doubted, saying so of %s: it gets what follows",
    async (refuses) => {
      const isPoison = (index: number) => index >= 5 && index < 45;
      const crew = await scene(60, { acknowledges, refuses, isPoison });
      await until(crew, 60);
      expect(crew.receiver.durable.has(59)).toBe(true);
      expect(asideOf(crew)).toEqual(upTo(60).filter(isPoison));
    },
  );

  it.each(["the batch", "by name", "each"] as const)(
    "and refuses everything for a while, saying so of %s: nothing is set aside",
    async (refuses) => {
      const crew = await scene(30, { acknowledges, refuses, refusesAll: true });
      await vi.waitFor(() => expect(crew.last("siem")!.attempts).toBeGreaterThan(2));
      expect(crew.last("siem")!.progress).toMatchObject({
        acknowledged: 0,
        setAsideCount: 0,
        lastTrouble: { kind: "denied", problem: "refused" },
        lastSuccessAt: null,
      });
      crew.receiver.script.refusesAll = false;
      await until(crew, 30);
      crew.receiver.script.refusesAll = true;
      crew.ledger.grow([{}]);
      await vi.waitFor(() => expect(crew.last("siem")!.attempts).toBeGreaterThan(2));
      crew.receiver.script.refusesAll = false;
      await until(crew, 31);
      expect(crew.last("siem")!.progress.setAsideCount).toBe(0);
      expect(crew.receiver.durable).toEqual(new Set(upTo(31)));
    },
  );

  it.each([3, 50])("and refuses its first %i events only: they are set aside", async (many) => {
    const crew = await scene(60, { acknowledges, isPoison: (index) => index < many });
    await until(crew, 60);
    expect(asideOf(crew)).toEqual(upTo(many));
  });

  it("and takes few at a time: it gets few at a time", async () => {
    const crew = await scene(40, { acknowledges, mostAtOnce: 3 });
    await until(crew, 40);
    expect(crew.receiver.arrived).toEqual(upTo(40));
  });

  it("and blames an event that it was not sent: it gets them one by one", async () => {
    let failures = 3;
    const nobody = () =>
      failures-- > 0 ? new DeliveryFault("rejected", "refused", { index: 4_000 }) : undefined;
    const crew = await scene(10, { acknowledges, before: nobody });
    await until(crew, 10);
    expect(crew.last("siem")!.progress.setAsideCount).toBe(0);
  });
});

describe("what was confirmed", () => {
  it("is what the receiver still has after it has crashed", async () => {
    const crew = await scene(30, { acknowledges: "when asked", before: () => undefined });
    crew.receiver.script.before = (call) => (call === "confirm" ? away() : undefined);
    await vi.waitFor(() => expect(crew.receiver.confirms).toBeGreaterThan(1));
    expect(acknowledged(crew)).toBe(0);
    crew.receiver.crash();
    crew.receiver.script.before = () => undefined;
    await until(crew, 30);
    expect(crew.receiver.durable).toEqual(new Set(upTo(30)));
  });

  it("is asked for early of a required destination, also with what is not for it", async () => {
    const options = { confirmIdleMs: 60_000, maxUnconfirmedMs: 60_000 };
    const given = { maxBacklog: 10, options };
    const crew = await scene(0, { acknowledges: "when asked" }, given);
    crew.ledger.grow([{}, ...Array.from({ length: 60 }, () => ({ account: "other" }))]);
    await until(crew, 61);
    expect(crew.receiver.confirms).toBe(1);
  });
});

describe("an event that the sink has no words for", () => {
  const tooLong = (bad: readonly number[]) => (index: number) => {
    if (bad.includes(index)) throw new DeliveryFault("rejected", "longer than a datagram");
  };

  it("is set aside once, however often its neighbours are sent", async () => {
    let failures = 5;
    const after = () => (failures-- > 0 ? away() : undefined);
    const crew = await scene(10, { encode: tooLong([2, 9]), after });
    await until(crew, 10);
    expect(crew.last("siem")!.progress.setAsideCount).toBe(2);
    expect(asideOf(crew)).toEqual([2, 9]);
  });

  it("never counts before the progress has passed it: a restart finds it again", async () => {
    const crew = await scene(5, { encode: tooLong([1]), before: away });
    await vi.waitFor(() => expect(crew.last("siem")!.attempts).toBeGreaterThan(2));
    expect(crew.last("siem")!.progress).toMatchObject({ acknowledged: 0, setAsideCount: 0 });
  });

  it("is set aside where the sink breaks on it, if others can be said", async () => {
    const encode = (index: number) => {
      if (index === 3) throw new TypeError("undefined is not a string");
    };
    const crew = await scene(6, { encode });
    await until(crew, 6);
    expect(asideOf(crew)).toEqual([3]);
  });

  it("is not set aside where the sink breaks on all of them", async () => {
    const encode = () => {
      throw new TypeError("undefined is not a string");
    };
    const crew = await scene(6, { encode });
    await vi.waitFor(() => expect(crew.last("siem")!.attempts).toBeGreaterThan(3));
    expect(crew.last("siem")!.progress).toMatchObject({ acknowledged: 0, setAsideCount: 0 });
  });
});

describe("a receiver that says nothing", () => {
  it("is given up after its time, and left to itself when it does not even end", async () => {
    let hangs = 2;
    const crew = await scene(5, { before: () => (hangs-- > 0 ? "hang" : undefined) });
    await until(crew, 5);
    expect(crew.reports.map(({ progress }) => progress.lastTrouble?.problem)).toContain(
      "no answer in time",
    );
  });

  it("does not hold up the end", async () => {
    const crew = await scene(5, { before: () => "hang" });
    await vi.waitFor(() => expect(crew.receiver.sends).toBe(1));
    await crew.couriers.stop();
    expect(acknowledged(crew)).toBe(0);
  });
});

describe("a paused destination", () => {
  it("is sent nothing, and goes on where it was", async () => {
    const crew = await scene(5, {}, { isPaused: true });
    crew.ledger.grow([{}, {}]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(crew.receiver.sends).toBe(0);
    await crew.couriers.set([definition("siem")]);
    await until(crew, 7);
  });
});

describe("failing", () => {
  const transitions = (crew: ToyCrew) => {
    const states = crew.reports.map(({ progress }) => progress.failingSince !== null);
    return states.filter((state, i) => state !== (states[i - 1] ?? false)).length;
  };

  it("is said at once of a receiver that denies us, and not again for a minute", async () => {
    const crew = await scene(1, {});
    await until(crew, 1);
    let calls = 0;
    crew.receiver.script.before = () =>
      calls++ % 2 === 0 ? new DeliveryFault("denied", "401") : undefined;
    for (let n = 0; n < 10; n += 1) {
      crew.ledger.grow([{}]);
      await until(crew, n + 2);
    }
    expect(calls).toBe(20);
    expect(transitions(crew)).toBe(2);
  });

  it("is not said of a receiver that is away for a moment", async () => {
    let failures = 2;
    const crew = await scene(1, { before: () => (failures-- > 0 ? away() : undefined) });
    await until(crew, 1);
    expect(transitions(crew)).toBe(0);
    expect(crew.last("siem")!.progress.lastTrouble?.problem).toBe("away");
  });

  it("says nothing of what broke here but that it did", async () => {
    const crew = await scene(0, {});
    crew.ledger.fault = new Error("/var/lib/keytrail: input/output error");
    crew.ledger.grow([{}]);
    await vi.waitFor(() => expect(crew.last("siem")!.attempts).toBeGreaterThan(1));
    expect(JSON.stringify(crew.reports)).not.toContain("/var/lib");
    crew.ledger.fault = undefined;
    await until(crew, 1);
  });
});

it("an event that is refused and then taken after all leaves out none behind it", async () => {
  const refusals = new Map<number, number>();
  const isPoison = (index: number) => index === 3 && (refusals.get(3) ?? 0) < 2;
  const crew = await scene(0, { refuses: "by name", isPoison });
  crew.receiver.refused.set = (index, count) => refusals.set(index, count);
  crew.receiver.refused.get = (index) => refusals.get(index);
  crew.ledger.grow(upTo(6).map(() => ({})));
  await until(crew, 6);
  expect([...new Set(crew.receiver.arrived)]).toEqual(upTo(6));
  expect([refusals.get(3), asideOf(crew)]).toEqual([2, []]);
});

it("a first event that is refused has what was handed over before it confirmed, not repeated", async () => {
  const isPoison = (index: number) => index === 3;
  const script = { acknowledges: "when asked", refuses: "by name", isPoison } as const;
  const crew = await scene(6, script);
  await until(crew, 6);
  expect([crew.receiver.arrived, asideOf(crew)]).toEqual([[0, 1, 2, 2, 4, 5], [3]]);
});

it("a word about what came last is none about what came before it", async () => {
  const options = { confirmIdleMs: 60_000, maxUnconfirmedMs: 60_000 };
  const crew = await scene(5, { acknowledges: "when asked" }, { options });
  await vi.waitFor(() => expect(crew.receiver.arrived).toHaveLength(5));
  crew.receiver.script.acknowledges = "at once";
  crew.ledger.grow([{}]);
  await vi.waitFor(() => expect(crew.last("siem")?.sent).toBe(6));
  expect(acknowledged(crew)).toBe(0);
});

describe("an orderly end", () => {
  const unasked = { confirmIdleMs: 60_000, maxUnconfirmedMs: 60_000 };

  it("asks for the receiver's word on what it was handed: whoever goes on repeats nothing", async () => {
    const crew = await scene(5, { acknowledges: "when asked" }, { options: unasked });
    await vi.waitFor(() => expect(crew.receiver.arrived).toHaveLength(5));
    expect(acknowledged(crew)).toBe(0);
    await crew.couriers.stop();
    expect(acknowledged(crew)).toBe(5);
    expect(crew.receiver.confirms).toBe(1);
  });

  it("asks for no word on anything where what was under way has come to nothing", async () => {
    const script = { acknowledges: "when asked", maxEvents: 5 } as const;
    const crew = await scene(0, script, { options: { ...unasked, sendTimeoutMs: 60_000 } });
    let sends = 0;
    crew.receiver.script.before = () => (++sends > 1 ? "hang" : undefined);
    crew.ledger.grow(upTo(10).map(() => ({})));
    await vi.waitFor(() => expect(sends).toBe(2));
    crew.receiver.script.before = () => (++sends === 3 ? undefined : "hang");
    await crew.couriers.stop();
    expect([acknowledged(crew), crew.receiver.confirms]).toEqual([0, 0]);
  });

  it("waits no longer than it may for a receiver that says nothing, and vouches for nothing", async () => {
    const before = (call: string) => (call === "confirm" ? ("hang" as const) : undefined);
    const crew = await scene(5, { acknowledges: "when asked", before }, { options: unasked });
    await vi.waitFor(() => expect(crew.receiver.arrived).toHaveLength(5));
    const startedAt = performance.now();
    await crew.couriers.stop();
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    expect(acknowledged(crew)).toBe(0);
  });
});

it("one event that the sink breaks on blocks nothing where the filter finds no other near it", async () => {
  const encode = (index: number) => {
    if (index === 30) throw new TypeError("broken");
  };
  const odd = { ...definition("siem").selection, filter: 'correlationId:"odd"' };
  const crew = await scene(0, { encode }, { selection: odd });
  crew.ledger.runEntries = 4;
  const which = new Set([1, 30]);
  crew.ledger.grow(upTo(60).map((i) => (which.has(i) ? { correlationId: "odd" } : {})));
  await until(crew, 60);
  expect(asideOf(crew)).toEqual([30]);
});

it("is said to be failing also after the clock was put back", async () => {
  let isAway = true;
  let now = 1_800_000_000_000;
  const receiver = new ScriptedReceiver({
    before: () => (isAway ? new DeliveryFault("denied", "no") : undefined),
  });
  const ledger = new ToyLedger();
  ledger.grow([{}]);
  const crew = toyCrew(ledger, { siem: receiver }, { now: () => now });
  running = crew.couriers;
  await crew.couriers.set([definition("siem")]);
  const failing = (expected: boolean) =>
    vi.waitFor(() => {
      expect(crew.last("siem")?.progress.failingSince !== null).toBe(expected);
    });
  await failing(true);
  isAway = false;
  await failing(false);
  now -= 86_400_000;
  isAway = true;
  ledger.grow([{}]);
  await failing(true);
});

it("the very first event keeps its place when it is refused for the moment only", async () => {
  // All three, two, the first one; and once more.
  let refusals = 4;
  const before = () => (refusals-- > 0 ? new DeliveryFault("rejected", "busy") : undefined);
  const crew = await scene(3, { before });
  await until(crew, 3);
  expect(crew.receiver.arrived).toEqual(upTo(3));
});
