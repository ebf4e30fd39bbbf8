import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createPolicy } from "../../../../app/identity/policies.ts";
import { updatePolicy } from "../../../../app/identity/update-policy.ts";
import { AwsServer } from "../testing/aws-server.ts";
import { iamWire, MANAGED, recorded, texts, type IamWire } from "../testing/iam-wire.ts";

let server: AwsServer;
let iam: IamWire;
beforeAll(async () => {
  server = await AwsServer.open();
  iam = iamWire(server);
});
afterAll(() => server.close());

describe("a managed policy", () => {
  it("gives what it says from the next call on, once, and takes it away again", async () => {
    const as = await server.user("reader@example.com");
    const UserName = as.user.email;
    await server.secrets("CreateSecret", { Name: "attached", SecretString: "s" });
    const reading = () => server.secrets("GetSecretValue", { SecretId: "attached" }, { as });
    expect((await reading()).error).toBe("AccessDeniedException");
    const PolicyArn = `${MANAGED}/AWSSecretsManagerClientReadOnlyAccess`;
    const attached = await iam.done("AttachUserPolicy", { UserName, PolicyArn });
    expect(recorded(attached)).toEqual([["iam.amazonaws.com", "AttachUserPolicy", undefined]]);
    expect(attached.events[0]).toMatchObject({
      target: { name: UserName },
      requestData: { userName: UserName, policyArn: PolicyArn, roles: ["SecretsReader"] },
    });
    await iam.done("AttachUserPolicy", { UserName, PolicyArn });
    expect((await reading()).status).toBe(200);
    const listed = await iam.done("ListAttachedUserPolicies", { UserName });
    expect(texts(listed, "PolicyArn")).toEqual([PolicyArn]);
    await iam.done("DetachUserPolicy", { UserName, PolicyArn });
    expect((await reading()).error).toBe("AccessDeniedException");
    expect((await iam.call("DetachUserPolicy", { UserName, PolicyArn })).error).toBe(
      "NoSuchEntity",
    );
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
      await iam.done("AttachUserPolicy", { UserName, PolicyArn: `${MANAGED}/${name}` });
    }
    const listed = await iam.done("ListAttachedUserPolicies", { UserName });
    expect(texts(listed, "PolicyName")).toEqual(names);
    const part = await iam.done("ListAttachedUserPolicies", { UserName, MaxItems: 2 });
    expect(texts(part, "PolicyName")).toEqual(names.slice(0, 2));
    const [Marker] = texts(part, "Marker");
    const rest = await iam.done("ListAttachedUserPolicies", { UserName, Marker });
    expect(texts(rest, "PolicyName")).toEqual(names.slice(2));
  });

  it("is seen in a policy of another wire that gives the same", async () => {
    const { user } = await server.user("elsewhere@example.com");
    const { http } = server;
    const admin = await http.app.administrator();
    const resource = { service: "secrets-manager" };
    const terms = { subject: user.iamId, roles: ["Manager"], resource };
    const { id } = await http.app.done(createPolicy, admin, terms);
    const listed = () => iam.done("ListAttachedUserPolicies", { UserName: user.email });
    expect(texts(await listed(), "PolicyName")).toEqual(["SecretsManagerReadWrite"]);
    await http.app.done(updatePolicy, admin, { id, ifMatch: "*", state: "deleted" });
    expect(texts(await listed(), "PolicyName")).toEqual([]);
  });

  it("that is not known here is not attached", async () => {
    const UserName = "manager@example.com";
    for (const PolicyArn of [
      `${MANAGED}/AmazonS3FullAccess`,
      `arn:aws:iam::${server.account}:policy/x`,
    ]) {
      expect((await iam.call("AttachUserPolicy", { UserName, PolicyArn })).error).toBe(
        "NoSuchEntity",
      );
    }
    const [status] = texts(
      await iam.done("GetPolicy", { PolicyArn: `${MANAGED}/SecurityAudit` }),
      "IsAttachable",
    );
    expect(status).toBe("true");
  });

  it("is not given by whoever administers no identities, and the record says to whom", async () => {
    const as = await server.user("writer@example.com", ["Manager"], { service: "secrets-manager" });
    const asked = { UserName: as.user.email, PolicyArn: `${MANAGED}/AdministratorAccess` };
    const refused = await iam.call("AttachUserPolicy", asked, { as });
    expect(refused.error).toBe("AccessDenied");
    expect(recorded(refused)).toEqual([["iam.amazonaws.com", "AttachUserPolicy", "AccessDenied"]]);
    expect(refused.events[0]?.target.name).toBe(as.user.email);
  });

  it("is all that there is: documents of one's own are refused in words", async () => {
    const inline = { PolicyName: "p", PolicyDocument: "{}" };
    const put = await iam.call("PutUserPolicy", { UserName: "manager@example.com", ...inline });
    expect([put.status, put.error]).toEqual([400, "InvalidInput"]);
    expect(texts(put, "Message")[0]).toContain("ListPolicies");
    expect(recorded(put)).toEqual([["iam.amazonaws.com", "PutUserPolicy", "InvalidInput"]]);
    expect(
      texts(await iam.done("ListUserPolicies", { UserName: "manager@example.com" }), "IsTruncated"),
    ).toEqual(["false"]);
  });

  it("is counted where it is attached", async () => {
    const listed = await iam.done("ListPolicies", { OnlyAttached: true });
    const names = texts(listed, "PolicyName");
    expect(names).toContain("SecretsManagerReadWrite");
    expect(names).not.toContain("IAMFullAccess");
    expect(texts(await iam.done("ListPolicies", { Scope: "Local" }), "PolicyName")).toEqual([]);
    expect(texts(await iam.done("ListPolicies"), "PolicyName")).toContain("IAMFullAccess");
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
    expect((await iam.call("CreateInstanceProfile", { InstanceProfileName: "x" })).error).toBe(
      "InvalidAction",
    );
    expect((await iam.done("ListAccountAliases")).status).toBe(200);
  });
});
