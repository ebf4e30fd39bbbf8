/** The lives of secrets by AWS's wire: what its clients are answered, what stands in the record, what IBM's wire sees. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Operation } from "../../../../app/operation.ts";
import { createSecret } from "../../../../app/secrets/create-secret.ts";
import { createSecretGroup } from "../../../../app/secrets/secret-groups.ts";
import { createSecretLocks, createSecretLocksInput } from "../../../../app/secrets/secret-locks.ts";
import { arbitrary } from "../../../../app/secrets/testing/inputs.ts";
import { AwsServer, REGION, type AwsAnswered, type AwsCallOptions } from "../testing/aws-server.ts";

const DAY_MS = 86_400_000;
const MARKED = "You can't perform this operation on the secret because it was marked for deletion.";

let server: AwsServer;
beforeEach(async () => {
  server = await AwsServer.open();
});
afterEach(() => server.close());

const call = (action: string, members: object = {}, options: AwsCallOptions = {}) =>
  server.secrets(action, members, options);
/** A millisecond after the one before. */
const made = async (name: string, members: object = {}): Promise<string> => {
  server.app.clock.advance(1);
  const secret = { Name: name, SecretString: `value of ${name}`, ...members };
  return (await call("CreateSecret", secret)).body.ARN as string;
};
const saysOf = ({ error, body }: AwsAnswered): unknown[] => [error, body.Message ?? body.message];
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
    const { ARN, id } = await ofIbm("db");
    await core(createSecretLocks, createSecretLocksInput(id, [{ name: "app" }]));
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

