import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { isGenuine, NoticeReceiver } from "../../test/support/notice-receiver.ts";
import { MAX_ATTEMPTS, MAX_REFUSED_ATTEMPTS } from "./backoff.ts";
import { MAX_EVENTS_READ } from "./lane.ts";
import type { Notifier } from "./notifier.ts";
import { CRN, NOW, OTHER, SECRET, World } from "./testing/world.ts";

let world: World;
let receiver: NoticeReceiver;
let notifier: Notifier | undefined;
beforeEach(async () => {
  world = new World();
  receiver = await NoticeReceiver.open();
  world.destinations = [{ crn: CRN, url: receiver.url }];
});
afterEach(async () => {
  await notifier?.stop();
  notifier = undefined;
  await receiver.close();
});

const settled = (): Promise<void> =>
  vi.waitFor(() => expect(notifier?.lag).toBe(0), { timeout: 5_000, interval: 5 });

describe("notices", () => {
  it("are sent in the order of the ledger, signed, with the event's own id", async () => {
    world.register("a");
    notifier = world.start();
    const ids = await world.happen("a", 3 * MAX_EVENTS_READ);
    await receiver.arrived(ids.length);
    expect(receiver.ids).toEqual(ids);
    expect(receiver.received.every((one) => isGenuine(one, SECRET))).toBe(true);
    expect(receiver.received[0]?.body).toMatchObject({
      specversion: "1.0",
      type: "com.ibm.cloud.secrets-manager.secret_created",
      source: "crn:v1:bluemix:public:secrets-manager:us-south:a/1:a::",
      sourcename: "ours",
    });
    await settled();
    expect(world.outcomes()).toEqual(ids.map(() => "sent"));
  });

  it("are of what is told, of instances that are registered, since they are", async () => {
    await world.happens("a", "before");
    world.clock.advance(1_000);
    world.register("a", CRN, NOW + 500);
    notifier = world.start();
    await world.happens("b", "somebody else's");
    await world.happens("a", "read", "secret.read");
    const id = await world.happens("a");
    await receiver.arrived(1);
    await settled();
    expect(receiver.ids).toEqual([id]);
  });

  it("end with the registration, also those that wait", async () => {
    world.register("a");
    receiver.always = () => ({ status: 503 });
    notifier = world.start();
    await world.happen("a", 3);
    await receiver.arrived(2);
    world.recipients.delete("a");
    await settled();
    expect(new Set(receiver.ids).size).toBe(1);
  });

  it.each([
    ["is out of order", { status: 500 }],
    ["has had too many", { status: 429 }],
    ["does not answer in time", { after: new Promise<void>(() => {}) }],
  ])("are sent again, and nothing before them, when the receiver %s", async (_what, reply) => {
    world.register("a");
    receiver.replies.push({}, reply, reply);
    notifier = world.start({ deliveryTimeoutMs: 50 });
    const [first, second, third] = await world.happen("a", 3);
    await receiver.arrived(5);
    await settled();
    expect(receiver.ids).toEqual([first, second, second, second, third]);
    expect(world.outcomes()).toEqual(["sent", "failed", "failed", "sent", "sent"]);
  });

  it("wait as long as the receiver asks for", async () => {
    world.register("a");
    receiver.replies.push({ status: 429, headers: { "retry-after": "1" } });
    notifier = world.start();
    await world.happens("a");
    await receiver.arrived(1);
    const since = performance.now();
    await receiver.arrived(2);
    expect(performance.now() - since).toBeGreaterThan(900);
  });

  it("are sent when somebody listens again", async () => {
    world.register("a");
    const { port } = receiver;
    await receiver.close();
    notifier = world.start({ firstWaitMs: 20 });
    const id = await world.happens("a");
    await vi.waitFor(() => expect(world.outcomes()).toContain("failed"));
    receiver = await NoticeReceiver.open(port);
    await receiver.arrived(1);
    expect(receiver.ids).toEqual([id]);
  });

  it.each([
    [503, MAX_ATTEMPTS],
    [400, MAX_REFUSED_ATTEMPTS],
  ])(
    "are set aside when %i is the answer to all attempts, and the next follows",
    async (status, attempts) => {
      world.register("a");
      notifier = world.start();
      receiver.always = ({ body }) => ({ status: body.subject.endsWith("db-0") ? status : 200 });
      const [poison, next] = await world.happen("a", 2);
      await vi.waitFor(() => expect(receiver.ids).toContain(next), { timeout: 10_000 });
      expect(receiver.ids.filter((id) => id === poison)).toHaveLength(attempts);
      expect(world.reports.filter(({ outcome }) => outcome === "set-aside")).toMatchObject([
        { message: { id: poison }, sent: { kind: "refused", status } },
      ]);
    },
  );
});

