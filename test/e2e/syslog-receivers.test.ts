/** Real receivers of syslog and CEF have every event, whole and parsed, over every transport. */
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { operationNames } from "../../src/audit/catalogue.ts";
import type { AuditEvent } from "../../src/audit/event.ts";
import { renderCef } from "../../src/audit/render/cef.ts";
import { plainText } from "../../src/audit/render/plain-text.ts";
import { renderSyslog } from "../../src/audit/render/syslog.ts";
import { syslogSeverityOf } from "../../src/audit/render/weight.ts";
import { bodyOf } from "../../src/delivery/form.ts";
import type { Entry } from "../../src/delivery/entry.ts";
import { DeliveryRig, installation, until } from "../support/delivery-rig.ts";
import { startRsyslog } from "../support/rsyslog.ts";
import { anyEvent, failedLogin, initiators, sampleEvent } from "../support/sample-events.ts";
import { startSyslogNg } from "../support/syslog-ng.ts";
import type { Received, Receiver } from "../support/syslog-receiver.ts";
import { TlsAuthority } from "../support/tls-authority.ts";

const NAMES = [
  'he said "no"',
  "a]b[c",
  String.raw`back\slash`,
  "línea\nnueva\r\n\ttab",
  "日本語 🗝️",
  "a|b=c",
  "x ".repeat(400),
  "\u007f\u0000",
];

/** Every operation, done and refused, and names that some notation or other gives a meaning to. */
const events: readonly AuditEvent[] = [
  ...operationNames.map((operation) => sampleEvent({ operation })),
  ...operationNames.map((operation) => sampleEvent({ operation, refusal: "forbidden" })),
  ...Object.values(initiators).map((initiator) =>
    sampleEvent({ operation: "secret.read", initiator }),
  ),
  ...NAMES.map((name) => sampleEvent({ operation: "secret.read", target: { name } })),
  failedLogin("serviceid-apikey.login"),
  ...fc.sample(anyEvent, { numRuns: 60, seed: 5 }),
];

let authority: TlsAuthority;
let client: { readonly certificate: string; readonly key: string };
let rig: DeliveryRig;

beforeAll(() => {
  authority = TlsAuthority.create();
  client = authority.client();
});
afterAll(() => authority.close());
beforeEach(() => {
  rig = new DeliveryRig();
});
afterEach(() => rig.close());

const WAYS = ["udp", "octet", "lf", "tls"] as const;
type Way = (typeof WAYS)[number];

function wayTo(receiver: Receiver, way: Way) {
  const port = receiver.ports[way];
  if (way === "tls") {
    const tls = { ca: authority.certificate, certificate: client.certificate };
    return { transport: "tls", host: "localhost", port, tls, framing: "octet" };
  }
  if (way === "udp") {
    // So slowly that a receiver which has to wait for its turn on a busy machine loses nothing.
    return { transport: "udp", host: "127.0.0.1", port, datagrams_per_second: 500 };
  }
  return { transport: "tcp", host: "127.0.0.1", port, framing: way };
}

/** What has arrived of these, in the order of its arrival. */
async function arrived(
  receiver: Receiver,
  isOne: (one: Received) => boolean,
): Promise<readonly Received[]> {
  await rig.delivered();
  return until("the receiver has written everything", () => {
    const found = receiver.received().filter(isOne);
    return found.length >= events.length ? found : undefined;
  });
}

const receivers = [
  ["rsyslog", startRsyslog],
  ["syslog-ng", startSyslogNg],
] as const;

describe.each(receivers)("%s", (_name, start) => {
  let receiver: Receiver;
  beforeAll(async () => {
    receiver = await start(authority);
  });
  afterAll(() => receiver.daemon.close());

  it.each(WAYS)("has every event's fields and text, over %s", async (way) => {
    rig.record(events);
    const app = `text-${way}`;
    const to = { ...wayTo(receiver, way), app_name: app, max_bytes: 65_507 };
    await rig.deliverTo({ kind: "syslog", ...to }, { client_key: client.key });
    const received = await arrived(receiver, (one) => one.app === app);
    const expected = rig.entries.map((entry) => ({ ...headerOf(entry, app), ...textOf(entry) }));
    expect(received.map(asCompared)).toEqual(expected);
    expect(rig.report?.progress.setAsideCount).toBe(0);
  });

  const forms = ["cadf", "entry"] as const;
  const ways = WAYS.flatMap((way) => forms.map((form) => [form, way] as const));
  it.each(ways)("has every event as %s, over %s", async (form, way) => {
    rig.record(events);
    const app = `${form}-${way}`;
    const to = { ...wayTo(receiver, way), app_name: app, form, max_bytes: 65_507 };
    await rig.deliverTo({ kind: "syslog", ...to }, { client_key: client.key });
    const received = await arrived(receiver, (one) => one.app === app);
    const bodies = new Map(received.map((one) => [idOf(one), one.msg]));
    for (const entry of rig.entries) {
      expect(bodies.get(entry.event.id)).toBe(bodyOf(entry, form));
    }
    expect(received).toHaveLength(events.length);
  });

  it.each(WAYS)("has every event as CEF behind a present header, over %s", async (way) => {
    rig.record(events);
    const host = `cef-${way}`;
    const to = { ...wayTo(receiver, way), hostname: host, header: "rfc5424", max_bytes: 65_507 };
    await rig.deliverTo({ kind: "cef", ...to }, { client_key: client.key });
    const received = await arrived(receiver, (one) => one.host === host);
    expect(received.map(({ msg }) => msg)).toEqual(rig.entries.map((entry) => cefOf(entry, host)));
  });
});

