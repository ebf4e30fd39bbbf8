import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bytesEqual,
  fromBase64,
  fromHex,
  fromUtf8,
  secretsEqual,
  toBase64,
  toHex,
  utf8,
} from "./bytes.ts";

describe("bytes", () => {
  it("come back from each text they are written as", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(bytesEqual(fromBase64(toBase64(bytes)) ?? utf8("no"), bytes)).toBe(true);
        expect(bytesEqual(fromHex(toHex(bytes)) ?? utf8("no"), bytes)).toBe(true);
      }),
    );
  });

  it.each(["a", "ab==", "YQ", "YR==", "YQ==\n", " YQ==", "YQ=", "_-8="])(
    "are not read from %j as base64",
    (text) => {
      expect(fromBase64(text)).toBeUndefined();
    },
  );

  it.each(["0", "0g", "xyz"])("are not read from %j as hex", (text) => {
    expect(fromHex(text)).toBeUndefined();
  });

  it("that are not UTF-8 are an error, never another text", () => {
    expect(() => fromUtf8(Uint8Array.of(0xff, 0xfe))).toThrow(TypeError);
  });

  it("of different lengths differ, in constant time too", () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
        const isSame = toHex(a) === toHex(b);
        expect([bytesEqual(a, b), secretsEqual(a, b)]).toEqual([isSame, isSame]);
      }),
    );
  });
});
