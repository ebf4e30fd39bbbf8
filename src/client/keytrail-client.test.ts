import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  openNativeServer,
  type NativeServer,
} from "../http/dialects/native/testing/native-server.ts";
import { ManualClock } from "../kernel/clock.ts";
import { parseReceipt } from "../ledger/receipt.ts";
import type { PlacedEvent } from "./answers.ts";
import { RefusedByServer, ServerUnreachable } from "./client-error.ts";
import { KeytrailClient, type ClientOptions } from "./keytrail-client.ts";
import { readServerSentEvents } from "./server-sent-events.ts";
import { MAX_ATTEMPTS, Transport } from "./transport.ts";

describe("the client over a whole server", () => {
  let native: NativeServer;
  let url: string;
  const stop = new AbortController();
  let logins: number;

  /** Issues the API key itself as the token: what IAM's endpoint does is tested where it is. */
  beforeEach(async () => {
    logins = 0;
    native = await openNativeServer({
      tailTimes: { heartbeatMs: 20, maxTailMs: 60 },
      surfaces: [
        (server) =>
          server.post("/identity/token", (request, reply) => {
            logins += 1;
            const form = new URLSearchParams(String(request.body));
            return reply.send({ access_token: form.get("apikey"), expires_in: 3_600 });
          }),
      ],
    });
    url = await native.listen();
  });
  afterEach(() => native.close());

  function clientAs(
    apiKey: string | undefined,
    options: Partial<ClientOptions> = {},
  ): KeytrailClient {
    return new KeytrailClient({ url, apiKey, retryDelayMs: 1, tailRetryMs: 1, ...options });
  }

  it("finds events page by page, by one token, up to a limit", async () => {
    for (let i = 0; i < 5; i += 1) await native.app.plant({ targetId: `p${i}` });
    const client = clientAs("auditor");
    const found: PlacedEvent[] = [];
    for await (const page of client.pages({
      query: "host:secrets-manager",
      order: "oldest",
      limit: 3,
    })) {
      expect(page.complete).toBe(true);
      found.push(...page.events);
    }
    expect(found.map(({ index }) => index)).toEqual([0, 1, 2]);
    await client.searchEvents({});
    expect(logins).toBe(1);
  });

  it("gives events as they came, their members in the log's order", async () => {
    const { eventId, index } = await native.app.plant();
    const { event } = await clientAs("auditor").readEvent(eventId);
    const [line] = await native.app.ledger.entries([index]);
    expect(JSON.stringify(event)).toBe(Buffer.from(line!).toString());
  });

  it("counts over time and by field, and gets receipts", async () => {
    const { eventId } = await native.app.plant();
    const client = clientAs("auditor");
    const query = "host:secrets-manager";
    expect((await client.histogram({ query, interval: "1h" })).buckets).toHaveLength(1);
    const { facets } = await client.facets({ query, fields: ["action", "outcome"] });
    expect(facets.map(({ field }) => field)).toEqual(["action", "outcome"]);
    expect(parseReceipt(await client.receipt(eventId)).index).toBe(0);
  });

  it("begins a rotation of the root key and looks at it", async () => {
    const client = clientAs("auditor");
    await expect(client.rotateRootKey()).rejects.toMatchObject({ status: 403, code: "forbidden" });
    await expect(client.rootKey()).rejects.toMatchObject({ status: 403 });
  });

  it("tells what was refused: code, column, and the request's id", async () => {
    const refused = await clientAs("auditor")
      .searchEvents({ query: "action:(a" })
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(RefusedByServer);
    expect(refused).toMatchObject({ status: 400, code: "invalid_request", column: 8 });
    expect((refused as RefusedByServer).trace).toBe((await native.app.events()).at(-1)?.requestId);
  });

  it("follows the tail across connections that end, each event once and in order", async () => {
    const client = clientAs("auditor", { signal: stop.signal });
    const seen: number[] = [];
    const planted: number[] = [];
    const tail = client.tail({ query: "host:secrets-manager", after: -1 });
    for (let i = 0; i < 12; i += 1) {
      planted.push((await native.app.plant()).index);
      const { value } = await tail.next();
      seen.push((value as PlacedEvent).index);
      // Each connection lasts 60 ms here: several of them have ended by the last of these.
      if (i % 4 === 3) await expect.poll(() => native.tails.count).toBe(0);
    }
    expect(seen).toEqual(planted);
    stop.abort();
    expect((await tail.next()).done).toBe(true);
    const opened = (await native.app.events()).filter(
      ({ operation }) => operation === "event.tail",
    );
    expect(opened.length).toBeGreaterThan(2);
  });

  it("does not go on asking for a tail that is refused", async () => {
    const tail = clientAs("reader").tail({});
    await expect(tail.next()).rejects.toMatchObject({ status: 403 });
  });
});