describe("ListSecrets", () => {
  it("of a region without an instance is empty", async () => {
    expect((await call("ListSecrets", {}, { region: "eu-west-1" })).body).toEqual({
      SecretList: [],
    });
  });

  it("shows what DescribeSecret does, with the labels of versions under their name in lists", async () => {
    await made("db", { Description: "a database", Tags: [{ Key: "a", Value: "b" }] });
    await call("PutSecretValue", { SecretId: "db", SecretString: "second" });
    await call("PutSecretValue", { SecretId: "db", SecretString: "third", VersionStages: ["X"] });
    await call("GetSecretValue", { SecretId: "db" });
    const { body } = await call("DescribeSecret", { SecretId: "db" });
    const { VersionIdsToStages, ...rest } = body;
    const listed = await call("ListSecrets");
    expect(listed.body.SecretList).toEqual([
      { ...rest, SecretVersionsToStages: VersionIdsToStages },
    ]);
    expect(Object.values(VersionIdsToStages)).toHaveLength(3);
  });

  it("gives its pages one after another, without gaps or doubles while secrets come and go", async () => {
    const names = Array.from({ length: 7 }, (_, i) => `s${i}`);
    for (const name of names) await made(name);
    const first = await call("ListSecrets", { MaxResults: 3 });
    expect(namesIn(first)).toEqual(["s0", "s1", "s2"]);
    await call("DeleteSecret", { SecretId: "s1" });
    const second = await call("ListSecrets", { MaxResults: 3, NextToken: first.body.NextToken });
    expect(namesIn(second)).toEqual(["s3", "s4", "s5"]);
    const third = await call("ListSecrets", { MaxResults: 3, NextToken: second.body.NextToken });
    expect(namesIn(third)).toEqual(["s6"]);
    expect(third.body).not.toHaveProperty("NextToken");
    for (const members of [
      { NextToken: first.body.NextToken, SortOrder: "desc" },
      { NextToken: first.body.NextToken, Filters: [{ Key: "name", Values: ["s"] }] },
      { NextToken: "nonsense" },
    ]) {
      expect((await call("ListSecrets", members)).error).toBe("InvalidNextTokenException");
    }
  });

  it("sorts by what is asked for", async () => {
    for (const name of ["b", "c", "a"]) {
      await made(name);
      server.app.clock.advance(DAY_MS);
    }
    await call("GetSecretValue", { SecretId: "c" });
    server.app.clock.advance(DAY_MS);
    await call("TagResource", { SecretId: "b", Tags: [{ Key: "x", Value: "y" }] });
    const sorted = async (members: object) => namesIn(await call("ListSecrets", members));
    expect(await sorted({})).toEqual(["b", "c", "a"]);
    expect(await sorted({ SortOrder: "desc" })).toEqual(["a", "c", "b"]);
    expect(await sorted({ SortBy: "name" })).toEqual(["a", "b", "c"]);
    expect(await sorted({ SortBy: "name", SortOrder: "desc" })).toEqual(["c", "b", "a"]);
    expect(await sorted({ SortBy: "last-changed-date" })).toEqual(["c", "a", "b"]);
    const page = { SortBy: "last-changed-date", SortOrder: "desc", MaxResults: 1 };
    const first = await call("ListSecrets", page);
    const second = await call("ListSecrets", { ...page, NextToken: first.body.NextToken });
    expect([...namesIn(first), ...namesIn(second)]).toEqual(["b", "a"]);
  });

  it("is narrowed by filters: values are alternatives, filters add up, ! is not", async () => {
    await made("prod/db", { Description: "Main database", Tags: [{ Key: "team", Value: "red" }] });
    await made("prod/mail", { Tags: [{ Key: "Team", Value: "blue" }] });
    await made("dev/db", { Description: "for tests of the main DataBase" });
    const found = async (...filters: readonly [string, ...string[]][]) =>
      namesIn(
        await call("ListSecrets", {
          Filters: filters.map(([Key, ...Values]) => ({ Key, Values })),
        }),
      );
    expect(await found(["name", "prod"])).toEqual(["prod/db", "prod/mail"]);
    expect(await found(["name", "Prod"])).toEqual([]);
    expect(await found(["name", "dev", "prod/m"])).toEqual(["prod/mail", "dev/db"]);
    expect(await found(["name", "!prod"])).toEqual(["dev/db"]);
    expect(await found(["description", "main data"])).toEqual(["prod/db", "dev/db"]);
    expect(await found(["description", "MAIN"], ["name", "prod"])).toEqual(["prod/db"]);
    expect(await found(["description", "!main"])).toEqual(["prod/mail"]);
    expect(await found(["tag-key", "team"])).toEqual(["prod/db"]);
    expect(await found(["tag-value", "bl", "red"])).toEqual(["prod/db", "prod/mail"]);
    expect(await found(["tag-key", "!team"])).toEqual(["prod/mail", "dev/db"]);
    expect(await found(["all", "TEAM"])).toEqual(["prod/db", "prod/mail"]);
    expect(await found(["all", "db"])).toEqual(["prod/db", "dev/db"]);
    expect(await found(["owning-service", "rds"])).toEqual([]);
    expect(await found(["primary-region", "us"])).toEqual([]);
  });

  it("knows the primary region of what is replicated", async () => {
    await made("alone");
    await made("both", { AddReplicaRegions: [{ Region: "eu-west-1" }] });
    const filtered = { Filters: [{ Key: "primary-region", Values: ["us-east"] }] };
    for (const region of ["us-east-1", "eu-west-1"]) {
      const { body } = await call("ListSecrets", filtered, { region });
      expect(body.SecretList).toMatchObject([{ Name: "both", PrimaryRegion: "us-east-1" }]);
    }
  });

  it.each([
    [{ Filters: [{ Key: "colour", Values: ["x"] }] }, "ValidationException"],
    [{ Filters: [{ Values: ["x"] }] }, "InvalidParameterException"],
    [{ Filters: [{ Key: "name" }] }, "InvalidParameterException"],
    [{ Filters: [{ Key: "name", Values: ["*"] }] }, "ValidationException"],
    [
      { Filters: Array.from({ length: 11 }, () => ({ Key: "name", Values: ["x"] })) },
      "ValidationException",
    ],
    [{ MaxResults: 101 }, "ValidationException"],
    [{ MaxResults: 0 }, "ValidationException"],
    [{ SortBy: "colour" }, "ValidationException"],
    [{ SortOrder: "up" }, "ValidationException"],
  ])("refuses %j", async (members, error) => {
    const refused = await call("ListSecrets", members);
    expect(refused.error).toBe(error);
    expect(refused.events[0]).toMatchObject({ operation: "secret.list", outcome: "failure" });
  });

  it("shows those of the groups that a caller may see, and IBM's secrets among them", async () => {
    await made("aws");
    const { part } = await ofIbm("ibm", "g1");
    const bound = await server.user("bound@example.com", ["Reader"], part);
    expect(namesIn(await call("ListSecrets", {}, { as: bound }))).toEqual(["ibm"]);
    expect(namesIn(await call("ListSecrets"))).toEqual(["aws", "ibm"]);
    const nobody = await server.user("nobody@example.com");
    expect((await call("ListSecrets", {}, { as: nobody })).error).toBe("AccessDeniedException");
  });
});

