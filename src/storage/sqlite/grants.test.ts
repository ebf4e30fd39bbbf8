/** What an identity is granted, held against the plainest reading of policies, memberships and settings. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { catalogue, operationNames, serviceOf } from "../../audit/catalogue.ts";
import { PUBLIC_ACCESS_GROUP, type Member } from "../../identity/access-group.ts";
import { initialSettings } from "../../identity/account-settings.ts";
import { policyGives } from "../../identity/access.ts";
import { isAllowed, type Grant } from "../../identity/authorize.ts";
import type { Policy } from "../../identity/policy.ts";
import { ROLE_NAMES } from "../../identity/roles.ts";
import { Database } from "./database.ts";
import { SqliteGroupStore } from "./groups.ts";
import { stateMigrations } from "./migrations.ts";
import { identitySchema } from "./identity-schema.ts";
import { secretsSchema } from "./secrets-schema.ts";
import { SqliteIdentityStore } from "./identity.ts";

const ACCOUNT = "a".repeat(32);
const OTHER = "b".repeat(32);
const PEOPLE = ["IBMid-0000000000000ADA", "IBMid-0000000000000EVE"];
const TEAMS = ["AccessGroupId-1", "AccessGroupId-2"];
const INSTANCE = "4f4a3d4f-8f1c-4ad2-9a57-8a2e8d6b0c11";
/** Long enough for memberships to begin and to end in. */
const MAX_TIME = 20;

interface Model {
  readonly policies: Map<string, Policy>;
  readonly members: Map<string, Member>;
  isPublic: boolean;
}

type Step =
  | { readonly kind: "policy"; readonly policy: Policy }
  | { readonly kind: "no-policy"; readonly id: string }
  | { readonly kind: "member"; readonly member: Member }
  | { readonly kind: "no-member"; readonly group: string; readonly iamId: string }
  | { readonly kind: "public"; readonly isPublic: boolean };

const anyPolicyId = fc.constantFrom("p1", "p2", "p3", "p4", "p5", "p6");
const anyPolicy: fc.Arbitrary<Policy> = fc.record({
  id: anyPolicyId,
  // The account is the id's own, so that no policy moves from one to another.
  account: fc.constant(ACCOUNT),
  subject: fc.constantFrom(...PEOPLE, ...TEAMS, PUBLIC_ACCESS_GROUP),
  roles: fc.subarray([...ROLE_NAMES]),
  resource: fc.record(
    {
      service: fc.constantFrom("secrets-manager", "iam-identity"),
      region: fc.constantFrom("us-south", "eu-de"),
      instance: fc.constant(INSTANCE),
      secretGroup: fc.constantFrom("default", INSTANCE),
    },
    { requiredKeys: [] },
  ),
  description: fc.constant(""),
  state: fc.constantFrom("active" as const, "deleted" as const),
  entityTag: fc.constant("1-0"),
  createdAt: fc.constant(0),
  createdBy: fc.constant(""),
  modifiedAt: fc.constant(0),
  modifiedBy: fc.constant(""),
});

const anyTime = fc.integer({ min: 0, max: MAX_TIME });
const anyMember: fc.Arbitrary<Member> = fc
  .record({
    group: fc.constantFrom(...TEAMS),
    iamId: fc.constantFrom(...PEOPLE),
    rule: fc.constantFrom(null, "ClaimRule-1", "ClaimRule-2"),
    endsAt: anyTime,
  })
  .map(({ endsAt, ...member }) => ({
    ...member,
    account: ACCOUNT,
    kind: "user" as const,
    expiresAt: member.rule === null ? null : endsAt,
    createdAt: 0,
    createdBy: "",
  }));

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: anyPolicy.map((policy) => ({ kind: "policy" as const, policy })) },
  { weight: 1, arbitrary: anyPolicyId.map((id) => ({ kind: "no-policy" as const, id })) },
  { weight: 4, arbitrary: anyMember.map((member) => ({ kind: "member" as const, member })) },
  {
    weight: 1,
    arbitrary: anyMember.map(({ group, iamId }) => ({ kind: "no-member" as const, group, iamId })),
  },
  { weight: 1, arbitrary: fc.boolean().map((isPublic) => ({ kind: "public" as const, isPublic })) },
);

