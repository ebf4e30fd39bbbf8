import { afterEach, describe, expect, it } from "vitest";
import { readServerSentEvents, type ServerSentEvent } from "../../../client/server-sent-events.ts";
import { fromUtf8 } from "../../../kernel/bytes.ts";
import {
  openNativeServer,
  type NativeServer,
  type NativeServerOptions,
} from "./testing/native-server.ts";
import { MAX_TAILS, TAIL_TIMES, TailStream } from "./tail-stream.ts";

let native: NativeServer;
let url: string;
const listeners: AbortController[] = [];

async function open(options: NativeServerOptions = {}): Promise<void> {
  native = await openNativeServer(options);
  url = await native.listen();
}

afterEach(async () => {
  for (const listener of listeners.splice(0)) listener.abort();
  await native.close();
});

interface Listening {
  readonly response: Response;
  /** The next event or place; undefined when the stream has ended. */
  next(): Promise<ServerSentEvent | undefined>;
  /** The next event with data. */
  event(): Promise<ServerSentEvent | undefined>;
  stop(): void;
}

async function listen(search = "", headers: Record<string, string> = {}): Promise<Listening> {
  const controller = new AbortController();
  listeners.push(controller);
  const response = await fetch(`${url}/trail/v1/tail${search}`, {
    headers: { authorization: "Bearer auditor", ...headers },
    signal: controller.signal,
  });
  if (response.body === null) throw new Error("the answer has no body");
  const events = readServerSentEvents(response.body);
  const next = async () => (await events.next()).value as ServerSentEvent | undefined;
  return {
    response,
    next,
    async event() {
      for (;;) {
        const found = await next();
        if (found === undefined || found.data !== "") return found;
      }
    },
    stop: () => controller.abort(),
  };
}