describe("BatchGetSecretValue", () => {
  it("gives out what may be read and says why of the rest, each on the record", async () => {
    const arn = await made("a");
    await made("b", { SecretString: undefined, SecretBinary: "AQID" });
    await made("gone");
    await call("DeleteSecret", { SecretId: "gone" });
    await call("CreateSecret", { Name: "empty" });
    const read = await call("BatchGetSecretValue", {
      SecretIdList: [arn, "b", "gone", "empty", "never"],
    });
    expect(read.body.SecretValues).toMatchObject([
      { ARN: arn, Name: "a", SecretString: "value of a", VersionStages: ["AWSCURRENT"] },
      { Name: "b", SecretBinary: "AQID" },
    ]);
    expect(read.body.Errors).toEqual([
      { SecretId: "gone", ErrorCode: "InvalidRequestException", Message: MARKED },
      {
        SecretId: "empty",
        ErrorCode: "ResourceNotFoundException",
        Message:
          "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
      },
      {
        SecretId: "never",
        ErrorCode: "ResourceNotFoundException",
        Message: "Secrets Manager can't find the specified secret.",
      },
    ]);
    expect(
      read.events.map(({ operation, outcome, target }) => [operation, outcome, target.name]),
    ).toEqual([
      ["secret.batch-read", "success", expect.any(String)],
      ["secret.read", "success", "a"],
      ["secret.read", "success", "b"],
      ["secret.read", "failure", "gone"],
      ["secret.read", "failure", "empty"],
      ["secret.read", "failure", expect.any(String)],
    ]);
    expect(read.events[0]).toMatchObject({
      requestData: { secretIdList: [arn, "b", "gone", "empty"] },
      responseData: { returnedCount: 2, refusedCount: 3 },
    });
    expect(read.events[1]).toMatchObject({
      requestData: { secretId: arn },
      responseData: { versionId: read.body.SecretValues[0].VersionId, payloadAvailable: true },
    });
    expect(JSON.stringify(read.events)).not.toContain("value of");
    const { body } = await call("DescribeSecret", { SecretId: "a" });
    expect(body.LastAccessedDate).toEqual(expect.any(Number));
  });

  it("takes filters and pages, and only secrets that the caller may read", async () => {
    for (const name of ["x1", "x2", "x3", "y"]) await made(name);
    const filters = { Filters: [{ Key: "name", Values: ["x"] }], MaxResults: 2 };
    const first = await call("BatchGetSecretValue", filters);
    const names = ({ body }: AwsAnswered) =>
      (body.SecretValues as { Name: string }[]).map((one) => one.Name);
    expect(names(first)).toEqual(["x1", "x2"]);
    const next = { ...filters, NextToken: first.body.NextToken };
    const second = await call("BatchGetSecretValue", next);
    expect([names(second), second.body.NextToken]).toEqual([["x3"], undefined]);
    const { ARN, part } = await ofIbm("x4", "g1");
    const reader = await server.user("bound@example.com", ["SecretsReader"], part);
    const bound = await call("BatchGetSecretValue", filters, { as: reader });
    expect([names(bound), bound.body.Errors]).toEqual([["x4"], []]);
    const listed = { SecretIdList: [ARN, "x1"] };
    expect((await call("BatchGetSecretValue", listed, { as: reader })).body).toMatchObject({
      SecretValues: [{ Name: "x4" }],
      Errors: [{ SecretId: "x1", ErrorCode: "AccessDeniedException" }],
    });
  });

  it("finds nothing of another region by its ARN", async () => {
    const arn = await made("db", { AddReplicaRegions: [{ Region: "eu-west-1" }] });
    const far = arn.replace("us-east-1", "eu-west-1");
    const { body } = await call("BatchGetSecretValue", { SecretIdList: [arn, far] });
    expect(body.SecretValues).toHaveLength(1);
    expect(body.Errors).toMatchObject([{ SecretId: far, ErrorCode: "ResourceNotFoundException" }]);
  });

  it.each([
    [{}, "InvalidParameterException"],
    [
      { SecretIdList: ["a"], Filters: [{ Key: "name", Values: ["a"] }] },
      "InvalidParameterException",
    ],
    [{ SecretIdList: ["a"], MaxResults: 2 }, "InvalidParameterException"],
    [{ SecretIdList: [] }, "ValidationException"],
    [{ SecretIdList: Array.from({ length: 21 }, (_, i) => `s${i}`) }, "ValidationException"],
    [{ Filters: [{ Key: "name", Values: ["a"] }], MaxResults: 21 }, "ValidationException"],
  ])("refuses %j", async (members, error) => {
    expect((await call("BatchGetSecretValue", members)).error).toBe(error);
  });
});

