import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Refusal } from "../kernel/errors.ts";
import { Sensitive } from "../kernel/sensitive.ts";
import { MAX_JSON_DEPTH } from "./json.ts";
import { MAX_PAYLOAD_BYTES } from "./kinds/arbitrary.ts";
import { MAX_KV_BYTES } from "./kinds/kv.ts";
import { checkPayload, decodePayload, encodePayload, type Payload } from "./payload.ts";

const arbitrary = (text: string): Payload => ({ kind: "arbitrary", payload: new Sensitive(text) });
const kv = (data: object): Payload => ({ kind: "kv", data: new Sensitive({ ...data }) });
const login = (username: string, password: string): Payload => ({
  kind: "username_password",
  username,
  password: new Sensitive(password),
});
const revealed = (payload: Payload): unknown => {
  if (payload.kind === "arbitrary") return payload.payload.reveal();
  if (payload.kind === "kv") return payload.data.reveal();
  if (payload.kind === "username_password") return [payload.username, payload.password.reveal()];
  throw new Error("not a plain one");
};
const refusalOf = (payload: Payload): string => {
  try {
    checkPayload(payload);
    return "none";
  } catch (error) {
    return error instanceof Refusal ? error.message : "not a refusal";
  }
};
const nested = (levels: number): object => (levels === 0 ? {} : { down: nested(levels - 1) });

describe("a payload", () => {
  it("comes back from its bytes as it went in", () => {
    const payloads = fc.oneof(
      fc.string({ unit: "grapheme", minLength: 1 }).map(arbitrary),
      fc.dictionary(fc.string(), fc.jsonValue()).map(kv),
      fc.string({ unit: "grapheme", minLength: 6 }).map((text) => login("scott", text)),
    );
    fc.assert(
      fc.property(payloads, (payload) => {
        const back = decodePayload(payload.kind, encodePayload(payload), () => "scott");
        expect(JSON.stringify(revealed(back))).toBe(JSON.stringify(revealed(payload)));
      }),
    );
  });

  it("of bytes comes back as bytes, and of text as text, whatever either looks like", () => {
    const values = fc.oneof(fc.uint8Array({ minLength: 1 }), fc.string({ minLength: 1 }));
    fc.assert(
      fc.property(values, (value) => {
        const payload: Payload = { kind: "arbitrary", payload: new Sensitive(value) };
        expect(refusalOf(payload)).toBe("none");
        const back = revealed(decodePayload("arbitrary", encodePayload(payload), () => ""));
        expect(typeof back).toBe(typeof value);
        expect(back).toEqual(value);
      }),
      { examples: [["\ufeffbegins with a mark"], [Uint8Array.of(0xff)], ["/w=="]] },
    );
  });

  it("has at most a megabyte, counted in bytes", () => {
    expect(refusalOf(arbitrary("x".repeat(MAX_PAYLOAD_BYTES)))).toBe("none");
    expect(refusalOf(arbitrary("x".repeat(MAX_PAYLOAD_BYTES + 1)))).toContain("1048576 bytes");
    expect(refusalOf(arbitrary("é".repeat(MAX_PAYLOAD_BYTES / 2 + 1)))).toContain("1048576 bytes");
    expect(refusalOf(arbitrary(""))).toContain("1 to");
  });

  it("is refused when it could not be given back as it was given", () => {
    expect(refusalOf(arbitrary("a\ud800b"))).toContain("well-formed");
    expect(refusalOf(login("scott", "tiger\udfff"))).toContain("well-formed");
  });

  it("of kv has at most 512 KB, and a bounded depth, however deep it was given", () => {
    expect(refusalOf(kv({ a: "x".repeat(MAX_KV_BYTES - 8) }))).toBe("none");
    expect(refusalOf(kv({ a: "x".repeat(MAX_KV_BYTES) }))).toContain("524288 bytes");
    expect(refusalOf(kv(nested(MAX_JSON_DEPTH)))).toContain("levels deep");
    expect(refusalOf(kv(nested(MAX_JSON_DEPTH - 1)))).toBe("none");
    expect(refusalOf(kv(nested(5_000)))).toContain("levels deep");
  });

  it("of a login has a username and a password of sensible lengths", () => {
    expect(refusalOf(login("scott", "tiger1"))).toBe("none");
    expect(refusalOf(login("s", "tiger1"))).toContain("A username");
    expect(refusalOf(login("scott", "tiger"))).toContain("A password");
    expect(refusalOf(login("scott", "x".repeat(257)))).toContain("A password");
  });

  it("is never quoted by a refusal", () => {
    const canary = "canary-".repeat(200_000);
    for (const payload of [arbitrary(canary), kv({ canary }), login(canary, canary)]) {
      expect(refusalOf(payload)).not.toMatch(/canary|none/);
    }
  });
});
