import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PolicyResource } from "../../../../identity/authorize.ts";
import type { Policy } from "../../../../identity/policy.ts";
import { kindOfRole } from "../../../../identity/role-kinds.ts";
import { ROLE_NAMES, type RoleName } from "../../../../identity/roles.ts";
import { attributesOf, resourceOf, type Attribute } from "./attributes.ts";
import { crnOfRole, roleOfCrn } from "./role-crn.ts";

const ACCOUNT = "0123456789abcdef0123456789abcdef";
const INSTANCE = "4f4a3d4f-8f1c-4ad2-9a57-8a2e8d6b0c11";

const policy = (resource: PolicyResource, roles: readonly RoleName[]): Policy => ({
  id: INSTANCE,
  account: ACCOUNT,
  subject: "IBMid-1",
  roles,
  resource,
  description: "",
  state: "active",
  entityTag: "1-0",
  createdAt: 0,
  createdBy: "",
  modifiedAt: 0,
  modifiedBy: "",
});

const anyResource: fc.Arbitrary<PolicyResource> = fc.record(
  {
    service: fc.constantFrom("secrets-manager", "iam-am", "keytrail"),
    region: fc.constant("us-south"),
    instance: fc.constant(INSTANCE),
    secretGroup: fc.constantFrom("default", INSTANCE),
  },
  { requiredKeys: [] },
);
const anyRoles = fc.subarray([...ROLE_NAMES], { minLength: 1 });

const equals = (key: string, value: string): Attribute => ({
  key,
  operator: "stringEquals",
  value,
});

describe("the attributes of a resource", () => {
  it("say all of it, and nothing else, there and back", () => {
    fc.assert(
      fc.property(anyResource, anyRoles, (resource, roles) => {
        const shown = attributesOf(policy(resource, roles));
        expect(resourceOf(shown, roles)).toEqual({ account: ACCOUNT, resource });
      }),
    );
  });

  it("name the type of service where all roles are for one, and no service is named", () => {
    fc.assert(
      fc.property(anyResource, anyRoles, (resource, roles) => {
        const shown = attributesOf(policy(resource, roles));
        const kinds = new Set(roles.map(kindOfRole));
        const expected = resource.service === undefined && kinds.size === 1 ? [...kinds] : [];
        const type = shown.filter(({ key }) => key === "serviceType").map(({ value }) => value);
        expect(type).toEqual(expected);
      }),
    );
  });

  it("do not contradict each other", () => {
    const crn = `crn:v1:bluemix:public:secrets-manager:us-south:a/${"f".repeat(32)}:${INSTANCE}::`;
    const contradictions: readonly (readonly [readonly Attribute[], RegExp])[] = [
      [[equals("region", "a"), equals("region", "b")], /more than once/],
      [[equals("accountId", ACCOUNT), equals("serviceInstance", crn)], /different accounts/],
      [
        [equals("serviceType", "service"), equals("serviceName", "iam-am")],
        /serviceType and serviceName/,
      ],
      [[equals("serviceType", "everything")], /serviceType must be/],
      [[equals("resourceType", "secret"), equals("resource", "default")], /go together/],
      [[equals("region", "")], /a text for a value/],
      [[{ key: "region", operator: "stringEquals", value: ["us-south"] }], /a text for a value/],
    ];
    for (const [attributes, sentence] of contradictions) {
      expect(() => resourceOf(attributes, ["Reader"])).toThrow(sentence);
    }
    expect(resourceOf([equals("serviceInstance", crn)], ["Reader"]).account).toBe("f".repeat(32));
  });
});

describe("the CRN of a role", () => {
  it("is its own, and leads back to it", () => {
    expect(new Set(ROLE_NAMES.map(crnOfRole)).size).toBe(ROLE_NAMES.length);
    for (const role of ROLE_NAMES) expect(roleOfCrn(crnOfRole(role))).toBe(role);
    for (const text of ["", "Reader", "__proto__", "crn:v1:bluemix:public:iam::::role:Reader"]) {
      expect(() => roleOfCrn(text)).toThrow("names no role");
    }
  });
});