describe("the live tail", () => {
  it("gives each event once it is durable, as its very bytes, with its index as id", async () => {
    await open();
    const tail = await listen();
    expect(tail.response.headers.get("content-type")).toBe("text/event-stream");
    const { index } = await native.app.plant();
    const event = await tail.event();
    const [line] = await native.app.ledger.entries([index]);
    expect(event).toEqual({ type: "message", id: String(index), data: fromUtf8(line!) });
  });

  it("is recorded when it is opened, and begins after that record", async () => {
    await open();
    await native.app.plant();
    const tail = await listen("?query=host:*");
    const [, opened] = await native.app.events();
    expect(opened).toMatchObject({
      action: "keytrail.events.tail",
      requestData: { query: "host:*" },
      responseData: { size: 1 },
    });
    expect(await tail.next()).toEqual({ type: "message", id: "1", data: "" });
    const { index } = await native.app.plant();
    expect((await tail.event())?.id).toBe(String(index));
  });

  it("is resumed by Last-Event-ID, or by after, without a gap or a repetition", async () => {
    await open();
    const query = "query=host:secrets-manager";
    const first = await listen(`?${query}`);
    const planted = [];
    for (let i = 0; i < 2; i += 1) planted.push((await native.app.plant()).index);
    const seen = [await first.event(), await first.event()].map((event) => Number(event?.id));
    first.stop();
    for (let i = 0; i < 3; i += 1) planted.push((await native.app.plant()).index);
    const second = await listen(`?${query}&after=0`, { "last-event-id": String(seen.at(-1)) });
    for (let i = 0; i < 2; i += 1) seen.push(Number((await second.event())?.id));
    second.stop();
    const third = await listen(`?${query}&after=${seen.at(-1)}`);
    seen.push(Number((await third.event())?.id));
    planted.push((await native.app.plant()).index);
    seen.push(Number((await third.event())?.id));
    expect(seen).toEqual(planted);
  });

  it("begins with the first entry when after is -1", async () => {
    await open();
    await native.app.plant();
    const tail = await listen("?after=-1");
    expect((await tail.event())?.id).toBe("0");
  });

  it("shows only what the listener may see and asked for", async () => {
    await open();
    const tail = await listen("?query=outcome:failure");
    await native.app.plant({
      place: { account: "other", region: "us-south", instance: null },
      status: 403,
    });
    await native.app.plant();
    const { index } = await native.app.plant({ status: 403 });
    expect((await tail.event())?.id).toBe(String(index));
  });

  it("renders in IBM's vocabulary when asked to", async () => {
    await open();
    const tail = await listen("?vocabulary=ibm");
    await native.app.plant();
    expect(JSON.parse((await tail.event())?.data ?? "")).toMatchObject({
      "X-Global-Transaction-Id": "request",
    });
  });

  it("moves the listener's place on though nothing matches", async () => {
    await open({ tailTimes: { heartbeatMs: 10 } });
    const tail = await listen("?query=outcome:unknown");
    const { index } = await native.app.plant();
    let place: ServerSentEvent | undefined;
    do place = await tail.next();
    while (Number(place?.id) < index);
    expect(place).toMatchObject({ id: String(index), data: "" });
  });

  it("ends with the place to resume from when the server closes, which does not wait for it", async () => {
    await open();
    const tail = await listen();
    const { index } = await native.app.plant();
    await tail.event();
    const closed = native.server.close();
    const last = await tail.event();
    expect([last?.type, JSON.parse(last?.data ?? "")]).toEqual([
      "end",
      { reason: "closing", after: index },
    ]);
    expect(await tail.next()).toBeUndefined();
    await closed;
  });

  it("ends when the credential it was opened with is taken away", async () => {
    await open({ tailTimes: { heartbeatMs: 10 } });
    const tail = await listen();
    native.tokens.delete("auditor");
    const last = await tail.event();
    expect(JSON.parse(last?.data ?? "")).toMatchObject({ reason: "unauthenticated" });
    expect(native.tails.count).toBe(0);
  });

  it("ends after its time, so that what was granted is looked at again", async () => {
    await open({ tailTimes: { maxTailMs: 20 } });
    const tail = await listen();
    expect(JSON.parse((await tail.event())?.data ?? "")).toMatchObject({ reason: "expired" });
  });

  it("drops a listener that takes nothing, with the place to resume from as its last word", async () => {
    await open();
    const plant = () => native.app.plant({ input: { id: "x".repeat(1_000) } });
    const tail = new TailStream({
      log: native.app.ledger,
      from: 0,
      matches: () => true,
      render: ({ line }) => fromUtf8(line),
      isStillGood: async () => true,
      times: { ...TAIL_TIMES, slowClientMs: 50 },
    });
    await Promise.all(Array.from({ length: 100 }, plant));
    await expect.poll(() => tail.endedBy).toBe("slow");
    const heldBytes = tail.readableLength;
    await Promise.all(Array.from({ length: 100 }, plant));
    expect(tail.readableLength).toBe(heldBytes);

    const events: ServerSentEvent[] = [];
    for await (const event of readServerSentEvents(tail)) events.push(event);
    const [last, before] = [events.at(-1), events.at(-2)];
    expect(JSON.parse(last?.data ?? "")).toEqual({ reason: "slow", after: Number(before?.id) });
    expect(events.length).toBeLessThan(200);
  });

  it("lets go of a listener that goes away", async () => {
    await open();
    const tail = await listen();
    expect(native.tails.count).toBe(1);
    tail.stop();
    await expect.poll(() => native.tails.count).toBe(0);
  });

  it.each([
    ["?after=-2", {}],
    ["?after=99", {}],
    ["?after=", {}],
    ["?after=1e3", {}],
    ["", { "last-event-id": "zero" }],
    ["?query=(", {}],
  ])("refuses %s with %j", async (search, headers) => {
    await open();
    const { response } = await listen(search, headers);
    expect(response.status).toBe(400);
  });

  it("refuses one more than it can hold, and records that", async () => {
    await open();
    await Promise.all(Array.from({ length: MAX_TAILS }, () => listen()));
    const { response } = await listen();
    expect(response.status).toBe(429);
    expect((await native.app.events()).at(-1)).toMatchObject({ reason: { reasonCode: 429 } });
  });

  it("holds no more than it can when all come before any of them is recorded", async () => {
    await open();
    const asked = MAX_TAILS + 20;
    const { ledger } = native.app;
    const append = ledger.appendBatch.bind(ledger);
    const { promise: allAsked, resolve } = Promise.withResolvers<void>();
    let calls = 0;
    ledger.appendBatch = async (lines) => {
      if (++calls === asked) resolve();
      await allAsked;
      return append(lines);
    };
    const tails = await Promise.all(Array.from({ length: asked }, () => listen()));
    expect(tails.filter(({ response }) => response.status === 200)).toHaveLength(MAX_TAILS);
    expect(native.tails.count).toBe(MAX_TAILS);
  });

  it.each([["?query=acton:x"], ["?after=99"]])(
    "keeps no place for %s, which it refuses",
    async (search) => {
      await open();
      await listen(search);
      expect(native.tails.count).toBe(0);
    },
  );

  it("keeps no place for what could not be recorded", async () => {
    await open();
    await native.app.ledger.close();
    const { response } = await listen();
    expect(response.status).toBe(503);
    expect(native.tails.count).toBe(0);
  });
});
