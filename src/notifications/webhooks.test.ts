import { createServer, type Server } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isGenuine, NoticeReceiver } from "../../test/support/notice-receiver.ts";
import { ManualClock } from "../kernel/clock.ts";
import { parseSigningKey, type SigningKey } from "../kernel/standard-webhooks.ts";
import { Webhooks } from "./webhooks.ts";

const NOW = Date.UTC(2026, 10, 21, 9, 0, 0);
const CRN = "crn:v1:bluemix:public:event-notifications:us-south:a/1:2::";
const SECRET = `whsec_${Buffer.alloc(32, 5).toString("base64")}`;
const MESSAGE = { id: "event-1", specversion: "1.0", data: { name: "dür" } };
const QUICK = { timeoutMs: 2_000 };

let receiver: NoticeReceiver;
let webhooks: Webhooks;
beforeEach(async () => {
  receiver = await NoticeReceiver.open();
  webhooks = webhooksTo(receiver.url);
});
afterEach(() => receiver.close());

function webhooksTo(url: URL): Webhooks {
  return new Webhooks({
    destinations: [{ crn: CRN, url }],
    signingKeys: [parseSigningKey(SECRET) as SigningKey],
    clock: new ManualClock(NOW),
  });
}

describe("sending a notice", () => {
  it("is a POST of the CloudEvent in structured mode, signed", async () => {
    expect(await webhooks.send(CRN, MESSAGE, QUICK)).toEqual({ kind: "accepted", status: 200 });
    const [received] = receiver.received;
    expect(received?.headers).toMatchObject({
      "content-type": "application/cloudevents+json; charset=utf-8",
      "webhook-id": "event-1",
      "webhook-timestamp": String(NOW / 1_000),
    });
    expect(received?.body).toEqual(MESSAGE);
    expect(received && isGenuine(received, SECRET)).toBe(true);
    const other = `whsec_${Buffer.alloc(32, 6).toString("base64")}`;
    expect(received && isGenuine(received, other)).toBe(false);
    expect(received && isGenuine({ ...received, text: `${received.text} ` }, SECRET)).toBe(false);
  });

  it.each([200, 201, 202, 204, 299])("is accepted by %i", async (status) => {
    receiver.replies.push({ status });
    expect(await webhooks.send(CRN, MESSAGE, QUICK)).toEqual({ kind: "accepted", status });
  });

  it.each([
    [500, {}, null],
    [404, {}, null],
    [429, { "retry-after": "7" }, 7_000],
    [503, { "retry-after": new Date(NOW + 90_000).toUTCString() }, 90_000],
    [503, { "retry-after": new Date(NOW - 90_000).toUTCString() }, 0],
    [503, { "retry-after": "soon" }, null],
  ])("is refused by %i %j", async (status, headers, retryAfterMs) => {
    receiver.replies.push({ status, headers });
    const sent = await webhooks.send(CRN, MESSAGE, QUICK);
    expect(sent).toEqual({ kind: "refused", status, retryAfterMs });
  });

  it("follows no redirect", async () => {
    const elsewhere = await NoticeReceiver.open();
    receiver.replies.push({ status: 307, headers: { location: elsewhere.url.href } });
    expect(await webhooks.send(CRN, MESSAGE, QUICK)).toMatchObject({ status: 307 });
    expect(elsewhere.received).toEqual([]);
    await elsewhere.close();
  });

  it("ends in its time when nobody answers, and at once when it is stopped", async () => {
    const never = new Promise<void>(() => {});
    receiver.always = () => ({ after: never });
    const timeout = { kind: "unreachable", problem: "timeout" };
    expect(await webhooks.send(CRN, MESSAGE, { timeoutMs: 50 })).toEqual(timeout);
    const stop = new AbortController();
    const sending = webhooks.send(CRN, MESSAGE, { ...QUICK, signal: stop.signal });
    await receiver.arrived(2);
    stop.abort();
    expect(await sending).toEqual({ kind: "unreachable", problem: "stopped" });
  });

  it("does not wait for the rest of an answer that has no end", async () => {
    const endless = await listening(
      createServer((socket) => {
        socket.on("error", () => {});
        socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nmore\r\n");
      }),
    );
    const sent = await webhooksTo(endless.url).send(CRN, MESSAGE, { timeoutMs: 200 });
    expect(sent).toEqual({ kind: "accepted", status: 200 });
    await endless.close();
  });

  it("is unreachable where nobody listens, where no HTTP is spoken, and where nobody has named", async () => {
    const unreachable = { kind: "unreachable", problem: "connection" };
    const { url } = receiver;
    await receiver.close();
    expect(await webhooks.send(CRN, MESSAGE, QUICK)).toEqual(unreachable);
    receiver = await NoticeReceiver.open();
    const garbage = await listening(createServer((socket) => socket.end("SSH-2.0-nobody\r\n")));
    expect(await webhooksTo(garbage.url).send(CRN, MESSAGE, QUICK)).toEqual(unreachable);
    await garbage.close();
    expect(webhooksTo(url).knows("crn:other")).toBe(false);
    expect(await webhooks.send("crn:other", MESSAGE, QUICK)).toEqual(unreachable);
  });
});

async function listening(server: Server): Promise<{ readonly url: URL; close(): Promise<void> }> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  return {
    url: new URL(`http://127.0.0.1:${port}/`),
    close: async () => void server.close(),
  };
}
