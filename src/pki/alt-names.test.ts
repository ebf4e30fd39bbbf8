import { describe, expect, it } from "vitest";
import fc from "fast-check";
import {
  altNamesOf,
  altNameText,
  encodeAltNames,
  isEmail,
  isHostName,
  MAX_ALT_NAMES,
  readAltNames,
  type AltName,
  type GivenAltNames,
} from "./alt-names.ts";
import { element, NotDer } from "./der.ts";

const label = fc.stringMatching(/^[a-z0-9]{1,10}$/);
const host = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join("."));
const names: fc.Arbitrary<AltName> = fc.oneof(
  fc.record({ kind: fc.constant("dns" as const), value: host }),
  fc.record({ kind: fc.constant("email" as const), value: host.map((one) => `me@${one}`) }),
  fc.record({ kind: fc.constant("ip" as const), value: fc.ipV4() }),
  fc.record({ kind: fc.constant("ip" as const), value: fc.ipV6().map(canonical) }),
  fc.record({ kind: fc.constant("uri" as const), value: fc.webUrl() }),
  fc.record({
    kind: fc.constant("other" as const),
    oid: fc.constant("1.3.6.1.4.1.311.20.2.3"),
    value: fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }),
  }),
);

function canonical(address: string): string {
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}

describe("alternative names", () => {
  it("are read as they were written, of every kind", () => {
    fc.assert(
      fc.property(fc.array(names, { maxLength: 6 }), (list) => {
        const ascii = list.filter((one) => one.kind !== "uri" || /^[!-~]+$/.test(one.value));
        expect(readAltNames(encodeAltNames(ascii))).toEqual(ascii);
      }),
    );
  });

  it("are told apart as callers write them, each once", () => {
    const given: GivenAltNames = {
      altNames: ["a.example.com", "*.example.com", "me@example.com", "a.example.com"],
      ipSans: ["10.0.0.1", "2001:DB8:0::1", "::ffff:1.2.3.4"],
      uriSans: ["spiffe://cluster/ns/x"],
      otherSans: ["1.3.6.1.4.1.311.20.2.3;UTF8:me@example.com", "1.2.3:utf8:x"],
    };
    expect(altNamesOf(given).map((one) => [one.kind, altNameText(one)])).toEqual([
      ["dns", "a.example.com"],
      ["dns", "*.example.com"],
      ["email", "me@example.com"],
      ["ip", "10.0.0.1"],
      ["ip", "2001:db8::1"],
      ["ip", "::ffff:102:304"],
      ["uri", "spiffe://cluster/ns/x"],
      ["other", "1.3.6.1.4.1.311.20.2.3;UTF8:me@example.com"],
      ["other", "1.2.3;UTF8:x"],
    ]);
  });

  const wrong: Readonly<Record<string, GivenAltNames>> = {
    "a host name with a space": { altNames: ["a b"] },
    "a wildcard in the middle": { altNames: ["a.*.com"] },
    "a label that is too long": { altNames: [`${"a".repeat(64)}.com`] },
    "a label that begins with a dash": { altNames: ["-a.com"] },
    "an empty one": { altNames: [""] },
    "a mailbox without a host": { altNames: ["me@"] },
    "an address that is none": { ipSans: ["10.0.0.256"] },
    "an address with a zone": { ipSans: ["fe80::1%eth0"] },
    "a URI without a scheme": { uriSans: ["//example.com"] },
    "another name without its type": { otherSans: ["1.2.3;x"] },
    "another name with an OID that is none": { otherSans: ["1.99;UTF8:x"] },
  };
  for (const [what, given] of Object.entries(wrong)) {
    it(`are refused with ${what}`, () => {
      expect(() => altNamesOf(given)).toThrow(expect.objectContaining({ code: "invalid_request" }));
    });
  }

  it("are not more than a certificate has", () => {
    const altNames = Array.from({ length: MAX_ALT_NAMES + 1 }, (_, at) => `h${at}.example.com`);
    expect(() => altNamesOf({ altNames })).toThrow(
      expect.objectContaining({ code: "limit_reached" }),
    );
    expect(altNamesOf({ altNames: altNames.slice(1) })).toHaveLength(MAX_ALT_NAMES);
  });

  it("of a kind that is not read here are kept as they stand", () => {
    const registered = element(0x88, Uint8Array.of(0x2a, 0x03));
    const der = element(0x30, registered);
    expect(encodeAltNames(readAltNames(der))).toEqual(der);
  });

  it("are refused by their own error where they are none", () => {
    for (const [tag, content] of [
      [0x82, [0x00]],
      [0x87, [1, 2, 3]],
      [0x86, [0xc3, 0xa4]],
    ] as const) {
      const der = element(0x30, element(tag, Uint8Array.from(content)));
      expect(() => readAltNames(der)).toThrow(NotDer);
    }
  });
});

describe("a host's name and a mailbox's", () => {
  it("are told from what only looks like one", () => {
    expect(["localhost", "a-b.example", "*.x.y"].every(isHostName)).toBe(true);
    expect(["a_b.com", "a..b", ".a", "a.", "*", "ä.com", "a.com\n"].some(isHostName)).toBe(false);
    expect(["me@a.com", "a.b+c@x"].every(isEmail)).toBe(true);
    expect(["@a.com", "a@b@c d", "me@*", "me@ä.com"].some(isEmail)).toBe(false);
  });

  it("are decided in no time, however they are made", () => {
    const started = performance.now();
    for (const evil of ["a".repeat(100_000), "a.".repeat(60_000), `${"-".repeat(100_000)}@`]) {
      isHostName(evil);
      isEmail(evil);
    }
    expect(performance.now() - started).toBeLessThan(500);
  });
});
