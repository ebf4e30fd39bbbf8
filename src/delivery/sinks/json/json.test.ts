import { createSocket } from "node:dgram";
import { createServer, type AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { DeliveryRun, type RunOptions } from "../../../../test/support/delivery-run.ts";
import {
  HttpReceiver,
  type Behaviour,
  type ReceiverOptions,
} from "../../../../test/support/http-receiver.ts";
import { TlsAuthority } from "../../../../test/support/tls-authority.ts";
import { sampleEvent } from "../../../../test/support/sample-events.ts";
import { encodeEvent } from "../../../audit/event.ts";
import { checkSink } from "../../sinks.ts";
import { MAX_DATAGRAM_BYTES } from "../../transports/datagram.ts";

let authority: TlsAuthority;
const closing: (() => unknown)[] = [];

beforeAll(() => {
  authority = TlsAuthority.create();
});

afterAll(() => authority.close());

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const fine: Behaviour = () => ({ status: 200 });

async function receiver(behaviour = fine, options: ReceiverOptions = {}): Promise<HttpReceiver> {
  const opened = await HttpReceiver.start(behaviour, options);
  closing.push(() => opened.close());
  return opened;
}

async function run(
  settings: Readonly<Record<string, unknown>> & { readonly port: number },
  options: Partial<RunOptions> = {},
): Promise<DeliveryRun> {
  const sink = { kind: "json", host: "localhost", ...settings };
  const opened = await DeliveryRun.open({ sink, ...options });
  closing.unshift(() => opened.close());
  await opened.begin();
  return opened;
}

function idsIn({ requests }: HttpReceiver): string[] {
  return requests.map(({ body }) => String(JSON.parse(body.toString()).id));
}

describe("JSON by requests", () => {
  it("is one DSV record a request, with the token as a bearer's", async () => {
    const web = await receiver();
    const events = await run(
      { port: web.port, transport: "http" },
      { credentials: { token: "made-up" } },
    );
    await events.record(20);
    await events.all();
    expect(idsIn(web)).toEqual(events.ids);
    expect(web.requests[0]).toMatchObject({
      method: "POST",
      path: "/",
      headers: { "content-type": "application/json", authorization: "Bearer made-up" },
    });
    expect(Object.keys(JSON.parse(web.requests[0]!.body.toString()))).toContain("principalItemId");
  });

  it.each([
    ["array", "application/json", (text: string) => JSON.parse(text)],
    [
      "ndjson",
      "application/x-ndjson",
      (text: string) => {
        expect(text.endsWith("\n")).toBe(true);
        return text
          .trimEnd()
          .split("\n")
          .map((line) => JSON.parse(line) as unknown);
      },
    ],
  ])("is many a request as %s", async (batch, contentType, read) => {
    const web = await receiver();
    const events = await run({ port: web.port, transport: "http", batch });
    await events.record(700);
    await events.all();
    const bodies = web.requests.map(({ body }) => read(body.toString()) as { id: string }[]);
    expect(bodies.flat().map(({ id }) => id)).toEqual(events.ids);
    expect(bodies.length).toBeLessThan(100);
    expect(web.requests[0]?.headers["content-type"]).toBe(contentType);
  });

  it("goes over TLS to the path that is set, with the token as that receiver wants it", async () => {
    const web = await receiver(fine, { tls: authority.server() });
    const settings = {
      port: web.port,
      transport: "https",
      path: "/in/vault?source=audit",
      authorization: "",
      form: "ecs",
      tls: { ca: authority.certificate },
    };
    const events = await run(settings, { credentials: { token: "made-up" } });
    await events.record(1);
    await events.all();
    expect(web.requests[0]).toMatchObject({
      path: "/in/vault?source=audit",
      headers: { authorization: "made-up" },
    });
    expect(JSON.parse(web.requests[0]!.body.toString())).toHaveProperty("@timestamp");
  });

  it("bears no authorization where there is no token", async () => {
    const web = await receiver();
    const events = await run({ port: web.port, transport: "http" });
    await events.record(1);
    await events.all();
    expect(web.requests[0]?.headers).not.toHaveProperty("authorization");
  });

  it("is sent again in order when the receiver has trouble, and set aside where it is refused", async () => {
    let [n, poison] = [0, ""];
    const taken: string[] = [];
    const web = await receiver(({ body }) => {
      const { id } = JSON.parse(body.toString()) as { id: string };
      if (id === poison) return { status: 422 };
      n += 1;
      if (n % 5 === 2) return { status: 503, headers: { "retry-after": "0" } };
      if (n % 7 === 3) return "reset";
      taken.push(id);
      return { status: 202 };
    });
    const events = await run({ port: web.port, transport: "http" });
    const [first] = await events.record(1);
    await events.all();
    poison = (await events.record(1))[0]!.id;
    await events.record(30);
    const { progress } = await events.all();
    expect([...new Set(taken)]).toEqual(events.ids.filter((id) => id !== poison));
    expect(first?.id).toBe(taken[0]);
    expect(progress.setAside).toMatchObject([
      { index: 1, eventId: poison, reason: "the receiver answered 422" },
    ]);
  });

  it.each(["single", "ndjson"])(
    "that is there already (%s) is taken: its answer was lost",
    async (batch) => {
      const has = new Set<string>();
      let lost = 2;
      const web = await receiver(({ body }) => {
        const ids = body
          .toString()
          .trim()
          .split("\n")
          .map((line) => String(JSON.parse(line).id));
        if (ids.some((id) => has.has(id))) return { status: 409 };
        for (const id of ids) has.add(id);
        return lost-- > 0 ? "reset" : { status: 200 };
      });
      const events = await run({ port: web.port, transport: "http", batch });
      await events.record(6);
      const { progress } = await events.all();
      expect([has.size, progress.setAsideCount]).toEqual([events.ids.length, 0]);
      expect(web.requests.length).toBeGreaterThan(2);
    },
  );

  it("is not sent to addresses that are not allowed", async () => {
    const web = await receiver();
    const events = await run(
      { port: web.port, transport: "http" },
      { isReachable: (address) => !/^(?:127\.|::1$)/.test(address) },
    );
    await events.record(1);
    const { progress } = await events.failing();
    expect(progress.lastTrouble).toMatchObject({
      kind: "denied",
      problem: "its address is none that deliveries leave for",
    });
    expect(web.connections).toBe(0);
  });

  it("is tried without an event by reaching the receiver", async () => {
    const web = await receiver(({ method }) => ({ status: method === "HEAD" ? 405 : 500 }));
    const events = await run({ port: web.port, transport: "http" });
    expect(await events.test()).toMatchObject({ isReached: true });
    await web.close();
    closing.pop();
    expect(await events.test()).toMatchObject({ problem: "nothing listens there" });
  });
});

describe("JSON without answers", () => {
  it("is one object a line over TCP", async () => {
    let text = "";
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    closing.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    const events = await run({ port, transport: "tcp" });
    await events.record(300);
    await events.all();
    const ids = text.split("\n").map((line) => (line === "" ? "" : JSON.parse(line).id));
    expect(ids).toEqual([...events.ids, ""]);
  });

  it("is one object a datagram over UDP", async () => {
    const socket = createSocket("udp4");
    const received: string[] = [];
    socket.on("message", (message) => received.push(message.toString()));
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    closing.push(() => socket.close());
    const { port } = socket.address();
    const events = await run({ port, transport: "udp" });
    await events.record(20);
    await events.all();
    expect(received.map((text) => JSON.parse(text).id)).toEqual(events.ids);
    expect(received.every((text) => !text.includes("\n"))).toBe(true);
  });
});

describe("the log's own line", () => {
  const encoder = (transport: string) =>
    checkSink({ kind: "json", host: "h", port: 1, transport, form: "entry" }).encoder(
      { logName: "keytrail.test/log", version: "0.1.0" },
      {},
    );
  const event = sampleEvent({ operation: "secret.read" });

  it("goes out to the last byte", () => {
    const line = encodeEvent(event, event.counters);
    expect(Buffer.from(encoder("https")({ index: 0, line, event }))).toEqual(Buffer.from(line));
  });

  it("is refused where it is longer than a datagram, and nowhere else", () => {
    const line = Buffer.alloc(MAX_DATAGRAM_BYTES + 1, "x");
    expect(() => encoder("udp")({ index: 0, line, event })).toThrow("longer than a datagram");
    expect(encoder("tcp")({ index: 0, line, event })).toHaveLength(line.length + 1);
    const fitting = line.subarray(1);
    expect(encoder("udp")({ index: 0, line: fitting, event })).toHaveLength(fitting.length);
  });
});

describe("the settings", () => {
  const given = { kind: "json", host: "siem.example.com", port: 443 };

  it("have the defaults of their transport", () => {
    expect(checkSink({ ...given, transport: "https" }).settings).toEqual({
      ...given,
      transport: "https",
      form: "dsv",
      path: "/",
      batch: "single",
      authorization: "Bearer",
    });
    expect(checkSink({ ...given, transport: "tcp" }).settings).toMatchObject({ confirm: "close" });
  });

  it.each([
    ["transport", { transport: "tls" }],
    ["transport", {}],
    ["path", { transport: "tcp", path: "/in" }],
    ["batch", { transport: "udp", batch: "array" }],
    ["tls", { transport: "http", tls: { allow_self_signed: true } }],
    ["tls", { transport: "tcp", tls: {} }],
    ["confirm", { transport: "https", confirm: "written" }],
    ["datagrams_per_second", { transport: "tcp", datagrams_per_second: 5 }],
    ["path", { transport: "https", path: "//x y" }],
    ["authorization", { transport: "https", authorization: "two words" }],
    ["port", { transport: "https", port: 70_000 }],
    ["host", { transport: "https", host: "a/b" }],
  ])("name what is wrong: %s in %j", (field, wrong) => {
    expect(() => checkSink({ ...given, ...wrong })).toThrow(
      expect.objectContaining({ code: "invalid_request", details: { field } }),
    );
  });

  it("have a place for a token where requests have", () => {
    const credentials = (transport: string) => checkSink({ ...given, transport }).credentials;
    expect(credentials("udp")).toEqual([]);
    expect(credentials("tcp")).toEqual([]);
    expect(credentials("http")).toEqual([{ name: "token", isRequired: false }]);
  });
});
