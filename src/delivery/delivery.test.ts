import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "../kernel/clock.ts";
import type { Definition } from "./definition.ts";
import { Delivery, MAX_ASIDE_TOLD_PER_MINUTE, type Happening } from "./delivery.ts";
import { DeliveryFault } from "./fault.ts";
import { definition, toyCrew } from "./testing/crew.ts";
import { ProgressInMemory } from "./testing/progress-in-memory.ts";
import { ScriptedReceiver } from "./testing/scripted-receiver.ts";
import { ToyLedger } from "./testing/toy-ledger.ts";

let ledger: ToyLedger;
let progress: ProgressInMemory;
let siem: ScriptedReceiver;
let other: ScriptedReceiver;
let definitions: readonly Definition[];
let unreadable: Error | undefined;
let told: string[];
let troubles: unknown[];
let delivery: Delivery;

beforeEach(async () => {
  ledger = new ToyLedger();
  progress = new ProgressInMemory();
  [siem, other] = [new ScriptedReceiver(), new ScriptedReceiver()];
  definitions = [definition("siem")];
  [unreadable, told, troubles] = [undefined, [], []];
  delivery = await start();
});
afterEach(() => delivery.stop());

function start(): Promise<Delivery> {
  return Delivery.start({
    source: ledger,
    progress,
    crew: (report) => toyCrew(ledger, { siem, other }, { report }).couriers,
    definitions: async () => {
      if (unreadable) throw unreadable;
      return definitions;
    },
    tell: async (happening) => void told.push(worded(happening)),
    onTrouble: (error) => void troubles.push(error),
    now: () => systemClock.now(),
  });
}

function worded(happening: Happening): string {
  const { kind, definition: about } = happening;
  return happening.kind === "set-aside"
    ? `${about.name} ${kind} ${happening.aside.index}`
    : `${about.name} ${kind}`;
}

const grow = (many: number) => ledger.grow(Array.from({ length: many }, () => ({})));
const until = (id: string, index: number) =>
  vi.waitFor(() => expect(delivery.progress(id)?.acknowledged).toBe(index), { timeout: 5_000 });

