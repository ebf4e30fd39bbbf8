import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Refusal } from "../kernel/errors.ts";
import { actingIdOf, isActingServiceId, isServiceId, newServiceId } from "./service-id.ts";
import { checkedDescription, checkedEmail, checkedName, MAX_NAME_CHARS } from "./text.ts";
import { isUserId, newUserId } from "./user.ts";

describe("a name", () => {
  it("is composed, printable, not blank and not long", () => {
    expect(checkedName("Ange\u0301lique")).toBe("Angélique");
    expect(checkedName("x".repeat(MAX_NAME_CHARS))).toHaveLength(MAX_NAME_CHARS);
    for (const bad of [
      "",
      "   ",
      "x".repeat(MAX_NAME_CHARS + 1),
      "a\nb",
      "a\u0000",
      "\u2028",
      "\ud800",
      "x \u202eeruliaf-",
      "\u2066x",
      "\u200b",
      " \u200d\ufeff ",
    ]) {
      expect(() => checkedName(bad)).toThrow(Refusal);
    }
  });

  it("is never quoted in its refusal", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Z]{20,30}\n$/), (name) => {
        expect(() => checkedName(name)).toThrow(/^(?!.*[A-Z]{20})/);
      }),
    );
  });
});

describe("a description", () => {
  it("may be empty", () => {
    expect(checkedDescription("")).toBe("");
  });
});

describe("an e-mail address", () => {
  it("is compared in lower case", () => {
    expect(checkedEmail("Ada@Example.COM")).toBe("ada@example.com");
  });

  it("has one @ and no blanks", () => {
    for (const bad of [
      "ada",
      "@",
      "a@",
      "@b",
      "a b@c",
      "a@b@c",
      `${"a".repeat(250)}@example.com`,
    ]) {
      expect(() => checkedEmail(bad)).toThrow(Refusal);
    }
  });
});

describe("the ids of identities", () => {
  it("are told apart", () => {
    const user = newUserId();
    const service = newServiceId();
    expect([isUserId(user), isServiceId(user), isActingServiceId(user)]).toEqual([
      true,
      false,
      false,
    ]);
    expect(isServiceId(service)).toBe(true);
    expect(isActingServiceId(actingIdOf(service))).toBe(true);
    expect(isUserId(service) || isActingServiceId(service)).toBe(false);
  });
});
