import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { catalogue, operationNames, serviceOf } from "../../audit/catalogue.ts";
import {
  PUBLIC_ACCESS_GROUP,
  newAccessGroupId,
  newClaimRuleId,
} from "../../identity/access-group.ts";
import { initialSettings } from "../../identity/account-settings.ts";
import type { PolicyResource } from "../../identity/authorize.ts";
import { rolesAllowing, type RoleName } from "../../identity/roles.ts";
import { actingIdOf, newServiceId } from "../../identity/service-id.ts";
import { actingProfileOf, newProfileId } from "../../identity/trusted-profile.ts";
import { HOME_REALM, newUserId } from "../../identity/user.ts";
import { randomId } from "../../kernel/ids.ts";
import type { Caller } from "../call.ts";
import { createSecret } from "../secrets/create-secret.ts";
import { arbitrary } from "../secrets/testing/inputs.ts";
import { createSecretGroup } from "../secrets/secret-groups.ts";
import { ACCOUNT, openTestApp, PLACE, START, type TestApp } from "../testing/test-app.ts";
import { whoCan, type WhoCan } from "./who-can.ts";

let app: TestApp;
let auditor: Caller;
let secretId: string;

beforeEach(async () => {
  app = await openTestApp();
  auditor = await app.callerWith(["Auditor"]);
  const manager = await app.callerWith(["Manager"]);
  secretId = (await app.done(createSecret, manager, arbitrary("db-prod"))).id;
});
afterEach(() => app.close());

const dates = { createdAt: START, createdBy: "test", modifiedAt: START, modifiedBy: "test" };

async function user(email: string, state: "active" | "disabled" = "active"): Promise<string> {
  const iamId = newUserId();
  await app.state.transact(({ identity }) =>
    identity.putUser({
      kind: "user",
      iamId,
      account: ACCOUNT,
      email,
      name: email,
      state,
      realm: HOME_REALM,
      sessionsSince: START,
      ...dates,
    }),
  );
  return iamId;
}

async function service(name: string): Promise<string> {
  const id = newServiceId();
  const iamId = actingIdOf(id);
  await app.state.transact(({ identity }) =>
    identity.putServiceId({
      kind: "serviceid",
      id,
      iamId,
      account: ACCOUNT,
      name,
      description: "",
      uniqueInstanceCrns: [],
      locked: false,
      entityTag: "1",
      ...dates,
    }),
  );
  return iamId;
}

async function grant(
  subject: string,
  roles: readonly RoleName[],
  resource: PolicyResource = {},
): Promise<string> {
  const id = randomId();
  await app.state.transact(({ identity }) =>
    identity.putPolicy({
      id,
      account: ACCOUNT,
      subject,
      roles,
      resource,
      description: "",
      state: "active",
      entityTag: "1",
      ...dates,
    }),
  );
  return id;
}

/** As IBM's wire does: the policy stays, and gives nothing. */
async function takeBack(id: string): Promise<void> {
  await app.state.transact(async ({ identity }) => {
    const policy = await identity.policy(ACCOUNT, id);
    if (policy) await identity.putPolicy({ ...policy, state: "deleted" });
  });
}

async function group(name: string): Promise<string> {
  const id = newAccessGroupId();
  await app.state.transact(({ groups }) =>
    groups.putGroup({ id, account: ACCOUNT, name, description: "", entityTag: "1", ...dates }),
  );
  return id;
}

async function join(to: string, iamId: string, ends?: number): Promise<void> {
  await app.state.transact(({ groups }) =>
    groups.putMember({
      account: ACCOUNT,
      group: to,
      iamId,
      kind: "user",
      rule: ends === undefined ? null : newClaimRuleId(),
      expiresAt: ends ?? null,
      ...dates,
    }),
  );
}