describe("an owner whose receiver is slow", () => {
  it("holds up no other owner, nor the record", async () => {
    const slow = await NoticeReceiver.open();
    slow.always = () => ({ after: new Promise<void>(() => {}) });
    world.destinations = [...world.destinations, { crn: OTHER, url: slow.url }];
    world.register("slow", OTHER);
    world.register("a");
    notifier = world.start({ stopGraceMs: 10 });
    await world.happen("slow", 100);
    const ids = await world.happen("a", 5);
    await receiver.arrived(5);
    expect(receiver.ids).toEqual(ids);
    expect(slow.received).toHaveLength(1);
    expect(notifier.lag).toBe(105);
    await notifier.stop();
    await slow.close();
  });
});

describe("a destination that nobody has named to the installation", () => {
  it("is waited for: nothing is lost by an option that was forgotten at a start", async () => {
    world.register("a", OTHER);
    notifier = world.start();
    const ids = await world.happen("a", 2);
    await vi.waitFor(() => expect(world.troubles).toHaveLength(1));
    await wait(30);
    expect(world.troubles).toEqual([
      { kind: "unknown-destination", owner: { account: "1", instance: "a" } },
    ]);
    await notifier.stop();
    world.destinations = [{ crn: OTHER, url: receiver.url }];
    notifier = world.start();
    await receiver.arrived(2);
    expect(receiver.ids).toEqual(ids);
  });
});

