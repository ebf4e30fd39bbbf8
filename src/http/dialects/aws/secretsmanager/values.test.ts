/** Secrets and their values by AWS's wire: what its clients are answered, and what stands in the record. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSecret } from "../../../../app/secrets/create-secret.ts";
import { arbitrary, kv, login } from "../../../../app/secrets/testing/inputs.ts";
import { AwsServer, type AwsAnswered } from "../testing/aws-server.ts";
import { saysOf } from "../testing/secrets-wire.ts";

let server: AwsServer;
beforeEach(async () => {
  server = await AwsServer.open();
});
afterEach(() => server.close());

const call = (action: string, members: object = {}): Promise<AwsAnswered> =>
  server.secrets(action, members);
const token = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
const stagesOf = async (name: string): Promise<unknown> =>
  (await call("DescribeSecret", { SecretId: name })).body.VersionIdsToStages;

describe("CreateSecret", () => {
  it("makes the instance of a region with its first secret, on the record", async () => {
    const { status, body, events } = await call("CreateSecret", {
      Name: "prod/db",
      ClientRequestToken: token(1),
      SecretString: "s3cret",
      Tags: [{ Key: "team", Value: "a" }],
      Description: "the database",
    });
    expect(status).toBe(200);
    expect(Object.keys(body)).toEqual(["ARN", "Name", "VersionId"]);
    expect(body.ARN).toMatch(
      new RegExp(
        `^arn:aws:secretsmanager:us-east-1:${server.account}:secret:prod/db-[A-Za-z0-9]{6}$`,
      ),
    );
    expect(body.VersionId).toBe(token(1));
    expect(events.map(({ operation, initiator }) => [operation, initiator.name])).toEqual([
      ["secret.create", "manager@example.com"],
      ["instance.create", expect.any(String)],
    ]);
    expect(events[0]?.requestData).toMatchObject({
      name: "prod/db",
      clientRequestToken: token(1),
      tags: [{ key: "team", value: "a" }],
      forceOverwriteReplicaSecret: false,
    });
    expect(JSON.stringify(events)).not.toMatch(/s3cret|the database/);
    const second = await call("CreateSecret", { Name: "prod/other", SecretString: "x" });
    expect(second.events.map(({ operation }) => operation)).toEqual(["secret.create"]);
    expect(second.events[0]?.instance).toBe(events[0]?.instance);
  });

  it("refuses a region that there is not, clearly, and makes nothing", async () => {
    const members = { Name: "a", SecretString: "x" };
    const refused = await server.secrets("CreateSecret", members, { region: "mars-north-1" });
    expect(refused.error).toBe("InvalidParameterException");
    expect(refused.body.Message).toContain("no region of this installation");
    const read = await server.secrets(
      "GetSecretValue",
      { SecretId: "a" },
      { region: "mars-north-1" },
    );
    expect(saysOf(read)).toEqual([
      "ResourceNotFoundException",
      "Secrets Manager can't find the specified secret.",
    ]);
  });

  it("makes one without a value, which has no version", async () => {
    const { body } = await call("CreateSecret", { Name: "empty" });
    expect(body.VersionId).toBeUndefined();
    expect(saysOf(await call("GetSecretValue", { SecretId: "empty" }))).toEqual([
      "ResourceNotFoundException",
      "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
    ]);
    expect(Object.keys((await call("DescribeSecret", { SecretId: "empty" })).body)).toEqual([
      "ARN",
      "Name",
      "LastChangedDate",
      "CreatedDate",
    ]);
    const members = { SecretId: "empty", SecretString: "x", VersionStages: ["MINE"] };
    const put = await call("PutSecretValue", { ...members, ClientRequestToken: token(1) });
    expect(put.body.VersionStages).toEqual(["AWSCURRENT", "MINE"]);
  });

  it("answers the same call again, and refuses another by its token or its name", async () => {
    const members = { Name: "a", ClientRequestToken: token(1), SecretString: "x" };
    const first = await call("CreateSecret", members);
    const again = await call("CreateSecret", members);
    expect(again.body).toEqual(first.body);
    expect(again.events.map(({ operation }) => operation)).toEqual(["secret.create"]);
    expect(again.events[0]?.target.id).toBe(first.events[0]?.target.id);
    expect(saysOf(await call("CreateSecret", { ...members, SecretString: "y" }))).toEqual([
      "ResourceExistsException",
      `You can't use ClientRequestToken ${token(1)} because that value is already in use for a version of secret ${first.body.ARN}.`,
    ]);
    expect(
      saysOf(await call("CreateSecret", { ...members, ClientRequestToken: token(2) })),
    ).toEqual([
      "ResourceExistsException",
      "The operation failed because the secret a already exists.",
    ]);
  });

  it("refuses what is no name, no token and two values, each in AWS's words", async () => {
    const bad = async (members: object) => saysOf(await call("CreateSecret", members));
    expect(await bad({ Name: "no spaces" })).toEqual([
      "ValidationException",
      expect.stringContaining("Invalid name. Must be a valid name"),
    ]);
    expect(await bad({ Name: "a", ClientRequestToken: null })).toEqual([
      "InvalidRequestException",
      "You must provide a ClientRequestToken value. We recommend a UUID-type value.",
    ]);
    const both = { Name: "a", SecretString: "x", SecretBinary: "eA==" };
    expect((await bad(both))[0]).toBe("InvalidParameterException");
    expect((await bad({ Name: "a", SecretString: "x".repeat(65_537) }))[0]).toBe(
      "ValidationException",
    );
    expect((await bad({ Name: "a", SecretString: "x".repeat(65_536) }))[0]).toBeUndefined();
  });
});

describe("GetSecretValue", () => {
  it("gives the current value, a version by its id and by its label, and is recorded by what it gave", async () => {
    await call("CreateSecret", { Name: "a", ClientRequestToken: token(1), SecretString: "one" });
    await call("PutSecretValue", {
      SecretId: "a",
      ClientRequestToken: token(2),
      SecretString: "two",
    });
    const current = await call("GetSecretValue", { SecretId: "a" });
    expect(current.body).toEqual({
      ARN: expect.any(String),
      Name: "a",
      VersionId: token(2),
      SecretString: "two",
      VersionStages: ["AWSCURRENT"],
      CreatedDate: server.app.clock.now() / 1_000,
    });
    expect(current.events.map(({ operation }) => operation)).toEqual(["secret.read"]);
    expect(current.events[0]?.requestData["secretId"]).toBe("a");
    const previous = await call("GetSecretValue", { SecretId: "a", VersionStage: "AWSPREVIOUS" });
    expect([previous.body.SecretString, previous.events[0]?.operation]).toEqual([
      "one",
      "version.read",
    ]);
    const byArn = await call("GetSecretValue", { SecretId: current.body.ARN, VersionId: token(1) });
    expect(byArn.body.SecretString).toBe("one");
    const partial = current.body.ARN.slice(0, -7);
    expect((await call("GetSecretValue", { SecretId: partial })).body.SecretString).toBe("two");
  });

  it("says in AWS's words what it cannot find", async () => {
    await call("CreateSecret", { Name: "a", ClientRequestToken: token(1), SecretString: "one" });
    const bad = async (members: object) =>
      saysOf(await call("GetSecretValue", { SecretId: "a", ...members }));
    const cannot = "Secrets Manager can't find the specified secret";
    expect(await bad({ SecretId: "b" })).toEqual(["ResourceNotFoundException", `${cannot}.`]);
    expect(await bad({ VersionStage: "AWSPREVIOUS" })).toEqual([
      "ResourceNotFoundException",
      `${cannot} value for staging label: AWSPREVIOUS`,
    ]);
    expect(await bad({ VersionId: token(9) })).toEqual([
      "ResourceNotFoundException",
      `${cannot} value for VersionId: ${token(9)}`,
    ]);
    expect(await bad({ VersionId: token(1), VersionStage: "MINE" })).toEqual([
      "InvalidRequestException",
      "You provided a VersionStage that is not associated to the provided VersionId.",
    ]);
  });

  it("gives bytes as bytes, which IBM's wire shows in base64", async () => {
    const bytes = Buffer.from([255, 0, 128, 10]).toString("base64");
    const made = await call("CreateSecret", { Name: "bytes", SecretBinary: bytes });
    const read = await call("GetSecretValue", { SecretId: made.body.ARN });
    expect([read.body.SecretBinary, read.body.SecretString]).toEqual([bytes, undefined]);
  });

  it("gives the secrets of IBM's wire as text or JSON", async () => {
    const { app } = server;
    await call("CreateSecret", { Name: "first" });
    const at = app.call(server.manager.caller, await server.placeIn());
    for (const input of [arbitrary("text", "plain"), kv("pairs", { a: 1 }), login("login")]) {
      const made = await app.performer.perform(createSecret, at, () => input);
      expect(made.kind).toBe("done");
    }
    const value = async (name: string) =>
      (await call("GetSecretValue", { SecretId: name })).body.SecretString;
    expect(await value("text")).toBe("plain");
    expect(await value("pairs")).toBe('{"a":1}');
    expect(JSON.parse(await value("login"))).toEqual({
      username: "scott",
      password: expect.any(String),
    });
  });
});

describe("PutSecretValue and UpdateSecret", () => {
  beforeEach(() =>
    call("CreateSecret", { Name: "a", ClientRequestToken: token(1), SecretString: "one" }),
  );

  it("answer the same call again, record it again, and refuse another value under its token", async () => {
    const members = { SecretId: "a", ClientRequestToken: token(2), SecretString: "two" };
    const first = await call("PutSecretValue", members);
    expect(first.body.VersionStages).toEqual(["AWSCURRENT"]);
    const again = await call("PutSecretValue", members);
    expect(again.body).toEqual(first.body);
    expect(again.events.map(({ operation }) => operation)).toEqual(["version.create"]);
    expect(await call("UpdateSecret", members)).toMatchObject({ body: { VersionId: token(2) } });
    const listed = await call("ListSecretVersionIds", { SecretId: "a" });
    expect(listed.body.Versions).toHaveLength(2);
    const other = await call("PutSecretValue", { ...members, SecretString: "three" });
    expect(other.error).toBe("ResourceExistsException");
    expect(JSON.stringify([...first.events, ...other.events])).not.toMatch(/"two"|"three"/);
  });

  it("put a value under labels of the client's own, without making it the current one", async () => {
    const put = await call("PutSecretValue", {
      SecretId: "a",
      ClientRequestToken: token(2),
      SecretString: "two",
      VersionStages: ["AWSPENDING", "BLUE"],
      RotationToken: "r".repeat(36),
    });
    expect(put.body.VersionStages).toEqual(["AWSPENDING", "BLUE"]);
    expect(JSON.stringify(put.events)).not.toContain("rrrr");
    expect(await stagesOf("a")).toEqual({
      [token(1)]: ["AWSCURRENT"],
      [token(2)]: ["AWSPENDING", "BLUE"],
    });
  });

  it("change what is said of a secret without making a version", async () => {
    const members = { SecretId: "a", Description: "new words", KmsKeyId: "alias/mine" };
    const { body, events } = await call("UpdateSecret", members);
    expect(body).toEqual({ ARN: expect.any(String), Name: "a" });
    expect(events[0]).toMatchObject({
      operation: "secret.metadata.update",
      responseData: { changes: [{ field: "description" }, { field: "kmsKeyId" }] },
    });
    expect(JSON.stringify(events)).not.toContain("new words");
    expect((await call("DescribeSecret", { SecretId: "a" })).body).toMatchObject({
      Description: "new words",
      KmsKeyId: "alias/mine",
    });
    await call("UpdateSecret", { SecretId: "a", Description: "" });
    expect((await call("DescribeSecret", { SecretId: "a" })).body).not.toHaveProperty(
      "Description",
    );
  });

  it("with a value, is recorded as one", async () => {
    const { body, events } = await call("UpdateSecret", {
      SecretId: "a",
      ClientRequestToken: token(2),
      SecretString: "two",
      Description: "both",
    });
    expect(body.VersionId).toBe(token(2));
    expect(events[0]).toMatchObject({
      operation: "secret.update",
      requestData: { secretId: "a", clientRequestToken: token(2) },
      responseData: { versionId: token(2), previousVersionId: token(1) },
    });
  });

  it("ask for a value and a token, in AWS's words", async () => {
    expect(saysOf(await call("PutSecretValue", { SecretId: "a" }))).toEqual([
      "InvalidRequestException",
      "You must provide either SecretString or SecretBinary.",
    ]);
    const untold = { SecretId: "a", SecretString: "x", ClientRequestToken: null };
    for (const action of ["PutSecretValue", "UpdateSecret"]) {
      expect((await call(action, untold)).error).toBe("InvalidRequestException");
    }
  });

  it("refuse more labels than a version carries", async () => {
    const stages = Array.from({ length: 20 }, (_, i) => `L${i}`);
    const members = { SecretId: "a", SecretString: "x" };
    expect((await call("PutSecretValue", { ...members, VersionStages: stages })).status).toBe(200);
    const over = await call("PutSecretValue", {
      ...members,
      VersionStages: [...stages.slice(1), "AWSCURRENT", "X"],
    });
    expect(over.error).toBe("ValidationException");
    const { VersionIdsToStages } = (await call("DescribeSecret", { SecretId: "a" })).body;
    const [full] =
      Object.entries(VersionIdsToStages).find(([, on]) => (on as string[]).length === 20) ?? [];
    const moved = { SecretId: "a", VersionStage: "ONE-MORE", MoveToVersionId: full };
    expect((await call("UpdateSecretVersionStage", moved)).error).toBe("LimitExceededException");
  });

  it("give secrets of IBM's types what these hold, and say why where they cannot", async () => {
    const { app } = server;
    const at = app.call(server.manager.caller, await server.placeIn());
    for (const input of [kv("pairs", { a: 1 }), login("login", "hunter22")]) {
      await app.performer.perform(createSecret, at, () => input);
    }
    const put = (name: string, value: string) =>
      call("PutSecretValue", { SecretId: name, SecretString: value });
    const value = async (name: string) =>
      (await call("GetSecretValue", { SecretId: name })).body.SecretString;
    await put("pairs", '{"b":[2]}');
    expect(await value("pairs")).toBe('{"b":[2]}');
    await put("login", '{"username":"scott","password":"tiger99"}');
    expect(await value("login")).toBe('{"username":"scott","password":"tiger99"}');
    expect((await put("pairs", "plain")).error).toBe("InvalidRequestException");
    expect((await put("login", '{"username":"other","password":"tiger99"}')).error).toBe(
      "InvalidRequestException",
    );
  });
});
