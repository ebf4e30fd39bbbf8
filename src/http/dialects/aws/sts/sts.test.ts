/** STS as its clients meet it: who one is, and credentials for a while. */
import { TOTP } from "otpauth";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createAccount } from "../../../../app/identity/create-account.ts";
import { confirmSecondFactor, enrollSecondFactor } from "../../../../app/identity/second-factor.ts";
import { deleteApiKey } from "../../../../app/identity/api-keys.ts";
import { createPolicy } from "../../../../app/identity/policies.ts";
import { updateApiKey } from "../../../../app/identity/update-api-key.ts";
import { addProfileIdentity, deleteProfileIdentity } from "../../../../app/profiles/identities.ts";
import { createProfile, deleteProfile } from "../../../../app/profiles/profiles.ts";
import { SCHEDULE } from "../../../../app/testing/test-app.ts";
import { crnOfPrincipal } from "../../../../identity/trust-principal.ts";
import { renderCloudTrail } from "../../../../audit/render/cloudtrail.ts";
import { accountNumber } from "../../../../audit/render/cloudtrail-arn.ts";
import { accountPlace } from "../../../../identity/account.ts";
import type { TrustedProfile } from "../../../../identity/trusted-profile.ts";
import { Sensitive } from "../../../../kernel/sensitive.ts";
import {
  accessKeyFor,
  AwsServer,
  type AwsAnswered,
  type AwsCredentials,
  type AwsUser,
} from "../testing/aws-server.ts";

let server: AwsServer;
let ada: AwsUser;
beforeEach(async () => {
  server = await AwsServer.open();
  ada = await server.user("ada@example.com");
});
afterEach(() => server.close());

type As = AwsUser | AwsCredentials;

function sts(as: As, action: string, members: object = {}): Promise<AwsAnswered> {
  return server.aws("sts", action, members, { as });
}

/** The text of an element of the answer. */
function of(answered: AwsAnswered, name: string): string {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(answered.body)?.[1] ?? "";
}

function credentialsIn(answered: AwsAnswered): AwsCredentials {
  expect(answered.status, answered.body).toBe(200);
  return {
    accessKeyId: of(answered, "AccessKeyId"),
    secretAccessKey: of(answered, "SecretAccessKey"),
    sessionToken: of(answered, "SessionToken"),
  };
}

/** Who one is, as the server says; or how it refuses. */
async function whoIs(as: As): Promise<string> {
  const answered = await sts(as, "GetCallerIdentity");
  return answered.error ?? of(answered, "Arn");
}

const named = (kind: string): string => `arn:aws:${kind.replace(":", `::${server.account}:`)}`;

async function profile(name: string): Promise<TrustedProfile> {
  return server.http.app.done(createProfile, SCHEDULE, { name });
}

async function trusting(name: string, user: AwsUser = ada): Promise<TrustedProfile> {
  const made = await profile(name);
  const identity = { identityType: "user", identifier: user.user.iamId } as const;
  await server.http.app.done(addProfileIdentity, SCHEDULE, { id: made.id, ...identity });
  return made;
}

function assume(as: As, role: string, members: object = {}): Promise<AwsAnswered> {
  const RoleArn = role.startsWith("arn:") ? role : named(`iam:role/${role}`);
  return sts(as, "AssumeRole", { RoleArn, RoleSessionName: "work", ...members });
}

describe("GetCallerIdentity", () => {
  it("tells users, the owner of the account and sessions who they are", async () => {
    expect(await whoIs(ada)).toBe(named("iam:user/ada@example.com"));
    const root = await accessKeyFor(server.http.app, server.http.app.first.administrator);
    const answered = await sts(root, "GetCallerIdentity");
    expect([of(answered, "Arn"), of(answered, "UserId"), of(answered, "Account")]).toEqual([
      named("iam:root"),
      server.account,
      server.account,
    ]);
    const session = credentialsIn(await sts(ada, "GetSessionToken"));
    expect(await whoIs(session)).toBe(named("iam:user/ada@example.com"));
  });

  it("is recorded as what it is, by the key that signed", async () => {
    const { events } = await sts(ada, "GetCallerIdentity");
    expect(events).toMatchObject([
      {
        action: "iam-identity.user-session.read",
        initiator: {
          id: ada.user.iamId,
          access: { keyId: ada.credentials.accessKeyId, kind: "user" },
        },
      },
    ]);
  });
});