/** Read straight from what has been put: no joins, no memory. */
function naively({ policies, members, isPublic }: Model, iamId: string, now: number): Policy[] {
  const teams = [...members.values()]
    .filter((member) => member.iamId === iamId)
    .filter(({ expiresAt }) => expiresAt === null || expiresAt > now)
    .map(({ group }) => group);
  const subjects = [iamId, ...teams, ...(isPublic ? [PUBLIC_ACCESS_GROUP] : [])];
  return [...policies.values()].filter(
    ({ subject, state }) => state === "active" && subjects.includes(subject),
  );
}

/** What grants come to, whatever their order, and however often they say the same. */
function meaning(grants: readonly Pick<Grant, "roles" | "resource">[]): readonly string[] {
  const texts = grants.map(({ roles, resource }) => JSON.stringify([roles, resource]));
  return [...new Set(texts)].toSorted();
}

async function apply(step: Step, model: Model, stores: Stores): Promise<void> {
  const { identity, groups } = stores;
  switch (step.kind) {
    case "policy":
      model.policies.set(step.policy.id, step.policy);
      return identity.putPolicy(step.policy);
    case "no-policy":
      model.policies.delete(step.id);
      return identity.deletePolicy(ACCOUNT, step.id);
    case "member": {
      const { group, iamId, rule } = step.member;
      model.members.set(`${group} ${iamId} ${rule}`, step.member);
      return groups.putMember(step.member);
    }
    case "no-member":
      for (const [key, { group, iamId }] of model.members) {
        if (group === step.group && iamId === step.iamId) model.members.delete(key);
      }
      return groups.deleteMember(ACCOUNT, step.group, step.iamId);
    case "public":
      model.isPublic = step.isPublic;
      return identity.putSettings({
        ...initialSettings(ACCOUNT, 0),
        publicAccess: step.isPublic,
      });
  }
}

interface Stores {
  readonly identity: SqliteIdentityStore;
  readonly groups: SqliteGroupStore;
}

async function openStores(): Promise<Stores & { readonly database: Database }> {
  const database = Database.open(":memory:", [identitySchema, secretsSchema], stateMigrations);
  const identity = new SqliteIdentityStore(database);
  const groups = new SqliteGroupStore(database);
  for (const id of [ACCOUNT, OTHER]) {
    await identity.putAccount({ id, name: "Test", createdAt: 0, isHandedOver: true });
  }
  const made = { description: "", entityTag: "1-0", createdAt: 0, createdBy: "" };
  for (const id of TEAMS) {
    const changed = { modifiedAt: 0, modifiedBy: "" };
    await groups.putGroup({ id, account: ACCOUNT, name: id, ...made, ...changed });
  }
  return { database, identity, groups };
}

it("the grants of an identity are its own policies, its groups', and everybody's, as they stand now", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(anyStep, anyTime), { minLength: 1, maxLength: 25 }),
      fc.constantFrom(...operationNames),
      async (steps, operation) => {
        const { database, ...stores } = await openStores();
        const model: Model = {
          policies: new Map(),
          members: new Map(),
          isPublic: initialSettings(ACCOUNT, 0).publicAccess,
        };
        const resource = {
          service: serviceOf(catalogue[operation].action),
          place: { account: ACCOUNT, region: "us-south", instance: INSTANCE },
          secretGroup: "default",
        };
        for (const [step, now] of steps) {
          await apply(step, model, stores);
          for (const iamId of PEOPLE) {
            const grants = await stores.identity.grantsOf(iamId, ACCOUNT, now);
            const policies = naively(model, iamId, now);
            expect(meaning(grants)).toEqual(meaning(policies));
            const giving = grants.filter((grant) => isAllowed([grant], operation, resource));
            expect(meaning(giving)).toEqual(
              meaning(policies.filter((policy) => policyGives(policy, operation, resource))),
            );
            expect(await stores.identity.grantsOf(iamId, OTHER, now)).toEqual([]);
          }
        }
        database.close();
      },
    ),
    { numRuns: 100 },
  );
});
