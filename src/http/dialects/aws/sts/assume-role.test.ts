/** AssumeRole: who may, what it gives, how far it goes on, and when it ends. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createAccount } from "../../../../app/identity/create-account.ts";
import { createPolicy } from "../../../../app/identity/policies.ts";
import { addProfileIdentity, deleteProfileIdentity } from "../../../../app/profiles/identities.ts";
import { createProfile, deleteProfile } from "../../../../app/profiles/profiles.ts";
import { SCHEDULE } from "../../../../app/testing/test-app.ts";
import { renderCloudTrail } from "../../../../audit/render/cloudtrail.ts";
import { accountNumber } from "../../../../audit/render/cloudtrail-arn.ts";
import { accountPlace } from "../../../../identity/account.ts";
import { crnOfPrincipal } from "../../../../identity/trust-principal.ts";
import type { TrustedProfile } from "../../../../identity/trusted-profile.ts";
import { accessKeyFor, type AwsServer, type AwsUser } from "../testing/aws-server.ts";
import { allowing, credentialsIn, of, StsCaller } from "./testing/sts-caller.ts";

let sts: StsCaller;
let server: AwsServer;
let ada: AwsUser;
beforeEach(async () => {
  sts = await StsCaller.open();
  ({ server, ada } = sts);
});
afterEach(() => sts.close());

async function profile(name: string): Promise<TrustedProfile> {
  return server.http.app.done(createProfile, SCHEDULE, { name });
}

async function trusting(name: string, user: AwsUser = ada): Promise<TrustedProfile> {
  const made = await profile(name);
  const identity = { identityType: "user", identifier: user.user.iamId } as const;
  await server.http.app.done(addProfileIdentity, SCHEDULE, { id: made.id, ...identity });
  return made;
}

describe("AssumeRole", () => {
  it("makes whoever is trusted act as the role, under the name of the session", async () => {
    const role = await trusting("deployer");
    const answered = await sts.assume(ada, "deployer", {
      SourceIdentity: "ada",
      Tags: [{ Key: "team", Value: "x" }],
    });
    const credentials = credentialsIn(answered);
    expect(of(answered, "AssumedRoleId")).toBe(`${role.iamId}:work`);
    expect(of(answered, "SourceIdentity")).toBe("ada");
    const arn = sts.named("sts:assumed-role/deployer/work");
    expect(of(answered, "Arn")).toBe(arn);
    expect(await sts.whoIs(credentials)).toBe(arn);
    expect(answered.events).toMatchObject([
      {
        action: "iam-identity.trustedprofile-apikey.login",
        initiator: { id: ada.user.iamId, access: { kind: "user" } },
        target: { name: "deployer" },
        requestData: {
          roleArn: sts.named("iam:role/deployer"),
          roleSessionName: "work",
          profile_id: role.id,
        },
        responseData: { accessKeyId: credentials.accessKeyId, assumedRoleUser: { arn } },
      },
    ]);
    const { events } = await sts.call(credentials, "GetCallerIdentity");
    expect(events[0]?.initiator).toMatchObject({
      id: role.iamId,
      authnId: ada.user.iamId,
      access: { kind: "role", sessionName: "work", sourceIdentity: "ada", mfa: false },
    });
  });

  it("gives what the role was given, and not what its user has", async () => {
    const role = await trusting("reader", server.manager);
    const credentials = credentialsIn(await sts.assume(server.manager, "reader"));
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
      const refused = await sts.assume(ada, role);
      const arn = role.startsWith("arn") ? role : sts.named(`iam:role/${role}`);
      expect([refused.status, refused.error, of(refused, "Message")]).toEqual([
        403,
        "AccessDenied",
        `User: ${sts.named("iam:user/ada@example.com")} is not authorized to perform: sts:AssumeRole on resource: ${arn}`,
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
    expect((await sts.assume(ada, "deployer", members)).error).toBe(error);
  });

  it("is not for the owner of the account, nor for federated users", async () => {
    await trusting("deployer");
    const root = await accessKeyFor(server.http.app, server.http.app.first.administrator);
    const refused = await sts.assume(root, "deployer");
    expect([refused.error, of(refused, "Message")]).toEqual([
      "AccessDenied",
      "Roles may not be assumed by root accounts.",
    ]);
    const Policy = allowing("sts:*");
    const federated = credentialsIn(
      await sts.call(ada, "GetFederationToken", { Name: "bob", Policy }),
    );
    expect((await sts.assume(federated, "deployer")).error).toBe("AccessDenied");
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
    expect((await sts.assume(ada, "second")).error).toBe("AccessDenied");
    const one = credentialsIn(await sts.assume(ada, "first", { SourceIdentity: "ada" }));
    const two = credentialsIn(await sts.assume(one, "second", { RoleSessionName: "on" }));
    expect(await sts.whoIs(two)).toBe(sts.named("sts:assumed-role/second/on"));
    const { events } = await sts.call(two, "GetCallerIdentity");
    expect(events[0]?.initiator.access?.sourceIdentity).toBe("ada");
    const changed = await sts.assume(one, "second", { SourceIdentity: "eve" });
    expect(changed.error).toBe("AccessDenied");
  });

  it("goes nowhere that the policy of the session does not let it", async () => {
    const { app } = server.http;
    const first = await trusting("first");
    const second = await profile("second");
    const { account, iamId } = first;
    const identifier = crnOfPrincipal({ kind: "profile", account, iamId });
    const trust = { id: second.id, identityType: "crn", identifier } as const;
    await app.done(addProfileIdentity, SCHEDULE, trust);
    const within = async (action: string) => {
      const answered = await sts.assume(ada, "first", { Policy: allowing(action) });
      return (await sts.assume(credentialsIn(answered), "second")).error;
    };
    expect(await within("secretsmanager:*")).toBe("AccessDenied");
    expect(await within("sts:AssumeRole")).toBeUndefined();
  });

  it("of one that trusts the account is for those who decide there who acts as what", async () => {
    const role = await profile("ours");
    const identifier = crnOfPrincipal({ kind: "account", account: role.account });
    const trust = { id: role.id, identityType: "crn", identifier } as const;
    await server.http.app.done(addProfileIdentity, SCHEDULE, trust);
    expect((await sts.assume(ada, "ours")).error).toBe("AccessDenied");
    expect((await sts.assume(server.manager, "ours")).status).toBe(200);
  });

  it("ends as soon as the role trusts nobody, or is gone", async () => {
    const { app } = server.http;
    const role = await trusting("brief");
    const { iamId: identifier } = ada.user;
    const identity = { id: role.id, identityType: "user", identifier } as const;
    const one = credentialsIn(await sts.assume(ada, "brief"));
    await app.done(deleteProfileIdentity, SCHEDULE, identity);
    expect(await sts.whoIs(one)).toBe("ExpiredToken");
    server.app.clock.advance(10);
    await app.done(addProfileIdentity, SCHEDULE, identity);
    const two = credentialsIn(await sts.assume(ada, "brief"));
    expect(await sts.whoIs(two)).toMatch(/^arn/);
    await app.done(deleteProfile, SCHEDULE, { id: role.id });
    expect(await sts.whoIs(two)).toBe("ExpiredToken");
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
    const answered = await sts.assume(ada, arn);
    const credentials = credentialsIn(answered);
    expect(answered.events.map((event) => event.account).toSorted()).toEqual(
      [made.id, account].toSorted(),
    );
    const records = answered.events.map((event) => renderCloudTrail(event));
    expect(records).toMatchObject([
      { userIdentity: { arn: sts.named("iam:user/ada@example.com") } },
      { userIdentity: { arn: sts.named("iam:user/ada@example.com") } },
    ]);
    const who = await sts.whoIs(credentials);
    expect(who).toBe(`arn:aws:sts::${accountNumber(made.id)}:assumed-role/far/work`);
    expect(who).not.toContain(server.account);
  });
});
