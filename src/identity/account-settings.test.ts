import { describe, expect, it } from "vitest";
import {
  changedSettings,
  initialSettings,
  MAX_SESSIONS_PER_IDENTITY,
  NOT_SET,
  SETTABLE,
  type SettingChanges,
} from "./account-settings.ts";
import { MAX_ALLOWED_ADDRESSES } from "./addresses.ts";

const before = initialSettings("0123456789abcdef0123456789abcdef", 0);
const after = (changes: SettingChanges) => changedSettings(before, changes, 7);

describe("account settings", () => {
  it("have the same entity tag until they are changed, and another with each change", () => {
    expect(initialSettings(before.account, 9).entityTag).toBe(before.entityTag);
    expect(initialSettings("another", 0).entityTag).not.toBe(before.entityTag);
    expect(after({}).entityTag).not.toBe(before.entityTag);
    expect(after({}).entityTag).not.toBe(after({}).entityTag);
  });

  it("keep what a change leaves out, and take back what is set to NOT_SET", () => {
    const changed = after({ mfa: "TOTP", sessionIdleS: 900, maxSessionsPerIdentity: 1 });
    expect(changed).toEqual({
      ...before,
      mfa: "TOTP",
      sessionIdleS: 900,
      maxSessionsPerIdentity: 1,
      entityTag: changed.entityTag,
      modifiedAt: 7,
    });
    const none = Object.fromEntries(SETTABLE.map((name) => [name, NOT_SET]));
    const back = changedSettings(changed, none, 8);
    expect({ ...back, entityTag: "", modifiedAt: 0 }).toEqual({ ...before, entityTag: "" });
    expect(changedSettings({ ...before, publicAccess: true }, none, 8).publicAccess).toBe(true);
  });

  it.each([
    ["sessionLifetimeS", 900, 86_400],
    ["sessionIdleS", 900, 7_200],
    ["accessTokenLifetimeS", 900, 3_600],
    ["refreshTokenLifetimeS", 900, 259_200],
    ["maxSessionsPerIdentity", 1, MAX_SESSIONS_PER_IDENTITY],
  ] as const)("bound %s from %d to %d", (name, min, max) => {
    for (const value of [min, max]) expect(after({ [name]: value })[name]).toBe(value);
    for (const value of [min - 1, max + 1, min + 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => after({ [name]: value })).toThrow(`${min} to ${max}`);
    }
  });

  it("take addresses and ranges, and nothing that is neither", () => {
    const good = ["192.0.2.1", "192.0.2.0/24", "2001:db8::/32", "::1"];
    expect(after({ allowedIpAddresses: good }).allowedIpAddresses).toEqual(good);
    for (const one of ["", "localhost", "192.0.2.0/33", "192.0.2.1-192.0.2.9", "0.0.0.0/0/0"]) {
      expect(() => after({ allowedIpAddresses: [one] })).toThrow("IP addresses");
    }
    const many = Array.from({ length: MAX_ALLOWED_ADDRESSES + 1 }, () => "192.0.2.1");
    expect(() => after({ allowedIpAddresses: many })).toThrow("at most");
  });
});
