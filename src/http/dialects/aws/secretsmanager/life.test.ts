/** The lives of secrets by AWS's wire: deleted and restored, tagged. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSecretLocks, createSecretLocksInput } from "../../../../app/secrets/secret-locks.ts";
import { AwsServer, REGION, type AwsAnswered, type AwsCallOptions } from "../testing/aws-server.ts";
import { coreOf, madeByIbm, madeOn, saysOf } from "../testing/secrets-wire.ts";

const DAY_MS = 86_400_000;
const MARKED = "You can't perform this operation on the secret because it was marked for deletion.";

let server: AwsServer;
beforeEach(async () => {
  server = await AwsServer.open();
});
afterEach(() => server.close());

const call = (action: string, members: object = {}, options: AwsCallOptions = {}) =>
  server.secrets(action, members, options);
const made = (name: string, members: object = {}) => madeOn(server, name, members);
const operationsOf = ({ events }: AwsAnswered): string[] => events.map((one) => one.operation);
const namesIn = ({ body }: AwsAnswered): string[] =>
  (body.SecretList as { Name: string }[]).map((one) => one.Name);
const now = () => server.app.clock.now();

describe("DeleteSecret", () => {
  it("has the secret wait thirty days, with an event for it and for each version", async () => {
    const arn = await made("db");
    await call("PutSecretValue", { SecretId: "db", SecretString: "second" });
    const deleted = await call("DeleteSecret", { SecretId: "db" });
    expect(deleted.body).toEqual({
      ARN: arn,
      Name: "db",
      DeletionDate: (now() + 30 * DAY_MS) / 1_000,
    });
    expect(operationsOf(deleted)).toEqual([
      "secret.delete",
      "version.deletion.start",
      "version.deletion.start",
    ]);
    const [asked, ofVersion] = deleted.events;
    expect(asked?.requestData).not.toHaveProperty("recoveryWindowInDays");
    expect(asked?.responseData).toEqual({
      deletionDate: new Date(now() + 30 * DAY_MS).toISOString(),
    });
    expect(ofVersion?.initiator.id).toBe("keytrail-deletion");
    for (const action of ["GetSecretValue", "PutSecretValue", "DeleteSecret"]) {
      const refused = await call(action, { SecretId: arn, ...valueFor(action) });
      expect(saysOf(refused)).toEqual(["InvalidRequestException", MARKED]);
      expect(refused.events).toHaveLength(1);
    }
    const described = await call("DescribeSecret", { SecretId: "db" });
    expect(described.body.DeletedDate).toEqual(expect.any(Number));
  });

  it("records the window exactly as it was given", async () => {
    await made("db");
    const { events, body } = await call("DeleteSecret", {
      SecretId: "db",
      RecoveryWindowInDays: 7,
    });
    expect(events[0]?.requestData).toMatchObject({ secretId: "db", recoveryWindowInDays: 7 });
    expect(body.DeletionDate).toBe((now() + 7 * DAY_MS) / 1_000);
  });

  it.each([
    [
      { RecoveryWindowInDays: 6 },
      "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).",
    ],
    [
      { RecoveryWindowInDays: 31 },
      "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).",
    ],
    [
      { RecoveryWindowInDays: 7, ForceDeleteWithoutRecovery: true },
      "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
    ],
  ])("refuses %j, on the record, and changes nothing", async (members, message) => {
    await made("db");
    const refused = await call("DeleteSecret", { SecretId: "db", ...members });
    expect(saysOf(refused)).toEqual(["InvalidParameterException", message]);
    expect(operationsOf(refused)).toEqual(["secret.delete"]);
    expect((await call("GetSecretValue", { SecretId: "db" })).status).toBe(200);
  });

  it("by force is at once, for a secret that waits too, and for one that never was", async () => {
    const force = { ForceDeleteWithoutRecovery: true };
    await made("now");
    const deleted = await call("DeleteSecret", { SecretId: "now", ...force });
    expect(deleted.body).toMatchObject({ Name: "now", DeletionDate: now() / 1_000 });
    expect(operationsOf(deleted)).toEqual(["secret.delete", "version.deletion.end"]);
    expect(deleted.events[0]?.requestData).toMatchObject({ forceDeleteWithoutRecovery: true });
    await made("waiting");
    await call("DeleteSecret", { SecretId: "waiting" });
    expect((await call("DeleteSecret", { SecretId: "waiting", ...force })).status).toBe(200);
    for (const name of ["now", "waiting", "never"]) {
      const again = await call("DeleteSecret", { SecretId: name, ...force });
      expect(again.body).toMatchObject({
        ARN: `arn:aws:secretsmanager:${REGION}:${server.account}:secret:${name}`,
        Name: name,
      });
      expect(saysOf(await call("DeleteSecret", { SecretId: name }))).toEqual([
        "ResourceNotFoundException",
        "Secrets Manager can't find the specified secret.",
      ]);
    }
    expect(server.app.database.all("SELECT * FROM payloads")).toEqual([]);
  });

  it("is refused while a version is locked", async () => {
    const { ARN, id } = await madeByIbm(server, "db");
    await coreOf(server, createSecretLocks, createSecretLocksInput(id, [{ name: "app" }]));
    for (const members of [{}, { ForceDeleteWithoutRecovery: true }]) {
      const refused = await call("DeleteSecret", { SecretId: ARN, ...members });
      expect(refused.error).toBe("InvalidRequestException");
    }
  });

  it("is refused while there are replicas, which are named", async () => {
    await made("db", { AddReplicaRegions: [{ Region: "eu-west-1" }] });
    for (const members of [{}, { ForceDeleteWithoutRecovery: true }]) {
      expect(saysOf(await call("DeleteSecret", { SecretId: "db", ...members }))).toEqual([
        "InvalidParameterException",
        "You can't delete secret db that still has replica regions [eu-west-1].",
      ]);
    }
  });

  it("is for those who may; others learn neither that there is such a secret nor that there is none", async () => {
    await made("db");
    const reader = await server.user("reader@example.com", ["SecretsReader"]);
    for (const name of ["db", "never"]) {
      const members = { SecretId: name, ForceDeleteWithoutRecovery: true };
      const refused = await call("DeleteSecret", members, { as: reader });
      expect(refused.error).toBe("AccessDeniedException");
    }
    expect((await call("GetSecretValue", { SecretId: "db" })).status).toBe(200);
  });
});

describe("RestoreSecret", () => {
  it("gives the secret back as it was, with an event for each version", async () => {
    const arn = await made("db");
    await call("DeleteSecret", { SecretId: "db" });
    const restored = await call("RestoreSecret", { SecretId: "db" });
    expect(restored.body).toEqual({ ARN: arn, Name: "db" });
    expect(operationsOf(restored)).toEqual(["secret.restore", "version.deletion.cancel"]);
    const read = await call("GetSecretValue", { SecretId: "db" });
    expect(read.body.SecretString).toBe("value of db");
    expect((await call("DescribeSecret", { SecretId: "db" })).body).not.toHaveProperty(
      "DeletedDate",
    );
    expect(operationsOf(await call("RestoreSecret", { SecretId: "db" }))).toEqual([
      "secret.restore",
    ]);
  });
});

describe("a secret that waits to be deleted", () => {
  it("is hidden from lists, unless they ask for it, and shown as such", async () => {
    await made("kept");
    await made("gone");
    await call("DeleteSecret", { SecretId: "gone" });
    expect(namesIn(await call("ListSecrets"))).toEqual(["kept"]);
    const all = await call("ListSecrets", { IncludePlannedDeletion: true });
    expect(namesIn(all)).toEqual(["kept", "gone"]);
    expect(all.body.SecretList[1].DeletedDate).toEqual(expect.any(Number));
    expect(all.events[0]?.requestData).toMatchObject({ includePlannedDeletion: true });
  });

  it("keeps its name, is neither tagged nor untagged", async () => {
    await made("db");
    await call("DeleteSecret", { SecretId: "db" });
    expect(saysOf(await call("CreateSecret", { Name: "db", SecretString: "x" }))).toEqual([
      "InvalidRequestException",
      "You can't create this secret because a secret with this name is already scheduled for deletion.",
    ]);
    const tags = { Tags: [{ Key: "a", Value: "b" }] };
    for (const refused of [
      await call("TagResource", { SecretId: "db", ...tags }),
      await call("UntagResource", { SecretId: "db", TagKeys: ["a"] }),
    ]) {
      expect(saysOf(refused)).toEqual(["InvalidRequestException", MARKED]);
    }
  });
});

describe("tags", () => {
  it("are put on, replaced by their keys, and taken off", async () => {
    await made("db", { Tags: [{ Key: "team", Value: "a" }] });
    const tagged = await call("TagResource", {
      SecretId: "db",
      Tags: [
        { Key: "team", Value: "b" },
        { Key: "stage", Value: "" },
      ],
    });
    expect(tagged.body).toEqual({});
    expect(tagged.events[0]?.requestData["tags"]).toEqual([
      { key: "team", value: "b" },
      { key: "stage", value: "" },
    ]);
    const tags = async () => (await call("DescribeSecret", { SecretId: "db" })).body.Tags;
    expect(await tags()).toEqual([
      { Key: "team", Value: "b" },
      { Key: "stage", Value: "" },
    ]);
    const untagged = await call("UntagResource", { SecretId: "db", TagKeys: ["team", "none"] });
    expect(untagged.events[0]?.requestData["tagKeys"]).toEqual(["team", "none"]);
    expect(await tags()).toEqual([{ Key: "stage", Value: "" }]);
  });

  it.each([
    ["a reserved key", [{ Key: "aws:x", Value: "y" }], "InvalidParameterException"],
    [
      "a key twice",
      [
        { Key: "a", Value: "1" },
        { Key: "a", Value: "2" },
      ],
      "InvalidParameterException",
    ],
    ["a long key", [{ Key: "k".repeat(129), Value: "" }], "ValidationException"],
    ["a long value", [{ Key: "k", Value: "v".repeat(257) }], "ValidationException"],
    ["more than 50", many(51), "InvalidParameterException"],
  ])("%s is refused and changes nothing", async (_what, tags, error) => {
    await made("db", { Tags: [{ Key: "team", Value: "a" }] });
    const refused = await call("TagResource", { SecretId: "db", Tags: tags });
    expect(refused.error).toBe(error);
    expect(refused.events).toHaveLength(1);
    const { body } = await call("DescribeSecret", { SecretId: "db" });
    expect(body.Tags).toEqual([{ Key: "team", Value: "a" }]);
  });

  it("are up to 50, none of which __proto__ cannot be", async () => {
    await made("db");
    const tags = [...many(49), { Key: "__proto__", Value: "x" }];
    expect((await call("TagResource", { SecretId: "db", Tags: tags })).status).toBe(200);
    expect((await call("DescribeSecret", { SecretId: "db" })).body.Tags).toEqual(tags);
  });
});

function valueFor(action: string): object {
  return action === "PutSecretValue" ? { SecretString: "x" } : {};
}

function many(n: number): readonly { Key: string; Value: string }[] {
  return Array.from({ length: n }, (_, i) => ({ Key: `k${i}`, Value: `${i}` }));
}
