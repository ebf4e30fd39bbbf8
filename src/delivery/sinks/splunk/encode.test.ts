import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { objectsOf } from "../../../../test/support/hec-receiver.ts";
import { anyEvent, sampleEvent } from "../../../../test/support/sample-events.ts";
import { encodeEvent, type AuditEvent } from "../../../audit/event.ts";
import { renderDsv } from "../../../audit/render/dsv.ts";
import { fromUtf8 } from "../../../kernel/bytes.ts";
import type { Entry } from "../../entry.ts";
import { FORMS } from "../../form.ts";
import { splunkSettings, type SplunkSettings } from "./config.ts";
import { splunkBody, splunkEncoder } from "./encode.ts";

const FROM = { logName: "vault.example.com/log", version: "0.1.0" };
const event = sampleEvent({ operation: "secret.read" });

function entryOf(of: AuditEvent, index = 41): Entry {
  return { index, line: encodeEvent(of, of.counters), event: of };
}

function settings(given: object = {}): SplunkSettings {
  return splunkSettings.parse({ kind: "splunk", host: "splunk.example.com", ...given });
}

function encoded(given: object, entry = entryOf(event)): Record<string, unknown> {
  return JSON.parse(fromUtf8(splunkEncoder(settings(given), FROM)(entry)));
}

describe("an event for the collector", () => {
  it("is DSV's record, at its own time, with what it is told apart by", () => {
    expect(encoded({})).toEqual({
      time: Date.parse(event.eventTime) / 1_000,
      host: FROM.logName,
      source: "keytrail",
      sourcetype: "dsv:audit",
      event: renderDsv(event),
      fields: { id: event.id, log_index: "41", operation: "secret.read" },
    });
    expect(fromUtf8(splunkEncoder(settings(), FROM)(entryOf(event)))).toMatch(
      /^\{"time":\d+\.412,/,
    );
  });

  it("bears the index, the source and the source type that are set", () => {
    const given = { index: "audit", source: "vault", sourcetype: "vault:audit" };
    expect(encoded(given)).toMatchObject(given);
    expect(encoded({ form: "cloudtrail" })["sourcetype"]).toBe("aws:cloudtrail");
    expect(encoded({ form: "ocsf" })["sourcetype"]).toBe("keytrail:ocsf");
  });

  it("is the very line of the log, as a text, where that is set", () => {
    const entry = entryOf(event);
    const { event: text } = encoded({ form: "entry" }, entry);
    expect(Buffer.from(String(text))).toEqual(Buffer.from(entry.line));
  });

  it("is one object whatever is in it, and so are many one after the other", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyEvent, { minLength: 1, maxLength: 5 }),
        fc.constantFrom(...FORMS),
        async (events, form) => {
          const encode = splunkEncoder(settings({ form }), FROM);
          const messages = events.map((one, index) => ({
            index,
            id: one.id,
            bytes: encode(entryOf(one, index)),
          }));
          const body = await splunkBody(messages, settings({ form }));
          const { objects, isWhole } = objectsOf(Buffer.from(body));
          expect(isWhole).toBe(true);
          const read = objects.map((text) => JSON.parse(text) as { fields: { id: string } });
          expect(read.map(({ fields }) => fields.id)).toEqual(events.map(({ id }) => id));
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("the settings", () => {
  it("have a default for everything but the host", () => {
    expect(settings()).toEqual({
      kind: "splunk",
      host: "splunk.example.com",
      port: 8_088,
      path: "/services/collector/event",
      ack_path: "/services/collector/ack",
      form: "dsv",
      source: "keytrail",
      gzip: false,
      acknowledgement: false,
    });
  });

  it.each([
    { host: "not a host" },
    { port: 0 },
    { port: 65_536 },
    { path: "services" },
    { path: "/a b" },
    { path: "/a#b" },
    { form: "xml" },
    { index: "" },
    { token: "is no setting" },
    { transport: "http" },
    { tls: { ca: "no certificate" } },
  ])("refuse %j", (given) => {
    expect(() => settings(given)).toThrow();
  });
});