describe("GetSessionToken", () => {
  it("gives credentials that are the user's own, for half a day or as long as was asked", async () => {
    const answered = await sts(ada, "GetSessionToken");
    const credentials = credentialsIn(answered);
    expect(credentials.accessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/);
    expect(credentials.secretAccessKey).toHaveLength(40);
    const lastsMs = Date.parse(of(answered, "Expiration")) - server.app.clock.now();
    expect(lastsMs).toBe(43_200_000);
    const short = credentialsIn(await sts(ada, "GetSessionToken", { DurationSeconds: 900 }));
    server.app.clock.advance(900_000 - 1);
    expect(await whoIs(short)).toBe(named("iam:user/ada@example.com"));
    server.app.clock.advance(1);
    expect(await whoIs(short)).toBe("ExpiredToken");
    expect(await whoIs(credentials)).toBe(named("iam:user/ada@example.com"));
  });

  it("gives the owner of the account no more than an hour", async () => {
    const root = await accessKeyFor(server.http.app, server.http.app.first.administrator);
    for (const asked of [{}, { DurationSeconds: 43_200 }]) {
      const answered = await sts(root, "GetSessionToken", asked);
      expect(Date.parse(of(answered, "Expiration")) - server.app.clock.now()).toBe(3_600_000);
    }
  });

  it("records key and end of the session, and neither its secret nor its token", async () => {
    const answered = await sts(ada, "GetSessionToken", { DurationSeconds: 1_000 });
    const { accessKeyId, secretAccessKey, sessionToken = "" } = credentialsIn(answered);
    expect(answered.events).toMatchObject([
      {
        action: "iam-identity.user-session.create",
        outcome: "success",
        requestData: { durationSeconds: 1_000 },
        responseData: { accessKeyId, expiration: expect.stringMatching(/Z$/) },
      },
    ]);
    const kept = JSON.stringify(server.app.events()) + everyRow();
    expect(kept).toContain(accessKeyId);
    for (const secret of [secretAccessKey, sessionToken]) expect(kept).not.toContain(secret);
  });

  it.each([
    [{ DurationSeconds: 899 }, "ValidationError"],
    [{ DurationSeconds: 129_601 }, "ValidationError"],
    [{ TokenCode: "123456" }, "ValidationError"],
    [{ SerialNumber: "arn:aws:iam::1:mfa/ada", TokenCode: "123456" }, "AccessDenied"],
    [{ Nonsense: "1" }, "ValidationError"],
  ])("refuses %j", async (members, error) => {
    const answered = await sts(ada, "GetSessionToken", members);
    expect(answered.error).toBe(error);
    expect(answered.events).toMatchObject([{ outcome: "failure" }]);
  });

  it("is not for credentials that end with a session", async () => {
    const session = credentialsIn(await sts(ada, "GetSessionToken"));
    for (const action of ["GetSessionToken", "GetFederationToken"]) {
      const refused = await sts(
        session,
        action,
        action === "GetSessionToken" ? {} : { Name: "bo" },
      );
      expect([refused.error, of(refused, "Message")]).toEqual([
        "AccessDenied",
        `Cannot call ${action} with session credentials`,
      ]);
    }
  });

  it("takes the code of a second factor once, and counts wrong ones", async () => {
    const { iamId } = ada.user;
    const { app } = server.http;
    const { secret } = await app.done(enrollSecondFactor, ada.caller, { iamId });
    const totp = new TOTP({ secret: secret.reveal() });
    const code = (): string => totp.generate({ timestamp: server.app.clock.now() });
    await app.done(confirmSecondFactor, ada.caller, { iamId, code: new Sensitive(code()) });
    server.app.clock.advance(30_000);
    const shown = { SerialNumber: named("iam:mfa/ada"), TokenCode: code() };
    const session = credentialsIn(await sts(ada, "GetSessionToken", shown));
    const { events } = await sts(session, "GetCallerIdentity");
    expect(events[0]?.initiator.access).toMatchObject({ mfa: true, kind: "user" });
    const again = await sts(ada, "GetSessionToken", shown);
    expect(again.error).toBe("AccessDenied");
    for (let i = 0; i < 4; i++) {
      await sts(ada, "GetSessionToken", { ...shown, TokenCode: "00000x" });
    }
    expect(server.app.lastEvent().action).toBe("user-management.user.lock");
    server.app.clock.advance(30_000);
    const locked = await sts(ada, "GetSessionToken", { ...shown, TokenCode: code() });
    expect(locked.error).toBe("AccessDenied");
  });
});

