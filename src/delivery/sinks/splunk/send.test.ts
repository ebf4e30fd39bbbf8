import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { DeliveryRun, type RunOptions } from "../../../../test/support/delivery-run.ts";
import { HecReceiver, hecIds, type HecOptions } from "../../../../test/support/hec-receiver.ts";
import { TlsAuthority, type KeyPair } from "../../../../test/support/tls-authority.ts";
import { checkSink } from "../../sinks.ts";
import { AddressGuard } from "../../transports/address-guard.ts";
import { MAX_OUTSTANDING_ACKS } from "./send.ts";

const TOKEN = "2b6c5c8e-made-up-for-tests";
const PLAIN = { [TOKEN]: {} };
const ACKNOWLEDGING = { [TOKEN]: { hasAcknowledgement: true } };

let authority: TlsAuthority;
let tls: KeyPair;
const closing: (() => Promise<void>)[] = [];

beforeAll(() => {
  authority = TlsAuthority.create();
  tls = authority.server();
});

afterAll(() => authority.close());

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function receiver(options: Partial<HecOptions> = {}): Promise<HecReceiver> {
  const hec = await HecReceiver.start({ tokens: PLAIN, tls, ...options });
  closing.unshift(() => hec.close());
  return hec;
}

function sinkOf({ port }: HecReceiver) {
  return { kind: "splunk", host: "localhost", port, tls: { ca: authority.certificate } };
}

async function run(
  hec: HecReceiver,
  settings: object = {},
  options: Partial<RunOptions> = {},
): Promise<DeliveryRun> {
  const sink = { ...sinkOf(hec), ...settings };
  const opened = await DeliveryRun.open({ sink, credentials: { token: TOKEN }, ...options });
  closing.unshift(() => opened.close());
  await opened.begin();
  return opened;
}

/** Without what came again. */
function firstArrivals(hec: HecReceiver): string[] {
  return [...new Set(hecIds(hec.arrived))];
}

describe("a collector that takes everything", () => {
  it("gets every event once, in the order of the log, by its token", async () => {
    const hec = await receiver();
    const events = await run(hec);
    await events.record(2_500);
    const { progress } = await events.all();
    expect(hecIds(hec.indexed)).toEqual(events.ids);
    expect(progress).toMatchObject({ deliveredCount: 2_500, setAsideCount: 0, lastTrouble: null });
    expect(hec.requests[0]?.headers.authorization).toBe(`Splunk ${TOKEN}`);
    expect(hec.requests.every(({ connection }) => connection === 0)).toBe(true);
  });

  it("gets them packed where that is set", async () => {
    const hec = await receiver();
    const events = await run(hec, { gzip: true });
    await events.record(50);
    await events.all();
    expect(hecIds(hec.indexed)).toEqual(events.ids);
    expect(hec.requests[0]?.headers["content-encoding"]).toBe("gzip");
  });

  it("is told the index, where one is set, and refused where the token may not write there", async () => {
    const hec = await receiver({ tokens: { [TOKEN]: { indexes: ["audit"] } } });
    const events = await run(hec, { index: "audit" });
    await events.record(1);
    await events.all();
    expect(hec.indexed[0]).toMatchObject({ index: "audit", sourcetype: "dsv:audit" });
    const elsewhere = { ...sinkOf(hec), index: "other" };
    await events.change({ sink: elsewhere });
    await events.record(1);
    const { progress } = await events.failing();
    expect(progress.lastTrouble).toMatchObject({
      kind: "denied",
      problem: expect.stringContaining("set another index"),
    });
    expect(progress.setAsideCount).toBe(0);
  });
});

