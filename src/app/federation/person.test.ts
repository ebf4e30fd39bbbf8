import { describe, expect, it } from "vitest";
import {
  MAX_CLAIM_VALUE_CHARS,
  MAX_CLAIM_VALUES,
  MAX_CLAIMS,
  MAX_CLAIMS_CHARS,
  personOf,
} from "./person.ts";

const claimsOf = (claims: Readonly<Record<string, unknown>>): object =>
  personOf({ subject: "grace", claims }).claims;

describe("what a provider says of a person", () => {
  it("has texts, numbers and truth values, alone or in lists, and nothing of the token's own", () => {
    const claims = {
      iss: "https://login.example.com",
      aud: "keytrail",
      nonce: "nonce",
      exp: 1,
      sub: "grace",
      department: "navy",
      level: 7,
      active: true,
      groups: ["a", 1, false, null, { name: "b" }, ["c"]],
      address: { country: "US" },
      empty: [],
      nothing: null,
    };
    expect(claimsOf(claims)).toEqual({
      sub: ["grace"],
      department: ["navy"],
      level: ["7"],
      active: ["true"],
      groups: ["a", "1", "false"],
    });
  });

  it("has an address only if the provider has verified it", () => {
    const email = (claims: object): string | null =>
      personOf({ subject: "grace", claims: { email: "Grace@Example.com", ...claims } }).email;
    expect(email({ email_verified: true })).toBe("grace@example.com");
    for (const email_verified of [false, undefined, "true", 1, null]) {
      expect(email({ email_verified })).toBeNull();
    }
    for (const none of ["no address", "", 7, null, ["grace@example.com"], "a@b\u0000"]) {
      expect(email({ email_verified: true, email: none })).toBeNull();
    }
  });

  it("has a name, or the one that is preferred to log in with, if it is one", () => {
    const name = (claims: Readonly<Record<string, unknown>>): string | null =>
      personOf({ subject: "grace", claims }).name;
    expect(name({ name: "Grace Hopper", preferred_username: "grace" })).toBe("Grace Hopper");
    expect(name({ name: "\u0007", preferred_username: "grace" })).toBe("grace");
    expect(name({ name: 7 })).toBeNull();
  });

  it("may be called as parts of an object are", () => {
    const claims = JSON.parse('{"__proto__": "polluted", "constructor": "built"}') as object;
    const got = claimsOf(claims as Record<string, unknown>);
    expect(Object.entries(got)).toEqual([
      ["__proto__", ["polluted"]],
      ["constructor", ["built"]],
    ]);
    expect(Object.getPrototypeOf(got)).toBe(Object.prototype);
  });

  it.each([
    ["no subject", { subject: "", claims: {} }],
    ["a long subject", { subject: "a".repeat(256), claims: {} }],
    ["many claims", { subject: "a", claims: named(MAX_CLAIMS + 1) }],
    ["many values", { subject: "a", claims: { groups: texts(MAX_CLAIM_VALUES + 1) } }],
    ["a long value", { subject: "a", claims: { one: "a".repeat(MAX_CLAIM_VALUE_CHARS + 1) } }],
    [
      "much of everything",
      { subject: "a", claims: { all: texts(MAX_CLAIMS_CHARS / 1_000 + 1, "a".repeat(1_000)) } },
    ],
  ])("is refused where there is %s", (_what, vouched) => {
    expect(() => personOf(vouched)).toThrow(/cannot be taken/);
  });

  it("is taken up to the bounds", () => {
    expect(Object.keys(claimsOf(named(MAX_CLAIMS)))).toHaveLength(MAX_CLAIMS);
    expect(claimsOf({ groups: texts(MAX_CLAIM_VALUES) })).toMatchObject({
      groups: texts(MAX_CLAIM_VALUES),
    });
  });
});

function texts(count: number, text = "a"): readonly string[] {
  return Array.from({ length: count }, () => text);
}

function named(count: number): Readonly<Record<string, string>> {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [`claim-${n}`, "a"]));
}