describe("a session by an access key", () => {
  it("needs its token, and no other one's", async () => {
    const one = credentialsIn(await sts(ada, "GetSessionToken"));
    const other = credentialsIn(await sts(ada, "GetSessionToken"));
    const { accessKeyId, secretAccessKey } = one;
    expect(await whoIs({ accessKeyId, secretAccessKey })).toBe("InvalidClientTokenId");
    const { sessionToken = "" } = other;
    expect(await whoIs({ ...one, sessionToken })).toBe("InvalidClientTokenId");
    expect(await whoIs({ ...ada.credentials, sessionToken })).toBe("InvalidClientTokenId");
  });

  it("ends with the key that it came from: disabled or deleted", async () => {
    const { app } = server.http;
    const { accessKeyId } = ada.credentials;
    const key = await server.app.state.read(({ identity }) =>
      identity.apiKeyOfAccessKey(ada.user.account, accessKeyId),
    );
    const id = key?.id ?? "";
    const session = credentialsIn(await sts(ada, "GetSessionToken"));
    expect(await whoIs(session)).toMatch(/^arn/);
    await app.done(updateApiKey, ada.caller, { id, change: { kind: "disable" } });
    expect([await whoIs(session), await whoIs(ada)]).toEqual([
      "ExpiredToken",
      "InvalidClientTokenId",
    ]);
    await app.done(updateApiKey, ada.caller, { id, change: { kind: "enable" } });
    expect([await whoIs(session), await whoIs(ada)]).toEqual([
      "ExpiredToken",
      named("iam:user/ada@example.com"),
    ]);
    const next = credentialsIn(await sts(ada, "GetSessionToken"));
    await app.done(deleteApiKey, ada.caller, { id });
    expect([await whoIs(next), await whoIs(ada)]).toEqual([
      "InvalidClientTokenId",
      "InvalidClientTokenId",
    ]);
  });
});

