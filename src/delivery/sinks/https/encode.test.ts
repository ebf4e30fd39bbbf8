import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LOG_NAME, VERSION, lineOf } from "../../../../test/support/delivered.ts";
import { anyEvent, everyKindOfEvent, sampleEvent } from "../../../../test/support/sample-events.ts";
import { faultsOfAsim } from "../../../../test/support/sentinel-receiver.ts";
import { parseEvent, type AuditEvent } from "../../../audit/event.ts";
import { fromUtf8 } from "../../../kernel/bytes.ts";
import { FORMS } from "../../form.ts";
import { checkSink } from "../../sinks.ts";
import { requestBody } from "./encode.ts";

const url = "https://siem.example.com/in";
const SENTINEL = { shape: "sentinel", dcr_immutable_id: "dcr-1", stream: "Custom-Keytrail_CL" };

function encoded(event: AuditEvent, settings: object): string {
  const encode = checkSink({ kind: "https", url, ...settings }).encoder(
    { logName: LOG_NAME, version: VERSION },
    {},
  );
  const line = lineOf(event);
  return fromUtf8(encode({ index: 41, line, event: parseEvent(line) }));
}

const parsed = (event: AuditEvent, settings: object): Record<string, unknown> =>
  JSON.parse(encoded(event, settings)) as Record<string, unknown>;

describe("an event in a request", () => {
  it("is one line of well-formed JSON in every shape and form, whatever is in it", () => {
    const shapes = [{ shape: "ndjson" }, { shape: "secops" }, { shape: "datadog" }, SENTINEL];
    const settings = shapes.flatMap((shape) => FORMS.map((form) => ({ ...shape, form })));
    fc.assert(
      fc.property(anyEvent, fc.constantFrom(...settings), (event, { form, ...shape }) => {
        const text = encoded(event, { ...shape, form });
        const isWhole = JSON.stringify(JSON.parse(text)).isWellFormed();
        // The entry itself is the bytes that are hashed, whatever they are.
        const isExact = form === "entry" && !("dcr_immutable_id" in shape);
        return (
          isWhole &&
          !/[\n\r]/.test(text) &&
          (isExact || !/\\ud[89a-f]/.test(text.replaceAll("\\\\", "")))
        );
      }),
    );
  });

  it("is the very line of the log, as the form entry", () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        const line = fromUtf8(lineOf(event));
        const datadog = parsed(event, { shape: "datadog", form: "entry" })["keytrail"];
        const sentinel = parsed(event, { ...SENTINEL, form: "entry" })["AdditionalFields"];
        const [, elastic = ""] = encoded(event, { shape: "elastic-bulk", form: "entry" }).split(
          "\n",
        );
        const original = (JSON.parse(elastic) as { event: { original: string } }).event.original;
        expect(encoded(event, { shape: "ndjson" })).toBe(line);
        expect(datadog).toEqual({ index: 41, entry: line });
        expect(sentinel).toEqual({ entry: line });
        expect(original).toBe(line);
      }),
    );
  });

  it("is for Elastic an action and a document with its time, which is ECS as it is rendered", () => {
    const event = sampleEvent({ operation: "secret.read" });
    for (const form of FORMS) {
      const [action = "", document = "", end] = encoded(event, {
        shape: "elastic-bulk",
        form,
      }).split("\n");
      expect(JSON.parse(action)).toEqual({ create: { _id: event.id } });
      expect(JSON.parse(document)).toMatchObject({ "@timestamp": event.eventTime });
      expect(end).toBe("");
    }
  });

  it("is for Sentinel a row of ASIM with the whole event in one column", () => {
    for (const event of everyKindOfEvent()) {
      const row = parsed(event, SENTINEL);
      expect(faultsOfAsim(row), event.operation).toEqual([]);
      expect(row["AdditionalFields"]).toHaveProperty("metadata.uid", event.id);
    }
  });

  it("is for Datadog a log of its own service with tags that cannot be confused", () => {
    const event = { ...sampleEvent({ operation: "secret.read" }), account: "a,env:prod b" };
    expect(parsed(event, { shape: "datadog", tags: ["env:test"], service: "vault" })).toMatchObject(
      {
        timestamp: event.eventTime,
        ddsource: "keytrail",
        ddtags: "account:a_env:prod_b,version:0.1.0,env:test",
        hostname: LOG_NAME,
        service: "vault",
        message: event.message,
        evt: { id: event.id, name: "secret.read", outcome: "success" },
        keytrail: { index: 41, ecs: { event: { id: event.id } } },
      },
    );
  });
});

describe("a request's body", () => {
  const messages = ['{"a":1}', '{"b":2}'].map((text, index) => ({
    index,
    id: String(index),
    bytes: Buffer.from(text),
  }));

  it.each([
    ["ndjson", "application/x-ndjson", '{"a":1}\n{"b":2}\n'],
    ["secops", "application/x-ndjson", '{"a":1}\n{"b":2}\n'],
    ["array", "application/json", '[{"a":1},{"b":2}]'],
    ["sentinel", "application/json", '[{"a":1},{"b":2}]'],
    ["datadog", "application/json", '[{"a":1},{"b":2}]'],
  ] as const)("of %s is %s", (shape, type, text) => {
    const body = requestBody(shape, messages);
    expect([body.type, fromUtf8(body.body)]).toEqual([type, text]);
  });
});