describe("acknowledgement by the indexers", () => {
  it("is what an event counts as delivered by", async () => {
    const hec = await receiver({ tokens: ACKNOWLEDGING });
    const events = await run(hec, { acknowledgement: true });
    events.onReport = ({ progress }) => {
      expect(hecIds(hec.indexed)).toEqual(
        expect.arrayContaining(events.ids.slice(0, progress.acknowledged)),
      );
    };
    await events.record(3_000);
    await events.all();
    expect(hecIds(hec.indexed)).toEqual(events.ids);
  });

  it("is waited for: what was lost before it was indexed is sent again", async () => {
    const hec = await receiver({ tokens: ACKNOWLEDGING });
    hec.isStuck = true;
    const events = await run(hec, { acknowledgement: true });
    await events.record(100);
    await events.until(({ sent }) => sent === 100);
    expect(events.progress?.acknowledged).toBe(0);
    await hec.die();
    hec.isStuck = false;
    await hec.begin();
    await events.all();
    expect(new Set(hecIds(hec.indexed))).toEqual(new Set(events.ids));
  });

  it("is not mistaken for that of another request when the collector counts anew", async () => {
    const hec = await receiver({ tokens: ACKNOWLEDGING });
    hec.isStuck = true;
    const events = await run(
      hec,
      { acknowledgement: true },
      { options: { maxUnconfirmedMs: 60_000, confirmIdleMs: 60_000 } },
    );
    await events.record(10);
    await events.until(({ sent }) => sent === 10);
    // The connection holds: the ten are gone, and the next ones get the number that these had.
    hec.forget();
    hec.isStuck = false;
    await events.record(10);
    const { progress } = await events.until(
      ({ progress: { lastTrouble } }) => lastTrouble !== null,
    );
    expect(progress.lastTrouble?.problem).toContain("lost count");
    await events.change({ name: "hurried" });
    await events.until(({ sent }) => sent === 20);
    expect(new Set(hecIds(hec.arrived))).toEqual(new Set(events.ids));
    expect(progress.acknowledged).toBe(0);
  });

  it("that never comes is trouble, and everything is sent again until it does", async () => {
    const hec = await receiver({ tokens: ACKNOWLEDGING });
    hec.isStuck = true;
    const events = await run(
      hec,
      { acknowledgement: true },
      { options: { sendTimeoutMs: 300, failingAfterMs: 0 } },
    );
    await events.record(5);
    const { progress } = await events.failing();
    expect(progress.lastTrouble).toMatchObject({
      kind: "unavailable",
      problem: "not everything that was sent was indexed in time",
    });
    hec.isStuck = false;
    await events.all();
    expect(new Set(hecIds(hec.indexed))).toEqual(new Set(events.ids));
    expect(hec.arrived.length).toBeGreaterThan(5);
  });

  it("is waited for before more than so many requests are without it", async () => {
    const hec = await receiver({ tokens: ACKNOWLEDGING, isPrompt: true });
    const link = checkSink({ ...sinkOf(hec), acknowledgement: true }).open({
      credentials: { token: TOKEN },
      guard: new AddressGuard(() => true),
      now: Date.now,
    });
    closing.unshift(() => link.close());
    const signal = AbortSignal.timeout(20_000);
    const bytes = Buffer.from(JSON.stringify({ event: "one", fields: { id: "one" } }));
    for (let index = 0; index <= MAX_OUTSTANDING_ACKS; index += 1) {
      expect(await link.send([{ index, id: "one", bytes }], signal)).toMatchObject({
        isAcknowledged: false,
      });
    }
    const polls = hec.requests.filter(({ path }) => path.endsWith("/ack"));
    expect(polls).toHaveLength(1);
    expect(JSON.parse(polls[0]!.body.toString()).acks).toHaveLength(MAX_OUTSTANDING_ACKS);
  });

  it("is missed by name where the token has it and the settings do not, and the other way round", async () => {
    const asking = await receiver({ tokens: ACKNOWLEDGING });
    const events = await run(asking);
    await events.record(1);
    const { progress } = await events.failing();
    expect(progress.lastTrouble?.problem).toContain("set acknowledgement to true");
    const silent = await receiver();
    const others = await run(silent, { acknowledgement: true });
    await others.record(1);
    const { progress: theirs } = await others.failing();
    expect(theirs.lastTrouble).toMatchObject({
      kind: "denied",
      problem: expect.stringContaining("set acknowledgement to false"),
    });
    expect(theirs.acknowledged).toBe(0);
  });
});

describe("an event that the collector refuses", () => {
  it.each([
    ["without acknowledgement", PLAIN, false],
    ["with acknowledgement", ACKNOWLEDGING, true],
  ])(
    "is set aside by name, and everything else arrives: %s",
    async (_, tokens, acknowledgement) => {
      const poisoned = new Set([0, 3, 4, 250, 999]);
      let ids: readonly string[] = [];
      const hec = await receiver({
        tokens,
        refuses: ({ fields }) =>
          poisoned.has(ids.indexOf(String(fields?.["id"]))) ? 6 : undefined,
      });
      const events = await run(hec, { acknowledgement });
      ids = events.ids;
      await events.record(1_000);
      const { progress } = await events.all();
      expect(progress.setAside.map(({ index }) => index)).toEqual([...poisoned]);
      expect(progress.setAside.map(({ eventId }) => eventId)).toEqual(
        [...poisoned].map((index) => ids[index]),
      );
      expect(progress.setAside[0]?.reason).toBe("the collector answered 400: invalid data format");
      const others = ids.filter((_id, index) => !poisoned.has(index));
      expect(firstArrivals(hec)).toEqual(others);
    },
  );

  it("is told from its neighbours also where the collector counts from 1, or does not count", async () => {
    for (const number of [(n: number) => n + 1, () => undefined]) {
      let ids: readonly string[] = [];
      const hec = await receiver({
        refuses: ({ fields }) => (ids.indexOf(String(fields?.["id"])) === 40 ? 6 : undefined),
        numbered: number,
      });
      const events = await run(hec);
      ids = events.ids;
      await events.record(100);
      const { progress } = await events.all();
      expect(progress.setAside.map(({ eventId }) => eventId)).toEqual([events.ids[40]]);
      expect(firstArrivals(hec)).toEqual(events.ids.filter((_id, index) => index !== 40));
    }
  });
});

