import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { DeliveryFault } from "../fault.ts";
import { signatureHeaders, signatureSettings } from "./signature.ts";

const body = Buffer.from('{"test": 2432232314}');
const at = 1_614_265_330_000;

describe("a signature", () => {
  it("by Standard Webhooks is that of its published example", () => {
    const settings = signatureSettings.parse({ scheme: "standard-webhooks" });
    const id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    expect(
      signatureHeaders(settings, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", { id, at, body }),
    ).toEqual({
      "webhook-id": id,
      "webhook-timestamp": "1614265330",
      "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    });
  });

  it("in a header is HMAC-SHA-256 of the body", () => {
    const settings = signatureSettings.parse({
      scheme: "hmac",
      header: "X-Hub-Signature-256",
      prefix: "sha256=",
    });
    // GitHub's documented example.
    const hello = Buffer.from("Hello, World!");
    expect(
      signatureHeaders(settings, "It's a Secret to Everybody", { id: "", at, body: hello }),
    ).toEqual({
      "X-Hub-Signature-256":
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
    });
  });

  it("covers the time where there is a header for it", () => {
    const settings = signatureSettings.parse({
      scheme: "hmac",
      header: "X-Signature",
      encoding: "base64",
      timestamp_header: "X-Timestamp",
    });
    const expected = createHmac("sha256", "key")
      .update(`1614265330.${body.toString()}`)
      .digest("base64");
    expect(signatureHeaders(settings, "key", { id: "", at, body })).toEqual({
      "X-Timestamp": "1614265330",
      "X-Signature": expected,
    });
  });

  it.each(["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_c2hvcnQ=", "whsec_no base64"])(
    "by Standard Webhooks takes no key like %s",
    (key) => {
      const settings = signatureSettings.parse({ scheme: "standard-webhooks" });
      expect(() => signatureHeaders(settings, key, { id: "1", at, body })).toThrow(DeliveryFault);
    },
  );
});
