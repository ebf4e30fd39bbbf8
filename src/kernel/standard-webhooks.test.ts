import { describe, expect, it } from "vitest";
import { parseSigningKey, signatureHeaders, type SigningKey } from "./standard-webhooks.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

function keyOf(text: string): SigningKey {
  const key = parseSigningKey(text);
  if (!key) throw new Error("no key");
  return key;
}

describe("the signature", () => {
  it("is that of the Standard Webhooks specification's own example", () => {
    const signed = {
      id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
      at: 1_614_265_330_000,
      body: '{"test": 2432232314}',
    };
    expect(signatureHeaders(signed, [keyOf(SECRET)])).toEqual({
      "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
      "webhook-timestamp": "1614265330",
      "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    });
  });

  it("is one to each key, and none without a key", () => {
    const signed = { id: "1", at: 0, body: "{}" };
    const other = keyOf(`whsec_${Buffer.alloc(32, 7).toString("base64")}`);
    const both = signatureHeaders(signed, [keyOf(SECRET), other])["webhook-signature"];
    expect(both?.split(" ")).toEqual([
      signatureHeaders(signed, [keyOf(SECRET)])["webhook-signature"],
      signatureHeaders(signed, [other])["webhook-signature"],
    ]);
    expect(signatureHeaders(signed, [])).not.toHaveProperty("webhook-signature");
  });

  it.each([
    ["without its prefix", SECRET.slice(6)],
    ["too short", `whsec_${Buffer.alloc(23).toString("base64")}`],
    ["too long", `whsec_${Buffer.alloc(65).toString("base64")}`],
    ["no base64", "whsec_this is not base64 at all, is it? no!"],
    ["nothing", ""],
  ])("takes no secret that is %s", (_what, text) => {
    expect(parseSigningKey(text)).toBeUndefined();
  });

  it("takes one with or without padding, and never shows it", () => {
    const bytes = Buffer.alloc(32, 1);
    const padded = `whsec_${bytes.toString("base64")}`;
    expect(keyOf(padded).reveal()).toEqual(new Uint8Array(bytes));
    expect(keyOf(padded.replace(/=+$/, "")).reveal()).toEqual(new Uint8Array(bytes));
    expect(JSON.stringify(keyOf(padded))).toBe('"[redacted]"');
  });
});
