import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { utf8 } from "../../kernel/bytes.ts";
import { AddressGuard } from "./address-guard.ts";
import { DatagramTransport, MAX_BURST, MAX_DATAGRAM_BYTES, packetsOf, paceOf } from "./datagram.ts";

const guard = new AddressGuard(() => true);
const soon = () => AbortSignal.timeout(10_000);

let receiver: Socket;
let received: string[];
let transport: DatagramTransport | undefined;

beforeEach(async () => {
  received = [];
  receiver = createSocket("udp4");
  receiver.on("message", (message) => received.push(message.toString("utf8")));
  receiver.bind(0, "127.0.0.1");
  await once(receiver, "listening");
});
afterEach(async () => {
  await transport?.close();
  receiver.removeAllListeners();
});

function sender(host = "127.0.0.1", allowed = guard, port = receiver.address().port) {
  transport = new DatagramTransport({ host, port, datagramsPerSecond: 2_000, guard: allowed });
  return transport;
}

const datagrams = (texts: readonly string[]) =>
  texts.map((text, index) => ({ index, bytes: utf8(text) }));

describe("datagrams", () => {
  it("arrive, each as one, by an address and by a name", async () => {
    for (const host of ["127.0.0.1", "localhost"]) {
      const udp = sender(host, new AddressGuard((address) => address === "127.0.0.1"));
      expect(await udp.send(datagrams(["one", "two"]), soon())).toEqual([]);
      await udp.confirm(soon());
      await udp.close();
    }
    expect(received).toEqual(["one", "two", "one", "two"]);
    receiver.close();
  });

  it("all arrive at a receiver with an ordinary buffer, however many there are", async () => {
    const texts = Array.from({ length: 1_000 }, (_, n) => `${n} ${"x".repeat(1_400)}`);
    const udp = sender();
    await udp.send(datagrams(texts), soon());
    await udp.confirm(soon());
    expect(received).toEqual(texts);
    receiver.close();
  });

  it("are unavailable where nobody listens, until somebody does", async () => {
    const { port } = receiver.address();
    receiver.close();
    const udp = sender("127.0.0.1", guard, port);
    const sent = udp.send(datagrams(["lost"]), soon()).then(() => udp.confirm(soon()));
    const refused = { kind: "unavailable", message: "nothing listens there" };
    await expect(sent).rejects.toMatchObject(refused);
    await udp.close();
    const back = createSocket("udp4");
    back.on("message", (message) => received.push(message.toString("utf8")));
    back.bind(port, "127.0.0.1");
    await once(back, "listening");
    await udp.send(datagrams(["found"]), soon());
    await udp.confirm(soon());
    expect(received).toEqual(["found"]);
    back.close();
  });

  it("are rejected one by one where they are too long", async () => {
    const udp = sender();
    const long = { index: 7, bytes: new Uint8Array(MAX_DATAGRAM_BYTES + 1) };
    const rejected = await udp.send([...datagrams(["short"]), long], soon());
    expect(rejected).toEqual([{ index: 7, reason: "longer than a datagram can be" }]);
    await udp.confirm(soon());
    expect(received).toEqual(["short"]);
    receiver.close();
  });

  it("do not go where they may not", async () => {
    const closed = new AddressGuard(() => false);
    for (const host of ["127.0.0.1", "localhost"]) {
      await expect(sender(host, closed).send([], soon())).rejects.toMatchObject({ kind: "denied" });
    }
    receiver.close();
  });
});

describe("the pace", () => {
  it("is a burst that ordinary buffers hold, and then as long a pause as the rate asks for", () => {
    expect(paceOf(2_000)).toEqual({ burst: MAX_BURST, packetMs: 0.5 });
    expect(paceOf(10)).toEqual({ burst: 1, packetMs: 100 });
  });

  it("counts a datagram as the packets that it is cut into", () => {
    const lengths = [0, 1_472, 1_473, MAX_DATAGRAM_BYTES];
    expect(lengths.map((length) => packetsOf(new Uint8Array(length)))).toEqual([1, 1, 2, 45]);
  });
});
