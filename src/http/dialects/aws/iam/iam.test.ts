import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createServiceId } from "../../../../app/identity/service-ids.ts";
import { createPolicy } from "../../../../app/identity/policies.ts";
import { renderCloudTrail } from "../../../../audit/render/cloudtrail.ts";
import { AwsServer, type AwsAnswered, type AwsCallOptions } from "../testing/aws-server.ts";

let server: AwsServer;
beforeAll(async () => {
  server = await AwsServer.open();
});
afterAll(() => server.close());

const MANAGED = "arn:aws:iam::aws:policy";

const iam = (
  action: string,
  members: object = {},
  options: AwsCallOptions = {},
): Promise<AwsAnswered> => server.aws("iam", action, members, options);

/** The text of every element of this name, in order. */
function texts({ body }: AwsAnswered, name: string): string[] {
  return [...String(body).matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, "g"))].map(
    ([, text = ""]) => text,
  );
}

async function done(action: string, members: object = {}): Promise<AwsAnswered> {
  const answered = await iam(action, members);
  if (answered.status !== 200) throw new Error(String(answered.body));
  return answered;
}

/** What the CloudTrail record of a call says it was, and how it ended. */
function recorded({ events }: AwsAnswered): readonly unknown[] {
  return events.map((event) => {
    const record = renderCloudTrail(event);
    return [record["eventSource"], record["eventName"], record["errorCode"]];
  });
}

function trusting(...principals: readonly string[]): string {
  const statement = { Effect: "Allow", Principal: { AWS: principals }, Action: "sts:AssumeRole" };
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
}

function trustOf(answered: AwsAnswered): unknown {
  const [document = ""] = texts(answered, "AssumeRolePolicyDocument");
  return JSON.parse(decodeURIComponent(document));
}

