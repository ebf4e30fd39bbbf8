import { describe, expect, it } from "vitest";
import { catalogue, operationNames, serviceOf, type OperationName } from "../audit/catalogue.ts";
import { isAllowed, partsOf, type PolicyResource } from "./authorize.ts";
import {
  administersAccount,
  checkedResource,
  checkedRoles,
  coveringPolicy,
  type Policy,
} from "./policy.ts";
import { SERVICES } from "./role-kinds.ts";
import { isOnTrail, ROLE_NAMES, type RoleName } from "./roles.ts";

const SECRETS = "secrets-manager";
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

  it("names a service, a region, an instance and a group that could be", () => {
    expect(() => checkedResource({ service: "billing" }, ["Reader"])).toThrow("`service`");
    expect(() => checkedResource({ region: "US South" }, ["Reader"])).toThrow("`region`");
    expect(() => checkedResource({ instance: "*" }, ["Reader"])).toThrow("`instance`");
    expect(() => checkedResource({ secretGroup: "Default" }, ["Reader"])).toThrow("`secretGroup`");
  });

  it("is one text for one resource, however it was written", () => {
    const region = "us-south";
    const written = { secretGroup: INSTANCE.toUpperCase(), instance: INSTANCE, region };
    const kept = checkedResource(written, ["Reader"]);
    expect(JSON.stringify(kept)).toBe(
      JSON.stringify({ region, instance: INSTANCE, secretGroup: INSTANCE }),
    );
  });

  it("is one on which each role gives something", () => {
    const idle: readonly (readonly [RoleName, PolicyResource])[] = [
      ["Reader", { service: "iam-identity" }],
      ["Administrator", { service: "secrets-manager" }],
      ["Administrator", { secretGroup: "default" }],
      // Identities are in no instance and in no region.
      ["Administrator", { instance: INSTANCE }],
      ["Administrator", { region: "us-south" }],
      ["Editor", { service: "iam-groups", region: "us-south" }],
      ["Auditor", { secretGroup: "default" }],
    ];
    for (const [role, resource] of idle) {
      expect(() => checkedResource(resource, ["Manager", role])).toThrow("gives nothing");
      expect(() => checkedResource(resource, [role])).toThrow(
        `The role ${role} gives nothing on this resource.`,
      );
    }
    expect(checkedResource({ service: "keytrail" }, ["Auditor"])).toEqual({ service: "keytrail" });
    expect(checkedResource({ service: SECRETS }, ["Auditor"])).toEqual({ service: SECRETS });
    expect(checkedResource({ instance: INSTANCE }, ["Auditor"])).toEqual({ instance: INSTANCE });
  });

  it("gives a role something wherever it is accepted, and nothing wherever it is not", () => {
    const anywhere: readonly PolicyResource[] = [
      {},
      ...SERVICES.flatMap((service) => [
        { service },
        { service, region: "us-south" },
        { service, instance: INSTANCE },
        { service, instance: INSTANCE, secretGroup: INSTANCE },
      ]),
      { region: "us-south" },
      { instance: INSTANCE },
      { instance: INSTANCE, secretGroup: INSTANCE },
    ];
    for (const role of ROLE_NAMES) {
      for (const resource of anywhere) {
        expect([role, resource, isAccepted(role, resource)]).toEqual([
          role,
          resource,
          operationNames.some((name) => isGiven(role, name, resource)),
        ]);
      }
    }
  });
});

function isAccepted(role: RoleName, resource: PolicyResource): boolean {
  try {
    checkedResource(resource, [role]);
    return true;
  } catch {
    return false;
  }
}

/** Asked of the decision itself, in the place where the operation is done. */
function isGiven(role: RoleName, name: OperationName, resource: PolicyResource): boolean {
  const grants = [{ roles: [role], resource }];
  if (isOnTrail(name)) {
    const isWithout = resource.service !== undefined && resource.service !== SECRETS;
    // Events of services without instances are in none: a part that asks for one shows nothing.
    return partsOf(grants, name, "a").some(
      ({ region, instance }) => !isWithout || (region ?? instance) === undefined,
    );
  }
  const service = serviceOf(catalogue[name].action);
  if (service !== SECRETS) {
    const place = { account: "a", region: "global", instance: null };
    return isAllowed(grants, name, { service, place });
  }
  const place = { account: "a", region: "us-south", instance: INSTANCE };
  return isAllowed(grants, name, { service, place, secretGroup: INSTANCE });
}

describe("a policy that is covered", () => {
  const policy = (id: string, changes: Partial<Policy> = {}): Policy => ({
    id,
    account: "a",
    subject: "IBMid-1",
    roles: ["Reader", "Writer"],
    resource: {},
    description: "",
    state: "active",
    entityTag: "1-0",
    createdAt: 0,
    createdBy: "",
    modifiedAt: 0,
    modifiedBy: "",
    ...changes,
  });

  it("gives no role that another one in force does not", () => {
    const other = policy("other");
    expect(coveringPolicy([other], policy("new", { roles: ["Reader"] }))).toBe(other);
    expect(coveringPolicy([other], policy("new"))).toBe(other);
    expect(coveringPolicy([other], policy("new", { roles: ["Reader", "Manager"] }))).toBe(
      undefined,
    );
    expect(coveringPolicy([policy("other", { state: "deleted" })], policy("new"))).toBe(undefined);
    expect(coveringPolicy([other], other)).toBe(undefined);
  });
});

describe("administration", () => {
  const state = "active";

  it("is the role on everything, and on nothing less", () => {
    expect(administersAccount({ roles: ["Administrator"], resource: {}, state })).toBe(true);
    expect(administersAccount({ roles: ["Manager"], resource: {}, state })).toBe(false);
    const resource = { service: "iam-am" };
    expect(administersAccount({ roles: ["Administrator"], resource, state })).toBe(false);
  });

  it("ends with the policy", () => {
    const policy = { roles: ["Administrator"], resource: {}, state: "deleted" } as const;
    expect(administersAccount(policy)).toBe(false);
  });
});
