/** Several secrets at once by AWS's wire, lists and batches; and passwords that are generated. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AwsServer, type AwsAnswered, type AwsCallOptions } from "../testing/aws-server.ts";
import { madeByIbm, madeOn } from "../testing/secrets-wire.ts";

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
const namesIn = ({ body }: AwsAnswered): string[] =>
  (body.SecretList as { Name: string }[]).map((one) => one.Name);

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
    const { part } = await madeByIbm(server, "ibm", "g1");
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
    const { ARN, part } = await madeByIbm(server, "x4", "g1");
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
