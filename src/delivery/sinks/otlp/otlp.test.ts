/** Records of OTLP: valid by the messages of opentelemetry-proto, and delivered whole to a receiver that is stricter. */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  Consigned,
  deliver,
  lineOf,
  LOG_NAME,
  VERSION,
} from "../../../../test/support/delivered.ts";
import {
  attributesOf,
  faultsOfOtlp,
  OtlpReceiver,
  valueOf,
} from "../../../../test/support/otlp-receiver.ts";
import { anyEvent, everyKindOfEvent, sampleEvent } from "../../../../test/support/sample-events.ts";
import { SiemServer } from "../../../../test/support/siem-server.ts";
import { variedEvents } from "../../../../test/support/varied-events.ts";
import { renderings } from "../../../audit/renderings.ts";
import { parseEvent, type AuditEvent } from "../../../audit/event.ts";
import { fromUtf8 } from "../../../kernel/bytes.ts";
import { FORMS } from "../../form.ts";
import { wellFormedJson } from "../../json-text.ts";
import { checkSink } from "../../sinks.ts";
import { anyValue, otlpRequest } from "./encode.ts";

const url = "http://127.0.0.1:4318";

function requestOf(events: readonly AuditEvent[], settings: object = {}): string {
  const sink = checkSink({ kind: "otlp", url, ...settings });
  const encode = sink.encoder({ logName: LOG_NAME, version: VERSION }, {});
  const messages = events.map((event, index) => {
    const line = lineOf(event);
    return { index, id: event.id, bytes: encode({ index, line, event: parseEvent(line) }) };
  });
  return fromUtf8(otlpRequest(messages));
}

interface Request {
  readonly resourceLogs: readonly [
    { readonly scopeLogs: readonly [{ readonly logRecords: readonly Record<string, unknown>[] }] },
  ];
}

const recordsOf = (text: string) =>
  (JSON.parse(text) as Request).resourceLogs[0].scopeLogs[0].logRecords;

describe("a request of OTLP", () => {
  it("is valid for every kind of event", () => {
    const events = [...everyKindOfEvent()];
    const request = JSON.parse(requestOf(events)) as unknown;
    expect(faultsOfOtlp(request).slice(0, 3)).toEqual([]);
  });

  it("is valid for any events at all, in every form", () => {
    const forms = FORMS.flatMap((form) => [
      { form, body: "structured" },
      { form, body: "string" },
    ]);
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 3 }), fc.constantFrom(...forms), (events, as) => {
        const text = requestOf(events, { ...as, service_name: 'of "logRecords":[ quotes' });
        expect(faultsOfOtlp(events.length === 0 ? {} : JSON.parse(text))).toEqual([]);
        if (events.length > 0) expect(recordsOf(text)).toHaveLength(events.length);
      }),
    );
  });

  it("has times in nanoseconds, severities, attributes of the conventions and the body", () => {
    const event = sampleEvent({ operation: "secret.delete", refusal: "forbidden" });
    const [record] = recordsOf(requestOf([event]));
    expect(record).toMatchObject({
      timeUnixNano: `${Date.parse(event.eventTime)}000000`,
      severityNumber: 17,
      severityText: "critical",
      eventName: "secret.delete",
    });
    expect(attributesOf(record?.["attributes"])).toMatchObject({
      "log.record.uid": event.id,
      "enduser.id": event.initiator.id,
      "client.address": "10.1.2.3",
      "user_agent.original": "curl/8.5.0",
      "http.response.status_code": 403,
      "error.type": "forbidden",
      "keytrail.log.index": 0,
    });
  });

  it("has the very line of the log as a string", () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        const [record] = recordsOf(requestOf([event], { form: "entry", body: "string" }));
        expect(record?.["body"]).toEqual({ stringValue: fromUtf8(lineOf(event)) });
      }),
    );
  });

  it("has every value of JSON as what it is", () => {
    const value = { a: [1, 2.5, 2 ** 60, -1], b: { c: null, d: true }, e: "" };
    expect(valueOf(anyValue(value))).toEqual({
      ...value,
      b: { c: null, d: true },
    });
    expect(anyValue(7)).toEqual({ intValue: "7" });
    expect(anyValue(2 ** 60)).toEqual({ doubleValue: 2 ** 60 });
    expect(anyValue(null)).toEqual({});
  });
});

