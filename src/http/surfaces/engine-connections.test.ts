/** Connections of engines: who gets one, what it is good for, and how it ends. */
import { once } from "node:events";
import { request } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { createEngine, deleteEngine } from "../../app/engines/engines.ts";
import { pingEngine } from "../../app/engines/ping-engine.ts";
import { createPool } from "../../app/engines/pools.ts";
import type { Caller } from "../../app/call.ts";
import { runAgent, type AgentEnd, type AgentNews } from "../../engines/agent.ts";
import { proofOf, readKeyFile, type EngineKeyFile } from "../../engines/engine-key.ts";
import {
  encodeFrame,
  MAX_FRAME_BYTES,
  serverFrame,
  SUBPROTOCOL,
  type ServerFrame,
} from "../../engines/frames.ts";
import { MAX_OPEN_PINGS } from "./engine-socket.ts";
import { IdentityServer } from "../testing/identity-server.ts";

const TIMES = { helloMs: 300, pingMs: 300, silenceMs: 600 };

let server: IdentityServer;
let admin: Caller;
let url: URL;
let key: EngineKeyFile;
let isOpen = true;
const stopping: AbortController[] = [];

beforeEach(async () => {
  server = await IdentityServer.open({}, { times: TIMES });
  await server.server.listen({ host: "127.0.0.1", port: 0 });
  const { port } = server.server.server.address() as AddressInfo;
  url = new URL(`http://127.0.0.1:${port}`);
  isOpen = true;
  ({ caller: admin } = await server.app.user("manager@example.com", ["Manager"]));
  await server.app.done(createPool, admin, { name: "edge" });
  key = await engine("e1");
});
afterEach(async () => {
  for (const one of stopping.splice(0)) one.abort();
  if (isOpen) await server.close();
});

async function engine(name: string): Promise<EngineKeyFile> {
  const { privateKey } = await server.app.done(createEngine, admin, { name, poolName: "edge" });
  const file = readKeyFile(privateKey.reveal());
  if (!file) throw new Error("what is given out is read back");
  return file;
}

interface Agent {
  readonly news: readonly AgentNews[];
  readonly ended: Promise<AgentEnd>;
  stop(): Promise<AgentEnd>;
}

/** Runs an engine; resolves once it is connected, or has ended. */
async function agent(with_: EngineKeyFile = key, name = "e1"): Promise<Agent> {
  const news: AgentNews[] = [];
  const stop = new AbortController();
  stopping.push(stop);
  let tellConnected: () => void = () => undefined;
  const connected = new Promise<void>((resolve) => (tellConnected = resolve));
  const ended = runAgent({
    url,
    name,
    key: with_,
    userAgent: "keytrail-engine/test",
    signal: stop.signal,
    firstBackoffMs: 50,
    tell: (one) => {
      news.push(one);
      if (one.event === "connected") tellConnected();
    },
  });
  await Promise.race([connected, ended]);
  return { news, ended, stop: () => (stop.abort(), ended) };
}

