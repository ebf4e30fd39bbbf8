import { createSecretKey } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromUtf8, toHex, utf8 } from "../kernel/bytes.ts";
import { decryptData, encryptData, underWhich } from "./ciphertext.ts";

const key = createSecretKey(Buffer.alloc(32, 7));
const under = { keyId: "0b5571f7-21e6-42b7-91c5-3f5ac9793a46", version: 258 };

/** Made once, and never again: what was given out has to open for as long as its key is there. */
const GIVEN_OUT =
  "AQtVcfch5kK3kcU/Wsl5OkYAAAECtdAatWC5Th8NHel/SRY2o7NpOXjW3rpX03mtHPnMhKlMG7JbxZsaq8kN/YPl";

describe("encrypted data", () => {
  it("opens as it was given out long ago, and says by what", () => {
    const data = Buffer.from(GIVEN_OUT, "base64");
    expect(underWhich(data)).toEqual(under);
    expect(fromUtf8(decryptData(key, data) as Uint8Array)).toBe("hello");
  });

  it("begins with its form, the key and the version, and is 61 bytes longer than what is in it", () => {
    const data = encryptData(key, under, utf8("hello"));
    expect(toHex(data.subarray(0, 21))).toBe("010b5571f721e642b791c53f5ac9793a4600000102");
    expect(data.length).toBe(61 + 5);
  });

  it("comes back whatever it is, and by no other version of its key", () => {
    const versions = fc.integer({ min: 0, max: 2 ** 32 - 1 });
    const property = fc.property(fc.uint8Array(), versions, (plaintext, version) => {
      const data = encryptData(key, { ...under, version }, plaintext);
      expect(underWhich(data)).toEqual({ ...under, version });
      expect(Buffer.from(decryptData(key, data) ?? "none")).toEqual(Buffer.from(plaintext));
      data[20] = (data[20] ?? 0) ^ 1;
      expect(decryptData(key, data)).toBeUndefined();
    });
    fc.assert(property);
  });

  it("is nothing that can be read once it is cut short, or of another form", () => {
    const data = encryptData(key, under, new Uint8Array());
    expect(decryptData(key, data)).toEqual(Buffer.alloc(0));
    for (let length = 0; length < data.length; length++) {
      expect(decryptData(key, data.subarray(0, length))).toBeUndefined();
    }
    data[0] = 2;
    expect(underWhich(data)).toBeUndefined();
  });
});
