/** Replication as AWS's clients ask for it: through two regions of one account. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AwsServer } from "../testing/aws-server.ts";

const WEST = "us-west-2";
const west = { region: WEST } as const;

let server: AwsServer;
let arn: string;
beforeEach(async () => {
  server = await AwsServer.open();
  const made = await server.secrets("CreateSecret", { Name: "prod/db", SecretString: "hunter2" });
  arn = String(made.body.ARN);
});
afterEach(() => server.close());

const inSync = {
  Region: WEST,
  KmsKeyId: "alias/aws/secretsmanager",
  Status: "InSync",
  StatusMessage: "Replication succeeded",
};

function replicate(members: object = {}) {
  const AddReplicaRegions = [{ Region: WEST }];
  const all = { SecretId: "prod/db", AddReplicaRegions, ...members };
  return server.secrets("ReplicateSecretToRegions", all);
}

describe("ReplicateSecretToRegions", () => {
  it("answers how the secret stands in its regions, and the value is there at once", async () => {
    const { status, body, events } = await replicate();
    expect([status, body]).toEqual([200, { ARN: arn, ReplicationStatus: [inSync] }]);
    expect(events[0]?.requestData).toMatchObject({
      secretId: "prod/db",
      addReplicaRegions: [{ region: WEST }],
      forceOverwriteReplicaSecret: false,
    });
    const there = arn.replace("us-east-1", WEST);
    const value = await server.secrets("GetSecretValue", { SecretId: there }, west);
    expect(value.body).toMatchObject({ ARN: there, Name: "prod/db", SecretString: "hunter2" });
  });

  it("stands in the answers of both regions", async () => {
    await replicate({ AddReplicaRegions: [{ Region: WEST, KmsKeyId: "alias/west" }] });
    await server.secrets("GetSecretValue", { SecretId: "prod/db" }, west);
    const primary = await server.secrets("DescribeSecret", { SecretId: "prod/db" });
    const today = server.app.clock.now() - (server.app.clock.now() % 86_400_000);
    expect(primary.body).toMatchObject({
      PrimaryRegion: "us-east-1",
      ReplicationStatus: [{ ...inSync, KmsKeyId: "alias/west", LastAccessedDate: today / 1_000 }],
    });
    const replica = await server.secrets("DescribeSecret", { SecretId: "prod/db" }, west);
    expect(replica.body).toMatchObject({ PrimaryRegion: "us-east-1", KmsKeyId: "alias/west" });
  });

  it("reports a name that is taken as a failure of the region", async () => {
    await server.secrets("CreateSecret", { Name: "prod/db", SecretString: "other" }, west);
    const { status, body } = await replicate();
    expect([status, body.ReplicationStatus]).toEqual([
      200,
      [
        {
          Region: WEST,
          KmsKeyId: "alias/aws/secretsmanager",
          Status: "Failed",
          StatusMessage: `Replication failed: Secret name prod/db already exists in region ${WEST}.`,
        },
      ],
    ]);
    const forced = await replicate({ ForceOverwriteReplicaSecret: true });
    expect(forced.body.ReplicationStatus).toEqual([inSync]);
  });

  it.each([
    ["its own region", { AddReplicaRegions: [{ Region: "us-east-1" }] }, "Invalid replica region."],
    ["no such region", { AddReplicaRegions: [{ Region: "us-moon-1" }] }, "Invalid replica region."],
    [
      "no region",
      { AddReplicaRegions: [] },
      "1 validation error detected: Value at 'addReplicaRegions' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
    [
      "nothing",
      { AddReplicaRegions: undefined },
      "1 validation error detected: Value null at 'addReplicaRegions' failed to satisfy constraint: Member must not be null",
    ],
  ])("refuses %s in AWS's words", async (_what, members, message) => {
    const { status, body, events } = await replicate(members);
    expect([status, body.Message ?? body.message]).toEqual([400, message]);
    expect(events).toMatchObject([{ operation: "secret.replica.create", outcome: "failure" }]);
  });
});

describe("a replica", () => {
  it("refuses changes in AWS's words", async () => {
    await replicate();
    const members = { SecretId: "prod/db", SecretString: "other" };
    const { status, error, body } = await server.secrets("PutSecretValue", members, west);
    expect([status, error, body.Message]).toEqual([
      400,
      "InvalidParameterException",
      "Operation not permitted on a replica secret. Call must be made in primary secret's region.",
    ]);
  });

  it("is gone once its region is removed", async () => {
    await replicate();
    const members = { SecretId: arn, RemoveReplicaRegions: [WEST] };
    const { status, body } = await server.secrets("RemoveRegionsFromReplication", members);
    expect([status, body]).toEqual([200, { ARN: arn, ReplicationStatus: [] }]);
    const { error } = await server.secrets("GetSecretValue", { SecretId: "prod/db" }, west);
    expect(error).toBe("ResourceNotFoundException");
  });

  it("is a secret of its own once replication to it is stopped", async () => {
    await replicate();
    const which = { SecretId: "prod/db" };
    const early = await server.secrets("StopReplicationToReplica", which);
    expect([early.status, early.error]).toEqual([400, "InvalidRequestException"]);
    const { status, body } = await server.secrets("StopReplicationToReplica", which, west);
    expect([status, body]).toEqual([200, { ARN: arn.replace("us-east-1", WEST) }]);
    const members = { ...which, SecretString: "of the west" };
    expect((await server.secrets("PutSecretValue", members, west)).status).toBe(200);
    const { body: primary } = await server.secrets("GetSecretValue", which);
    expect(primary.SecretString).toBe("hunter2");
  });
});
