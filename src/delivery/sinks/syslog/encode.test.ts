import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import {
  anyEvent,
  everyKindOfEvent,
  failedLogin,
  sampleEvent,
} from "../../../../test/support/sample-events.ts";
import { parseRfc3164, parseRfc5424 } from "../../../../test/support/syslog-grammar.ts";
import type { AuditEvent } from "../../../audit/event.ts";
import { plainText } from "../../../audit/render/plain-text.ts";
import { renderSyslog } from "../../../audit/render/syslog.ts";
import { fromUtf8, utf8 } from "../../../kernel/bytes.ts";
import { DeliveryFault } from "../../fault.ts";
import { bodyOf, FORMS } from "../../form.ts";
import { syslogSink } from "./sink.ts";

const from = { logName: "audit.example.com/log", version: "0.1.0" };
const SD = "audit@32473";
const to = { kind: "syslog", transport: "udp", host: "siem.example", port: 514 };

function encoded(event: AuditEvent, settings: object = {}, credentials = {}): Uint8Array {
  const encode = syslogSink.check({ ...to, ...settings }).encoder(from, credentials);
  return encode({ index: 17, event, line: utf8(JSON.stringify(event)) });
}

describe("a message of RFC 5424", () => {
  it("is what the grammar says, of every kind of event", () => {
    for (const event of everyKindOfEvent()) {
      const { msgid, time, msg, sd } = parseRfc5424(encoded(event));
      expect([msgid, time]).toEqual([event.operation, event.eventTime.replace("Z", "000Z")]);
      const { params, message } = renderSyslog(event, 17);
      expect(sd[SD]).toEqual(Object.fromEntries(params));
      expect(msg).toBe(message);
    }
  });

  it("is so whatever names and texts there are, in every form", () => {
    fc.assert(
      fc.property(anyEvent, fc.constantFrom("text", ...FORMS), (event, form) => {
        const { sd, msg } = parseRfc5424(encoded(event, { form, max_bytes: 65_507 }));
        const { params, message } = renderSyslog(event, 17);
        const plain = params.map(([name, value]) => [name, plainText(value)] as const);
        expect(sd[SD]).toEqual(Object.fromEntries(plain));
        const entry = { index: 17, event, line: utf8(JSON.stringify(event)) };
        expect(msg).toBe(form === "text" ? plainText(message) : bodyOf(entry, form as "cadf"));
      }),
    );
  });

  it("weighs by what was done, and how it ended", () => {
    const severity = (event: AuditEvent) => parseRfc5424(encoded(event)).pri % 8;
    expect(severity(sampleEvent({ operation: "secret.read" }))).toBe(6);
    expect(severity(sampleEvent({ operation: "secret.create" }))).toBe(5);
    expect(severity(sampleEvent({ operation: "secret.read", refusal: "forbidden" }))).toBe(4);
    expect(severity(failedLogin("passcode.login"))).toBe(4);
    expect(severity(sampleEvent({ operation: "secret.delete" }))).toBe(3);
    expect(severity(sampleEvent({ operation: "secret.read", refusal: "sealed" }))).toBe(2);
  });

  it("has the facility of the audit log, or another by number or name", () => {
    const facility = (settings: object) => {
      const event = sampleEvent({ operation: "secret.read" });
      return Math.floor(parseRfc5424(encoded(event, settings)).pri / 8);
    };
    expect([{}, { facility: 4 }, { facility: "local7" }].map(facility)).toEqual([13, 4, 23]);
  });

  it("holds the token only where it is asked for", () => {
    const event = sampleEvent({ operation: "secret.read" });
    const token = "s3cret-token";
    expect(fromUtf8(encoded(event, {}, { token }))).not.toContain(token);
    const { sd } = parseRfc5424(encoded(event, { sends_token: true }, { token }));
    expect(sd[SD]?.["token"]).toBe(token);
    const { credentials } = syslogSink.check({ ...to, sends_token: true });
    expect(credentials).toEqual([{ name: "token", isRequired: true }]);
  });

  it("is shortened to what the receiver takes, and says so; its id is whole, and JSON never cut", () => {
    const long = sampleEvent({ operation: "secret.read", target: { name: "日".repeat(1_000) } });
    const text = encoded(long, { max_bytes: 2_048 });
    expect(text.length).toBeLessThanOrEqual(2_048);
    expect(parseRfc5424(text).sd[SD]).toMatchObject({ id: long.id, shortened: "true" });
    const json = parseRfc5424(encoded(long, { max_bytes: 2_048, form: "cadf" }));
    expect(JSON.parse(json.msg)).toMatchObject({ id: long.id, omitted: "longer than max_bytes" });
  });

  it("has what names the event whole, however short all else has to be", () => {
    const long = "x".repeat(600);
    const { initiator, ...event } = sampleEvent({
      operation: "secret.read",
      target: { name: long },
    });
    const full = { ...initiator, id: long, name: long, authnId: long };
    const crowded = { ...event, initiator: full, correlationId: long, requestId: long };
    const { params } = renderSyslog(crowded, 17);
    const whole = ["id", "index", "operation", "created", "status"];
    const { sd } = parseRfc5424(encoded(crowded, { max_bytes: 1_280 }));
    expect(sd[SD]).toMatchObject({ ...pick(params, whole), shortened: "true" });
    expect(sd[SD]?.["correlationId"]?.length).toBeLessThan(36);
  });

  it("stays within the limit, or is refused as too long, whatever there is to say", () => {
    fc.assert(
      fc.property(anyEvent, fc.integer({ min: 1_024, max: 4_096 }), (event, max) => {
        try {
          const bytes = encoded(event, { max_bytes: max });
          expect(bytes.length).toBeLessThanOrEqual(max);
          parseRfc5424(bytes);
        } catch (error) {
          if (!(error instanceof DeliveryFault)) throw error;
          expect(error.kind).toBe("rejected");
        }
      }),
    );
  });

  it("follows the one before it as the transport has it", () => {
    const event = sampleEvent({ operation: "secret.read" });
    const bare = fromUtf8(encoded(event));
    const octets = fromUtf8(encoded(event, { transport: "tls" }));
    expect(octets).toBe(`${utf8(bare).length} ${bare}`);
    expect(fromUtf8(encoded(event, { transport: "tcp", framing: "lf" }))).toBe(`${bare}\n`);
  });
});