describe("the check of OTLP", () => {
  const record = { timeUnixNano: "1", severityNumber: 9, body: { stringValue: "x" } };
  const request = (logRecord: object) => ({
    resourceLogs: [{ scopeLogs: [{ logRecords: [logRecord] }] }],
  });

  it.each([
    [{ ...record, timeUnixNano: 1 }],
    [{ ...record, severityNumber: "SEVERITY_NUMBER_INFO" }],
    [{ ...record, severity_number: 9 }],
    [{ ...record, body: { stringValue: "x", intValue: "1" } }],
    [{ ...record, body: { intValue: 1 } }],
    [{ ...record, body: { stringValue: "\ud800" } }],
    [
      {
        ...record,
        attributes: [
          { key: "a", value: {} },
          { key: "a", value: {} },
        ],
      },
    ],
  ])("finds what is wrong with %j", (wrong) => {
    expect(faultsOfOtlp(request(record))).toEqual([]);
    expect(faultsOfOtlp(request(wrong))).toHaveLength(1);
  });
});

describe("a receiver of OTLP", () => {
  const events = variedEvents();
  const few = events.slice(0, 20);
  let receiver: OtlpReceiver;
  let server: SiemServer;

  beforeEach(async () => {
    receiver = new OtlpReceiver();
    server = await SiemServer.open((request) => receiver.receive(request));
  });
  afterEach(() => server.close());

  const idsOf = () =>
    receiver.records.map((record) => attributesOf(record["attributes"])["log.record.uid"]);

  it("has every event, whole and in order", async () => {
    await deliver({ settings: { kind: "otlp", url: server.url }, events });
    expect(receiver.faults).toEqual([]);
    expect(idsOf()).toEqual(events.map(({ id }) => id));
    for (const [place, event] of events.entries()) {
      const ecs = renderings.ecs.render(parseEvent(lineOf(event)));
      const expected = JSON.parse(wellFormedJson(JSON.stringify(ecs))) as unknown;
      expect(
        valueOf(receiver.records[place]?.["body"] as object as Record<string, unknown>),
      ).toEqual(expected);
    }
    expect(receiver.resources[0]).toEqual({
      "service.name": "keytrail",
      "service.version": VERSION,
      "service.instance.id": LOG_NAME,
      "keytrail.log": LOG_NAME,
    });
  });

  it("that refuses some of a batch and says only how many has them found and named", async () => {
    const poison = new Set([few[4]?.id, few[13]?.id]);
    receiver.refuses = (record) =>
      poison.has(attributesOf(record["attributes"])["log.record.uid"] as AuditEvent["id"]);
    const { progress } = await deliver({
      settings: { kind: "otlp", url: server.url },
      events: few,
    });
    expect(new Set(idsOf())).toEqual(
      new Set(few.map(({ id }) => id).filter((id) => !poison.has(id))),
    );
    expect(progress.setAside.map(({ index }) => index)).toEqual([4, 13]);
  });

  it("is tried again after 429, 502, 503, 504 and a lost answer, and after a 500 as well", async () => {
    server.planned.push(
      ...[429, 502, 503, 504].map((status) => ({ status })),
      { status: 200, isLost: true },
      { status: 500 },
    );
    const { progress } = await deliver({ settings: { kind: "otlp", url: server.url }, events });
    expect(new Set(idsOf())).toEqual(new Set(events.map(({ id }) => id)));
    expect(progress).toMatchObject({ setAsideCount: 0, lastTrouble: { kind: "denied" } });
  });

  it("gets fewer at a time where it is too much", async () => {
    server.planned.push({ status: 413 });
    await deliver({ settings: { kind: "otlp", url: server.url }, events });
    expect(idsOf()).toEqual(events.map(({ id }) => id));
  });

  it("that warns of something and refuses nothing has taken everything", async () => {
    const partialSuccess = { errorMessage: "soon to be gone" };
    server.planned.push({ status: 200, body: { partialSuccess } });
    const { progress } = await deliver({
      settings: { kind: "otlp", url: server.url },
      events: few,
    });
    expect(progress).toMatchObject({ setAsideCount: 0, lastTrouble: null, deliveredCount: 20 });
    expect(server.requests).toHaveLength(1);
  });

  it("is reached before anything is recorded, without an empty envelope", async () => {
    const tested = await Consigned.test({
      settings: { kind: "otlp", url: server.url },
      events: [],
    });
    expect(tested.isReached).toBe(true);
    expect(server.requests.map(({ method }) => method)).toEqual(["HEAD"]);
    server.headStatus = 401;
    const denied = await Consigned.test({
      settings: { kind: "otlp", url: server.url },
      events: [],
    });
    expect(denied.problem).toContain("the receiver answered 401");
  });
});