/** A client of our own making: what it has received, and how to send. */
async function raw(path = "/v1/engines/e1/connection") {
  const socket = new WebSocket(new URL(path, url.href.replace("http", "ws")), SUBPROTOCOL);
  const frames: ServerFrame[] = [];
  let wake: () => void = () => undefined;
  socket.on("message", (data: Buffer) => {
    const frame = serverFrame(data.toString("utf8"));
    if (frame) frames.push(frame);
    wake();
  });
  socket.on("error", () => undefined);
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  const next = async (type: ServerFrame["type"]): Promise<ServerFrame> => {
    for (;;) {
      const found = frames.find((frame) => frame.type === type);
      if (found) return found;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  };
  const hello = async (with_ = key): Promise<string> => {
    const challenge = await next("challenge");
    const proof = proofOf(with_, challenge.type === "challenge" ? challenge.nonce : "");
    socket.send(encodeFrame({ type: "hello", proof }));
    return proof;
  };
  return { socket, frames, closed, next, hello };
}

const ping = (name = "e1") => server.app.perform(pingEngine, admin, { name });

/** Once there are so many of the operation, all of them. */
async function recorded(operation: string, count = 1) {
  await expect
    .poll(() => server.app.parts.events().filter((event) => event.operation === operation).length)
    .toBe(count);
  return server.app.parts.events().filter((event) => event.operation === operation);
}

describe("an engine that shows its key", () => {
  it("is connected, answers pings itself, and goes: all of it on the record", async () => {
    const running = await agent();
    expect(running.news).toEqual([{ event: "connected", name: "e1", server: "keytrail.test" }]);
    expect(await ping()).toMatchObject({ kind: "done", output: { name: "e1" } });
    expect(running.news.at(-1)).toEqual({ event: "pinged" });
    expect(await running.stop()).toEqual({ kind: "stopped" });
    const [connected] = await recorded("engine.connect");
    expect(connected).toMatchObject({
      outcome: "success",
      action: "secrets-manager.engine.login",
      initiator: {
        id: `Engine-${key.engine}`,
        name: "e1",
        credential: { type: "certificate" },
        host: { address: "127.0.0.1", agent: "keytrail-engine/test" },
      },
      target: { name: "e1" },
      requestData: { name: "e1" },
    });
    const [gone] = await recorded("engine.disconnect");
    expect(gone).toMatchObject({ target: connected?.target, requestData: { because: "closed" } });
    expect(gone?.correlationId).toBe(connected?.correlationId);
    expect(await ping()).toMatchObject({
      kind: "refused",
      refusal: { details: { reason: "engine-not-connected" } },
    });
  });

  it("is found by its id as well, whatever the server is called", async () => {
    await agent(key, key.engine);
    expect(await ping()).toMatchObject({ kind: "done" });
  });

  it("gives signs of life, which are no events, and so is not taken for gone", async () => {
    const running = await agent();
    const before = server.app.parts.log.size;
    await new Promise((resolve) => setTimeout(resolve, TIMES.silenceMs * 2));
    expect(server.app.parts.log.size).toBe(before);
    expect(running.news).toHaveLength(1);
    const { engines } = server.app.parts.capabilities;
    server.app.parts.clock.advance(60_000);
    await expect.poll(() => engines.lastHeard(key.engine)).toBe(server.app.parts.clock.now());
  });

  it("is cut off in the moment in which it is deleted, and does not come again", async () => {
    const running = await agent();
    await server.app.done(deleteEngine, admin, { name: "e1" });
    expect(await running.ended).toEqual({ kind: "refused", message: "The engine was deleted." });
    const [gone] = await recorded("engine.disconnect");
    expect(gone).toMatchObject({ requestData: { because: "deleted" }, target: { name: "e1" } });
    const again = await agent();
    expect(await again.ended).toMatchObject({ kind: "refused" });
  });

  it("gives way to itself: the newest connection counts", async () => {
    const first = await agent();
    const second = await agent();
    expect(await first.ended).toMatchObject({ message: /another process/i });
    await recorded("engine.disconnect");
    expect(await ping()).toMatchObject({ kind: "done" });
    expect(second.news.at(-1)).toEqual({ event: "pinged" });
  });

  it("comes again when the connection breaks", async () => {
    const running = await agent();
    server.app.parts.capabilities.engines.of(key.engine)?.end("silent");
    await expect
      .poll(() => running.news.map(({ event }) => event))
      .toEqual(["connected", "lost", "connected"]);
    expect(await ping()).toMatchObject({ kind: "done" });
  });

  it("is told when the server stops, which waits for nothing but the record of it", async () => {
    const running = await agent();
    const startedMs = performance.now();
    await server.server.close();
    expect(performance.now() - startedMs).toBeLessThan(1_500);
    const [gone] = await recorded("engine.disconnect");
    expect(gone).toMatchObject({ requestData: { because: "closing" } });
    expect(running.news.at(-1)).toMatchObject({
      event: "lost",
      because: expect.stringContaining("closing"),
    });
    await running.stop();
    await server.app.close();
    isOpen = false;
  });
});

describe("whoever shows no key", () => {
  const failure = {
    outcome: "failure",
    reason: { code: "unauthenticated" },
    initiator: { id: "" },
  };

  it("is refused with another engine's, and recorded with the engine that was tried", async () => {
    const other = await engine("e2");
    const wrong = { ...other, engine: key.engine };
    const running = await agent(wrong);
    expect(await running.ended).toEqual({
      kind: "refused",
      message: "The engine has not shown its key.",
    });
    const [event] = await recorded("engine.connect");
    expect(event).toMatchObject({
      ...failure,
      target: { name: "e1" },
      requestData: { name: "e1", fault: "wrong-key" },
      account: server.app.first.account.id,
    });
  });

  it("hears nothing of whether there is the engine, whose name is not recorded", async () => {
    const running = await agent(key, "hunter2");
    expect(await running.ended).toMatchObject({ message: "The engine has not shown its key." });
    const [event] = await recorded("engine.connect");
    expect(event).toMatchObject({
      ...failure,
      requestData: { fault: "unknown-engine" },
      account: "operator",
    });
    expect(JSON.stringify(event)).not.toContain("hunter2");
  });

  it("gets nowhere with a proof that was good before", async () => {
    const first = await raw();
    const proof = await first.hello();
    await first.next("welcome");
    const second = await raw();
    await second.next("challenge");
    second.socket.send(encodeFrame({ type: "hello", proof }));
    expect(await second.next("refused")).toMatchObject({ isFinal: true });
    expect(await ping()).toMatchObject({
      kind: "refused",
      refusal: { details: { reason: "engine-silent" } },
    });
    first.socket.close();
  });

  it("has so long, and is recorded", async () => {
    const silent = await raw();
    expect(await silent.next("refused")).toMatchObject({ isFinal: false });
    await silent.closed;
    const [event] = await recorded("engine.connect");
    expect(event).toMatchObject({ ...failure, message: expect.stringContaining("engine") });
  });

  it("is refused with whatever is no hello", async () => {
    for (const said of [
      "",
      "{}",
      '{"v":2,"type":"hello","proof":"x"}',
      encodeFrame({ type: "heartbeat" }),
    ]) {
      const client = await raw();
      await client.next("challenge");
      client.socket.send(said);
      expect(await client.next("refused")).toMatchObject({ isFinal: false });
    }
    const events = await recorded("engine.connect", 4);
    expect(events.map(({ reason }) => reason.code)).toEqual(Array(4).fill("invalid_request"));
  });

  it("is cut off with a frame that is too long", async () => {
    const client = await raw();
    await client.next("challenge");
    client.socket.send("x".repeat(MAX_FRAME_BYTES + 1));
    await client.closed;
    await recorded("engine.connect");
  });
});

describe("a connection", () => {
  it("ends with a frame that is not known", async () => {
    const client = await raw();
    await client.hello();
    await client.next("welcome");
    client.socket.send('{"v":1,"type":"run","command":"ls"}');
    expect(await client.next("end")).toMatchObject({ because: "protocol" });
    const [gone] = await recorded("engine.disconnect");
    expect(gone).toMatchObject({ requestData: { because: "protocol" } });
  });

  it("ends with silence", async () => {
    const client = await raw();
    await client.hello();
    expect(await client.next("end")).toMatchObject({ because: "silent" });
  });

  it("is pinged by so many at once, and no more", async () => {
    const client = await raw();
    await client.hello();
    await client.next("welcome");
    const pings = await Promise.all(Array.from({ length: MAX_OPEN_PINGS + 1 }, () => ping()));
    const codes = pings.map((ended) => (ended.kind === "refused" ? ended.refusal.code : "done"));
    expect(codes.toSorted()).toEqual([
      ...Array<string>(MAX_OPEN_PINGS).fill("precondition_failed"),
      "rate_limited",
    ]);
  });

  it("is for the server that the key names: another one gets no proof", async () => {
    const { ended, news } = await agent({ ...key, server: "elsewhere" });
    const message = expect.stringContaining("is for the server elsewhere");
    expect(await ended).toEqual({ kind: "refused", message });
    expect(news).toEqual([]);
    const [event] = await recorded("engine.connect");
    expect(event?.reason.reasonForFailure).toBe("The engine went away.");
  });

  it("is not asked for by other requests: those are answered, and those for nothing are recorded", async () => {
    const answered = await server.server.inject({
      method: "GET",
      url: "/v1/engines/e1/connection",
    });
    expect(answered.statusCode).toBe(404);
    expect((await recorded("request.reject"))[0]).toMatchObject({ dialect: "dsv" });
    // As Java's client of plain HTTP says that it could do HTTP/2.
    const grant_type = "urn:ibm:params:oauth:grant-type:apikey";
    const outgoing = request(new URL("/identity/token", url), {
      method: "POST",
      headers: {
        connection: "Upgrade, HTTP2-Settings",
        upgrade: "h2c",
        "http2-settings": "AAAA",
        "content-type": "application/x-www-form-urlencoded",
      },
    });
    const apikey = server.app.first.apiKey.reveal();
    outgoing.end(new URLSearchParams({ grant_type, apikey }).toString());
    const [incoming] = await once(outgoing, "response");
    expect(incoming.statusCode).toBe(200);
    incoming.resume();
    const malformed = request(new URL("/v1/engines/e1/connection", url), {
      headers: { connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13" },
    }).end();
    const [refused] = await once(malformed, "response");
    expect(refused.statusCode).toBe(400);
    expect((await recorded("engine.connect"))[0]?.reason.code).toBe("invalid_request");
    await raw("/v1/pools").then(({ closed }) => closed);
    expect((await recorded("pool.list"))[0]).toMatchObject({ outcome: "failure" });
  });
});
