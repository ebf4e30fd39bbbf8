import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { catalogue, operationNames, serviceOf } from "../../audit/catalogue.ts";
import { newClaimRuleId, PUBLIC_ACCESS_GROUP } from "../../identity/access-group.ts";
import { rolesAllowing, type RoleName } from "../../identity/roles.ts";
import { actingProfileOf, newProfileId } from "../../identity/trusted-profile.ts";
import { randomId } from "../../kernel/ids.ts";
import type { Caller } from "../call.ts";
import { createSecret } from "../secrets/create-secret.ts";
import { arbitrary } from "../secrets/testing/inputs.ts";
import { createSecretGroup } from "../secrets/secret-groups.ts";
import { ACCOUNT, openTestApp, PLACE, START, type TestApp } from "../testing/test-app.ts";
import { Cast, MADE } from "./testing/cast.ts";
import { whoCan, type WhoCan } from "./who-can.ts";

let app: TestApp;
let auditor: Caller;
let secretId: string;
let cast: Cast;

beforeEach(async () => {
  app = await openTestApp();
  cast = new Cast(app.state);
  auditor = await app.callerWith(["Auditor"]);
  const manager = await app.callerWith(["Manager"]);
  secretId = (await app.done(createSecret, manager, arbitrary("db-prod"))).id;
});
afterEach(() => app.close());

const ask = (permission: string, target?: string): Promise<WhoCan> =>
  app.done(whoCan, auditor, { permission, target });

const names = ({ identities }: WhoCan): readonly string[] => identities.map(({ name }) => name);

