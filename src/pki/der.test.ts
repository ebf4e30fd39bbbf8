import { describe, expect, it } from "vitest";
import fc from "fast-check";
import {
  element,
  integer,
  namedBits,
  NotDer,
  oid,
  readElement,
  readElements,
  readNamedBits,
  readOid,
  readSmallInteger,
  sequence,
  setOf,
  TAG,
} from "./der.ts";
import { openssl } from "./testing/openssl.ts";

/** As openssl reads it: the type of each element with its value. */
function asn1(der: Uint8Array): string {
  return openssl(["asn1parse", "-inform", "DER"], der);
}

describe("DER that is written", () => {
  it("is what openssl reads", () => {
    const text = asn1(
      sequence(
        oid("1.2.840.113549.1.9.14"),
        integer(0),
        integer(128),
        element(TAG.utf8String, Buffer.from("x".repeat(300))),
        setOf(integer(2), integer(1)),
      ),
    );
    expect(text).toContain("OBJECT            :Extension Request");
    expect(text).toContain("INTEGER           :00");
    expect(text).toContain("INTEGER           :80");
    expect(text).toContain("l= 300 prim: UTF8STRING");
    expect(text).toMatch(/SET\s+[^]*INTEGER\s+:01[^]*INTEGER\s+:02/);
  });

  it("is read back as it was, whatever the length", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 }), (parts) => {
        const der = sequence(...parts.map((part) => element(TAG.octetString, part)));
        const read = readElements(readElement(der).content).map(({ content }) => [...content]);
        expect(read).toEqual(parts.map((part) => [...part]));
      }),
    );
    const long = element(TAG.octetString, new Uint8Array(70_000));
    expect(readElement(long).content.length).toBe(70_000);
  });

  it("has every object identifier as it is written with dots", () => {
    const arc = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER - 80 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 39 }), fc.array(arc), (second, rest) => {
        for (const root of [0, 1, 2]) {
          const dotted = [root, second, ...rest].join(".");
          expect(readOid(readElement(oid(dotted)))).toBe(dotted);
        }
      }),
    );
    expect(readOid(readElement(oid("2.999.3")))).toBe("2.999.3");
  });

  it("has bits by their numbers, none of them lost", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 40 })), (bits) => {
        const sorted = bits.toSorted((one, other) => one - other);
        expect(readNamedBits(readElement(namedBits(bits)))).toEqual(sorted);
      }),
    );
  });
});

describe("DER that is read", () => {
  const wrong = {
    "nothing at all": [],
    "a tag without a length": [0x04],
    "an element that ends too early": [0x04, 0x02, 0x00],
    "a length without an end": [0x30, 0x80, 0x00, 0x00],
    "a length in more bytes than it needs": [0x04, 0x81, 0x01, 0x00],
    "a length with a zero before it": [0x04, 0x82, 0x00, 0x81, ...Array<number>(0x81).fill(0)],
    "a length beyond all bounds": [0x04, 0x84, 0xff, 0xff, 0xff, 0xff],
    "a tag of several bytes": [0x1f, 0x81, 0x00, 0x00],
    "two elements where one belongs": [0x05, 0x00, 0x05, 0x00],
  };
  for (const [what, bytes] of Object.entries(wrong)) {
    it(`is refused with ${what}`, () => {
      expect(() => readElement(Uint8Array.from(bytes))).toThrow(NotDer);
    });
  }

  it("never breaks on anything but its own error", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        for (const read of [readOid, readSmallInteger, readNamedBits]) {
          try {
            read(readElement(bytes));
          } catch (error) {
            expect(error).toBeInstanceOf(NotDer);
          }
        }
      }),
    );
  });

  it("has no negative numbers, and no object identifiers that go on", () => {
    expect(() => readSmallInteger(readElement(Uint8Array.of(2, 1, 0x80)))).toThrow(NotDer);
    expect(() => readOid(readElement(Uint8Array.of(6, 1, 0x80)))).toThrow(NotDer);
  });
});
