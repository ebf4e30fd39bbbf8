import { createSecretKey } from "node:crypto";
import { describe, expect, it } from "vitest";
import { utf8 } from "../kernel/bytes.ts";
import { decrypt, encrypt } from "./xaes.ts";

const nonce = utf8("ABCDEFGHIJKLMNOPQRSTUVWX");
const plaintext = utf8("XAES-256-GCM");
const keyOf = (byte: number) => createSecretKey(Buffer.alloc(32, byte));

describe("XAES-256-GCM", () => {
  it.each([
    {
      which: "whose subkey needs no reduction",
      byte: 1,
      data: "",
      expected: "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271",
    },
    {
      which: "whose subkey needs one",
      byte: 3,
      data: "c2sp.org/XAES-256-GCM",
      expected: "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d",
    },
  ])("has C2SP's vector of a key $which", ({ byte, data, expected }) => {
    const message = { nonce, data: utf8(data) };
    const sealed = encrypt(keyOf(byte), message, plaintext);
    expect(sealed.toString("hex")).toBe(expected);
    expect(decrypt(keyOf(byte), message, sealed)).toEqual(Buffer.from(plaintext));
  });

  it("opens nothing that was altered, anywhere, nor by another key, nonce or data", () => {
    const message = { nonce, data: utf8("data") };
    const sealed = encrypt(keyOf(1), message, plaintext);
    for (let at = 0; at < sealed.length; at++) {
      const altered = Buffer.from(sealed);
      altered[at] = (altered[at] ?? 0) ^ 1;
      expect(decrypt(keyOf(1), message, altered)).toBeUndefined();
    }
    expect(decrypt(keyOf(2), message, sealed)).toBeUndefined();
    expect(decrypt(keyOf(1), { ...message, data: utf8("date") }, sealed)).toBeUndefined();
    for (const at of [0, 23]) {
      const other = Uint8Array.from(nonce, (byte, i) => (i === at ? byte ^ 1 : byte));
      expect(decrypt(keyOf(1), { ...message, nonce: other }, sealed)).toBeUndefined();
    }
    expect(decrypt(keyOf(1), message, sealed.subarray(0, 15))).toBeUndefined();
  });
});
