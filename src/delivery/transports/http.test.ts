import { createServer, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { HttpReceiver, type Behaviour } from "../../../test/support/http-receiver.ts";
import { TlsAuthority } from "../../../test/support/tls-authority.ts";
import { DeliveryFault } from "../fault.ts";
import { AddressGuard, type IsReachable } from "./address-guard.ts";
import { HttpClient, MAX_ANSWER_BYTES, type HttpAccess, type HttpAnswer } from "./http.ts";

let authority: TlsAuthority;
const closing: (() => unknown)[] = [];

beforeAll(() => {
  authority = TlsAuthority.create();
});

afterAll(() => authority.close());

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function receiver(behaviour: Behaviour, options = {}): Promise<HttpReceiver> {
  const opened = await HttpReceiver.start(behaviour, options);
  closing.push(() => opened.close());
  return opened;
}

function client(access: Partial<HttpAccess> = {}, isReachable: IsReachable = () => true) {
  const guard = new AddressGuard(isReachable);
  const made = new HttpClient({ guard, tls: undefined, clientKey: undefined, ...access });
  closing.unshift(() => made.close());
  return made;
}

function post(by: HttpClient, url: string, over: object = {}): Promise<HttpAnswer> {
  const signal = AbortSignal.timeout(5_000);
  return by.request({ url: new URL(url), headers: {}, body: Buffer.from("{}"), signal, ...over });
}

const fine: Behaviour = () => ({ status: 200, body: "fine" });

describe("a request", () => {
  it("brings its headers and its body, and has the answer whatever its status", async () => {
    const { port, requests } = await receiver(() => ({
      status: 418,
      headers: { "x-said": "so" },
      body: "a teapot",
    }));
    const answer = await post(client(), `http://127.0.0.1:${port}/in?a=b`, {
      headers: { "x-mine": "yes" },
    });
    expect(answer).toMatchObject({ status: 418, headers: { "x-said": "so" } });
    expect(answer.body.toString()).toBe("a teapot");
    expect(requests[0]).toMatchObject({
      method: "POST",
      path: "/in?a=b",
      headers: { "x-mine": "yes", "content-length": "2" },
    });
    expect(requests[0]?.body.toString()).toBe("{}");
  });

  it("goes by a connection that is kept", async () => {
    const opened = await receiver(fine);
    const by = client();
    for (let n = 0; n < 5; n += 1) await post(by, `http://localhost:${opened.port}/`);
    expect(opened.connections).toBe(1);
  });

  it("is made once more where the kept connection has ended, unless it may arrive only once", async () => {
    // Answers the first request on each connection, and tears it at the second.
    const asked = new Map<number, number>();
    const opened = await receiver(({ connection }) => {
      asked.set(connection, (asked.get(connection) ?? 0) + 1);
      return asked.get(connection) === 1 ? { status: 200 } : "reset";
    });
    const by = client();
    const url = `http://127.0.0.1:${opened.port}/`;
    await post(by, url);
    expect(await post(by, url)).toMatchObject({ status: 200 });
    expect(opened.connections).toBe(2);
    await expect(post(by, url, { isOnce: true })).rejects.toMatchObject({
      kind: "unavailable",
      message: "the connection broke off",
    });
    expect(opened.connections).toBe(2);
  });

  it("is not followed elsewhere", async () => {
    const { port, requests } = await receiver(() => ({
      status: 307,
      headers: { location: "http://127.0.0.1:1/" },
    }));
    expect(await post(client(), `http://127.0.0.1:${port}/`)).toMatchObject({ status: 307 });
    expect(requests).toHaveLength(1);
  });

  it("reads no more of an answer than it has room for", async () => {
    const { port } = await receiver(() => ({
      status: 200,
      body: Buffer.alloc(MAX_ANSWER_BYTES + 500_000, "x"),
    }));
    const by = client();
    const { body } = await post(by, `http://127.0.0.1:${port}/`);
    expect(body.length).toBe(MAX_ANSWER_BYTES);
    expect(await post(by, `http://127.0.0.1:${port}/`)).toMatchObject({ status: 200 });
  });
});

describe("where there is no answer", () => {
  it.each([
    ["reset", "the connection broke off"],
    ["cut", "the connection broke off"],
    ["garbage", "what answers there is no HTTP"],
  ] as const)("a fault says why: %s", async (misconduct, message) => {
    const { port } = await receiver(() => misconduct);
    const given = post(client(), `http://127.0.0.1:${port}/`);
    await expect(given).rejects.toMatchObject({ kind: "unavailable", message });
  });

  it("the time for it ends the wait, also in the middle of an answer", async () => {
    const { port } = await receiver(() => "silence");
    const signal = AbortSignal.timeout(50);
    await expect(post(client(), `http://127.0.0.1:${port}/`, { signal })).rejects.toMatchObject({
      kind: "unavailable",
      message: "no answer in time",
    });
    const dripping = await tcp((socket) => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
    });
    const late = AbortSignal.timeout(50);
    await expect(post(client(), dripping, { signal: late })).rejects.toMatchObject({
      kind: "unavailable",
      message: "no answer in time",
    });
  });

  it("nothing listens there", async () => {
    const opened = await receiver(fine);
    await opened.close();
    const given = post(client(), `http://127.0.0.1:${opened.port}/`);
    await expect(given).rejects.toMatchObject({
      kind: "unavailable",
      message: "nothing listens there",
    });
    closing.pop();
  });

  it("its name is not known", async () => {
    const given = post(client(), "http://nowhere.invalid/");
    await expect(given).rejects.toMatchObject({
      kind: "unavailable",
      message: expect.stringMatching(/^its name /),
    });
  });

  it("headers without end are no answer", async () => {
    const endless = await tcp((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nX-Long: ${"x".repeat(200_000)}`);
    });
    await expect(post(client(), endless)).rejects.toMatchObject({ kind: "unavailable" });
  });
});

describe("addresses", () => {
  const notLoopback: IsReachable = (address) => !/^(?:127\.|::1$)/.test(address);

  it.each([
    "http://127.0.0.1:PORT/",
    "http://localhost:PORT/",
    "http://[::1]:PORT/",
    "http://2130706433:PORT/",
    "http://0x7f.1:PORT/",
    "http://[::ffff:127.0.0.1]:PORT/",
  ])("that the guard does not allow are not connected to: %s", async (url) => {
    const opened = await receiver(fine);
    const given = post(client({}, notLoopback), url.replace("PORT", String(opened.port)));
    await expect(given).rejects.toMatchObject({
      kind: "denied",
      message: "its address is none that deliveries leave for",
    });
    expect(opened.connections).toBe(0);
  });
});

describe("TLS", () => {
  it("is believed by the authority that the settings name, and by no other", async () => {
    const { port } = await receiver(fine, { tls: authority.server() });
    const url = `https://localhost:${port}/`;
    const ca = authority.certificate;
    const trusting = client({ tls: { ca, allow_self_signed: false } });
    expect(await post(trusting, url)).toMatchObject({ status: 200 });
    await expect(post(client(), url)).rejects.toMatchObject({
      kind: "denied",
      message: expect.stringMatching(/^TLS was not agreed on \([A-Z_]+\)$/),
    });
    const other = client({ tls: { ca, server_name: "other.example", allow_self_signed: false } });
    await expect(post(other, url)).rejects.toMatchObject({
      kind: "denied",
      message: "TLS was not agreed on (ERR_TLS_CERT_ALTNAME_INVALID)",
    });
    const careless = client({ tls: { allow_self_signed: true } });
    expect(await post(careless, url)).toMatchObject({ status: 200 });
  });

  it("shows the client's certificate where the receiver asks for one", async () => {
    const options = { tls: authority.server(), clientCa: authority.certificate };
    const { port } = await receiver(fine, options);
    const url = `https://localhost:${port}/`;
    const { certificate, key } = authority.client();
    const ca = authority.certificate;
    const known = { ca, certificate, allow_self_signed: false };
    expect(await post(client({ tls: known, clientKey: key }), url)).toMatchObject({ status: 200 });
    const unknown = post(client({ tls: { ca, allow_self_signed: false } }), url);
    await expect(unknown).rejects.toBeInstanceOf(DeliveryFault);
    const keyless = post(client({ tls: known, clientKey: authority.client().key }), url);
    await expect(keyless).rejects.toMatchObject({ kind: "denied" });
  });

  it("is not spoken by what is plain HTTP", async () => {
    const { port } = await receiver(fine);
    const given = post(client(), `https://localhost:${port}/`);
    await expect(given).rejects.toMatchObject({ kind: "denied" });
  });
});

/** What a server of HTTP would not do. */
async function tcp(onRequest: (socket: Socket) => void): Promise<string> {
  const server: Server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => onRequest(socket));
    closing.unshift(() => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => new Promise((resolve) => server.close(resolve)));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}
