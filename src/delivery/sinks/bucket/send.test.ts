import { createHash } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  ACCESS_KEY,
  API_KEY,
  BUCKET,
  BucketReceiver,
  REGION,
} from "../../../../test/support/bucket-receiver.ts";
import { DeliveryRig, until } from "../../../../test/support/delivery-rig.ts";
import { TlsAuthority } from "../../../../test/support/tls-authority.ts";
import { variedEvents } from "../../../../test/support/varied-events.ts";

const EVENTS = variedEvents();
/** So that they would all be in one object. */
const SOMEWHERE = { account: "acc", region: "global", eventTime: "2026-11-21T09:31:07.123Z" };

let authority: TlsAuthority;
beforeAll(() => void (authority = TlsAuthority.create()));
afterAll(() => authority.close());

let store: BucketReceiver;
let rig: DeliveryRig;
beforeEach(async () => {
  store = await BucketReceiver.start();
  rig = new DeliveryRig();
});
afterEach(async () => {
  await rig.close();
  await store.close();
});

const KEYS = { access_key_id: ACCESS_KEY.id, secret_access_key: ACCESS_KEY.secret };

function signedSettings(more: object = {}) {
  return {
    kind: "bucket",
    endpoint: `http://127.0.0.1:${store.port}`,
    bucket: BUCKET,
    authorization: "sigv4",
    region: REGION,
    form: "entry",
    gather_seconds: 1,
    ...more,
  } as const;
}

const recorded = () => rig.entries.map(({ event }) => event.id).toSorted();
const arrived = () =>
  store
    .lines()
    .map((line) => (JSON.parse(line) as { id: string }).id)
    .toSorted();

