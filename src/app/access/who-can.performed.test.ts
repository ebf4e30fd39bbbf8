/** Whoever is named is let through by the performer itself, and nobody else is: over random policies, by real calls. */
import fc from "fast-check";
import { expect, it } from "vitest";
import type { OperationName } from "../../audit/catalogue.ts";
import { crn } from "../../audit/crn.ts";
import { PUBLIC_ACCESS_GROUP } from "../../identity/access-group.ts";
import type { PolicyResource } from "../../identity/authorize.ts";
import { ROLE_NAMES } from "../../identity/roles.ts";
import { randomId } from "../../kernel/ids.ts";
import type { Caller } from "../call.ts";
import { createApiKey } from "../identity/api-keys.ts";
import { listPolicies } from "../identity/policies.ts";
import { createServiceId } from "../identity/service-ids.ts";
import { listUsers, readUser } from "../identity/users.ts";
import type { Operation } from "../operation.ts";
import { readRootKey } from "../read-root-key.ts";
import { createSecret } from "../secrets/create-secret.ts";
import { readSecretMetadata } from "../secrets/read-secret-metadata.ts";
import { readSecret } from "../secrets/read-secret.ts";
import { readVersion } from "../secrets/read-version.ts";
import { createSecretGroup } from "../secrets/secret-groups.ts";
import { arbitrary } from "../secrets/testing/inputs.ts";
import { ACCOUNT, PLACE, START } from "../testing/test-app.ts";
import { readEvent } from "../trail/read-event.ts";
import { openTrailApp, type TrailApp } from "../trail/testing/trail-app.ts";
import { exposure } from "./exposure.ts";
import { Cast } from "./testing/cast.ts";
import { whoCan } from "./who-can.ts";

const PEOPLE = 5;
const GROUPS = 2;
const ELSEWHERE = randomId();
const DEFAULT_GROUP = crn("secrets-manager", PLACE, { kind: "secret-group", id: "default" });

const anyResource: fc.Arbitrary<PolicyResource> = fc.constantFrom<PolicyResource>(
  {},
  { service: "secrets-manager" },
  { service: "keytrail" },
  { service: "iam-identity" },
  { service: "iam-am" },
  { region: "us-south" },
  { region: "eu-de" },
  { instance: PLACE.instance },
  { instance: ELSEWHERE },
  { instance: PLACE.instance, secretGroup: "default" },
  { service: "secrets-manager", secretGroup: ELSEWHERE },
);

const anyPolicy = fc.record({
  /** An identity, a group, or everyone. */
  subject: fc.nat({ max: PEOPLE + GROUPS }),
  roles: fc.subarray([...ROLE_NAMES], { minLength: 1, maxLength: 3 }),
  resource: anyResource,
  isTakenBack: fc.boolean(),
});

const anyMembership = fc.record({
  person: fc.nat({ max: PEOPLE - 1 }),
  group: fc.nat({ max: GROUPS - 1 }),
  ends: fc.constantFrom(null, START - 1, START, START + 1),
});

const anySettings = fc.record({
  publicAccess: fc.boolean(),
  restrictCreateServiceId: fc.constantFrom("RESTRICTED" as const, "NOT_RESTRICTED" as const),
  restrictCreateApiKey: fc.constantFrom("RESTRICTED" as const, "NOT_RESTRICTED" as const),
});

/** What is asked about, and the call that it is about; whether it is made in the instance or, as natively, in none. */
interface Question {
  readonly permission: OperationName;
  readonly target: string | undefined;
  readonly isLetThrough: (caller: Caller) => Promise<boolean>;
}

interface Scene {
  readonly app: TrailApp;
  readonly secret: string;
  readonly event: string;
  readonly user: string;
}