describe("how far a destination has come", () => {
  it("is kept a while after the receiver's word, and at the end", async () => {
    grow(5);
    await until("siem", 5);
    await vi.waitFor(() => expect(progress.kept.get("siem")?.acknowledged).toBe(5), {
      timeout: 5_000,
    });
    grow(1);
    await until("siem", 6);
    await delivery.stop();
    expect(progress.kept.get("siem")?.acknowledged).toBe(6);
    delivery = await start();
    grow(1);
    await until("siem", 7);
    expect(siem.arrived).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it("is kept later when it cannot be kept now, and nothing waits for that", async () => {
    progress.fault = new Error("full");
    grow(3);
    await until("siem", 3);
    await vi.waitFor(() => expect(troubles).toHaveLength(1), { timeout: 5_000 });
    progress.fault = undefined;
    await vi.waitFor(() => expect(progress.kept.get("siem")?.acknowledged).toBe(3), {
      timeout: 5_000,
    });
  });

  it("is forgotten with the destination, but not of what the operator pins", async () => {
    definitions = [definition("siem"), definition("pinned:b", { sink: { kind: "other" } })];
    grow(2);
    await delivery.reload();
    await Promise.all([until("siem", 2), until("pinned:b", 2)]);
    await delivery.stop();
    definitions = [];
    delivery = await start();
    expect([...progress.kept.keys()]).toEqual(["pinned:b"]);
    expect(delivery.progress("siem")).toBeUndefined();
  });

  it("of one that was deleted while it was kept does not come back", async () => {
    grow(2);
    await until("siem", 2);
    definitions = [];
    await delivery.reload();
    await delivery.stop();
    expect(progress.kept.size).toBe(0);
  });
});

describe("the trail", () => {
  const isTold = (expected: readonly string[]) =>
    vi.waitFor(() => expect(told).toEqual(expected), { timeout: 5_000 });

  it("is told that a destination is failing and that it has recovered, before that is kept", async () => {
    const keptBeforeTold: string[] = [];
    progress.onSave = (saved) => {
      if (saved.get("siem")?.failingSince && told.length === 0) keptBeforeTold.push("siem");
    };
    siem.script.before = () => new DeliveryFault("denied", "401");
    grow(1);
    await isTold(["siem failing"]);
    await vi.waitFor(() => expect(progress.kept.get("siem")?.failingSince).toBeTypeOf("number"), {
      timeout: 5_000,
    });
    expect(keptBeforeTold).toEqual([]);
    await delivery.stop();
    siem.script.before = () => undefined;
    delivery = await start();
    await isTold(["siem failing", "siem recovered"]);
  });

  it("is told of events set aside by their names, so many a minute; all are counted", async () => {
    siem.script.isPoison = (index) => index >= 2 && index < 30;
    grow(40);
    await until("siem", 40);
    const many = MAX_ASIDE_TOLD_PER_MINUTE;
    await isTold(Array.from({ length: many }, (_, i) => `siem set-aside ${i + 2}`));
    expect(delivery.progress("siem")?.setAsideCount).toBe(28);
  });
});

describe("what destinations there are", () => {
  it("is asked again while it cannot be said; those that are known go on", async () => {
    unreadable = new Error("sealed");
    definitions = [definition("siem"), definition("other")];
    await delivery.reload();
    expect(troubles).toEqual([unreadable]);
    grow(2);
    await until("siem", 2);
    unreadable = undefined;
    await until("other", 2);
  });

  it("may hold one that nobody can use: it says so, and the others go on", async () => {
    definitions = [definition("gone"), definition("siem"), definition("other")];
    await delivery.reload();
    grow(2);
    await Promise.all([until("siem", 2), until("other", 2)]);
    expect(delivery.progress("gone")).toMatchObject({
      acknowledged: 0,
      lastTrouble: { kind: "denied", problem: "its settings cannot be used" },
    });
    expect(told).toEqual(["gone failing"]);
    definitions = [definition("siem")];
    await delivery.reload();
    grow(1);
    await until("siem", 3);
  });

  it("is taken in turns, and no more once it ends", async () => {
    definitions = [definition("siem"), definition("other")];
    const reloads = [delivery.reload(), delivery.reload()];
    const stopped = delivery.stop();
    await Promise.all([...reloads, stopped, delivery.reload()]);
    grow(3);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([...siem.arrived, ...other.arrived]).toEqual([]);
    expect(siem.openLinks + other.openLinks).toBe(0);
  });
});

it("of required destinations it names those too far behind, for the accounts they are of", async () => {
  const account = { account: "acct1", includesOperators: false, filter: "", routing: null };
  definitions = [
    definition("siem", { maxBacklog: 3, selection: account }),
    definition("other", { maxBacklog: 3, selection: { ...account, account: null } }),
  ];
  await delivery.reload();
  siem.script.before = () => new DeliveryFault("unavailable", "away");
  grow(3);
  await until("other", 3);
  expect(delivery.overdueOf("acct1")).toEqual([]);
  grow(1);
  await until("other", 4);
  expect(delivery.overdueOf("acct1").map(({ name }) => name)).toEqual(["siem"]);
  expect(delivery.overdueOf("acct2")).toEqual([]);
});

it("ends also while its crew answers nobody", async () => {
  const ended = Promise.withResolvers<void>();
  let isStuck = false;
  const stuck = await Delivery.start({
    source: ledger,
    progress,
    crew: () => ({
      set: () => (isStuck ? ended.promise : Promise.resolve()),
      grown: () => undefined,
      test: () => Promise.reject(new Error("stuck")),
      stop: async () => ended.resolve(),
    }),
    definitions: async () => definitions,
    tell: async () => undefined,
    onTrouble: (error) => void troubles.push(error),
    now: () => systemClock.now(),
  });
  isStuck = true;
  void stuck.reload();
  await new Promise((resolve) => setImmediate(resolve));
  await stuck.stop();
  expect(troubles).toEqual([]);
});