describe("a bucket by an access key", () => {
  it("gets every event once, in objects of an account, a region and an hour", async () => {
    rig.record(EVENTS);
    await rig.deliverTo(signedSettings({ prefix: "trail/" }), KEYS);
    await rig.delivered();
    expect(arrived()).toEqual(recorded());
    for (const [key, content] of store.objects) {
      const lines = content.toString("utf8").split("\n").slice(0, -1);
      const [, account, region, hour, name] = key.split("/");
      for (const line of lines) {
        const event = JSON.parse(line) as Record<string, string>;
        expect(event).toMatchObject({ account, region });
        expect(event["eventTime"]?.startsWith(hour ?? "?")).toBe(true);
      }
      const digest = createHash("sha256").update(content).digest("hex").slice(0, 16);
      expect(name).toMatch(new RegExp(`_\\d+-\\d+_${digest}\\.log$`));
    }
    // The lines are exactly those that stand in the log.
    const exact = rig.entries.map(({ line }) => Buffer.from(line).toString("utf8"));
    expect(store.lines().toSorted()).toEqual(exact.toSorted());
  });

  it("gets what came one after the other in one object, and not an object for each event", async () => {
    await rig.deliverTo(signedSettings({ gather_seconds: 5 }), KEYS);
    for (const event of EVENTS.slice(0, 8)) {
      rig.record([{ ...event, ...SOMEWHERE }]);
      // Longer than other sinks wait before they ask for the receiver's word.
      await wait(150);
    }
    await rig.delivered();
    expect(store.written).toHaveLength(1);
    expect(arrived()).toEqual(recorded());
  });

  it("gets gzip if it is to, and the same name for the same content", async () => {
    rig.record(EVENTS.slice(0, 20));
    await rig.deliverTo(signedSettings({ gzip: true }), KEYS);
    await rig.delivered();
    expect([...store.objects.keys()].every((key) => key.endsWith(".log.gz"))).toBe(true);
    for (const [key, content] of store.objects) {
      store.objects.set(key, gunzipSync(content));
    }
    expect(arrived()).toEqual(recorded());
  });

  it("has nothing twice when an answer is lost, or the store is away for a while", async () => {
    await rig.close();
    rig = new DeliveryRig({ firstWaitMs: 200 });
    rig.record(EVENTS.slice(0, 60).map((event) => ({ ...event, ...SOMEWHERE })));
    store.mishaps.push({ status: 500, code: "InternalError", isKept: true }, "reset", {
      status: 400,
      code: "RequestTimeout",
      isKept: true,
    });
    await rig.deliverTo(signedSettings(), KEYS);
    await until("the first answer is lost", () => store.mishaps.length < 3);
    // What is recorded meanwhile makes no other objects of what was sent before.
    rig.record(EVENTS.slice(60, 90).map((event) => ({ ...event, ...SOMEWHERE })));
    await rig.delivered();
    expect(store.written.length).toBeGreaterThan(store.objects.size);
    expect(arrived()).toEqual(recorded());
    expect(rig.report?.progress.setAsideCount).toBe(0);
  });

  it("is not kept waiting for ever where the bucket keeps what it has, and an answer was lost", async () => {
    store.isRetaining = true;
    store.mishaps.push({ status: 500, code: "InternalError", isKept: true });
    rig.record(EVENTS.slice(0, 20).map((event) => ({ ...event, ...SOMEWHERE })));
    await rig.deliverTo(signedSettings(), KEYS);
    await rig.delivered();
    const [first = "", second = ""] = store.written;
    expect(store.written).toHaveLength(2);
    expect(second.startsWith(first.replace(".log", "_"))).toBe(true);
    expect(store.objects.get(second)).toEqual(store.objects.get(first));
  });

  it.each([
    { keys: { ...KEYS, secret_access_key: "hidden" }, words: "secret access key" },
    { keys: { ...KEYS, access_key_id: "NOBODY" }, words: "is not known there" },
    { more: { region: "us-south" }, words: "region" },
    { more: { bucket: "elsewhere" }, words: "no such bucket (404" },
  ])("fails where somebody has to change something: $words", async ({ more, keys, words }) => {
    rig.record(EVENTS.slice(0, 3));
    await rig.deliverTo(signedSettings(more), keys ?? KEYS);
    await until("it fails", () => rig.report?.progress.lastTrouble !== null && rig.report);
    const { acknowledged, setAsideCount, failingSince, lastTrouble } = rig.report?.progress ?? {};
    expect(lastTrouble?.kind).toBe("denied");
    expect(lastTrouble?.problem).toContain(words);
    // What the store says besides its code is nobody's.
    expect(lastTrouble?.problem).not.toContain("hidden");
    expect(failingSince).not.toBeNull();
    expect([acknowledged, setAsideCount, store.objects.size]).toEqual([0, 0, 0]);
  });

  it("is tried by an event, or by an empty object where there is none", async () => {
    expect(await rig.test(signedSettings(), KEYS)).toEqual({
      isReached: true,
      problem: null,
      index: null,
    });
    expect(store.written).toEqual([expect.stringMatching(/^keytrail-write-test\/\d{4}-.*\.log$/)]);
    rig.record(EVENTS.slice(0, 5));
    expect(await rig.test(signedSettings(), KEYS)).toMatchObject({ isReached: true, index: 4 });
    expect(store.lines()).toHaveLength(1);
    const wrong = await rig.test(signedSettings(), { ...KEYS, access_key_id: "NOBODY" });
    expect(wrong).toMatchObject({
      isReached: false,
      problem: expect.stringContaining("not known"),
    });
  });
});

describe("a bucket by an API key of IBM's", () => {
  let cos: BucketReceiver;
  beforeEach(async () => {
    const tls = authority.server();
    cos = await BucketReceiver.start({ tls });
  });
  afterEach(() => cos.close());

  function cosSettings() {
    const origin = `https://localhost:${cos.port}`;
    return {
      kind: "bucket",
      endpoint: origin,
      iam_url: `${origin}/identity/token`,
      bucket: BUCKET,
      gather_seconds: 1,
      tls: { ca: authority.certificate },
    } as const;
  }

  it("gets events with a token that is asked for once, and anew when it is taken back", async () => {
    rig.record(EVENTS.slice(0, 10));
    await rig.deliverTo(cosSettings(), { api_key: API_KEY });
    await rig.delivered();
    expect(cos.tokensGiven).toBe(1);
    cos.revokeTokens();
    rig.record(EVENTS.slice(10, 20));
    await rig.delivered();
    expect(cos.tokensGiven).toBe(2);
    expect(cos.lines()).toHaveLength(20);
    expect(rig.report?.progress.lastTrouble).toBeNull();
  });

  it("says that the API key is none, and not what it is", async () => {
    const { isReached, problem } = await rig.test(cosSettings(), { api_key: "hidden-other-key" });
    expect([isReached, problem]).toEqual([false, "IAM gives no token for the API key (400)"]);
  });
});
