import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_RECORDED_CHARS } from "../audit/redaction.ts";
import {
  checkedConditions,
  MAX_CONDITIONS_PER_RULE,
  MAX_VALUES_OF_IN,
  meetsAll,
  OPERATORS,
  type Claims,
  type GivenCondition,
  type Operator,
} from "./claims.ts";

/** Whether the claims meet one condition, by the road that every condition takes: checked, then asked. */
function meets(operator: Operator, value: string, claims: Claims): boolean {
  return meetsAll(checkedConditions([{ claim: "dept", operator, value }]), claims);
}

const printable = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 20 })
  .filter((text) => text.trim() !== "" && !/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u.test(text));
const values = fc.array(printable, { minLength: 1, maxLength: 5 });
const operator = fc.constantFrom(...OPERATORS);

describe("a condition", () => {
  it.each([
    ["EQUALS", '"eng"', ["eng"], true],
    ["EQUALS", "eng", ["eng"], true],
    ["EQUALS", '"eng"', ["sales", "eng"], true],
    ["EQUALS", '"eng"', ["Eng"], false],
    ["EQUALS", "42", ["42"], true],
    ["EQUALS", "true", ["true"], true],
    ["EQUALS_IGNORE_CASE", '"ENG"', ["eng"], true],
    ["EQUALS_IGNORE_CASE", '"ENG"', ["engine"], false],
    ["NOT_EQUALS", '"eng"', ["sales"], true],
    ["NOT_EQUALS", '"eng"', ["sales", "eng"], false],
    ["NOT_EQUALS", '"eng"', ["Eng"], true],
    ["NOT_EQUALS_IGNORE_CASE", '"eng"', ["Eng"], false],
    ["NOT_EQUALS_IGNORE_CASE", '"eng"', ["sales"], true],
    ["IN", '["eng", "ops"]', ["ops"], true],
    ["IN", '["eng", "ops"]', ["sales"], false],
    ["IN", "ops", ["ops"], true],
    ["CONTAINS", '"eng"', ["sales", "eng"], true],
    ["CONTAINS", '"eng"', ["not-eng"], false],
  ] as const)("%s %s of %j is %s", (...[name, value, claim, expected]) => {
    expect(meets(name, value, { dept: claim })).toBe(expected);
  });

  it("is met by no claim that the provider does not make, whatever it asks", () => {
    fc.assert(
      fc.property(operator, printable, values, (name, value, claim) => {
        const asked = JSON.stringify(value);
        expect(meets(name, asked, {})).toBe(false);
        expect(meets(name, asked, { dept: [] })).toBe(false);
        expect(meets(name, asked, { other: claim })).toBe(false);
      }),
    );
  });

  it("does not take what every object has for a claim", () => {
    const conditions = checkedConditions([
      { claim: "constructor", operator: "NOT_EQUALS", value: "x" },
    ]);
    expect(meetsAll(conditions, {})).toBe(false);
  });

  it("that excludes is met exactly by the claims that the one which asks is not met by", () => {
    fc.assert(
      fc.property(printable, values, (value, claim) => {
        const claims = { dept: claim };
        const asked = JSON.stringify(value);
        expect(meets("NOT_EQUALS", asked, claims)).toBe(!meets("EQUALS", asked, claims));
        expect(meets("NOT_EQUALS_IGNORE_CASE", asked, claims)).toBe(
          !meets("EQUALS_IGNORE_CASE", asked, claims),
        );
      }),
    );
  });

  it("is met by a claim among whose values is what it asks for, in any order", () => {
    fc.assert(
      fc.property(values, fc.nat(), (claim, index) => {
        const one = JSON.stringify(claim[index % claim.length]);
        for (const name of ["EQUALS", "EQUALS_IGNORE_CASE", "IN", "CONTAINS"] as const) {
          expect(meets(name, one, { dept: claim })).toBe(true);
          expect(meets(name, one, { dept: claim.toReversed() })).toBe(true);
        }
        expect(meets("IN", JSON.stringify(claim), { dept: claim })).toBe(true);
      }),
    );
  });
});

describe("conditions", () => {
  it("have to be met all of them", () => {
    const conditions = checkedConditions([
      { claim: "dept", operator: "EQUALS", value: "eng" },
      { claim: "site", operator: "NOT_EQUALS", value: "moon" },
    ]);
    expect(meetsAll(conditions, { dept: ["eng"], site: ["earth"] })).toBe(true);
    expect(meetsAll(conditions, { dept: ["eng"], site: ["moon"] })).toBe(false);
    expect(meetsAll(conditions, { dept: ["eng"] })).toBe(false);
  });

  it("that are none are met by nobody", () => {
    expect(meetsAll([], { dept: ["eng"] })).toBe(false);
  });

  it("are kept as JSON, and mean the same when they are checked again", () => {
    expect(
      checkedConditions([
        { claim: "a", operator: "EQUALS", value: "eng" },
        { claim: "b", operator: "EQUALS", value: '"eng"' },
        { claim: "c", operator: "IN", value: '[ "eng" ]' },
        { claim: "d", operator: "IN", value: "eng" },
      ]).map(({ value }) => value),
    ).toEqual(['"eng"', '"eng"', '["eng"]', '["eng"]']);
    fc.assert(
      fc.property(printable, operator, printable, (claim, name, value) => {
        const once = checkedConditions([{ claim, operator: name, value: JSON.stringify(value) }]);
        expect(checkedConditions(once)).toEqual(once);
      }),
    );
  });

  const fine: GivenCondition = { claim: "dept", operator: "EQUALS", value: '"eng"' };
  const many = Array.from({ length: MAX_VALUES_OF_IN + 1 }, (_, n) => `v${n}`);
  it.each<readonly [string, readonly GivenCondition[]]>([
    ["that are none", []],
    ["that are too many", Array.from({ length: MAX_CONDITIONS_PER_RULE + 1 }, () => fine)],
    ["of an operator that there is not", [{ ...fine, operator: "LIKE" }]],
    ["without a claim", [{ ...fine, claim: " " }]],
    ["whose claim cannot be printed", [{ ...fine, claim: "a\nb" }]],
    ["whose value is empty", [{ ...fine, value: '""' }]],
    ["whose value cannot be printed", [{ ...fine, value: '"a\\u0000b"' }]],
    ["with a list where one value belongs", [{ ...fine, value: '["a", "b"]' }]],
    ["with an empty list", [{ ...fine, operator: "IN", value: "[]" }]],
    ["with a list of what is no text", [{ ...fine, operator: "IN", value: '["a", 1]' }]],
    [
      "whose value is longer than a record of it",
      [{ ...fine, value: "x".repeat(MAX_RECORDED_CHARS - 1) }],
    ],
    ["with too long a list", [{ ...fine, operator: "IN", value: JSON.stringify(many) }]],
  ])("%s are refused, and nothing of them is repeated", (_name, given) => {
    expect(() => checkedConditions(given)).toThrow(
      expect.objectContaining({ code: "invalid_request", details: { field: "conditions" } }),
    );
  });
});
