import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseCef } from "../../../../test/support/cef-grammar.ts";
import {
  anyEvent,
  everyKindOfEvent,
  failedLogin,
  initiators,
  sampleEvent,
} from "../../../../test/support/sample-events.ts";
import { parseRfc3164, parseRfc5424 } from "../../../../test/support/syslog-grammar.ts";
import type { AuditEvent } from "../../../audit/event.ts";
import { fromUtf8, utf8 } from "../../../kernel/bytes.ts";
import { cefSink } from "./sink.ts";

const from = { logName: "audit.example.com/log", version: "0.1.0" };
const to = { kind: "cef", transport: "udp", host: "siem.example", port: 514 };

function encoded(event: AuditEvent, settings: object = {}, credentials = {}): Uint8Array {
  const encode = cefSink.check({ ...to, ...settings }).encoder(from, credentials);
  return encode({ index: 17, event, line: new Uint8Array() });
}

const parsed = (event: AuditEvent, settings = {}) =>
  parseCef(fromUtf8(encoded(event, { header: "none", max_bytes: 65_507, ...settings })));

describe("a line of CEF", () => {
  it("is what the grammar and the dictionary say, of every kind of event", () => {
    for (const event of everyKindOfEvent()) {
      const { signatureId, extension } = parsed(event);
      expect(signatureId).toBe(event.operation);
      expect(extension).toMatchObject({ externalId: event.id, cn2: "17" });
    }
  });

  it("is so whatever names and texts there are", () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        const { extension } = parsed(event);
        expect(extension["externalId"]).toBe(event.id);
        expect(extension["rt"]).toBe(String(Date.parse(event.eventTime)));
      }),
    );
  });

  it("has DSV's fields under CEF's names", () => {
    const event = sampleEvent({ operation: "user.delete" });
    expect(parsed(event)).toMatchObject({
      vendor: "Keytrail",
      severity: 8,
      extension: {
        act: "DELETE",
        outcome: "success",
        src: "10.1.2.3",
        suser: "users:ada@example.com",
        suid: "IBMid-50KTRL9ADA0001",
        duser: "bob@example.com",
        duid: "IBMid-BOB",
        requestClientApplication: "curl/8.5.0",
        cs1: "acct1",
        cs1Label: "tenant",
        cs2: "user-management.user.delete",
        cs2Label: "ibmAction",
      },
    });
  });

  it("has addresses of IPv6 where CEF has them, and text with every escape it needs", () => {
    const { serviceId } = initiators;
    const name = "a=b|c\\d\ne";
    const event = sampleEvent({
      operation: "secret.read",
      initiator: serviceId,
      target: { name },
    });
    const { extension } = parsed(event);
    expect(extension).toMatchObject({ c6a2: "2001:db8::7", c6a2Label: "Source IPv6 Address" });
    expect(extension["src"]).toBeUndefined();
    expect(extension["filePath"]).toContain(name);
  });

  it("weighs denials and failed logins as DSV does", () => {
    expect(parsed(failedLogin("passcode.login")).severity).toBe(7);
    expect(parsed(sampleEvent({ operation: "secret.read", refusal: "forbidden" })).severity).toBe(
      7,
    );
    expect(parsed(sampleEvent({ operation: "secret.read", refusal: "not_found" })).severity).toBe(
      5,
    );
    expect(parsed(sampleEvent({ operation: "secret.read" })).severity).toBe(1);
  });

  it("stands behind a header of syslog, without a byte order mark", () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        const old = parseRfc3164(encoded(event));
        expect(old.content.startsWith("CEF:0|Keytrail|Keytrail|0.1.0|")).toBe(true);
        const bytes = encoded(event, { header: "rfc5424" });
        expect(parseRfc5424(bytes).msg.startsWith("CEF:0|")).toBe(true);
        expect(fromUtf8(bytes)).not.toContain("\ufeff");
      }),
    );
  });

  it("is shortened to what the receiver takes, with its id whole", () => {
    const long = sampleEvent({ operation: "secret.read", target: { name: "=日".repeat(500) } });
    const bytes = encoded(long, { header: "none", max_bytes: 2_048 });
    expect(bytes.length).toBeLessThanOrEqual(2_048);
    expect(parseCef(fromUtf8(bytes)).extension["externalId"]).toBe(long.id);
  });

  it("has no value that is longer than the dictionary's, where the receiver takes longer lines", () => {
    const long = sampleEvent({ operation: "secret.read", target: { name: "x".repeat(2_000) } });
    const { extension } = parsed({ ...long, correlationId: "y".repeat(5_000) });
    const lengths = ["msg", "filePath", "cs4"].map((key) => extension[key]?.length);
    expect(lengths).toEqual([1_023, 1_023, 4_000]);
  });

  it.each(["\r", "\n", "=", "\\"])("has %j in a value escaped where it is the only one", (char) => {
    const event = sampleEvent({ operation: "secret.read", target: { name: `a${char}b` } });
    expect(parsed(event).extension["filePath"]).toBe(`secrets:a${char}b`);
  });

  it("holds the token only where it is asked for", () => {
    const event = sampleEvent({ operation: "secret.read" });
    const token = "s3cret-token";
    expect(fromUtf8(encoded(event, {}, { token }))).not.toContain(token);
    expect(fromUtf8(encoded(event, { sends_token: true }, { token }))).toContain(`token=${token}`);
  });

  it("is a line of a stream, or counted", () => {
    const event = sampleEvent({ operation: "secret.read" });
    const bare = fromUtf8(encoded(event));
    expect(fromUtf8(encoded(event, { transport: "tls" }))).toBe(`${bare}\n`);
    const counted = fromUtf8(encoded(event, { transport: "tcp", framing: "octet" }));
    expect(counted).toBe(`${utf8(bare).length} ${bare}`);
  });
});

describe("the grammar", () => {
  it("refuses what DSV documents as its lines, and what is not escaped", () => {
    const dsv = "CEF:0|thycotic|dsv|-|5c8|POST|_|{action:POST,created:2020-06-02T14:51:36Z}";
    const wrong = [
      "msg=a=b",
      String.raw`msg=a\d`,
      "msg=a\nb",
      "src=2001:db8::7",
      "cs1=a",
      "rt=now",
    ];
    const lines = wrong.map((extension) => `CEF:0|a|b|c|d|e|5|${extension}`);
    for (const line of [dsv, ...lines, "CEF:0|a|b|c|d|e|11|", "CEF:0|a|b||d|e|1|"]) {
      expect(() => parseCef(line), line).toThrow();
    }
    expect(parseCef("CEF:0|a|b|c|d|e|5|msg=a b act=c").extension).toEqual({ msg: "a b", act: "c" });
  });
});
