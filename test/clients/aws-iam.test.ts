/** Identities by AWS's SDK, unmodified: users with keys and policies, roles, and who did what in the event history. */
import {
  AttachRolePolicyCommand,
  AttachUserPolicyCommand,
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeleteRoleCommand,
  DeleteUserCommand,
  DetachRolePolicyCommand,
  DetachUserPolicyCommand,
  GetAccessKeyLastUsedCommand,
  GetRoleCommand,
  GetUserCommand,
  IAMClient,
  paginateListRoles,
  paginateListUsers,
  ListAttachedRolePoliciesCommand,
  ListInstanceProfilesForRoleCommand,
  ListGroupsForUserCommand,
  ListRolePoliciesCommand,
  UpdateAccessKeyCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
} from "@aws-sdk/client-iam";
import { SecretsManagerClient, ListSecretsCommand } from "@aws-sdk/client-secrets-manager";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { removeFolder, RunningServer, temporaryFolder } from "../e2e/running-server.ts";
import { clientOptions, eventsOf, ownersKey, type AccessKey } from "./aws-wire.ts";

const MANAGED = "arn:aws:iam::aws:policy";

let folder: string;
let server: RunningServer;
let iam: IAMClient;

beforeAll(async () => {
  folder = temporaryFolder();
  server = await RunningServer.start(folder);
  iam = new IAMClient(clientOptions(server, await ownersKey(server)));
}, 60_000);

afterAll(async () => {
  await server.stop();
  removeFolder(folder);
});

async function keyOf(UserName: string): Promise<AccessKey> {
  const { AccessKey: made } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  return {
    accessKeyId: made?.AccessKeyId ?? "",
    secretAccessKey: made?.SecretAccessKey ?? "",
  };
}

function trusting(AWS: string | undefined): string {
  const statement = { Effect: "Allow", Principal: { AWS }, Action: "sts:AssumeRole" };
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
}

