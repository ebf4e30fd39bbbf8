import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { catalogue, operationNames, serviceOf, type OperationName } from "../audit/catalogue.ts";
import { isAllowed, scopeOf, type Grant, type PolicyResource, type Resource } from "./authorize.ts";
import { expectedRoles as expected } from "./testing/expected-roles.ts";
import { ROLE_NAMES, type RoleName } from "./roles.ts";

/** What a role on one secret group does not give, though it is of the service that has them. */
const ofTheWhole = new Set<OperationName>([
  "secret-group.create",
  "configuration.create",
  "configuration.list",
  "configuration.read",
  "configuration.update",
  "configuration.action",
  "configuration.delete",
  "notification-registration.create",
  "notification-registration.read",
  "notification-registration.delete",
  "notification-registration.test",
  "instance.create",
  "instance.list",
  "instance.read",
  "instance.update",
  "instance.delete",
]);

const letters: Readonly<Record<RoleName, string>> = {
  Manager: "M",
  Writer: "W",
  SecretsReader: "S",
  Reader: "R",
  SecretTaskUpdater: "T",
  Administrator: "A",
  Editor: "E",
  Viewer: "V",
  ServiceIdCreator: "I",
  UserApiKeyCreator: "K",
  Auditor: "U",
  Operator: "O",
};

const REGION = "us-south";
const HERE = "4f4a3d4f-8f1c-4ad2-9a57-8a2e8d6b0c11";
const THERE = "0a6a4f9f-1e1c-4d9b-8a52-6a0e6b0a2c22";
const GROUP = "1b2c3d4e-1e1c-4d9b-8a52-6a0e6b0a2c33";
const ELSE = "5f6a7b8c-1e1c-4d9b-8a52-6a0e6b0a2c44";

const at = (name: OperationName, secretGroup?: string): Resource => ({
  service: serviceOf(catalogue[name].action),
  place: { account: "a", region: REGION, instance: HERE },
  ...(secretGroup === undefined ? {} : { secretGroup }),
});

const grant = (role: RoleName, resource: PolicyResource): readonly Grant[] => [
  { roles: [role], resource },
];

describe.each(ROLE_NAMES)("the role %s", (role) => {
  const may = (name: OperationName): boolean => expected[name].includes(letters[role]);

  it.each(operationNames)("on %s, in every scope", (name) => {
    const service = serviceOf(catalogue[name].action);
    const aboutGroups = service === "secrets-manager" && !ofTheWhole.has(name);
    const scopes: readonly (readonly [PolicyResource, boolean])[] = [
      [{}, may(name)],
      [{ service }, may(name)],
      [{ service: "billing" }, false],
      [{ region: REGION }, may(name)],
      [{ region: "eu-de" }, false],
      [{ region: REGION, instance: HERE }, may(name)],
      [{ region: "eu-de", instance: HERE }, false],
      [{ service, region: REGION }, may(name)],
      [{ service, region: "eu-de", instance: HERE, secretGroup: GROUP }, false],
      [{ instance: HERE }, may(name)],
      [{ instance: THERE }, false],
      [{ service, instance: HERE }, may(name)],
      [{ service, instance: HERE, secretGroup: ELSE }, false],
      [{ service, instance: THERE, secretGroup: GROUP }, false],
      [{ service, instance: HERE, secretGroup: GROUP }, may(name) && aboutGroups],
    ];
    for (const [resource, allowed] of scopes) {
      expect([resource, isAllowed(grant(role, resource), name, at(name, GROUP))]).toEqual([
        resource,
        allowed,
      ]);
    }
  });

  it.each(operationNames)("on one group, as to %s in the instance as a whole", (name) => {
    const grants = grant(role, { instance: HERE, secretGroup: GROUP });
    expect(isAllowed(grants, name, at(name))).toBe(false);
    const scope = scopeOf(grants, name, at(name));
    const inGroups =
      may(name) && serviceOf(catalogue[name].action) === "secrets-manager" && !ofTheWhole.has(name);
    expect(scope).toEqual({ kind: "groups", groups: new Set(inGroups ? [GROUP] : []) });
  });
});

describe("the decision", () => {
  const anyResource = fc.record(
    {
      service: fc.constantFrom("secrets-manager", "iam-identity", "keytrail"),
      region: fc.constantFrom(REGION, "eu-de"),
      instance: fc.constantFrom(HERE, THERE),
      secretGroup: fc.constantFrom(GROUP, ELSE),
    },
    { requiredKeys: [] },
  );
  const anyGrant = fc.record({
    roles: fc.subarray([...ROLE_NAMES]),
    resource: anyResource,
  });
  const anyGrants = fc.array(anyGrant, { maxLength: 5 });
  const anyName = fc.constantFrom(...operationNames);

  it("is no without a grant", () => {
    fc.assert(fc.property(anyName, (name) => !isAllowed([], name, at(name, GROUP))));
  });

  it("never takes away by adding a grant, and does not look at their order", () => {
    fc.assert(
      fc.property(anyGrants, anyGrant, anyName, (grants, more, name) => {
        const before = isAllowed(grants, name, at(name, GROUP));
        expect(isAllowed([more, ...grants], name, at(name, GROUP))).toBe(
          isAllowed([...grants, more], name, at(name, GROUP)),
        );
        if (before) expect(isAllowed([...grants, more], name, at(name, GROUP))).toBe(true);
      }),
    );
  });

  it("gives a list exactly the groups in which it would allow the thing itself", () => {
    fc.assert(
      fc.property(anyGrants, anyName, (grants, name) => {
        const scope = scopeOf(grants, name, at(name));
        for (const group of [GROUP, ELSE]) {
          const listed = scope.kind === "all" || scope.groups.has(group);
          expect(listed).toBe(isAllowed(grants, name, at(name, group)));
        }
      }),
    );
  });
});
