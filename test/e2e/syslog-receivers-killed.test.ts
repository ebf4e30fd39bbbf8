/** Real receivers of syslog that die, or hang, while events come in: when they are back, they have every one of them. */
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { AuditEvent } from "../../src/audit/event.ts";
import { DeliveryRig, until } from "../support/delivery-rig.ts";
import { startRsyslog } from "../support/rsyslog.ts";
import { sampleEvent } from "../support/sample-events.ts";
import { startSyslogNg } from "../support/syslog-ng.ts";
import { RECEIVED, type Receiver } from "../support/syslog-receiver.ts";
import { TlsAuthority } from "../support/tls-authority.ts";

/** So many at a time, so many times. */
const BURST = 150;
const BURSTS = 30;
const KILLS = [5, 12, 20];
/** With what was written before it a line was cut off by a kill; no whole line begins so. */
const WHOLE = /"id": ?"([0-9a-f-]{36})".*\}$/;

let authority: TlsAuthority;
beforeAll(() => {
  authority = TlsAuthority.create();
});
afterAll(() => authority.close());

const receivers = [
  ["rsyslog", startRsyslog],
  ["syslog-ng", startSyslogNg],
] as const;

describe.each(receivers)("%s", (_name, start) => {
  let receiver: Receiver;
  let rig: DeliveryRig;
  beforeEach(async () => {
    receiver = await start(authority);
    rig = new DeliveryRig({ sendTimeoutMs: 1_000 });
  });
  afterEach(async () => {
    await rig.close();
    await receiver.daemon.close();
  });

  async function deliverOver(name: "octet" | "lf" | "tls"): Promise<void> {
    const port = receiver.ports[name];
    if (name !== "tls") {
      const to = { transport: "tcp", host: "127.0.0.1", port, framing: name };
      return rig.deliverTo({ kind: "syslog", ...to });
    }
    const { certificate, key } = authority.client();
    const tls = { ca: authority.certificate, certificate };
    const to = { transport: "tls", host: "localhost", port, tls };
    return rig.deliverTo({ kind: "syslog", ...to }, { client_key: key });
  }

  it.each(["octet", "lf", "tls"] as const)(
    "has everything after it was killed again and again, over %s",
    async (name) => {
      await deliverOver(name);
      for (let burst = 0; burst < BURSTS; burst += 1) {
        rig.record(someEvents());
        await wait(20);
        if (!KILLS.includes(burst)) continue;
        await receiver.daemon.kill();
        rig.record(someEvents());
        await until("it is noticed", () => rig.report?.progress.lastTrouble !== null);
        receiver.daemon.endLine(RECEIVED);
        await receiver.daemon.start();
      }
      await everythingIsThere();
      expect(rig.report?.progress.lastTrouble).toMatchObject({ kind: "unavailable" });
    },
    120_000,
  );

  it("has everything after it hung, over octet", async () => {
    await deliverOver("octet");
    rig.record(someEvents());
    await rig.delivered();
    receiver.daemon.freeze();
    rig.record(someEvents());
    await until("it is noticed", () => rig.report?.progress.lastTrouble !== null);
    const { acknowledged } = rig.report!.progress;
    receiver.daemon.thaw();
    expect(acknowledged).toBe(BURST);
    await everythingIsThere();
  });

  it("has everything after it was killed while it hung, over octet", async () => {
    await deliverOver("octet");
    rig.record(someEvents());
    await rig.delivered();
    receiver.daemon.freeze();
    rig.record(someEvents());
    await wait(300);
    await receiver.daemon.kill();
    receiver.daemon.endLine(RECEIVED);
    await receiver.daemon.start();
    await everythingIsThere();
  });

  async function everythingIsThere(): Promise<void> {
    const { progress } = await rig.delivered();
    expect(progress.setAsideCount).toBe(0);
    const wanted = rig.entries.map(({ event }) => event.id);
    await until("the receiver has written everything", () => {
      const there = idsAt(receiver);
      return wanted.every((id) => there.has(id));
    });
  }
});

function someEvents(): readonly AuditEvent[] {
  return Array.from({ length: BURST }, () => sampleEvent({ operation: "secret.read" }));
}

function idsAt({ daemon }: Receiver): ReadonlySet<string> {
  const lines = daemon.lines(RECEIVED);
  return new Set(lines.flatMap((line) => WHOLE.exec(line)?.[1] ?? []));
}
