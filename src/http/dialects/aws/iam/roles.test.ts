import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createServiceId } from "../../../../app/identity/service-ids.ts";
import { AwsServer } from "../testing/aws-server.ts";
import {
  iamWire,
  MANAGED,
  recorded,
  texts,
  trusting,
  trustOf,
  type IamWire,
} from "../testing/iam-wire.ts";

let server: AwsServer;
let iam: IamWire;
beforeAll(async () => {
  server = await AwsServer.open();
  iam = iamWire(server);
});
afterAll(() => server.close());

describe("a role", () => {
  beforeAll(async () => {
    const { app } = server.http;
    const admin = await app.administrator();
    for (const name of ["bot", "twin", "twin"]) await app.done(createServiceId, admin, { name });
  });

  it("trusts users, service IDs, roles and accounts, and says so as it was told", async () => {
    await iam.done("CreateUser", { UserName: "trusted" });
    await iam.done("CreateRole", {
      RoleName: "chained",
      AssumeRolePolicyDocument: trusting(server.account),
    });
    const arns = [
      `arn:aws:iam::${server.account}:root`,
      `arn:aws:iam::${server.account}:role/chained`,
      `arn:aws:iam::${server.account}:user/service-id/bot`,
      `arn:aws:iam::${server.account}:user/trusted`,
    ];
    const made = await iam.done("CreateRole", {
      RoleName: "deploy",
      AssumeRolePolicyDocument: trusting(...arns),
      Description: "nightly <b>",
      MaxSessionDuration: 7_200,
    });
    expect(recorded(made)).toEqual([["iam.amazonaws.com", "CreateRole", undefined]]);
    const found = await iam.done("GetRole", { RoleName: "deploy" });
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
    await iam.done("CreateRole", { RoleName: "assumed", AssumeRolePolicyDocument: trusting(arn) });
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
    const updated = await iam.done("UpdateRole", {
      RoleName: "assumed",
      MaxSessionDuration: 7_200,
    });
    expect(updated.body).toContain("UpdateRoleResult");
    expect((await assume(7_200)).status).toBe(200);
    const PolicyDocument = trusting(`arn:aws:iam::${server.account}:user/trusted`);
    const changed = await iam.done("UpdateAssumeRolePolicy", {
      RoleName: "assumed",
      PolicyDocument,
    });
    expect(recorded(changed)).toEqual([["iam.amazonaws.com", "UpdateAssumeRolePolicy", undefined]]);
    expect((await assume(3_600)).error).toBe("AccessDenied");
  });

  it("has policies, without which it goes", async () => {
    const RoleName = "chained";
    const PolicyArn = `${MANAGED}/SecretsManagerReadWrite`;
    const attached = await iam.done("AttachRolePolicy", { RoleName, PolicyArn });
    expect(recorded(attached)).toEqual([["iam.amazonaws.com", "AttachRolePolicy", undefined]]);
    const listed = await iam.done("ListAttachedRolePolicies", { RoleName });
    expect(recorded(listed)).toEqual([
      ["iam.amazonaws.com", "ListAttachedRolePolicies", undefined],
    ]);
    expect(texts(listed, "PolicyArn")).toEqual([PolicyArn]);
    expect((await iam.call("DeleteRole", { RoleName })).error).toBe("DeleteConflict");
    await iam.done("DetachRolePolicy", { RoleName, PolicyArn });
    await iam.done("DeleteRole", { RoleName });
    expect((await iam.call("GetRole", { RoleName })).error).toBe("NoSuchEntity");
  });

  it("whom it trusted is no more is shown by the id", async () => {
    const document = trustOf(await iam.done("GetRole", { RoleName: "deploy" }));
    expect(JSON.stringify(document)).toMatch(/"iam-Profile-[0-9a-f-]{36}"/);
  });

  it.each<[what: string, spoil: (document: string) => string, says: RegExp]>([
    ["no JSON", () => "{", /not JSON/],
    ["a list", () => "[]", /object/],
    ["no statement", () => '{"Version":"2012-10-17","Statement":[]}', /statements/],
    ["another version", (text) => text.replace("2012-10-17", "2020-01-01"), /Version/],
    ["a denial", (text) => text.replace("Allow", "Deny"), /Effect/],
    ["another action", (text) => text.replace("sts:AssumeRole", "sts:*"), /Action/],
    ["a service", (text) => text.replace('"AWS"', '"Service"'), /Principal/],
    ["everybody", () => trusting("*"), /principal/],
    ["an account that is none", () => trusting("000000000001"), /nobody/],
    [
      "two of one name",
      () => trusting(`arn:aws:iam::${server.account}:user/service-id/twin`),
      /more/,
    ],
    ["a condition", (text) => text.replace('"Action"', '"Condition":{},"Action"'), /Conditions/],
    ["a member of no meaning", (text) => text.replace('"Action"', '"NotAction"'), /statement/],
  ])("trusts nobody by %s", async (_what, spoil, says) => {
    const AssumeRolePolicyDocument = spoil(trusting(server.account));
    const refused = await iam.call("CreateRole", { RoleName: "unmade", AssumeRolePolicyDocument });
    expect([refused.status, refused.error]).toEqual([400, "MalformedPolicyDocument"]);
    expect(texts(refused, "Message")[0]).toMatch(says);
    expect(recorded(refused)).toEqual([
      ["iam.amazonaws.com", "CreateRole", "MalformedPolicyDocument"],
    ]);
    expect((await iam.call("GetRole", { RoleName: "unmade" })).error).toBe("NoSuchEntity");
  });

  it("tells who may not make one nothing of who there is", async () => {
    const as = await server.user("prober@example.com");
    for (const name of ["manager@example.com", "not-there"]) {
      const AssumeRolePolicyDocument = trusting(`arn:aws:iam::${server.account}:user/${name}`);
      const refused = await iam.call(
        "CreateRole",
        { RoleName: "probe", AssumeRolePolicyDocument },
        { as },
      );
      expect(refused.error).toBe("AccessDenied");
    }
  });

  it("is listed once, a part at a time", async () => {
    for (let i = 0; i < 5; i++) {
      await iam.done("CreateRole", {
        RoleName: `r${i}`,
        AssumeRolePolicyDocument: trusting(server.account),
      });
    }
    const all = texts(await iam.done("ListRoles"), "RoleName");
    const parts: string[] = [];
    for (let Marker: string | undefined; ;) {
      const part = await iam.done("ListRoles", { MaxItems: 2, Marker });
      parts.push(...texts(part, "RoleName"));
      [Marker] = texts(part, "Marker");
      if (Marker === undefined) break;
    }
    expect(parts).toEqual(all);
    expect(all).toContain("r4");
  });
});