describe("GetRandomPassword", () => {
  it("draws 32 characters of four kinds, and records how it was asked but not what came", async () => {
    const drawn = await call("GetRandomPassword", {
      ExcludeCharacters: "hunter2",
      ExcludeNumbers: false,
    });
    const password = drawn.body.RandomPassword as string;
    expect(password).toMatch(/^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*[^\w])[\x21-\x7e]{32}$/);
    expect(password).not.toMatch(/[hunter2]/);
    expect(drawn.events[0]).toMatchObject({
      operation: "secret.password.generate",
      requestData: { excludeNumbers: false },
    });
    expect(JSON.stringify(drawn.events)).not.toContain("hunter2");
    expect(JSON.stringify(drawn.events)).not.toContain(password);
  });

  it("draws what is asked for, up to 4096 characters", async () => {
    const long = await call("GetRandomPassword", { PasswordLength: 4_096, IncludeSpace: true });
    expect(long.body.RandomPassword).toHaveLength(4_096);
    const digits = await call("GetRandomPassword", {
      PasswordLength: 1,
      ExcludeLowercase: true,
      ExcludeUppercase: true,
      ExcludePunctuation: true,
    });
    expect(digits.body.RandomPassword).toMatch(/^\d$/);
  });

  it.each([
    [{ PasswordLength: 3 }, "InvalidParameterException"],
    [{ ExcludeCharacters: "0123456789" }, "InvalidParameterException"],
    [
      {
        ExcludeNumbers: true,
        ExcludeLowercase: true,
        ExcludeUppercase: true,
        ExcludePunctuation: true,
      },
      "InvalidParameterException",
    ],
    [{ PasswordLength: 4_097 }, "ValidationException"],
    [{ PasswordLength: 0 }, "ValidationException"],
  ])("refuses %j", async (members, error) => {
    expect((await call("GetRandomPassword", members)).error).toBe(error);
  });
});

/** By the core, as IBM's wire asks it. */
async function core<Input extends object, Subject, Output extends object>(
  operation: Operation<Input, Subject, Output>,
  input: Input,
): Promise<Output> {
  const at = server.app.call(server.manager.caller, await server.placeIn());
  const performed = await server.app.performer.perform(operation, at, () => input);
  if (performed.kind === "refused") throw performed.refusal;
  return performed.output;
}

/** A secret as IBM's wire makes them, in a group of its own if that is named. */
async function ofIbm(name: string, group?: string) {
  // The region's instance comes with its first secret.
  await made("first");
  await call("DeleteSecret", { SecretId: "first", ForceDeleteWithoutRecovery: true });
  const groupId =
    group === undefined ? "default" : (await core(createSecretGroup, { name: group })).id;
  server.app.clock.advance(1);
  const { id } = await core(createSecret, { ...arbitrary(name), secretGroupId: groupId });
  const { ARN } = (await call("DescribeSecret", { SecretId: name })).body;
  const { instance } = await server.placeIn();
  const part = { service: "secrets-manager", instance: String(instance), secretGroup: groupId };
  return { id, ARN: String(ARN), part };
}

function valueFor(action: string): object {
  return action === "PutSecretValue" ? { SecretString: "x" } : {};
}

function many(n: number): readonly { Key: string; Value: string }[] {
  return Array.from({ length: n }, (_, i) => ({ Key: `k${i}`, Value: `${i}` }));
}
