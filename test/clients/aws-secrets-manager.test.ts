/**
 * All 23 operations of AWS Secrets Manager by AWS's own SDK for JavaScript against a running server: a team that moves
 * sets an endpoint, and changes nothing else. Afterwards every call is looked for in the trail.
 */
import { randomUUID } from "node:crypto";
import * as sm from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { removeFolder, RunningServer, temporaryFolder } from "../e2e/running-server.ts";
import { clientOptions, eventsOf, ownersKey, REGION, type AccessKey } from "./aws-wire.ts";

/** AWS's list: the API reference of version 2017-10-17. */
const OPERATIONS = [
  "BatchGetSecretValue",
  "CancelRotateSecret",
  "CreateSecret",
  "DeleteResourcePolicy",
  "DeleteSecret",
  "DescribeSecret",
  "GetRandomPassword",
  "GetResourcePolicy",
  "GetSecretValue",
  "ListSecretVersionIds",
  "ListSecrets",
  "PutResourcePolicy",
  "PutSecretValue",
  "RemoveRegionsFromReplication",
  "ReplicateSecretToRegions",
  "RestoreSecret",
  "RotateSecret",
  "StopReplicationToReplica",
  "TagResource",
  "UntagResource",
  "UpdateSecret",
  "UpdateSecretVersionStage",
  "ValidateResourcePolicy",
] as const;

const OTHER_REGION = "eu-west-1";
const ARN = /^arn:aws:secretsmanager:us-east-1:(\d{12}):secret:(.+)-[A-Za-z0-9]{6}$/;

let folder: string;
let server: RunningServer;
let key: AccessKey;
let client: sm.SecretsManagerClient;
let elsewhere: sm.SecretsManagerClient;

beforeAll(async () => {
  folder = temporaryFolder();
  server = await RunningServer.start(folder);
  key = await ownersKey(server);
  client = new sm.SecretsManagerClient(clientOptions(server, key));
  elsewhere = new sm.SecretsManagerClient(clientOptions(server, key, OTHER_REGION));
}, 60_000);

afterAll(async () => {
  client.destroy();
  elsewhere.destroy();
  await server.stop();
  removeFolder(folder);
});

/** The exception's name and its message. */
async function refusal(sending: Promise<unknown>): Promise<readonly [string, string]> {
  const error = await sending.then(
    () => new Error("it was not refused"),
    (thrown: Error) => thrown,
  );
  return [error.name, error.message];
}

const value = async (SecretId: string, asked: Partial<sm.GetSecretValueCommandInput> = {}) =>
  client.send(new sm.GetSecretValueCommand({ SecretId, ...asked }));

const stages = async (SecretId: string) =>
  (await client.send(new sm.DescribeSecretCommand({ SecretId }))).VersionIdsToStages;