describe("the SDK of AWS", () => {
  it("gives a user a key and rights, and takes them away again", async () => {
    const { User: user } = await iam.send(new CreateUserCommand({ UserName: "Ada" }));
    expect(user).toMatchObject({ Path: "/", UserName: "Ada", CreateDate: expect.any(Date) });
    const key = await keyOf("Ada");
    const whose = { UserName: "Ada", AccessKeyId: key.accessKeyId };
    const secrets = new SecretsManagerClient(clientOptions(server, key, "eu-west-1"));
    const listing = () => secrets.send(new ListSecretsCommand({}));
    await expect(listing()).rejects.toMatchObject({ name: "AccessDeniedException" });
    const policy = { UserName: "Ada", PolicyArn: `${MANAGED}/SecretsManagerReadWrite` };
    await iam.send(new AttachUserPolicyCommand(policy));
    expect((await listing()).SecretList).toEqual([]);
    const { AccessKeyLastUsed: used, UserName: owner } = await iam.send(
      new GetAccessKeyLastUsedCommand({ AccessKeyId: key.accessKeyId }),
    );
    expect([owner, used?.ServiceName, used?.Region]).toEqual([
      "Ada",
      "secretsmanager",
      "eu-west-1",
    ]);
    expect(Math.abs(Date.now() - (used?.LastUsedDate?.getTime() ?? 0))).toBeLessThan(60_000);

    await iam.send(new UpdateAccessKeyCommand({ ...whose, Status: "Inactive" }));
    await expect(listing()).rejects.toMatchObject({ name: "UnrecognizedClientException" });
    const goes = () => iam.send(new DeleteUserCommand({ UserName: "Ada" }));
    await expect(goes()).rejects.toMatchObject({ name: "DeleteConflictException" });
    await iam.send(new DeleteAccessKeyCommand(whose));
    await iam.send(new DetachUserPolicyCommand(policy));
    expect((await iam.send(new ListGroupsForUserCommand({ UserName: "Ada" }))).Groups).toEqual([]);
    await goes();
    const gone = iam.send(new GetUserCommand({ UserName: "Ada" }));
    await expect(gone).rejects.toMatchObject({ name: "NoSuchEntityException" });
  });

  it("keeps a role as infrastructure code does, and lets a user assume it", async () => {
    const { User: user } = await iam.send(new CreateUserCommand({ UserName: "deployer" }));
    const key = await keyOf("deployer");
    const RoleName = "deploy";
    const AssumeRolePolicyDocument = trusting(user?.Arn);
    const { Role: role } = await iam.send(
      new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument, Description: "nightly" }),
    );
    await iam.send(new UpdateRoleCommand({ RoleName, MaxSessionDuration: 43_200 }));
    const PolicyDocument = AssumeRolePolicyDocument;
    await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument }));
    const PolicyArn = `${MANAGED}/SecretsManagerReadWrite`;
    await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
    const { Role: read } = await iam.send(new GetRoleCommand({ RoleName }));
    expect(decodeURIComponent(read?.AssumeRolePolicyDocument ?? "")).toBe(AssumeRolePolicyDocument);
    expect(read).toMatchObject({ MaxSessionDuration: 43_200, Description: "nightly" });
    expect((await iam.send(new ListRolePoliciesCommand({ RoleName }))).PolicyNames).toEqual([]);
    const attached = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName }));
    expect(attached.AttachedPolicies).toEqual([
      { PolicyName: "SecretsManagerReadWrite", PolicyArn },
    ]);

    const sts = new STSClient(clientOptions(server, key));
    const { Credentials: credentials } = await sts.send(
      new AssumeRoleCommand({ RoleArn: role?.Arn, RoleSessionName: "nightly-1" }),
    );
    const session = {
      accessKeyId: credentials?.AccessKeyId ?? "",
      secretAccessKey: credentials?.SecretAccessKey ?? "",
      sessionToken: credentials?.SessionToken ?? "",
    };
    const secrets = new SecretsManagerClient(clientOptions(server, session));
    expect((await secrets.send(new ListSecretsCommand({}))).SecretList).toEqual([]);

    await iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn }));
    const profiles = await iam.send(new ListInstanceProfilesForRoleCommand({ RoleName }));
    expect(profiles.InstanceProfiles).toEqual([]);
    await iam.send(new DeleteRoleCommand({ RoleName }));
    await expect(secrets.send(new ListSecretsCommand({}))).rejects.toMatchObject({
      name: expect.stringMatching(/Exception$/),
    });
  });

  it("goes through long lists to their end", async () => {
    for (let i = 0; i < 5; i++) {
      const { User: user } = await iam.send(new CreateUserCommand({ UserName: `user-${i}` }));
      const AssumeRolePolicyDocument = trusting(user?.Arn);
      await iam.send(new CreateRoleCommand({ RoleName: `role-${i}`, AssumeRolePolicyDocument }));
    }
    const users: unknown[] = [];
    for await (const page of paginateListUsers({ client: iam, pageSize: 2 }, {})) {
      users.push(...(page.Users ?? []).map(({ UserName }) => UserName));
    }
    const roles: unknown[] = [];
    for await (const page of paginateListRoles({ client: iam, pageSize: 2 }, {})) {
      roles.push(...(page.Roles ?? []).map(({ RoleName }) => RoleName));
    }
    const numbers = [0, 1, 2, 3, 4];
    expect(users).toEqual(expect.arrayContaining(numbers.map((i) => `user-${i}`)));
    expect(new Set(users).size).toBe(users.length);
    expect(roles).toEqual(numbers.map((i) => `role-${i}`));
  });

  it("leaves each call in the trail, as CloudTrail has it", async () => {
    const query = 'dialect:aws eventname:"AttachRolePolicy"';
    const [record] = await eventsOf(server, query, "cloudtrail");
    expect(record).toMatchObject({
      eventSource: "iam.amazonaws.com",
      eventName: "AttachRolePolicy",
      awsRegion: "us-east-1",
      userIdentity: { type: "Root" },
      requestParameters: { roleName: "deploy", policyArn: `${MANAGED}/SecretsManagerReadWrite` },
    });
  });
});
