import { describe, expect, it } from "vitest";
import {
  checkedGroupDescription,
  checkedGroupName,
  checkedRule,
  isAccessGroupId,
  isClaimRuleId,
  isInForce,
  isMemberId,
  MAX_GROUP_DESCRIPTION_CHARS,
  MAX_GROUP_NAME_CHARS,
  newAccessGroupId,
  newClaimRuleId,
  PUBLIC_ACCESS_GROUP,
  type GivenRule,
  type Member,
} from "./access-group.ts";
import { actingIdOf, newServiceId } from "./service-id.ts";
import { actingProfileOf, newProfileId } from "./trusted-profile.ts";
import { newUserId } from "./user.ts";

describe("ids", () => {
  it("of groups and rules are known by their form", () => {
    expect([newAccessGroupId(), PUBLIC_ACCESS_GROUP].every(isAccessGroupId)).toBe(true);
    expect(isClaimRuleId(newClaimRuleId())).toBe(true);
    for (const none of ["", "AccessGroupId-", "AccessGroupId-x", newClaimRuleId(), newUserId()]) {
      expect(isAccessGroupId(none)).toBe(false);
    }
    for (const none of ["", "ClaimRule-", `${newClaimRuleId()}x`, newAccessGroupId()]) {
      expect(isClaimRuleId(none)).toBe(false);
    }
  });

  it("of members are IAM ids: what acts, not what it is managed by", () => {
    const [service, profile] = [newServiceId(), newProfileId()];
    const members = [newUserId(), actingIdOf(service), actingProfileOf(profile)];
    expect(members.every(isMemberId)).toBe(true);
    for (const none of ["", service, profile, newAccessGroupId()]) {
      expect(isMemberId(none)).toBe(false);
    }
  });
});

describe("a membership", () => {
  it("by hand is in force for good, one by a rule up to the moment at which it ends", () => {
    const member = { expiresAt: null } as Member;
    expect(isInForce(member, Number.MAX_SAFE_INTEGER)).toBe(true);
    expect(isInForce({ ...member, expiresAt: 1_000 }, 999)).toBe(true);
    expect(isInForce({ ...member, expiresAt: 1_000 }, 1_000)).toBe(false);
  });
});

describe("what people say of a group or a rule", () => {
  const refused = { code: "invalid_request" };

  it("is bounded", () => {
    expect(checkedGroupName("n".repeat(MAX_GROUP_NAME_CHARS))).toHaveLength(MAX_GROUP_NAME_CHARS);
    for (const name of ["", "  ", "n".repeat(MAX_GROUP_NAME_CHARS + 1), "a\u0000b"]) {
      expect(() => checkedGroupName(name)).toThrow(expect.objectContaining(refused));
    }
    expect(checkedGroupDescription("")).toBe("");
    const long = "d".repeat(MAX_GROUP_DESCRIPTION_CHARS + 1);
    expect(() => checkedGroupDescription(long)).toThrow(expect.objectContaining(refused));
  });

  const rule: GivenRule = {
    name: "",
    realm: "https://idp.example.com",
    expirationHours: 24,
    conditions: [{ claim: "dept", operator: "EQUALS", value: "eng" }],
  };

  it("of a rule without a name is kept with its conditions as JSON", () => {
    expect(checkedRule(rule)).toEqual({
      ...rule,
      conditions: [{ claim: "dept", operator: "EQUALS", value: '"eng"' }],
    });
  });

  it.each<readonly [string, Partial<GivenRule>]>([
    ["too short", { expirationHours: 0 }],
    ["too long", { expirationHours: 25 }],
    ["no whole number of hours", { expirationHours: 1.5 }],
    ["no number", { expirationHours: Number.NaN }],
    ["of no realm", { realm: "" }],
    ["of no condition", { conditions: [] }],
  ])("is refused where a rule is %s", (_what, bad) => {
    expect(() => checkedRule({ ...rule, ...bad })).toThrow(expect.objectContaining(refused));
  });
});
