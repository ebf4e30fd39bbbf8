/** Whoever is named is allowed, and whoever is allowed is named: the answer against the decision itself, over random policies. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { PUBLIC_ACCESS_GROUP } from "../../identity/access-group.ts";
import { isAllowed, type PolicyResource } from "../../identity/authorize.ts";
import { randomId } from "../../kernel/ids.ts";
import { createSecret } from "../secrets/create-secret.ts";
import { arbitrary } from "../secrets/testing/inputs.ts";
import { ACCOUNT, openTestApp, PLACE, START } from "../testing/test-app.ts";
import { resourceFor } from "./access-target.ts";
import { Cast } from "./testing/cast.ts";
import { whoCan } from "./who-can.ts";

const USERS = 4;
const GROUPS = 2;
const ELSEWHERE = randomId();

const anyResource: fc.Arbitrary<PolicyResource> = fc.constantFrom<PolicyResource>(
  {},
  { service: "secrets-manager" },
  { service: "iam-am" },
  { region: "us-south" },
  { region: "eu-de" },
  { instance: PLACE.instance },
  { instance: ELSEWHERE },
  { instance: PLACE.instance, secretGroup: "default" },
  { instance: PLACE.instance, secretGroup: ELSEWHERE },
);

/** Each of them gives one of what is asked about. */
const GIVING = ["Manager", "SecretsReader", "Reader", "Administrator", "Operator"] as const;

const anyPolicy = fc.record({
  /** A user, a group, or everyone. */
  subject: fc.nat({ max: USERS + GROUPS }),
  roles: fc.subarray([...GIVING], { minLength: 1, maxLength: 2 }),
  resource: anyResource,
  isTakenBack: fc.boolean(),
});

const anyMembership = fc.record({
  user: fc.nat({ max: USERS - 1 }),
  group: fc.nat({ max: GROUPS - 1 }),
  ends: fc.constantFrom(null, START - 1, START, START + 1),
});

const QUESTIONS = [
  ["secret.read", "secret"],
  ["secret.delete", "secret"],
  ["secret.list", "instance"],
  ["secret-group.create", "instance"],
  ["event.search", "instance"],
  ["policy.create", undefined],
  ["log.read", undefined],
] as const;

it("names exactly those whom the decision allows", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyPolicy, { minLength: 1, maxLength: 8 }),
      fc.array(anyMembership, { minLength: 1, maxLength: 6 }),
      fc.boolean(),
      async (policies, memberships, publicAccess) => {
        const app = await openTestApp();
        const cast = new Cast(app.state);
        const users = await Promise.all(
          Array.from({ length: USERS }, (_, i) => cast.user(`u${i}@x.y`)),
        );
        const groups = await Promise.all(
          Array.from({ length: GROUPS }, (_, i) => cast.group(`g${i}`)),
        );
        const subjects = [...users, ...groups, PUBLIC_ACCESS_GROUP];
        await cast.settings({ publicAccess });
        for (const { subject, roles, resource, isTakenBack } of policies) {
          const id = await cast.grant(subjects[subject]!, roles, resource);
          if (isTakenBack) await cast.takeBack(id);
        }
        for (const { user, group, ends } of memberships) {
          await cast.join(groups[group]!, users[user]!, ends);
        }
        const auditor = await app.callerWith(["Auditor", "Manager"]);
        const { id: secret } = await app.done(createSecret, auditor, arbitrary("db-prod"));

        for (const [permission, kind] of QUESTIONS) {
          const target = kind === "secret" ? secret : kind && PLACE.instance;
          const found = await app.done(whoCan, auditor, { permission, target });
          const resource = resourceFor(permission, found.target);
          const allowed: string[] = [];
          for (const iamId of users) {
            const grants = await app.state.read((view) =>
              view.identity.grantsOf(iamId, ACCOUNT, app.clock.now()),
            );
            if (isAllowed(grants, permission, resource)) allowed.push(iamId);
          }
          const named = found.identities.map(({ iamId }) => iamId);
          expect([permission, named.toSorted()]).toEqual([permission, allowed.toSorted()]);
        }
        await app.close();
      },
    ),
    { numRuns: 100 },
  );
}, 60_000);