describe("rsyslog, with the limits that it has by itself", () => {
  let receiver: Receiver;
  beforeAll(async () => {
    receiver = await startRsyslog(authority, { hasDefaultLimits: true });
  });
  afterAll(() => receiver.daemon.close());

  it.each(WAYS)("takes what is as long as messages are sent unless told, over %s", async (way) => {
    const before = receiver.received().length;
    const event = sampleEvent({ operation: "secret.read" });
    const texts = Array.from({ length: 80 }, (_one, step) => "x".repeat(6_900 + step * 8));
    rig.record(texts.map((correlationId) => ({ ...event, correlationId })));
    await rig.deliverTo({ kind: "syslog", ...wayTo(receiver, way) }, { client_key: client.key });
    await rig.delivered();
    const received = await until("it has written as many", () => {
      const written = receiver.received().slice(before);
      return written.length >= texts.length && written;
    });
    expect(received.map(({ msg }) => msg)).toEqual(rig.entries.map((one) => textOf(one).msg));
  });
});

describe("rsyslog, with the old header", () => {
  let receiver: Receiver;
  beforeAll(async () => {
    receiver = await startRsyslog(authority);
  });
  afterAll(() => receiver.daemon.close());

  it.each(["udp", "octet", "lf"] as const)("has every event as CEF, over %s", async (way) => {
    rig.record(events);
    const host = `old-${way}`;
    await rig.deliverTo({
      kind: "cef",
      ...wayTo(receiver, way),
      hostname: host,
      max_bytes: 65_507,
    });
    const received = await arrived(receiver, (one) => one.host === host);
    const lines = received.map(({ tag, msg }) => `${tag}${msg}`);
    expect(lines).toEqual(rig.entries.map((entry) => cefOf(entry, host)));
  });
});

describe("what a receiver does not believe", () => {
  let receiver: Receiver;
  let other: TlsAuthority;
  beforeAll(async () => {
    other = TlsAuthority.create("Another authority");
    receiver = await startSyslogNg(authority);
  });
  afterAll(async () => {
    other.close();
    await receiver.daemon.close();
  });

  it("denies a certificate of another authority, and nothing arrives", async () => {
    const stranger = other.client();
    const tls = { ca: authority.certificate, certificate: stranger.certificate };
    const to = { ...wayTo(receiver, "tls"), tls };
    rig.record(events.slice(0, 3));
    const key = { client_key: stranger.key };
    const tested = await rig.test({ kind: "syslog", ...to }, key);
    expect(tested).toMatchObject({ isReached: false });
    expect(tested.problem).toMatch(/^TLS was not agreed on \(ERR_SSL_[A-Z0-9_]*ALERT[A-Z0-9_]*\)$/);
    await rig.deliverTo({ kind: "syslog", ...to }, key);
    await until("it is denied", () => rig.report?.progress.lastTrouble?.kind === "denied");
    expect(rig.report?.progress.acknowledged).toBe(0);
    expect(receiver.received()).toEqual([]);
  });

  it("denies whoever has no certificate", async () => {
    const to = { ...wayTo(receiver, "tls"), tls: { ca: authority.certificate } };
    const tested = await rig.test({ kind: "syslog", ...to });
    expect(tested.problem).toMatch(/^TLS was not agreed on \(ERR_SSL_[A-Z0-9_]+\)$/);
  });

  it("is not sent anything itself, when its own certificate is of another authority", async () => {
    const tls = { ca: other.certificate, certificate: client.certificate };
    rig.record(events.slice(0, 3));
    const key = { client_key: client.key };
    const tested = await rig.test({ kind: "cef", ...wayTo(receiver, "tls"), tls }, key);
    expect(tested.problem).toBe("TLS was not agreed on (SELF_SIGNED_CERT_IN_CHAIN)");
    expect(receiver.received()).toEqual([]);
  });
});

const SD = "audit@32473";

function idOf({ parsed }: Received): string {
  return parsed[SD]?.["id"] ?? "";
}

function headerOf({ event }: Entry, app: string) {
  const pri = 13 * 8 + syslogSeverityOf(event);
  const { operation: msgid, eventTime } = event;
  return { pri, time: Date.parse(eventTime), host: "audit.example.com", app, msgid };
}

function textOf({ event, index }: Entry) {
  const { params, message } = renderSyslog(event, index);
  const audit = Object.fromEntries(params.map(([name, value]) => [name, plainText(value)]));
  const origin = { software: "keytrail", swVersion: installation.version };
  return { msg: plainText(message), parsed: { [SD]: audit, origin } };
}

function asCompared({ pri, time, host, app, msgid, msg, parsed }: Received) {
  return { pri, time: Date.parse(time), host, app, msgid, msg, parsed };
}

function cefOf({ event, index }: Entry, host: string): string {
  const { version, logName } = installation;
  return renderCef(event, { version, host, logName, index, maxChars: Infinity, token: undefined });
}
