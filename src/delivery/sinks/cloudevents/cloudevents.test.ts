/** CloudEvents: valid by the specification for whatever is recorded, and delivered whole in all three content modes. */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  CloudEventsReceiver,
  faultsOfAttributes,
} from "../../../../test/support/cloudevents-receiver.ts";
import {
  Consigned,
  deliver,
  lineOf,
  LOG_NAME,
  VERSION,
} from "../../../../test/support/delivered.ts";
import { anyEvent, everyKindOfEvent, sampleEvent } from "../../../../test/support/sample-events.ts";
import { SiemServer } from "../../../../test/support/siem-server.ts";
import { variedEvents } from "../../../../test/support/varied-events.ts";
import { parseEvent, type AuditEvent } from "../../../audit/event.ts";
import { fromUtf8 } from "../../../kernel/bytes.ts";
import { FORMS } from "../../form.ts";
import { checkSink } from "../../sinks.ts";
import { binaryRequest } from "./encode.ts";

const url = "http://127.0.0.1:8080/";

function messageOf(event: AuditEvent, settings: object = {}, logName = LOG_NAME) {
  const sink = checkSink({ kind: "cloudevents", url, ...settings });
  const line = lineOf(event);
  const encode = sink.encoder({ logName, version: VERSION }, {});
  return { index: 41, id: event.id, bytes: encode({ index: 41, line, event: parseEvent(line) }) };
}

function attributesOf(event: AuditEvent, settings: object = {}, logName = LOG_NAME) {
  const text = fromUtf8(messageOf(event, settings, logName).bytes);
  const { data: _, ...attributes } = JSON.parse(text) as Record<string, unknown>;
  return attributes;
}

describe("a CloudEvent", () => {
  it("is valid for every kind of event", () => {
    for (const event of everyKindOfEvent()) {
      expect(faultsOfAttributes(attributesOf(event)), event.operation).toEqual([]);
    }
  });

  it("is valid for any event at all, in every form, of any log", () => {
    const logName = fc.string({
      unit: fc.integer({ min: 0x21, max: 0x7e }).map((c) => String.fromCharCode(c)),
      minLength: 1,
    });
    fc.assert(
      fc.property(anyEvent, fc.constantFrom(...FORMS), logName, (event, form, log) => {
        expect(faultsOfAttributes(attributesOf(event, { form }, log))).toEqual([]);
      }),
    );
  });

  it("says whose it is, what happened to what, and where it stands in the log", () => {
    const event = sampleEvent({ operation: "secret.read" });
    expect(attributesOf(event, { form: "ocsf" })).toEqual({
      specversion: "1.0",
      id: event.id,
      source: "//keytrail.test/log/accounts/acct1",
      type: "test.keytrail.keytrail.secret.read",
      subject: event.target.id,
      time: event.eventTime,
      datacontenttype: "application/json",
      dataschema: "https://schema.ocsf.io/1.8.0/classes",
      sequence: "0000000000000041",
      partitionkey: "acct1",
    });
    expect(attributesOf(event, { type_prefix: "com.example" })["type"]).toBe(
      "com.example.secret.read",
    );
  });

  it("has in binary mode headers of visible ASCII, and the entry's very bytes as its body", () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        const { headers, body } = binaryRequest(messageOf(event, { mode: "binary" }));
        expect(Object.values(headers).every((value) => /^[\x21-\x7e]+$/.test(value))).toBe(true);
        expect(decodeURIComponent(headers["ce-subject"] ?? "")).toBe(
          attributesOf(event)["subject"] ?? "",
        );
        expect(fromUtf8(body)).toBe(fromUtf8(lineOf(event)));
      }),
    );
  });

  it("has in headers quotes and percent signs by their bytes (HTTP Protocol Binding, 3.1.3.2)", () => {
    const event = sampleEvent({ operation: "secret.read" });
    const target = { ...event.target, id: 'Euro € 😀 "50%"' };
    const { headers } = binaryRequest(messageOf({ ...event, target }, { mode: "binary" }));
    expect(headers["ce-subject"]).toBe("Euro%20%E2%82%AC%20%F0%9F%98%80%20%2250%25%22");
  });
});