describe("AssumeRole", () => {
  it("makes whoever is trusted act as the role, under the name of the session", async () => {
    const role = await trusting("deployer");
    const answered = await assume(ada, "deployer", {
      SourceIdentity: "ada",
      Tags: [{ Key: "team", Value: "x" }],
    });
    const credentials = credentialsIn(answered);
    expect(of(answered, "AssumedRoleId")).toBe(`${role.iamId}:work`);
    expect(of(answered, "SourceIdentity")).toBe("ada");
    const arn = named("sts:assumed-role/deployer/work");
    expect(of(answered, "Arn")).toBe(arn);
    expect(await whoIs(credentials)).toBe(arn);
    expect(answered.events).toMatchObject([
      {
        action: "iam-identity.trustedprofile-apikey.login",
        initiator: { id: ada.user.iamId, access: { kind: "user" } },
        target: { name: "deployer" },
        requestData: {
          roleArn: named("iam:role/deployer"),
          roleSessionName: "work",
          profile_id: role.id,
        },
        responseData: { accessKeyId: credentials.accessKeyId, assumedRoleUser: { arn } },
      },
    ]);
    const { events } = await sts(credentials, "GetCallerIdentity");
    expect(events[0]?.initiator).toMatchObject({
      id: role.iamId,
      authnId: ada.user.iamId,
      access: { kind: "role", sessionName: "work", sourceIdentity: "ada", mfa: false },
    });
  });

  it("gives what the role was given, and not what its user has", async () => {
    const role = await trusting("reader", server.manager);
    const credentials = credentialsIn(await assume(server.manager, "reader"));
    const read = () => server.secrets("DescribeSecret", { SecretId: "s" }, { as: credentials });
    await server.secrets("CreateSecret", { Name: "s" });
    expect((await read()).error).toBe("AccessDeniedException");
    await server.http.app.done(createPolicy, SCHEDULE, {
      subject: role.iamId,
      roles: ["Reader"],
      resource: {},
    });
    expect((await read()).status).toBe(200);
  });

  it("refuses in the same words who is not trusted and what is not there", async () => {
    await profile("closed");
    for (const role of ["closed", "missing", "arn:aws:iam::999999999999:role/far"]) {
      const refused = await assume(ada, role);
      const arn = role.startsWith("arn") ? role : named(`iam:role/${role}`);
      expect([refused.status, refused.error, of(refused, "Message")]).toEqual([
        403,
        "AccessDenied",
        `User: ${named("iam:user/ada@example.com")} is not authorized to perform: sts:AssumeRole on resource: ${arn}`,
      ]);
      expect(refused.events).toMatchObject([
        { outcome: "failure", initiator: { id: ada.user.iamId }, requestData: { roleArn: arn } },
      ]);
    }
  });

  it.each([
    [{ RoleSessionName: "x" }, "ValidationError"],
    [{ RoleSessionName: "not a name" }, "ValidationError"],
    [{ DurationSeconds: 3_601 }, "ValidationError"],
    [{ DurationSeconds: 43_201 }, "ValidationError"],
    [{ RoleArn: "arn:aws:iam::1:user/somebody-else" }, "ValidationError"],
    [{ Policy: "{}" }, "MalformedPolicyDocument"],
    [{ PolicyArns: [{ arn: "arn:aws:iam::aws:policy/ReadOnlyAccess" }] }, "ValidationError"],
  ])("refuses %j", async (members, error) => {
    await trusting("deployer");
    expect((await assume(ada, "deployer", members)).error).toBe(error);
  });

  it("is not for the owner of the account, nor for federated users", async () => {
    await trusting("deployer");
    const root = await accessKeyFor(server.http.app, server.http.app.first.administrator);
    const refused = await assume(root, "deployer");
    expect([refused.error, of(refused, "Message")]).toEqual([
      "AccessDenied",
      "Roles may not be assumed by root accounts.",
    ]);
    const Policy = allowing("sts:*");
    const federated = credentialsIn(await sts(ada, "GetFederationToken", { Name: "bob", Policy }));
    expect((await assume(federated, "deployer")).error).toBe("AccessDenied");
  });

  it("goes on to a role that trusts the role, for no more than an hour", async () => {
    const { app } = server.http;
    const first = await trusting("first");
    const second = await profile("second");
    const identifier = crnOfPrincipal({
      kind: "profile",
      account: first.account,
      iamId: first.iamId,
    });
    await app.done(addProfileIdentity, SCHEDULE, {
      id: second.id,
      identityType: "crn",
      identifier,
    });
    expect((await assume(ada, "second")).error).toBe("AccessDenied");
    const one = credentialsIn(await assume(ada, "first", { SourceIdentity: "ada" }));
    const two = credentialsIn(await assume(one, "second", { RoleSessionName: "on" }));
    expect(await whoIs(two)).toBe(named("sts:assumed-role/second/on"));
    const { events } = await sts(two, "GetCallerIdentity");
    expect(events[0]?.initiator.access?.sourceIdentity).toBe("ada");
    const changed = await assume(one, "second", { SourceIdentity: "eve" });
    expect(changed.error).toBe("AccessDenied");
  });

  it("ends as soon as the role trusts nobody, or is gone", async () => {
    const { app } = server.http;
    const role = await trusting("brief");
    const { iamId: identifier } = ada.user;
    const identity = { id: role.id, identityType: "user", identifier } as const;
    const one = credentialsIn(await assume(ada, "brief"));
    await app.done(deleteProfileIdentity, SCHEDULE, identity);
    expect(await whoIs(one)).toBe("ExpiredToken");
    server.app.clock.advance(10);
    await app.done(addProfileIdentity, SCHEDULE, identity);
    const two = credentialsIn(await assume(ada, "brief"));
    expect(await whoIs(two)).toMatch(/^arn/);
    await app.done(deleteProfile, SCHEDULE, { id: role.id });
    expect(await whoIs(two)).toBe("ExpiredToken");
  });

  it("leads into another account whose role trusts the caller, and both accounts hear of it", async () => {
    const { performer } = server.app;
    const made = await server.http.app.done(createAccount, SCHEDULE, {
      name: "Other",
      region: "us-south",
    });
    const there = server.app.call(SCHEDULE, accountPlace(made.id));
    const far = await performer.perform(createProfile, there, () => ({ name: "far" }));
    if (far.kind === "refused") throw far.refusal;
    const { account, iamId } = ada.user;
    const identifier = crnOfPrincipal({ kind: "user", account, iamId });
    const trust = { id: far.output.id, identityType: "crn", identifier } as const;
    await performer.perform(addProfileIdentity, there, () => trust);
    const arn = `arn:aws:iam::${accountNumber(made.id)}:role/far`;
    const answered = await assume(ada, arn);
    const credentials = credentialsIn(answered);
    expect(answered.events.map((event) => event.account).toSorted()).toEqual(
      [made.id, account].toSorted(),
    );
    const records = answered.events.map((event) => renderCloudTrail(event));
    expect(records).toMatchObject([
      { userIdentity: { arn: named("iam:user/ada@example.com") } },
      { userIdentity: { arn: named("iam:user/ada@example.com") } },
    ]);
    const who = await whoIs(credentials);
    expect(who).toBe(`arn:aws:sts::${accountNumber(made.id)}:assumed-role/far/work`);
    expect(who).not.toContain(server.account);
  });
});