describe("AWS's SDK", () => {
  it("is about the same operations as this test", () => {
    const ours = new Set<string>(OPERATIONS.map((name) => `${name}Command`));
    const theirs = Object.keys(sm).filter((name) => /^[A-Z]\w+Command$/.test(name));
    expect(new Set(theirs)).toEqual(ours);
  });

  it("makes a secret, reads it by its name and its ARN, and describes it", async () => {
    const [first, second] = [randomUUID(), randomUUID()];
    const made = await client.send(
      new sm.CreateSecretCommand({
        Name: "prod/db",
        ClientRequestToken: first,
        Description: "of the shop",
        SecretString: '{"user":"shop","password":"one"}',
        Tags: [{ Key: "team", Value: "shop" }],
      }),
    );
    expect(made).toMatchObject({ Name: "prod/db", VersionId: first });
    expect(made.ARN).toMatch(ARN);
    for (const id of ["prod/db", made.ARN ?? "", (made.ARN ?? "").slice(0, -7)]) {
      expect(await value(id)).toMatchObject({
        ARN: made.ARN,
        SecretString: '{"user":"shop","password":"one"}',
        VersionId: first,
        VersionStages: ["AWSCURRENT"],
        CreatedDate: expect.any(Date),
      });
    }
    await client.send(
      new sm.PutSecretValueCommand({
        SecretId: "prod/db",
        ClientRequestToken: second,
        SecretString: "two",
      }),
    );
    expect(await value("prod/db")).toMatchObject({ SecretString: "two", VersionId: second });
    expect(await value("prod/db", { VersionStage: "AWSPREVIOUS" })).toMatchObject({
      VersionId: first,
    });
    expect(await client.send(new sm.DescribeSecretCommand({ SecretId: "prod/db" }))).toMatchObject({
      Description: "of the shop",
      Tags: [{ Key: "team", Value: "shop" }],
      VersionIdsToStages: { [first]: ["AWSPREVIOUS"], [second]: ["AWSCURRENT"] },
      LastAccessedDate: new Date(new Date().toISOString().slice(0, 10)),
    });
  });

  it("keeps bytes as bytes", async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    await client.send(new sm.CreateSecretCommand({ Name: "key", SecretBinary: bytes }));
    const read = await value("key");
    expect(read.SecretString).toBeUndefined();
    expect(Buffer.from(read.SecretBinary ?? [])).toEqual(Buffer.from(bytes));
  });

  it("does the same again by the same token, and refuses another value by it", async () => {
    const token = randomUUID();
    const create = (SecretString: string) =>
      client.send(
        new sm.CreateSecretCommand({ Name: "once", ClientRequestToken: token, SecretString }),
      );
    const made = await create("v");
    expect(await create("v")).toMatchObject({ ARN: made.ARN, VersionId: token });
    expect(await refusal(create("w"))).toEqual([
      "ResourceExistsException",
      `You can't use ClientRequestToken ${token} because that value is already in use for a version of secret ${made.ARN}.`,
    ]);
    const other = new sm.CreateSecretCommand({ Name: "once", SecretString: "v" });
    expect(await refusal(client.send(other))).toEqual([
      "ResourceExistsException",
      "The operation failed because the secret once already exists.",
    ]);
  });

  it("moves staging labels, by hand and with an update", async () => {
    const [one, two, three] = [randomUUID(), randomUUID(), randomUUID()];
    await client.send(
      new sm.CreateSecretCommand({ Name: "staged", SecretString: "1", ClientRequestToken: one }),
    );
    await client.send(
      new sm.PutSecretValueCommand({
        SecretId: "staged",
        SecretString: "2",
        ClientRequestToken: two,
        VersionStages: ["BLUE"],
      }),
    );
    expect(await stages("staged")).toEqual({ [one]: ["AWSCURRENT"], [two]: ["BLUE"] });
    const move = (moved: Partial<sm.UpdateSecretVersionStageCommandInput>) =>
      client.send(
        new sm.UpdateSecretVersionStageCommand({
          SecretId: "staged",
          VersionStage: "AWSCURRENT",
          ...moved,
        }),
      );
    expect(await refusal(move({ MoveToVersionId: two }))).toEqual([
      "InvalidParameterException",
      `The parameter RemoveFromVersionId can't be empty. Staging label AWSCURRENT is currently attached to version ${one}, so you must explicitly reference that version in RemoveFromVersionId.`,
    ]);
    await move({ MoveToVersionId: two, RemoveFromVersionId: one });
    expect(await stages("staged")).toEqual({
      [one]: ["AWSPREVIOUS"],
      [two]: ["AWSCURRENT", "BLUE"],
    });
    const updated = await client.send(
      new sm.UpdateSecretCommand({
        SecretId: "staged",
        SecretString: "3",
        ClientRequestToken: three,
        Description: "changed",
      }),
    );
    expect(updated.VersionId).toBe(three);
    const described = await client.send(
      new sm.UpdateSecretCommand({ SecretId: "staged", Description: "again" }),
    );
    expect(described.VersionId).toBeUndefined();
    const { Versions } = await client.send(
      new sm.ListSecretVersionIdsCommand({ SecretId: "staged", IncludeDeprecated: true }),
    );
    expect(new Set(Versions?.map(({ VersionId }) => VersionId))).toEqual(
      new Set([one, two, three]),
    );
  });

  it("lists page by page, and by filters", async () => {
    for (let n = 0; n < 5; n++) {
      await client.send(
        new sm.CreateSecretCommand({ Name: `paged/${n}`, Tags: [{ Key: "n", Value: `${n}` }] }),
      );
    }
    const names: (string | undefined)[] = [];
    const pages = sm.paginateListSecrets(
      { client, pageSize: 2 },
      { Filters: [{ Key: "name", Values: ["paged/"] }], SortBy: "name", SortOrder: "asc" },
    );
    for await (const { SecretList = [] } of pages) {
      expect(SecretList.length).toBeLessThanOrEqual(2);
      names.push(...SecretList.map(({ Name }) => Name));
    }
    expect(names).toEqual([0, 1, 2, 3, 4].map((n) => `paged/${n}`));
    const tagged = await client.send(
      new sm.ListSecretsCommand({ Filters: [{ Key: "tag-value", Values: ["3"] }] }),
    );
    expect(tagged.SecretList?.map(({ Name }) => Name)).toEqual(["paged/3"]);
  });

  it("reads several at once, and says which it could not", async () => {
    const read = await client.send(
      new sm.BatchGetSecretValueCommand({ SecretIdList: ["staged", "once", "no-such-secret"] }),
    );
    expect(read.SecretValues?.map(({ Name, SecretString }) => [Name, SecretString])).toEqual([
      ["staged", "3"],
      ["once", "v"],
    ]);
    expect(read.Errors).toMatchObject([
      { SecretId: "no-such-secret", ErrorCode: "ResourceNotFoundException" },
    ]);
  });

  it("tags and untags", async () => {
    const tags = async () =>
      (await client.send(new sm.DescribeSecretCommand({ SecretId: "once" }))).Tags;
    const Tags = [
      { Key: "a", Value: "1" },
      { Key: "b", Value: "2" },
    ];
    await client.send(new sm.TagResourceCommand({ SecretId: "once", Tags }));
    expect(await tags()).toEqual(Tags);
    await client.send(new sm.UntagResourceCommand({ SecretId: "once", TagKeys: ["a", "b"] }));
    expect((await tags()) ?? []).toEqual([]);
  });

  it("attaches, checks, shows and takes off a policy", async () => {
    const { ARN: arn = "" } = await client.send(new sm.DescribeSecretCommand({ SecretId: "once" }));
    const account = ARN.exec(arn)?.[1] ?? "";
    const policy = (principal: string) =>
      JSON.stringify({
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Principal: { AWS: principal },
            Action: "secretsmanager:GetSecretValue",
            Resource: "*",
          },
        ],
      });
    const own = policy(`arn:aws:iam::${account}:root`);
    const put = (ResourcePolicy: string) =>
      client.send(
        new sm.PutResourcePolicyCommand({
          SecretId: "once",
          ResourcePolicy,
          BlockPublicPolicy: true,
        }),
      );
    const checked = await client.send(
      new sm.ValidateResourcePolicyCommand({ SecretId: "once", ResourcePolicy: own }),
    );
    expect(checked.PolicyValidationPassed).toBe(true);
    await put(own);
    const shown = await client.send(new sm.GetResourcePolicyCommand({ SecretId: "once" }));
    expect(JSON.parse(shown.ResourcePolicy ?? "")).toEqual(JSON.parse(own));
    expect((await refusal(put(policy("*"))))[0]).toBe("PublicPolicyException");
    expect((await refusal(put("{")))[0]).toBe("MalformedPolicyDocumentException");
    await client.send(new sm.DeleteResourcePolicyCommand({ SecretId: "once" }));
    const gone = await client.send(new sm.GetResourcePolicyCommand({ SecretId: "once" }));
    expect(gone.ResourcePolicy).toBeUndefined();
  });

  it("makes passwords", async () => {
    const { RandomPassword: password = "" } = await client.send(
      new sm.GetRandomPasswordCommand({ PasswordLength: 64, ExcludePunctuation: true }),
    );
    expect(password).toMatch(/^[A-Za-z0-9]{64}$/);
  });

  it("replicates to another region, where the value is read and not changed", async () => {
    const replicated = await client.send(
      new sm.ReplicateSecretToRegionsCommand({
        SecretId: "once",
        AddReplicaRegions: [{ Region: OTHER_REGION }],
      }),
    );
    expect(replicated.ReplicationStatus).toMatchObject([
      { Region: OTHER_REGION, Status: "InSync" },
    ]);
    const read = () => elsewhere.send(new sm.GetSecretValueCommand({ SecretId: "once" }));
    expect(await read()).toMatchObject({
      SecretString: "v",
      ARN: replicated.ARN?.replace(REGION, OTHER_REGION),
    });
    await client.send(new sm.PutSecretValueCommand({ SecretId: "once", SecretString: "w" }));
    expect((await read()).SecretString).toBe("w");
    const put = new sm.PutSecretValueCommand({ SecretId: "once", SecretString: "x" });
    expect((await refusal(elsewhere.send(put)))[0]).toMatch(/^Invalid/);
    await elsewhere.send(new sm.StopReplicationToReplicaCommand({ SecretId: "once" }));
    await elsewhere.send(new sm.PutSecretValueCommand({ SecretId: "once", SecretString: "y" }));
    expect((await value("once")).SecretString).toBe("w");
    await client.send(
      new sm.ReplicateSecretToRegionsCommand({
        SecretId: "staged",
        AddReplicaRegions: [{ Region: OTHER_REGION }],
      }),
    );
    const removed = await client.send(
      new sm.RemoveRegionsFromReplicationCommand({
        SecretId: "staged",
        RemoveReplicaRegions: [OTHER_REGION],
      }),
    );
    expect(removed.ReplicationStatus ?? []).toEqual([]);
    const gone = new sm.GetSecretValueCommand({ SecretId: "staged" });
    expect((await refusal(elsewhere.send(gone)))[0]).toBe("ResourceNotFoundException");
  });

  it("rotates by a rotator that is built in, and stops doing so", async () => {
    await client.send(
      new sm.CreateSecretCommand({
        Name: "rotated",
        SecretString: '{"username":"u","password":"p"}',
      }),
    );
    const rotate = (asked: Partial<sm.RotateSecretCommandInput> = {}) =>
      client.send(new sm.RotateSecretCommand({ SecretId: "rotated", ...asked }));
    expect(await refusal(rotate())).toEqual([
      "InvalidRequestException",
      "No Lambda rotation function ARN is associated with this secret.",
    ]);
    const account = ARN.exec((await value("rotated")).ARN ?? "")?.[1] ?? "";
    const { VersionId } = await rotate({
      RotationLambdaARN: `arn:aws:lambda:${REGION}:${account}:function:keytrail-random-password`,
      RotationRules: { ScheduleExpression: "rate(10 days)", Duration: "3h" },
    });
    await vi.waitFor(async () => expect((await value("rotated")).VersionId).toBe(VersionId), {
      timeout: 20_000,
      interval: 200,
    });
    const { username, password } = JSON.parse((await value("rotated")).SecretString ?? "");
    expect([username, password === "p"]).toEqual(["u", false]);
    expect(await client.send(new sm.DescribeSecretCommand({ SecretId: "rotated" }))).toMatchObject({
      RotationEnabled: true,
      RotationRules: { ScheduleExpression: "rate(10 days)", Duration: "3h" },
      LastRotatedDate: expect.any(Date),
      NextRotationDate: expect.any(Date),
    });
    await client.send(new sm.CancelRotateSecretCommand({ SecretId: "rotated" }));
    const after = await client.send(new sm.DescribeSecretCommand({ SecretId: "rotated" }));
    expect(after.RotationEnabled ?? false).toBe(false);
  }, 30_000);

  it("deletes with a time to restore, restores, and deletes at once", async () => {
    const remove = (asked: Partial<sm.DeleteSecretCommandInput>) =>
      client.send(new sm.DeleteSecretCommand({ SecretId: "key", ...asked }));
    const { DeletionDate } = await remove({ RecoveryWindowInDays: 7 });
    const days = ((DeletionDate?.getTime() ?? 0) - Date.now()) / 86_400_000;
    expect(days).toBeCloseTo(7, 2);
    expect(await refusal(value("key"))).toEqual([
      "InvalidRequestException",
      "You can't perform this operation on the secret because it was marked for deletion.",
    ]);
    const listed = async (IncludePlannedDeletion: boolean) =>
      (await client.send(new sm.ListSecretsCommand({ IncludePlannedDeletion }))).SecretList?.some(
        ({ Name }) => Name === "key",
      );
    expect([await listed(false), await listed(true)]).toEqual([false, true]);
    await client.send(new sm.RestoreSecretCommand({ SecretId: "key" }));
    expect((await value("key")).SecretBinary).toHaveLength(256);
    await remove({ ForceDeleteWithoutRecovery: true });
    expect(await refusal(value("key"))).toEqual([
      "ResourceNotFoundException",
      "Secrets Manager can't find the specified secret.",
    ]);
  });
});

describe("the trail", () => {
  it("has every operation under AWS's name, by the root of the account, in its region", async () => {
    const seen = await Promise.all(
      OPERATIONS.map(async (name) => {
        const records = await eventsOf(server, `eventname:${name}`, "cloudtrail");
        return records.find(
          ({ userIdentity }) => (userIdentity as { readonly type?: string }).type === "Root",
        );
      }),
    );
    for (const [i, record] of seen.entries()) {
      expect([OPERATIONS[i], record]).toMatchObject([
        OPERATIONS[i],
        {
          eventSource: "secretsmanager.amazonaws.com",
          eventName: OPERATIONS[i],
          userIdentity: { type: "Root", accessKeyId: key.accessKeyId },
          userAgent: expect.stringContaining("aws-sdk-js"),
        },
      ]);
    }
  });

  it("says nothing of any value", async () => {
    const all = JSON.stringify(await eventsOf(server, "eventsource:secretsmanager.amazonaws.com"));
    expect(all).toContain("prod/db");
    for (const secret of ['"password":"one"', '\\"password', '"SecretString"', '"two"']) {
      expect(all).not.toContain(secret);
    }
  });
});