describe("a collector in trouble", () => {
  it.each([
    "busy",
    "full",
    "error",
    "garbage",
    "reset",
    "cut",
    "lost",
    "too-large",
    { status: 502, body: "<html>" },
    { status: 429, headers: { "retry-after": "0" } },
  ] as const)("gets everything in the end, in order: %j", async (trouble) => {
    const hec = await receiver({ trouble: (n) => (n % 3 === 1 ? trouble : undefined) });
    const events = await run(hec, {}, { options: { maxUnconfirmedMs: 1 } });
    for (let n = 0; n < 8; n += 1) await events.record(30);
    const { progress } = await events.all();
    expect(firstArrivals(hec)).toEqual(events.ids);
    expect(progress.setAsideCount).toBe(0);
  });

  it("that says nothing is asked again after the time for an answer", async () => {
    const hec = await receiver({ trouble: (n) => (n === 0 ? "silence" : undefined) });
    const events = await run(hec, {}, { options: { sendTimeoutMs: 200 } });
    await events.record(20);
    const { progress } = await events.all();
    expect(progress.lastTrouble?.problem).toBe("no answer in time");
    expect(hecIds(hec.indexed)).toEqual(events.ids);
  });

  it("that dies under load has everything after it is back", async () => {
    const hec = await receiver({ tokens: ACKNOWLEDGING });
    const events = await run(hec, { acknowledgement: true });
    const recording = (async () => {
      for (let n = 0; n < 40; n += 1) await events.record(50);
    })();
    for (let n = 0; n < 3; n += 1) {
      await events.until(({ sent }) => sent > n * 400);
      await hec.die();
      await hec.begin();
    }
    await recording;
    await events.all();
    expect(new Set(hecIds(hec.indexed))).toEqual(new Set(events.ids));
  });

  it("that knows the token no more is failing, and goes on when it knows it again", async () => {
    const tokens: Record<string, object> = {};
    const hec = await receiver({ tokens });
    const events = await run(hec);
    await events.record(10);
    const { progress } = await events.failing();
    expect(progress.lastTrouble).toMatchObject({
      kind: "denied",
      problem: "the collector answered 403: the token is not one of its own",
    });
    tokens[TOKEN] = {};
    await events.all();
    expect(hecIds(hec.indexed)).toEqual(events.ids);
    expect(events.progress?.failingSince).toBeNull();
  });

  it("is left alone for as long as it asks to be", async () => {
    const hec = await receiver({
      trouble: () => ({ status: 429, headers: { "retry-after": "1800" } }),
    });
    const events = await run(hec);
    await events.record(1);
    const { retryAt, progress } = await events.until(({ attempts }) => attempts === 1);
    expect((retryAt ?? 0) - (progress.lastTrouble?.at ?? 0)).toBe(1_800_000);
    expect(hec.requests).toHaveLength(1);
  });
});

describe("a test of a collector", () => {
  it("shows the token good without an event, where there is none yet", async () => {
    const hec = await receiver();
    const events = await run(hec);
    expect(await events.test()).toEqual({ isReached: true, problem: null, index: null });
    expect(hec.arrived).toEqual([]);
    const stranger = await run(hec, {}, { credentials: { token: "another" } });
    expect(await stranger.test()).toMatchObject({
      isReached: false,
      problem: "the collector answered 403: the token is not one of its own",
    });
  });

  it("names what is no collector", async () => {
    const hec = await receiver({ trouble: () => ({ status: 200, body: "<html>Welcome" }) });
    const events = await run(hec);
    await events.record(1);
    expect(await events.test()).toMatchObject({
      isReached: false,
      problem: "what answers there is no HTTP Event Collector",
    });
  });
});