describe("the transport", () => {
  let server: Server;
  let answers: ((request: IncomingMessage, response: ServerResponse) => void)[];
  let asked: string[];
  let transport: Transport;
  let clock: ManualClock;

  beforeEach(async () => {
    answers = [];
    asked = [];
    clock = new ManualClock(0);
    server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? "-"}`);
      const answer = answers.shift();
      if (answer === undefined) response.writeHead(500).end();
      else answer(request, response);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    transport = new Transport({
      url: `http://127.0.0.1:${port}/at`,
      apiKey: "k",
      clock,
      retryDelayMs: 1,
    });
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const ok = (_: unknown, response: ServerResponse) => void response.writeHead(200).end("{}");
  const status = (code: number) => (_: unknown, response: ServerResponse) =>
    void response.writeHead(code).end();
  const token =
    (value: string, seconds = 3_600) =>
    (_: unknown, response: ServerResponse) =>
      void response
        .writeHead(200)
        .end(JSON.stringify({ access_token: value, expires_in: seconds }));

  it("uses a token until its last minute, then gets another", async () => {
    answers = [token("t1"), ok, ok, token("t2"), ok];
    await transport.request("a");
    clock.advance(3_539_999);
    await transport.request("b");
    clock.advance(1);
    await transport.request("c");
    expect(asked).toEqual([
      "POST /at/identity/token -",
      "GET /at/a Bearer t1",
      "GET /at/b Bearer t1",
      "POST /at/identity/token -",
      "GET /at/c Bearer t2",
    ]);
  });

  it("replaces a token that is refused, once", async () => {
    answers = [token("t1"), status(401), token("t2"), status(401)];
    await expect(transport.request("a")).rejects.toMatchObject({ status: 401 });
    expect(asked.map((line) => line.split(" ").at(-1))).toEqual(
      ["-", "Bearer t1", "-", "Bearer t2"].map((s) => s.split(" ").at(-1)),
    );
  });

  it("repeats a GET while the server says 503, and gives up in the end", async () => {
    answers = [token("t"), status(503), status(503), ok];
    expect((await transport.request("a")).status).toBe(200);
    answers = Array.from({ length: MAX_ATTEMPTS }, () => status(503));
    asked = [];
    await expect(transport.request("b")).rejects.toMatchObject({ status: 503 });
    expect(asked).toHaveLength(MAX_ATTEMPTS);
  });

  it("never repeats a POST: what was answered 503 may have been begun", async () => {
    answers = [token("t"), status(503), ok];
    await expect(transport.request("a", { method: "POST" })).rejects.toMatchObject({ status: 503 });
    expect(asked).toHaveLength(2);
  });

  it("says that a key is refused in one way, however the token endpoint does", async () => {
    answers = [
      (_, response) => void response.writeHead(400).end('{"errorCode":"BXNIM0415E"}'),
      token("t"),
      ok,
    ];
    await expect(transport.request("a")).rejects.toMatchObject({
      status: 401,
      code: "unauthenticated",
    });
    expect((await transport.request("b")).status).toBe(200);
  });

  it("does not follow a redirect, which would take the token elsewhere", async () => {
    answers = [
      token("t"),
      (_, response) => void response.writeHead(302, { location: "http://127.0.0.1:9/" }).end(),
    ];
    await expect(transport.request("a")).rejects.toThrow(ServerUnreachable);
    expect(asked).toHaveLength(2);
  });

  it("says that nothing answers, or nothing that it knows", async () => {
    answers = [token("t"), (_, response) => void response.writeHead(200).end("<html>")];
    const shape = (await import("./answers.ts")).foundEvents;
    await expect(transport.json(shape, "a")).rejects.toThrow(ServerUnreachable);
    const nobody = new Transport({ url: "http://127.0.0.1:9" });
    await expect(nobody.request("a")).rejects.toThrow(ServerUnreachable);
  });
});

describe("server-sent events", () => {
  async function read(...chunks: string[]): Promise<object[]> {
    async function* body() {
      for (const chunk of chunks) yield Buffer.from(chunk);
    }
    const events: object[] = [];
    for await (const event of readServerSentEvents(body())) events.push(event);
    return events;
  }

  it("are read whatever chunks they come in", async () => {
    const text =
      "retry: 1000\n\nid: 7\n\n: here\n\nid: 8\r\nevent: end\r\ndata: a\u00e9\r\ndata:b\r\n\r\n";
    const whole = await read(text);
    expect(whole).toEqual([
      { type: "message", data: "", id: "7" },
      { type: "end", data: "a\u00e9\nb", id: "8" },
    ]);
    const bytes = Buffer.from(text);
    async function* one() {
      for (const byte of bytes) yield Uint8Array.of(byte);
    }
    const single: object[] = [];
    for await (const event of readServerSentEvents(one())) single.push(event);
    expect(single).toEqual(whole);
  });

  it("that are broken off are no events", async () => {
    expect(await read("data: a\n\ndata: half")).toHaveLength(1);
    expect(await read("data: a\n")).toEqual([]);
  });

  it("without end are refused", async () => {
    const mebibyte = "x".repeat(1024 * 1024);
    await expect(read("data: ", mebibyte, "x")).rejects.toThrow(RangeError);
  });
});