function questions({ app, secret, event, user }: Scene): readonly Question[] {
  const question = <I extends object, S, O extends object>(
    operation: Operation<I, S, O>,
    { input, target, isNative }: { input: I; target?: string; isNative?: true },
  ): Question => ({
    permission: operation.name,
    target,
    async isLetThrough(caller) {
      const performed = isNative
        ? await app.perform(operation, caller, input)
        : await app.performer.perform(operation, app.base.call(caller), () => input);
      if (performed.kind === "done") return true;
      // A reader of the trail who may see some of it is let through, and sees nothing of this.
      return !["forbidden", "not_found"].includes(performed.refusal.code);
    },
  });
  const { instance } = PLACE;
  return [
    question(readSecret, { input: { id: secret }, target: secret }),
    question(readVersion, { input: { id: secret, alias: "current" }, target: secret }),
    question(readSecretMetadata, { input: { id: secret }, target: secret }),
    question(createSecret, { input: arbitrary("db-prod"), target: DEFAULT_GROUP }),
    question(createSecretGroup, { input: { name: "made" }, target: instance }),
    question(exposure, { input: { secretId: secret }, target: secret, isNative: true }),
    question(readEvent, { input: { id: event }, target: secret, isNative: true }),
    question(whoCan, {
      input: { permission: "secret.read", target: instance },
      target: instance,
      isNative: true,
    }),
    question(listUsers, { input: {}, isNative: true }),
    question(listPolicies, { input: {}, isNative: true }),
    question(readUser, { input: { iamId: user }, target: user, isNative: true }),
    question(createApiKey, { input: { iamId: user, name: "k" }, target: user, isNative: true }),
    question(createServiceId, { input: { name: "made" }, isNative: true }),
    question(readRootKey, { input: {}, isNative: true }),
  ];
}

function callerOf(id: string): Caller {
  return {
    kind: "identity",
    id,
    name: id,
    account: ACCOUNT,
    typeURI: "service/security/account/user",
    credentialType: "apikey",
    credentialId: "ApiKey-test",
  };
}

it("names exactly those whom the performer lets through", async () => {
  const seen = { yes: 0, no: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyPolicy, { minLength: 1, maxLength: 10 }),
      fc.array(anyMembership, { minLength: 1, maxLength: 6 }),
      anySettings,
      async (policies, memberships, settings) => {
        const app = await openTrailApp();
        const cast = new Cast(app.base.state);
        const user = await cast.user("a@x.y");
        const disabled = await cast.user("b@x.y", "disabled");
        const [service, profile] = [await cast.service("deployer"), await cast.profile("on-call")];
        const people = [user, await cast.user("c@x.y"), disabled, service, profile];
        const groups = [await cast.group("g0"), await cast.group("g1")];
        const subjects = [...people, ...groups, PUBLIC_ACCESS_GROUP];
        await cast.settings(settings);
        for (const { subject, roles, resource, isTakenBack } of policies) {
          const id = await cast.grant(subjects[subject]!, roles, resource);
          if (isTakenBack) await cast.takeBack(id);
        }
        for (const { person, group, ends } of memberships) {
          await cast.join(groups[group]!, people[person]!, ends);
        }
        const asker = await app.base.callerWith(["Auditor", "Manager"]);
        const call = app.base.call(asker);
        const made = await app.performer.perform(createSecret, call, () => arbitrary("db-prod"));
        if (made.kind === "refused") throw made.refusal;
        const scene = { app, secret: made.output.id, event: made.recorded.eventId, user };
        for (const { permission, target, isLetThrough } of questions(scene)) {
          // Asked first: of what is made by the calls, some is a further identity.
          const { identities } = await app.done(whoCan, asker, { permission, target });
          const named = new Set(identities.map(({ iamId }) => iamId));
          for (const one of people) {
            const isLet = await isLetThrough(callerOf(one));
            seen[isLet ? "yes" : "no"] += 1;
            expect([permission, one, named.has(one)]).toEqual([permission, one, isLet]);
          }
        }
        await app.close();
      },
    ),
    { numRuns: 60 },
  );
  expect(Math.min(seen.yes, seen.no)).toBeGreaterThan(100);
}, 60_000);