describe("who can", () => {
  it("names whoever has a role that gives it, and by which policy", async () => {
    const reader = await cast.user("reader@example.com");
    const policy = await cast.grant(reader, ["SecretsReader", "Viewer"], {
      service: "secrets-manager",
    });
    await cast.grant(await cast.user("blind@example.com"), ["Reader"]);
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
        limits: [],
        documentLimits: [],
        trust: null,
      },
    ]);
    expect(found.totalCount).toBe(1);
    expect(found.target).toMatchObject({ kind: "secret", name: "db-prod", secretGroup: "default" });
  });

  it("follows a policy to the members of its group, and says until when", async () => {
    const [ada, bob, eve] = [
      await cast.user("a@x.y"),
      await cast.user("b@x.y"),
      await cast.user("e@x.y"),
    ];
    const readers = await cast.group("readers");
    await cast.grant(readers, ["SecretsReader"]);
    await cast.join(readers, ada);
    await cast.join(readers, bob, START + 1_000);
    await cast.join(readers, eve, START);
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
    const readers = await cast.group("readers");
    await cast.grant(readers, ["SecretsReader"]);
    await app.state.transact(({ groups }) =>
      groups.putRule({
        id: newClaimRuleId(),
        account: ACCOUNT,
        group: readers,
        name: "engineers",
        realm: "https://idp.example",
        expirationHours: 1,
        conditions: [{ claim: "department", operator: "EQUALS", value: '"engineering"' }],
        ...MADE,
      }),
    );
    const found = await ask("secret.read", secretId);
    expect(found.identities).toEqual([]);
    expect(found.rules).toMatchObject([
      { group: { name: "readers" }, rule: { name: "engineers", realm: "https://idp.example" } },
    ]);
  });

  it("names everyone for what the public group has, only while the account says so", async () => {
    await cast.user("a@x.y");
    await cast.service("deployer");
    await cast.grant(PUBLIC_ACCESS_GROUP, ["SecretsReader"]);
    expect(names(await ask("secret.read", secretId))).toEqual([]);
    await cast.settings({ publicAccess: true });
    const found = await ask("secret.read", secretId);
    expect(names(found)).toEqual(["a@x.y", "deployer"]);
    expect(found.identities[0]?.paths[0]).toMatchObject({ via: { membership: "public" } });
  });

  it("looks at where a policy speaks of: another group, another instance, a policy that was deleted", async () => {
    const manager = await app.callerWith(["Manager"]);
    const { id: other } = await app.done(createSecretGroup, manager, { name: "other" });
    const { instance } = PLACE;
    await cast.grant(await cast.user("here@x.y"), ["SecretsReader"], {
      instance,
      secretGroup: "default",
    });
    await cast.grant(await cast.user("there@x.y"), ["SecretsReader"], {
      instance,
      secretGroup: other,
    });
    await cast.takeBack(await cast.grant(await cast.user("gone@x.y"), ["SecretsReader"]));
    await cast.grant(await cast.user("far@x.y"), ["SecretsReader"], { instance: randomId() });
    expect(names(await ask("secret.read", secretId))).toEqual(["here@x.y"]);
    expect(names(await ask("secret.read", other))).toEqual(["there@x.y"]);
    expect(names(await ask("secret.list", instance))).toEqual([]);
  });

  it("shows who is disabled, and who has nothing to log in with", async () => {
    const [off, bare, keyed, expired] = [
      await cast.user("1-off@x.y", "disabled"),
      await cast.user("2-bare@x.y"),
      await cast.user("3-keyed@x.y"),
      await cast.user("4-expired@x.y"),
    ];
    for (const iamId of [off, bare, keyed, expired]) await cast.grant(iamId, ["SecretsReader"]);
    await cast.key(off);
    await cast.key(keyed, { disabled: true });
    await cast.key(keyed);
    await cast.key(expired, { expiresAt: START });
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
    const ada = await cast.user("a@x.y");
    await app.state.transact(async ({ profiles }) => {
      await profiles.putProfile({
        kind: "profile",
        id,
        iamId,
        account: ACCOUNT,
        name: "on-call",
        email: "",
        maxSessionS: 3_600,
        description: "",
        sessionsSince: START,
        ...MADE,
      });
      const identity = { account: ACCOUNT, profile: id, kind: "user", identifier: ada } as const;
      await profiles.putProfileIdentity({ ...identity, description: "", ...MADE });
    });
    await cast.grant(iamId, ["SecretsReader"]);
    const before = await ask("secret.read", secretId);
    expect(before.identities).toMatchObject([
      {
        iamId,
        kind: "profile",
        canLogIn: false,
        trust: { identities: [{ identifier: ada }], rules: [] },
      },
    ]);
    await cast.key(ada);
    expect((await ask("secret.read", secretId)).identities[0]?.canLogIn).toBe(true);
  });

  it("knows what is a user's own matter, unless the account restricts it", async () => {
    const ada = await cast.user("a@x.y");
    expect((await ask("user-apikey.create", ada)).identities).toMatchObject([
      { iamId: ada, paths: [{ kind: "own-matter", operations: ["user-apikey.create"] }] },
    ]);
    await cast.settings({ restrictCreateApiKey: "RESTRICTED" });
    expect((await ask("user-apikey.create", ada)).identities).toEqual([]);
  });

  it("names whom a role lets make keys of their own for those keys alone", async () => {
    const ada = await cast.user("a@x.y");
    const eve = await cast.user("e@x.y");
    await cast.settings({ restrictCreateApiKey: "RESTRICTED" });
    for (const iamId of [ada, eve]) await cast.grant(iamId, ["UserApiKeyCreator"]);
    expect((await ask("user-apikey.create", ada)).identities).toMatchObject([
      { iamId: ada, paths: [{ kind: "policy", roles: ["UserApiKeyCreator"] }] },
    ]);
  });

  it("names every user for what the account's settings let everyone do", async () => {
    await cast.user("a@x.y");
    expect((await ask("serviceid.create")).identities).toEqual([]);
    await cast.settings({ restrictCreateServiceId: "NOT_RESTRICTED" });
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
    [
      "secrets-manager.secret.rotate",
      [
        "version.create",
        "secret.rotate",
        "secret.update",
        "version.rollback",
        "secret.rotation.begin",
        "secret.rotation.succeed",
      ],
    ],
  ])("takes %s for %j", async (name, operations) => {
    expect((await ask(name, secretId)).operations).toEqual(operations);
  });

  it("takes a CRN as well as an id, and a group, a service ID and an account", async () => {
    const iamId = await cast.service("deployer");
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
    for (const role of roles)
      await cast.grant(await cast.user(`${role}@x.y`.toLowerCase()), [role]);
    const onSecrets = operationNames.filter(
      (name) =>
        serviceOf(catalogue[name].action) === "secrets-manager" &&
        rolesAllowing(name).some((role) => roles.includes(role)),
    );
    for (const operation of onSecrets) {
      const expected = roles.filter((role) => rolesAllowing(operation).includes(role));
      expect([operation, names(await ask(operation, secretId))]).toEqual([
        operation,
        expected.map((role) => `${role}@x.y`.toLowerCase()).toSorted(),
      ]);
    }
  });

  it("says of what no policy gives that no policy gives it, instead of naming nobody", async () => {
    await cast.grant(await cast.user("a@x.y"), ["Manager", "Administrator", "Operator"]);
    for (const [permission, target] of [
      ["catalogue.read", undefined],
      ["user-apikey.login", undefined],
      ["session.logout", undefined],
      ["secret.expire", secretId],
    ] as const) {
      const refusal = await app.refused(whoCan, auditor, { permission, target });
      expect(refusal).toMatchObject({ code: "invalid_request", details: { field: "operation" } });
      expect(refusal.message).toContain("no policy gives that");
    }
  });

  it.each(["event.search", "event.export", "receipt.read", "exposure.read"])(
    "names for %s whom a policy on the service that has the events shows them",
    async (permission) => {
      const [everything, secrets, here, elsewhere, questions, group] = [
        await cast.user("1-everything@x.y"),
        await cast.user("2-secrets@x.y"),
        await cast.user("3-here@x.y"),
        await cast.user("4-elsewhere@x.y"),
        await cast.user("5-questions@x.y"),
        await cast.user("6-group@x.y"),
      ];
      const { instance } = PLACE;
      await cast.grant(everything, ["Auditor"]);
      await cast.grant(secrets, ["Auditor"], { service: "secrets-manager" });
      await cast.grant(here, ["Auditor"], { instance });
      await cast.grant(elsewhere, ["Auditor"], { instance: randomId() });
      await cast.grant(questions, ["Auditor"], { service: "keytrail" });
      await cast.grant(group, ["Auditor"], { instance, secretGroup: "default" });
      for (const target of [instance, secretId]) {
        const found = await ask(permission, target);
        expect(names(found)).toEqual(["1-everything@x.y", "2-secrets@x.y", "3-here@x.y"]);
      }
    },
  );

  it("tells whoever may not ask neither that the target is there nor what it is", async () => {
    const nobody = await app.callerWith(["Viewer"]);
    for (const target of [secretId, randomId()]) {
      const refusal = await app.refused(whoCan, nobody, { permission: "policy.delete", target });
      expect(refusal.code).toBe("forbidden");
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