describe("a user", () => {
  it("has a plain name, in the letters it was given, that nobody else has in any others", async () => {
    const made = await done("CreateUser", { UserName: "Grace.H" });
    expect(texts(made, "UserName")).toEqual(["Grace.H"]);
    expect(texts(made, "Path")).toEqual(["/"]);
    expect(texts(made, "Arn")).toEqual([`arn:aws:iam::${server.account}:user/grace.h`]);
    expect(recorded(made)).toEqual([["iam.amazonaws.com", "CreateUser", undefined]]);
    expect(texts(await done("GetUser", { UserName: "grace.h" }), "UserName")).toEqual(["Grace.H"]);
    const again = await iam("CreateUser", { UserName: "GRACE.h" });
    expect([again.status, again.error]).toEqual([409, "EntityAlreadyExists"]);
    expect(recorded(again)).toEqual([["iam.amazonaws.com", "CreateUser", "EntityAlreadyExists"]]);
  });

  it("is the caller where none is named", async () => {
    const found = await done("GetUser");
    expect(texts(found, "UserId")).toEqual([server.manager.user.iamId]);
  });

  it.each([
    [{ UserName: "a b" }, "ValidationError"],
    [{ UserName: "x".repeat(65) }, "ValidationError"],
    [{}, "ValidationError"],
    [{ UserName: "ok", Path: "/team/" }, "InvalidInput"],
    [{ UserName: "ok", Tags: [{ Key: "k", Value: "v" }] }, "InvalidInput"],
    [{ UserName: "ok", PermissionsBoundary: `${MANAGED}/ReadOnlyAccess` }, "InvalidInput"],
    [{ UserName: "ok", Nickname: "o" }, "ValidationError"],
  ])("is not made of %j", async (members, code) => {
    const refused = await iam("CreateUser", members);
    expect(refused.error).toBe(code);
    expect(refused.events).toHaveLength(1);
    expect((await iam("GetUser", { UserName: "ok" })).error).toBe("NoSuchEntity");
  });

  it("is renamed with its keys, and goes when what it shows is gone", async () => {
    await done("CreateUser", { UserName: "before" });
    const key = await done("CreateAccessKey", { UserName: "before" });
    const [AccessKeyId = ""] = texts(key, "AccessKeyId");
    const [secretAccessKey = ""] = texts(key, "SecretAccessKey");
    await done("AttachUserPolicy", {
      UserName: "before",
      PolicyArn: `${MANAGED}/IAMReadOnlyAccess`,
    });
    await done("UpdateUser", { UserName: "before", NewUserName: "After" });
    const as = { accessKeyId: AccessKeyId, secretAccessKey };
    expect(texts(await iam("GetUser", {}, { as }), "UserName")).toEqual(["After"]);
    expect((await iam("GetUser", { UserName: "before" })).error).toBe("NoSuchEntity");

    const first = await iam("DeleteUser", { UserName: "after" });
    expect([first.status, first.error]).toEqual([409, "DeleteConflict"]);
    expect(recorded(first)).toEqual([["iam.amazonaws.com", "DeleteUser", "DeleteConflict"]]);
    await done("DeleteAccessKey", { UserName: "after", AccessKeyId });
    expect((await iam("GetUser", {}, { as })).error).toBe("InvalidClientTokenId");
    const second = await iam("DeleteUser", { UserName: "after" });
    expect(texts(second, "Message")[0]).toContain("detach all policies");
    await done("DetachUserPolicy", {
      UserName: "after",
      PolicyArn: `${MANAGED}/IAMReadOnlyAccess`,
    });
    await done("DeleteUser", { UserName: "after" });
    expect((await iam("GetUser", { UserName: "after" })).error).toBe("NoSuchEntity");
  });

  it("does not take the name of another", async () => {
    await done("CreateUser", { UserName: "one" });
    await done("CreateUser", { UserName: "other" });
    const refused = await iam("UpdateUser", { UserName: "other", NewUserName: "ONE" });
    expect(refused.error).toBe("EntityAlreadyExists");
    expect(texts(await done("GetUser", { UserName: "other" }), "UserName")).toEqual(["other"]);
  });

  it("without a role sees itself and its own keys, and is told nothing of others", async () => {
    const as = await server.user("nobody@example.com");
    expect(texts(await iam("GetUser", {}, { as }), "UserName")).toEqual(["nobody@example.com"]);
    expect((await iam("ListAccessKeys", {}, { as })).status).toBe(200);
    expect(
      (await iam("ListAttachedUserPolicies", { UserName: as.user.email }, { as })).status,
    ).toBe(200);
    for (const UserName of ["manager@example.com", "not-there"]) {
      for (const action of ["GetUser", "ListAccessKeys", "CreateAccessKey", "DeleteUser"]) {
        expect((await iam(action, { UserName }, { as })).error).toBe("AccessDenied");
      }
    }
  });
});

describe("a list of users", () => {
  it("has every user and service ID once, a part at a time, while others are made", async () => {
    const { http } = server;
    for (let i = 0; i < 7; i++) await done("CreateUser", { UserName: `listed-${i}` });
    const admin = await http.app.administrator();
    for (const name of ["bot", "two words"]) await http.app.done(createServiceId, admin, { name });
    const all = texts(await done("ListUsers"), "UserId");
    const parts: string[] = [];
    for (let Marker: string | undefined; ;) {
      const part = await done("ListUsers", { MaxItems: 2, Marker });
      parts.push(...texts(part, "UserId"));
      [Marker] = texts(part, "Marker");
      expect(texts(part, "IsTruncated")).toEqual([String(Marker !== undefined)]);
      if (Marker === undefined) break;
    }
    expect(parts).toEqual(all);
    expect(new Set(all).size).toBe(all.length);
    expect(all).not.toContain(http.app.first.administrator.iamId);
  });

  it("has service IDs under a path of their own, by names that find them again", async () => {
    const found = await done("ListUsers", { PathPrefix: "/service-id/" });
    expect(new Set(texts(found, "Path"))).toEqual(new Set(["/service-id/"]));
    const [bot = "", other = ""] = texts(found, "UserName").toSorted().toReversed();
    expect(bot).toBe("bot");
    expect(other).toMatch(/^ServiceId-/);
    for (const UserName of [bot, other]) {
      const created = await done("CreateAccessKey", { UserName });
      expect(texts(created, "UserName")).toEqual([UserName]);
    }
    expect(texts(await done("GetUser", { UserName: "bot" }), "Arn")).toEqual([
      `arn:aws:iam::${server.account}:user/service-id/bot`,
    ]);
    expect((await iam("DeleteUser", { UserName: "bot" })).error).toBe("NoSuchEntity");
  });

  it("does not give a service ID the name of a user", async () => {
    const { http } = server;
    const admin = await http.app.administrator();
    await http.app.done(createServiceId, admin, { name: "listed-3" });
    const names = texts(await done("ListUsers", { PathPrefix: "/service-id/" }), "UserName");
    expect(names).not.toContain("listed-3");
    expect(texts(await done("GetUser", { UserName: "listed-3" }), "Path")).toEqual(["/"]);
  });

  it("goes on from no marker but its own", async () => {
    for (const Marker of ["x", Buffer.from("{}").toString("base64url")]) {
      expect((await iam("ListUsers", { Marker })).error).toBe("InvalidInput");
    }
  });
});

