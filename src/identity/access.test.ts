import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { operationNames } from "../audit/catalogue.ts";
import { policyGives } from "./access.ts";
import { isAllowed, type Resource } from "./authorize.ts";
import { ROLE_NAMES } from "./roles.ts";

const HERE = "4f4a3d4f-8f1c-4ad2-9a57-8a2e8d6b0c11";
const GROUP = "1b2c3d4e-1e1c-4d9b-8a52-6a0e6b0a2c33";
const resource: Resource = {
  service: "secrets-manager",
  place: { account: "a", region: "us-south", instance: HERE },
  secretGroup: GROUP,
};

const anyPolicy = fc.record({
  roles: fc.subarray([...ROLE_NAMES]),
  resource: fc.record(
    {
      service: fc.constantFrom("secrets-manager", "keytrail"),
      region: fc.constantFrom("us-south", "eu-de"),
      instance: fc.constant(HERE),
      secretGroup: fc.constantFrom(GROUP, "default"),
    },
    { requiredKeys: [] },
  ),
  state: fc.constantFrom("active" as const, "deleted" as const),
});
const anyPolicies = fc.array(anyPolicy, { maxLength: 6 });
const anyName = fc.constantFrom(...operationNames);

describe("the reasons behind a decision", () => {
  it("are there exactly when the decision is yes", () => {
    fc.assert(
      fc.property(anyPolicies, anyName, (policies, name) => {
        const inForce = policies.filter(({ state }) => state === "active");
        const giving = policies.filter((policy) => policyGives(policy, name, resource));
        expect(giving).toEqual(inForce.filter((policy) => isAllowed([policy], name, resource)));
        expect(giving.length > 0).toBe(isAllowed(inForce, name, resource));
      }),
    );
  });

  it("never include a policy that has been deleted", () => {
    const policy = { roles: ["Manager"], resource: {} } as const;
    expect(policyGives({ ...policy, state: "active" }, "secret.read", resource)).toBe(true);
    expect(policyGives({ ...policy, state: "deleted" }, "secret.read", resource)).toBe(false);
  });
});