describe("after a restart", () => {
  it("everything goes on where it was: nothing is lost, and what was accepted is not sent again", async () => {
    world.register("a");
    notifier = world.start();
    const sent = await world.happen("a", 3);
    await receiver.arrived(3);
    await settled();
    await notifier.stop();
    const missed = await world.happen("a", 3);
    notifier = world.start();
    await receiver.arrived(6);
    await settled();
    expect(receiver.ids).toEqual([...sent, ...missed]);
  });

  it("what was under way is sent again, in its order, while others' notices are not", async () => {
    world.register("a");
    world.register("b");
    receiver.always = ({ body }) =>
      body.source.endsWith(":a::") ? { after: new Promise<void>(() => {}) } : {};
    notifier = world.start({ stopGraceMs: 10 });
    const waiting = await world.happen("a", 3);
    const others = await world.happen("b", 3);
    await receiver.arrived(4);
    await vi.waitFor(() => expect(world.saved?.owners).toHaveLength(1));
    await notifier.stop();
    receiver.received.length = 0;
    receiver.always = () => ({});
    notifier = world.start();
    await receiver.arrived(3);
    await settled();
    expect(receiver.ids).toEqual(waiting);
    expect(others).toHaveLength(3);
  });

  it("what was under way for the last time at the stop is tried again, not set aside", async () => {
    world.register("a");
    receiver.always = () =>
      receiver.received.length < MAX_ATTEMPTS
        ? { status: 503 }
        : { after: new Promise<void>(() => {}) };
    notifier = world.start({ stopGraceMs: 0 });
    const id = await world.happens("a");
    await receiver.arrived(MAX_ATTEMPTS);
    await notifier.stop();
    expect(world.outcomes()).not.toContain("set-aside");
    receiver.always = () => ({});
    notifier = world.start();
    await settled();
    expect(receiver.ids.at(-1)).toBe(id);
    expect(world.outcomes().at(-1)).toBe("sent");
  });

  it("what happens is told though the ledger is shorter than it was: restored from an older copy", async () => {
    world.register("a");
    world.saved = { followed: 1_000, owners: [{ account: "1", instance: "a", position: 900 }] };
    notifier = world.start();
    await settled();
    const ids = await world.happen("a", 2);
    await receiver.arrived(2);
    expect(receiver.ids).toEqual(ids);
  });

  it("by a crash, at most what was not saved is sent twice, with the same ids", async () => {
    world.register("a");
    notifier = world.start({ saveIntervalMs: 60_000 });
    const ids = await world.happen("a", 4);
    await receiver.arrived(4);
    await settled();
    // Nothing of it was saved: as if the process had been killed.
    expect(world.saved).toBeUndefined();
    const crashed = notifier;
    notifier = world.start();
    await receiver.arrived(8);
    await settled();
    expect(receiver.ids).toEqual([...ids, ...ids]);
    await crashed.stop();
  });

  it("each notice arrives at least once, in order, however often and wherever it is stopped", async () => {
    world.register("a");
    const ids = await world.happen("a", 60);
    for (let turn = 0; turn < 12; turn += 1) {
      notifier = world.start({ stopGraceMs: turn % 2 === 0 ? 0 : 100 });
      await wait(turn);
      await notifier.stop();
    }
    notifier = world.start();
    await settled();
    expect([...new Set(receiver.ids)]).toEqual(ids);
  });
});

describe("while the state or the ledger cannot be read", () => {
  it("everything waits, says so once, and goes on by itself", async () => {
    world.register("a");
    world.isFailing = true;
    notifier = world.start();
    const ids = await world.happen("a", 3);
    await wait(30);
    expect(receiver.ids).toEqual([]);
    expect(notifier.lag).toBe(3);
    expect(world.troubles.map(({ kind }) => kind)).toEqual(["outage"]);
    world.isFailing = false;
    await receiver.arrived(3);
    world.log.failNextRead = true;
    const more = await world.happen("a", 3);
    await receiver.arrived(6);
    await settled();
    expect(receiver.ids).toEqual([...ids, ...more]);
  });

  it("how far everything has come is saved as soon as that can be", async () => {
    world.register("a");
    notifier = world.start({ saveIntervalMs: 50 });
    await world.happen("a", 1);
    await receiver.arrived(1);
    world.isFailing = true;
    await settled();
    await wait(80);
    expect(world.saved).toBeUndefined();
    world.isFailing = false;
    await vi.waitFor(() => expect(world.saved).toEqual({ followed: 1, owners: [] }));
  });
});

describe("an installation in which nobody is registered", () => {
  it("reads nothing of its ledger", async () => {
    const read = vi.spyOn(world.log, "read");
    notifier = world.start();
    await world.happen("a", 10);
    await settled();
    expect(read).not.toHaveBeenCalled();
    world.register("a");
    const id = await world.happens("a");
    await receiver.arrived(1);
    expect(receiver.ids).toEqual([id]);
  });
});

it("many owners are told side by side", async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on("warning", onWarning);
  const instances = Array.from({ length: 40 }, (_, at) => `i${at}`);
  for (const instance of instances) world.register(instance);
  receiver.replies.push(...instances.map(() => ({ status: 500 })));
  notifier = world.start({ firstWaitMs: 20 });
  const ids: string[] = [];
  for (const instance of instances) ids.push(await world.happens(instance));
  await receiver.arrived(80);
  await settled();
  expect(new Set(receiver.ids)).toEqual(new Set(ids));
  process.off("warning", onWarning);
  expect(warnings).toEqual([]);
});