async function key(iamId: string, more: { disabled?: boolean; expiresAt?: number } = {}) {
  await app.state.transact(({ identity }) =>
    identity.putApiKey(
      {
        id: `ApiKey-${randomId()}`,
        account: ACCOUNT,
        iamId,
        name: "key",
        description: "",
        locked: false,
        disabled: more.disabled ?? false,
        expiresAt: more.expiresAt ?? null,
        actionWhenLeaked: "none",
        supportSessions: false,
        entityTag: "1",
        ...dates,
      },
      randomId(),
    ),
  );
}

const ask = (permission: string, target?: string): Promise<WhoCan> =>
  app.done(whoCan, auditor, { permission, target });

const names = ({ identities }: WhoCan): readonly string[] => identities.map(({ name }) => name);

describe("who can", () => {
  it("names whoever has a role that gives it, and by which policy", async () => {
    const reader = await user("reader@example.com");
    const policy = await grant(reader, ["SecretsReader", "Viewer"], { service: "secrets-manager" });
    await grant(await user("blind@example.com"), ["Reader"]);
    const found = await ask("secret.read", secretId);
    expect(found.identities).toEqual([
      {
        iamId: reader,
        kind: "user",
        name: "reader@example.com",
        state: "active",
        canLogIn: false,
        paths: [
          {
            kind: "policy",
            operations: ["secret.read"],
            policy,
            roles: ["SecretsReader"],
            resource: { service: "secrets-manager" },
            via: null,
          },
        ],
        trust: null,
      },
    ]);
    expect(found.totalCount).toBe(1);
    expect(found.target).toMatchObject({ kind: "secret", name: "db-prod", secretGroup: "default" });
  });

  it("follows a policy to the members of its group, and says until when", async () => {
    const [ada, bob, eve] = [await user("a@x.y"), await user("b@x.y"), await user("e@x.y")];
    const readers = await group("readers");
    await grant(readers, ["SecretsReader"]);
    await join(readers, ada);
    await join(readers, bob, START + 1_000);
    await join(readers, eve, START);
    const found = await ask("secret.read", secretId);
    expect(found.identities.map(({ iamId, paths }) => [iamId, paths[0]])).toEqual([
      [ada, expect.objectContaining({ via: via("static", null) })],
      [bob, expect.objectContaining({ via: via("dynamic", START + 1_000) })],
    ]);
    app.clock.advance(1_000);
    expect(names(await ask("secret.read", secretId))).toEqual(["a@x.y"]);

    function via(membership: string, until: number | null): object {
      return { group: readers, name: "readers", membership, until };
    }
  });

  it("tells which logins would join a group that may", async () => {
    const readers = await group("readers");
    await grant(readers, ["SecretsReader"]);
    await app.state.transact(({ groups }) =>
      groups.putRule({
        id: newClaimRuleId(),
        account: ACCOUNT,
        group: readers,
        name: "engineers",
        realm: "https://idp.example",
        expirationHours: 1,
        conditions: [{ claim: "department", operator: "EQUALS", value: '"engineering"' }],
        entityTag: "1",
        ...dates,
      }),
    );
    const found = await ask("secret.read", secretId);
    expect(found.identities).toEqual([]);
    expect(found.rules).toMatchObject([
      { group: { name: "readers" }, rule: { name: "engineers", realm: "https://idp.example" } },
    ]);
  });

  it("names everyone for what the public group has, only while the account says so", async () => {
    await user("a@x.y");
    await service("deployer");
    await grant(PUBLIC_ACCESS_GROUP, ["SecretsReader"]);
    expect(names(await ask("secret.read", secretId))).toEqual([]);
    const settings = { ...initialSettings(ACCOUNT, START), publicAccess: true };
    await app.state.transact(({ identity }) => identity.putSettings(settings));
    const found = await ask("secret.read", secretId);
    expect(names(found)).toEqual(["a@x.y", "deployer"]);
    expect(found.identities[0]?.paths[0]).toMatchObject({ via: { membership: "public" } });
  });

  it("looks at where a policy speaks of: another group, another instance, a policy that was deleted", async () => {
    const manager = await app.callerWith(["Manager"]);
    const { id: other } = await app.done(createSecretGroup, manager, { name: "other" });
    const { instance } = PLACE;
    await grant(await user("here@x.y"), ["SecretsReader"], { instance, secretGroup: "default" });
    await grant(await user("there@x.y"), ["SecretsReader"], { instance, secretGroup: other });
    await takeBack(await grant(await user("gone@x.y"), ["SecretsReader"]));
    await grant(await user("far@x.y"), ["SecretsReader"], { instance: randomId() });
    expect(names(await ask("secret.read", secretId))).toEqual(["here@x.y"]);
    expect(names(await ask("secret.read", other))).toEqual(["there@x.y"]);
    expect(names(await ask("secret.list", instance))).toEqual([]);
  });

  it("shows who is disabled, and who has nothing to log in with", async () => {
    const [off, bare, keyed, expired] = [
      await user("1-off@x.y", "disabled"),
      await user("2-bare@x.y"),
      await user("3-keyed@x.y"),
      await user("4-expired@x.y"),
    ];
    for (const iamId of [off, bare, keyed, expired]) await grant(iamId, ["SecretsReader"]);
    await key(off);
    await key(keyed, { disabled: true });
    await key(keyed);
    await key(expired, { expiresAt: START });
    const found = await ask("secret.read", secretId);
    expect(found.identities.map(({ state, canLogIn }) => [state, canLogIn])).toEqual([
      ["disabled", false],
      ["active", false],
      ["active", true],
      ["active", false],
    ]);
  });

  it("shows who may act as a trusted profile", async () => {
    const id = newProfileId();
    const iamId = actingProfileOf(id);
    const ada = await user("a@x.y");
    await app.state.transact(async ({ profiles }) => {
      await profiles.putProfile({
        kind: "profile",
        id,
        iamId,
        account: ACCOUNT,
        name: "on-call",
        email: "",
        description: "",
        entityTag: "1",
        sessionsSince: START,
        ...dates,
      });
      const identity = { account: ACCOUNT, profile: id, kind: "user", identifier: ada } as const;
      await profiles.putProfileIdentity({ ...identity, description: "", ...dates });
    });
    await grant(iamId, ["SecretsReader"]);
    const before = await ask("secret.read", secretId);
    expect(before.identities).toMatchObject([
      {
        iamId,
        kind: "profile",
        canLogIn: false,
        trust: { identities: [{ identifier: ada }], rules: [] },
      },
    ]);
    await key(ada);
    expect((await ask("secret.read", secretId)).identities[0]?.canLogIn).toBe(true);
  });

  it("knows what is a user's own matter, unless the account restricts it", async () => {
    const ada = await user("a@x.y");
    expect((await ask("user-apikey.create", ada)).identities).toMatchObject([
      { iamId: ada, paths: [{ kind: "own-matter", operations: ["user-apikey.create"] }] },
    ]);
    const settings = initialSettings(ACCOUNT, START);
    await app.state.transact(({ identity }) =>
      identity.putSettings({ ...settings, restrictCreateApiKey: "RESTRICTED" }),
    );
    expect((await ask("user-apikey.create", ada)).identities).toEqual([]);
  });

  it("names every user for what the account's settings let everyone do", async () => {
    await user("a@x.y");
    expect((await ask("serviceid.create")).identities).toEqual([]);
    const settings = initialSettings(ACCOUNT, START);
    await app.state.transact(({ identity }) =>
      identity.putSettings({ ...settings, restrictCreateServiceId: "NOT_RESTRICTED" }),
    );
    expect((await ask("serviceid.create")).identities).toMatchObject([
      { name: "a@x.y", paths: [{ kind: "setting", setting: "restrict_create_service_id" }] },
    ]);
  });

  it.each([
    ["secret.read", ["secret.read"]],
    ["secrets-manager.secret.read", ["secret.read"]],
    ["getsecretvalue", ["secret.read", "version.read"]],
    ["secrets:{path} GET", ["secret.read"]],
    ["GET secrets:{path}", ["secret.read"]],
    ["secrets-manager.secret.rotate", ["version.create"]],
  ])("takes %s for %j", async (name, operations) => {
    expect((await ask(name, secretId)).operations).toEqual(operations);
  });

  it("takes a CRN as well as an id, and a group, a service ID and an account", async () => {
    const iamId = await service("deployer");
    const { crn } = (await ask("secret.read", secretId)).target;
    expect((await ask("secret.read", crn)).target.crn).toBe(crn);
    expect((await ask("serviceid.delete", iamId.slice("iam-".length))).target).toMatchObject({
      kind: "serviceid",
      name: "deployer",
      crn: expect.stringMatching(/:iam-identity:global:a\/.+::serviceid:ServiceId-/) as string,
    });
    expect((await ask("event.search")).target).toMatchObject({ kind: "account" });
    const inDefault = `crn:v1:bluemix:public:secrets-manager:us-south:a/${ACCOUNT}:${PLACE.instance}:secret-group:default`;
    expect((await ask("secret.create", inDefault)).target).toMatchObject({ kind: "secret-group" });
  });

  it("agrees with the decision itself, for every operation on the secret", async () => {
    const roles: readonly RoleName[] = ["Manager", "Writer", "SecretsReader", "Reader"];
    for (const role of roles) await grant(await user(`${role}@x.y`.toLowerCase()), [role]);
    const onSecrets = operationNames.filter(
      (name) => serviceOf(catalogue[name].action) === "secrets-manager",
    );
    for (const operation of onSecrets) {
      const expected = roles.filter((role) => rolesAllowing(operation).includes(role));
      expect([operation, names(await ask(operation, secretId))]).toEqual([
        operation,
        expected.map((role) => `${role}@x.y`.toLowerCase()).toSorted(),
      ]);
    }
  });

  it("is recorded with the operation and the target that were meant", async () => {
    await ask("GetSecretValue", secretId);
    expect(app.lastEvent()).toMatchObject({
      operation: "access.read",
      requestData: {
        permission: ["secret.read", "version.read"],
        target: expect.stringContaining(`:secret:${secretId}`) as string,
      },
      responseData: { totalCount: 0 },
    });
  });

  it("refuses what means nothing, and keeps nothing of it", async () => {
    const hunter = "hunter2-hunter2";
    for (const [permission, target, code] of [
      [hunter, secretId, "invalid_request"],
      ["secret.read", hunter, "invalid_request"],
      ["user.delete", secretId, "invalid_request"],
      ["secret.read", randomId(), "not_found"],
      [
        "secret.read",
        `crn:v1:bluemix:public:secrets-manager:us-south:a/other::secret:${secretId}`,
        "not_found",
      ],
    ] as const) {
      const refusal = await app.refused(whoCan, auditor, { permission, target });
      expect([permission, target, refusal.code]).toEqual([permission, target, code]);
      expect(JSON.stringify([refusal.message, refusal.details, app.lastEvent()])).not.toContain(
        hunter,
      );
    }
  });

  it("is answered to whoever may ask only; of an instance alone to whoever may ask of that", async () => {
    const asked = { permission: "secret.read", target: secretId };
    for (const roles of [["Manager"], ["Viewer"], ["Editor"]] as const) {
      const caller = await app.callerWith(roles);
      expect((await app.refused(whoCan, caller, asked)).code).toBe("forbidden");
      const missing = { ...asked, target: randomId() };
      expect((await app.refused(whoCan, caller, missing)).code).toBe("forbidden");
    }
    const { instance } = PLACE;
    const bounded = await app.callerWith(["Auditor"], { instance });
    expect((await app.done(whoCan, bounded, asked)).totalCount).toBe(0);
    expect((await app.refused(whoCan, bounded, { permission: "user.delete" })).code).toBe(
      "forbidden",
    );
    const administrator = await app.callerWith(["Administrator"]);
    expect((await app.done(whoCan, administrator, asked)).totalCount).toBe(0);
  });
});