describe("an access key", () => {
  it("is listed without its secret, ended and brought back by its id", async () => {
    await done("CreateUser", { UserName: "keyed" });
    const made = await done("CreateAccessKey", { UserName: "keyed" });
    const [accessKeyId = ""] = texts(made, "AccessKeyId");
    const [secretAccessKey = ""] = texts(made, "SecretAccessKey");
    const as = { accessKeyId, secretAccessKey };
    expect(JSON.stringify(made.events)).not.toContain(secretAccessKey);
    const listed = await done("ListAccessKeys", { UserName: "keyed" });
    expect(texts(listed, "AccessKeyId")).toEqual([accessKeyId]);
    expect(listed.body).not.toContain(secretAccessKey);
    const key = { UserName: "keyed", AccessKeyId: accessKeyId };
    await done("UpdateAccessKey", { ...key, Status: "Inactive" });
    expect(texts(await done("ListAccessKeys", { UserName: "keyed" }), "Status")).toEqual([
      "Inactive",
    ]);
    expect((await iam("GetUser", {}, { as })).error).toBe("InvalidClientTokenId");
    await done("UpdateAccessKey", { ...key, Status: "Active" });
    expect((await iam("GetUser", {}, { as })).status).toBe(200);
    expect((await iam("UpdateAccessKey", { ...key, Status: "Gone" })).error).toBe(
      "ValidationError",
    );
    const mine = { AccessKeyId: accessKeyId, Status: "Inactive" };
    expect((await iam("UpdateAccessKey", mine)).error).toBe("NoSuchEntity");
  });
});

