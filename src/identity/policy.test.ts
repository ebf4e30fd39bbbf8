import { describe, expect, it } from "vitest";
import { administersAccount, checkedResource, checkedRoles } from "./policy.ts";

const INSTANCE = "4f4a3d4f-8f1c-4ad2-9a57-8a2e8d6b0c11";

describe("the roles of a policy", () => {
  it("are known, at least one, and each named once", () => {
    expect(checkedRoles(["Reader", "Manager", "Reader"])).toEqual(["Manager", "Reader"]);
    for (const names of [[], ["Root"], ["manager"], ["Reader", "__proto__"]]) {
      expect(() => checkedRoles(names)).toThrow("`roles` must name one or more of");
    }
  });
});

describe("the resource of a policy", () => {
  it("is kept as it was given, without what was left out", () => {
    const resource = { service: "secrets-manager", instance: INSTANCE, secretGroup: "default" };
    expect(checkedResource(resource, ["Reader"])).toEqual(resource);
    expect(checkedResource({ service: undefined as never }, ["Reader"])).toEqual({});
  });

  it("names a service, an instance and a group that could be", () => {
    expect(() => checkedResource({ service: "billing" }, ["Reader"])).toThrow("`service`");
    expect(() => checkedResource({ instance: "*" }, ["Reader"])).toThrow("`instance`");
    expect(() => checkedResource({ secretGroup: "Default" }, ["Reader"])).toThrow("`secretGroup`");
  });

  it("is one on which each role gives something", () => {
    expect(() => checkedResource({ service: "iam-identity" }, ["Reader"])).toThrow(
      "The role Reader gives nothing on this resource.",
    );
    expect(() => checkedResource({ secretGroup: "default" }, ["Administrator"])).toThrow(
      "The role Administrator gives nothing on this resource.",
    );
    expect(checkedResource({ service: "keytrail" }, ["Auditor"])).toEqual({ service: "keytrail" });
  });
});

describe("administration", () => {
  it("is the role on everything, and on nothing less", () => {
    expect(administersAccount({ roles: ["Administrator"], resource: {} })).toBe(true);
    expect(administersAccount({ roles: ["Manager"], resource: {} })).toBe(false);
    expect(administersAccount({ roles: ["Administrator"], resource: { service: "iam-am" } })).toBe(
      false,
    );
  });
});