describe("GetFederationToken", () => {
  it("gives a session by a name, bounded by its policy", async () => {
    const answered = await sts(server.manager, "GetFederationToken", {
      Name: "bob",
      Policy: allowing("secretsmanager:ListSecrets"),
    });
    expect(of(answered, "FederatedUserId")).toBe(`${server.account}:bob`);
    const bob = credentialsIn(answered);
    expect(await whoIs(bob)).toBe(named("sts:federated-user/bob"));
    const { events } = await sts(bob, "GetCallerIdentity");
    expect(events[0]?.initiator.access).toMatchObject({ kind: "federated", sessionName: "bob" });
  });

  it("may do no more than its policy, and nothing without one", async () => {
    await server.secrets("CreateSecret", { Name: "s", SecretString: "x" });
    const does = async (Policy?: string): Promise<readonly (string | undefined)[]> => {
      const members = { Name: "bob", ...(Policy === undefined ? {} : { Policy }) };
      const bob = credentialsIn(await sts(server.manager, "GetFederationToken", members));
      const ask = async (action: string) =>
        (await server.secrets(action, { SecretId: "s" }, { as: bob })).error;
      return [await ask("DescribeSecret"), await ask("GetSecretValue")];
    };
    const denied = "AccessDeniedException";
    expect(await does()).toEqual([denied, denied]);
    expect(await does(allowing("secretsmanager:Describe*"))).toEqual([undefined, denied]);
    expect(await does(allowing("*"))).toEqual([undefined, undefined]);
  });

  it.each([
    [{ Name: "b" }, "ValidationError"],
    [{ Name: "b".repeat(33) }, "ValidationError"],
    [{ Name: "bob", Policy: "nonsense" }, "MalformedPolicyDocument"],
  ])("refuses %j", async (members, error) => {
    expect((await sts(ada, "GetFederationToken", members)).error).toBe(error);
  });
});

describe("GetAccessKeyInfo", () => {
  it("tells the account of a key, and of no other text anything", async () => {
    const { accessKeyId: AccessKeyId } = ada.credentials;
    const known = await sts(server.manager, "GetAccessKeyInfo", { AccessKeyId });
    expect(of(known, "Account")).toBe(server.account);
    const unknown = { AccessKeyId: "AKIAAAAAAAAAAAAAAAAA" };
    expect((await sts(ada, "GetAccessKeyInfo", unknown)).status).toBe(404);
    const other = { AccessKeyId: "hunter2hunter2hunter2" };
    const refused = await sts(ada, "GetAccessKeyInfo", other);
    expect(refused.error).toBe("ValidationError");
    expect(JSON.stringify(refused.events) + refused.body).not.toContain("hunter2");
  });
});

function allowing(Action: string): string {
  const Statement = [{ Effect: "Allow", Action, Resource: "*" }];
  return JSON.stringify({ Version: "2012-10-17", Statement });
}

function everyRow(): string {
  const { database } = server.app;
  const tables = ["access_keys", "sessions", "api_keys", "outbox"];
  return tables
    .flatMap((table) => database.all(`SELECT * FROM ${table}`))
    .map((row) =>
      JSON.stringify(row, (_key, value: unknown) =>
        value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : value,
      ),
    )
    .join("\n");
}