describe("a managed policy", () => {
  it("gives what it says from the next call on, once, and takes it away again", async () => {
    const as = await server.user("reader@example.com");
    const UserName = as.user.email;
    await server.secrets("CreateSecret", { Name: "attached", SecretString: "s" });
    const reading = () => server.secrets("GetSecretValue", { SecretId: "attached" }, { as });
    expect((await reading()).error).toBe("AccessDeniedException");
    const PolicyArn = `${MANAGED}/AWSSecretsManagerClientReadOnlyAccess`;
    const attached = await done("AttachUserPolicy", { UserName, PolicyArn });
    expect(recorded(attached)).toEqual([["iam.amazonaws.com", "AttachUserPolicy", undefined]]);
    expect(attached.events[0]).toMatchObject({
      target: { name: UserName },
      requestData: { userName: UserName, policyArn: PolicyArn, roles: ["SecretsReader"] },
    });
    await done("AttachUserPolicy", { UserName, PolicyArn });
    expect((await reading()).status).toBe(200);
    const listed = await done("ListAttachedUserPolicies", { UserName });
    expect(texts(listed, "PolicyArn")).toEqual([PolicyArn]);
    await done("DetachUserPolicy", { UserName, PolicyArn });
    expect((await reading()).error).toBe("AccessDeniedException");
    expect((await iam("DetachUserPolicy", { UserName, PolicyArn })).error).toBe("NoSuchEntity");
  });

  it("that gives no more than another is attached beside it all the same", async () => {
    const { user } = await server.user("both@example.com");
    const UserName = user.email;
    const names = [
      "AdministratorAccess",
      "AWSCloudTrail_FullAccess",
      "AWSCloudTrail_ReadOnlyAccess",
    ];
    for (const name of names) {
      await done("AttachUserPolicy", { UserName, PolicyArn: `${MANAGED}/${name}` });
    }
    const listed = await done("ListAttachedUserPolicies", { UserName });
    expect(texts(listed, "PolicyName")).toEqual(names);
    const part = await done("ListAttachedUserPolicies", { UserName, MaxItems: 2 });
    expect(texts(part, "PolicyName")).toEqual(names.slice(0, 2));
    const [Marker] = texts(part, "Marker");
    const rest = await done("ListAttachedUserPolicies", { UserName, Marker });
    expect(texts(rest, "PolicyName")).toEqual(names.slice(2));
  });

  it("is seen in a policy of another wire that gives the same", async () => {
    const { user } = await server.user("elsewhere@example.com");
    const { http } = server;
    const admin = await http.app.administrator();
    const resource = { service: "secrets-manager" };
    const terms = { subject: user.iamId, roles: ["Manager"], resource };
    await http.app.done(createPolicy, admin, terms);
    const listed = await done("ListAttachedUserPolicies", { UserName: user.email });
    expect(texts(listed, "PolicyName")).toEqual(["SecretsManagerReadWrite"]);
  });

  it("that is not known here is not attached", async () => {
    const UserName = "manager@example.com";
    for (const PolicyArn of [
      `${MANAGED}/AmazonS3FullAccess`,
      `arn:aws:iam::${server.account}:policy/x`,
    ]) {
      expect((await iam("AttachUserPolicy", { UserName, PolicyArn })).error).toBe("NoSuchEntity");
    }
    const [status] = texts(
      await done("GetPolicy", { PolicyArn: `${MANAGED}/SecurityAudit` }),
      "IsAttachable",
    );
    expect(status).toBe("true");
  });

  it("is not given by whoever administers no identities, and the record says to whom", async () => {
    const as = await server.user("writer@example.com", ["Manager"], { service: "secrets-manager" });
    const asked = { UserName: as.user.email, PolicyArn: `${MANAGED}/AdministratorAccess` };
    const refused = await iam("AttachUserPolicy", asked, { as });
    expect(refused.error).toBe("AccessDenied");
    expect(recorded(refused)).toEqual([["iam.amazonaws.com", "AttachUserPolicy", "AccessDenied"]]);
    expect(refused.events[0]?.target.name).toBe(as.user.email);
  });

  it("is all that there is: documents of one's own are refused in words", async () => {
    const inline = { PolicyName: "p", PolicyDocument: "{}" };
    const put = await iam("PutUserPolicy", { UserName: "manager@example.com", ...inline });
    expect([put.status, put.error]).toEqual([400, "InvalidInput"]);
    expect(texts(put, "Message")[0]).toContain("ListPolicies");
    expect(recorded(put)).toEqual([["iam.amazonaws.com", "PutUserPolicy", "InvalidInput"]]);
    expect(texts(await done("ListUserPolicies", { UserName: "bot" }), "IsTruncated")).toEqual([
      "false",
    ]);
  });

  it("is counted where it is attached", async () => {
    const listed = await done("ListPolicies", { OnlyAttached: true });
    const names = texts(listed, "PolicyName");
    expect(names).toContain("SecretsManagerReadWrite");
    expect(names).not.toContain("IAMFullAccess");
    expect(texts(await done("ListPolicies", { Scope: "Local" }), "PolicyName")).toEqual([]);
    expect(texts(await done("ListPolicies"), "PolicyName")).toContain("IAMFullAccess");
  });
});