describe("the check of CloudEvents", () => {
  const valid = { specversion: "1.0", id: "1", source: "//x", type: "a.b" };

  it.each([
    { id: "" },
    { source: "a b" },
    { subject: "" },
    { subject: "a\nb" },
    { time: "2026-11-21 09:31" },
    { dataschema: "/relative" },
    { datacontenttype: "json" },
    { logIndex: "1" },
    { specversion: "0.3" },
  ])("finds what is wrong with %j", (wrong) => {
    expect(faultsOfAttributes(valid)).toEqual([]);
    expect(faultsOfAttributes({ ...valid, ...wrong })).toHaveLength(1);
  });
});

describe("a receiver of CloudEvents", () => {
  const events = variedEvents();
  const lines = events.map((event) => JSON.parse(fromUtf8(lineOf(event))) as unknown);
  let receiver: CloudEventsReceiver;
  let server: SiemServer;

  beforeEach(async () => {
    receiver = new CloudEventsReceiver();
    server = await SiemServer.open((request) => receiver.receive(request));
  });
  afterEach(() => server.close());

  it.each([
    ["structured", "application/cloudevents+json; charset=utf-8", events.length],
    ["binary", "application/json", events.length],
    ["batch", "application/cloudevents-batch+json; charset=utf-8", Math.ceil(events.length / 100)],
  ])("has every event in %s mode", async (mode, type, requestCount) => {
    await deliver({ settings: { kind: "cloudevents", url: server.url, mode }, events });
    expect(receiver.faults).toEqual([]);
    expect(receiver.events.map(({ attributes }) => attributes["id"])).toEqual(
      events.map(({ id }) => id),
    );
    expect(receiver.events.map(({ data }) => data)).toEqual(lines);
    expect(server.requests[0]?.headers["content-type"]).toBe(type);
    expect(server.requests).toHaveLength(requestCount);
  });

  it("that refuses one of a batch has it found and named", async () => {
    const refusing = await SiemServer.open((request) =>
      request.body.includes(`"${events[7]?.id}"`) ? { status: 400 } : receiver.receive(request),
    );
    const settings = { kind: "cloudevents", url: refusing.url, mode: "batch" };
    const { progress } = await deliver({ settings, events: events.slice(0, 30) });
    await refusing.close();
    expect(progress.setAside.map(({ eventId }) => eventId)).toEqual([events[7]?.id]);
    expect(new Set(receiver.events.map(({ attributes }) => attributes["id"])).size).toBe(29);
  });

  it("that is gone is denied, and so is one without its token", async () => {
    server.planned.push({ status: 410 });
    const consigned = await Consigned.begin({
      settings: { kind: "cloudevents", url: server.url },
      events: events.slice(0, 3),
    });
    const { progress } = await consigned.all();
    await consigned.stop();
    expect(progress.lastTrouble).toMatchObject({
      kind: "denied",
      problem: "the receiver answered 410: it takes nothing any more",
    });
    const authorization = { kind: "bearer" };
    const settings = { kind: "cloudevents", url: server.url, authorization };
    expect(await Consigned.test({ settings, events })).toMatchObject({
      isReached: false,
      problem: "the credential token is missing",
    });
    expect(
      await Consigned.test({ settings, credentials: { token: "a\r\nb" }, events }),
    ).toMatchObject({
      problem: "the credential token cannot stand in a header",
    });
    const credentials = { token: "of-theirs" };
    expect(await Consigned.test({ settings, credentials, events })).toMatchObject({
      isReached: true,
    });
    expect(server.requests.at(-1)?.headers.authorization).toBe("Bearer of-theirs");
  });
});