function pick(params: readonly (readonly [string, string])[], names: readonly string[]): object {
  return Object.fromEntries(params.filter(([name]) => names.includes(name)));
}

describe("a message of RFC 3164", () => {
  it("is what the grammar says, within its 1,024 bytes, whatever there is to say", () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        const bytes = encoded(event, { format: "rfc3164" });
        expect(bytes.length).toBeLessThanOrEqual(1_024);
        const { content } = parseRfc3164(bytes);
        expect(content).toContain(`keytrail: id="${event.id}" index="17" `);
      }),
    );
  });

  it("has the time in UTC, the day padded by a space, and JSON where that is asked for", () => {
    const event = {
      ...sampleEvent({ operation: "secret.read" }),
      eventTime: "2026-02-03T04:05:06.789Z",
    };
    const { time, host, content } = parseRfc3164(
      encoded(event, { format: "rfc3164", form: "dsv", app_name: "vault" }),
    );
    expect([time, host]).toEqual(["Feb  3 04:05:06", "audit.example.com"]);
    expect(JSON.parse(content.replace(/^vault: /, ""))).toMatchObject({ id: event.id });
  });
});

describe("the grammar", () => {
  it("refuses what DSV documents as its messages", () => {
    const dsv =
      "<191>1 2020-06-02T14:53:48Z tenantName.dsvdomain.com DSV - - [1 action=POST " +
      "created=2020-06-02T14:51:36.519620577Z ipaddress=75.188.210.58 path=token " +
      "principal=users:tenantaame principalItemId=f18b tenant=tenant tenantName=tenantName] abcdef";
    expect(() => parseRfc5424(utf8(dsv))).toThrow("no structured data");
    const nanos = "<110>1 2020-06-02T14:51:36.519620577Z host app - - - text";
    expect(() => parseRfc5424(utf8(nanos))).toThrow("no header");
  });

  it("refuses what is not escaped, not registered, and not one line", () => {
    const header = "<110>1 2026-11-21T09:31:07Z host app - - ";
    const wrong = ['[a@1 b="]"] x', String.raw`[a@1 b="\n"] x`, '[a b="c"] x', '[a@1 b="c"]x'];
    for (const sd of [...wrong, '[a@1 b="c"][a@1] x', "- x\ny"]) {
      expect(() => parseRfc5424(utf8(`${header}${sd}`)), sd).toThrow();
    }
    expect(parseRfc5424(utf8(`${header}- x`)).msg).toBe("x");
  });
});

describe("the settings", () => {
  const faults = (settings: object): unknown => {
    try {
      return syslogSink.check({ ...to, ...settings });
    } catch (error) {
      return error instanceof z.ZodError ? error.issues[0]?.path : error;
    }
  };

  it("name what is wrong", () => {
    expect(faults({ transport: "http" })).toEqual(["transport"]);
    expect(faults({ port: 0 })).toEqual(["port"]);
    expect(faults({ host: "two hosts" })).toEqual(["host"]);
    expect(faults({ facility: 24 })).toEqual(["facility"]);
    expect(faults({ hostname: "a b" })).toEqual(["hostname"]);
    expect(faults({ app_name: "a:b" })).toEqual(["app_name"]);
    expect(faults({ tls: {} })).toEqual(["tls"]);
    expect(faults({ transport: "tls", tls: { ca: "none" } })).toEqual(["tls", "ca"]);
  });

  it("have every default filled in, and stay what they are when they are read again", () => {
    const { settings } = syslogSink.check(to);
    expect(settings).toEqual({
      ...to,
      format: "rfc5424",
      framing: "octet",
      facility: 13,
      form: "text",
      app_name: "keytrail",
      enterprise_number: 32_473,
      sends_token: false,
      confirm: "close",
      datagrams_per_second: 2_000,
      max_bytes: 8_096,
    });
    expect(syslogSink.check(settings).settings).toEqual(settings);
  });
});