describe("a role", () => {
  it("trusts users, service IDs, roles and accounts, and says so as it was told", async () => {
    await done("CreateUser", { UserName: "trusted" });
    await done("CreateRole", {
      RoleName: "chained",
      AssumeRolePolicyDocument: trusting(server.account),
    });
    const arns = [
      `arn:aws:iam::${server.account}:root`,
      `arn:aws:iam::${server.account}:role/chained`,
      `arn:aws:iam::${server.account}:user/service-id/bot`,
      `arn:aws:iam::${server.account}:user/trusted`,
    ];
    const made = await done("CreateRole", {
      RoleName: "deploy",
      AssumeRolePolicyDocument: trusting(...arns),
      Description: "nightly <b>",
      MaxSessionDuration: 7_200,
    });
    expect(recorded(made)).toEqual([["iam.amazonaws.com", "CreateRole", undefined]]);
    const found = await done("GetRole", { RoleName: "deploy" });
    expect(recorded(found)).toEqual([["iam.amazonaws.com", "GetRole", undefined]]);
    const document = trustOf(found) as { Statement: { Principal: { AWS: string[] } }[] };
    expect(document.Statement[0]?.Principal.AWS.toSorted()).toEqual(arns.toSorted());
    expect(texts(found, "MaxSessionDuration")).toEqual(["7200"]);
    expect(texts(found, "Description")).toEqual(["nightly &lt;b&gt;"]);
    expect(texts(found, "Arn")).toEqual([`arn:aws:iam::${server.account}:role/deploy`]);
  });

  it("is assumed by whom it trusts, for as long as it says, until it trusts them no more", async () => {
    const as = await server.user("assumer@example.com");
    const arn = `arn:aws:iam::${server.account}:user/assumer@example.com`;
    await done("CreateRole", { RoleName: "assumed", AssumeRolePolicyDocument: trusting(arn) });
    const assume = (DurationSeconds: number) =>
      server.aws(
        "sts",
        "AssumeRole",
        {
          RoleArn: `arn:aws:iam::${server.account}:role/assumed`,
          RoleSessionName: "session",
          DurationSeconds,
        },
        { as },
      );
    expect((await assume(3_600)).status).toBe(200);
    expect((await assume(7_200)).error).toBe("ValidationError");
    const updated = await done("UpdateRole", { RoleName: "assumed", MaxSessionDuration: 7_200 });
    expect(updated.body).toContain("UpdateRoleResult");
    expect((await assume(7_200)).status).toBe(200);
    const PolicyDocument = trusting(`arn:aws:iam::${server.account}:user/trusted`);
    const changed = await done("UpdateAssumeRolePolicy", { RoleName: "assumed", PolicyDocument });
    expect(recorded(changed)).toEqual([["iam.amazonaws.com", "UpdateAssumeRolePolicy", undefined]]);
    expect((await assume(3_600)).error).toBe("AccessDenied");
  });

  it("has policies, without which it goes", async () => {
    const RoleName = "chained";
    const PolicyArn = `${MANAGED}/SecretsManagerReadWrite`;
    const attached = await done("AttachRolePolicy", { RoleName, PolicyArn });
    expect(recorded(attached)).toEqual([["iam.amazonaws.com", "AttachRolePolicy", undefined]]);
    const listed = await done("ListAttachedRolePolicies", { RoleName });
    expect(recorded(listed)).toEqual([
      ["iam.amazonaws.com", "ListAttachedRolePolicies", undefined],
    ]);
    expect(texts(listed, "PolicyArn")).toEqual([PolicyArn]);
    expect((await iam("DeleteRole", { RoleName })).error).toBe("DeleteConflict");
    await done("DetachRolePolicy", { RoleName, PolicyArn });
    await done("DeleteRole", { RoleName });
    expect((await iam("GetRole", { RoleName })).error).toBe("NoSuchEntity");
  });

  it("whom it trusted is no more is shown by the id, and taken back as that", async () => {
    const document = trustOf(await done("GetRole", { RoleName: "deploy" }));
    expect(JSON.stringify(document)).toMatch(/"iam-Profile-[0-9a-f-]{36}"/);
  });

  it.each([
    ["no JSON", "{"],
    ["a list", "[]"],
    ["no statement", '{"Version":"2012-10-17","Statement":[]}'],
    ["another version", trusting("000000000001").replace("2012-10-17", "2020-01-01")],
    ["a denial", trusting("000000000001").replace("Allow", "Deny")],
    ["another action", trusting("000000000001").replace("sts:AssumeRole", "sts:*")],
    ["a service", trusting("x").replace('"AWS"', '"Service"')],
    ["everybody", trusting("*")],
    ["an account that is none", trusting("000000000001")],
    ["a condition", trusting("000000000001").replace('"Action"', '"Condition":{},"Action"')],
    ["a member of no meaning", trusting("000000000001").replace('"Action"', '"NotAction"')],
  ])("trusts nobody by %s", async (_what, AssumeRolePolicyDocument) => {
    const refused = await iam("CreateRole", { RoleName: "unmade", AssumeRolePolicyDocument });
    expect([refused.status, refused.error]).toEqual([400, "MalformedPolicyDocument"]);
    expect(recorded(refused)).toEqual([
      ["iam.amazonaws.com", "CreateRole", "MalformedPolicyDocument"],
    ]);
    expect((await iam("GetRole", { RoleName: "unmade" })).error).toBe("NoSuchEntity");
  });

  it("tells who may not make one nothing of who there is", async () => {
    const as = await server.user("prober@example.com");
    for (const name of ["manager@example.com", "not-there"]) {
      const AssumeRolePolicyDocument = trusting(`arn:aws:iam::${server.account}:user/${name}`);
      const refused = await iam(
        "CreateRole",
        { RoleName: "probe", AssumeRolePolicyDocument },
        { as },
      );
      expect(refused.error).toBe("AccessDenied");
    }
  });

  it("is listed once, a part at a time", async () => {
    for (let i = 0; i < 5; i++) {
      await done("CreateRole", {
        RoleName: `r${i}`,
        AssumeRolePolicyDocument: trusting(server.account),
      });
    }
    const all = texts(await done("ListRoles"), "RoleName");
    const parts: string[] = [];
    for (let Marker: string | undefined; ;) {
      const part = await done("ListRoles", { MaxItems: 2, Marker });
      parts.push(...texts(part, "RoleName"));
      [Marker] = texts(part, "Marker");
      if (Marker === undefined) break;
    }
    expect(parts).toEqual(all);
    expect(all).toContain("r4");
  });
});

describe("IAM", () => {
  it("leaves the account with somebody who administers it", async () => {
    const alone = await AwsServer.open();
    const detach = (UserName: string, name: string) =>
      alone.aws("iam", "DetachUserPolicy", { UserName, PolicyArn: `${MANAGED}/${name}` });
    const { administrator, account } = alone.http.app.first;
    const UserName = "only@example.com";
    const { user } = await alone.user(UserName);
    await alone.app.state.transact(async ({ identity }) => {
      const all = { offset: 0, limit: 10 };
      const { items } = await identity.policies(account.id, alone.manager.user.iamId, all);
      // The caller administers by a right that is not the whole account's.
      for (const one of items) {
        await identity.putPolicy({
          ...one,
          resource: { service: "iam-am" },
          roles: ["Administrator"],
        });
      }
    });
    const PolicyArn = `${MANAGED}/IAMFullAccess`;
    expect((await alone.aws("iam", "AttachUserPolicy", { UserName, PolicyArn })).status).toBe(200);
    const ofOwner = await detach(administrator.email, "AdministratorAccess");
    expect(ofOwner.status).toBe(200);
    const last = await detach(user.email, "IAMFullAccess");
    expect([last.status, last.error]).toEqual([409, "DeleteConflict"]);
    await alone.close();
  });

  it("has no other actions", async () => {
    expect((await iam("CreateInstanceProfile", { InstanceProfileName: "x" })).error).toBe(
      "InvalidAction",
    );
    expect((await done("ListAccountAliases")).status).toBe(200);
  });
});
