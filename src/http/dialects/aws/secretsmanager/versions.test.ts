/** The versions of a secret by AWS's wire: labelled, described and listed; what IBM's wire sees of them, and who may not. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
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

describe("UpdateSecretVersionStage", () => {
  const move = (members: object) => call("UpdateSecretVersionStage", { SecretId: "a", ...members });

  beforeEach(async () => {
    await call("CreateSecret", { Name: "a", ClientRequestToken: token(1), SecretString: "one" });
    await call("PutSecretValue", {
      SecretId: "a",
      ClientRequestToken: token(2),
      SecretString: "two",
    });
  });

  it("moves the current label with the previous one behind it, from where it is said to be", async () => {
    const members = { VersionStage: "AWSCURRENT", MoveToVersionId: token(1) };
    expect(saysOf(await move(members))).toEqual([
      "InvalidParameterException",
      `The parameter RemoveFromVersionId can't be empty. Staging label AWSCURRENT is currently attached to version ${token(2)}, so you must explicitly reference that version in RemoveFromVersionId.`,
    ]);
    const { body, events } = await move({ ...members, RemoveFromVersionId: token(2) });
    expect(Object.keys(body)).toEqual(["ARN", "Name"]);
    expect(events[0]?.requestData).toMatchObject({
      versionStage: "AWSCURRENT",
      moveToVersionId: token(1),
      removeFromVersionId: token(2),
    });
    expect(await stagesOf("a")).toEqual({
      [token(1)]: ["AWSCURRENT"],
      [token(2)]: ["AWSPREVIOUS"],
    });
  });

  it("attaches and takes off a label of the client's own; the current one is never taken off", async () => {
    await move({ VersionStage: "BLUE", MoveToVersionId: token(1) });
    expect(await stagesOf("a")).toEqual({
      [token(2)]: ["AWSCURRENT"],
      [token(1)]: ["AWSPREVIOUS", "BLUE"],
    });
    await move({ VersionStage: "BLUE", RemoveFromVersionId: token(1) });
    expect(await stagesOf("a")).toEqual({
      [token(2)]: ["AWSCURRENT"],
      [token(1)]: ["AWSPREVIOUS"],
    });
    const off = await move({ VersionStage: "AWSCURRENT", RemoveFromVersionId: token(2) });
    expect(off.error).toBe("InvalidParameterException");
    expect((await move({ VersionStage: "BLUE" })).error).toBe("InvalidParameterException");
    const nowhere = await move({ VersionStage: "BLUE", MoveToVersionId: token(9) });
    expect(nowhere.error).toBe("ResourceNotFoundException");
  });
});

describe("DescribeSecret and ListSecretVersionIds", () => {
  it("tell when a value was last given out, to the day", async () => {
    await call("CreateSecret", { Name: "a", ClientRequestToken: token(1), SecretString: "one" });
    const before = await call("DescribeSecret", { SecretId: "a" });
    expect(before.body).not.toHaveProperty("LastAccessedDate");
    expect(before.events[0]).toMatchObject({ operation: "secret.metadata.read" });
    await call("GetSecretValue", { SecretId: "a" });
    const day = Math.floor(server.app.clock.now() / 86_400_000) * 86_400;
    expect((await call("DescribeSecret", { SecretId: "a" })).body.LastAccessedDate).toBe(day);
    const listed = await call("ListSecretVersionIds", { SecretId: "a" });
    expect(listed.body.Versions).toEqual([
      {
        VersionId: token(1),
        VersionStages: ["AWSCURRENT"],
        LastAccessedDate: day,
        CreatedDate: server.app.clock.now() / 1_000,
        KmsKeyIds: ["DefaultEncryptionKey"],
      },
    ]);
    expect(listed.body).not.toHaveProperty("NextToken");
  });

  it("list versions a page at a time, and those without a label where they are asked for", async () => {
    await call("CreateSecret", { Name: "a", ClientRequestToken: token(1), SecretString: "1" });
    for (let n = 2; n <= 5; n++) {
      await call("PutSecretValue", {
        SecretId: "a",
        ClientRequestToken: token(n),
        SecretString: `${n}`,
      });
    }
    const list = (members: object) => call("ListSecretVersionIds", { SecretId: "a", ...members });
    const idsOf = ({ body }: AwsAnswered) =>
      body.Versions.map(({ VersionId }: { VersionId: string }) => VersionId);
    expect(idsOf(await list({}))).toEqual([token(5), token(4)]);
    const ids: string[] = [];
    let NextToken: string | undefined;
    do {
      const page = await list({ IncludeDeprecated: true, MaxResults: 2, NextToken });
      ids.push(...idsOf(page));
      NextToken = page.body.NextToken;
    } while (NextToken !== undefined);
    expect(ids).toEqual([5, 4, 3, 2, 1].map(token));
    const first = await list({ IncludeDeprecated: true, MaxResults: 2 });
    const foreign = await list({ NextToken: first.body.NextToken });
    expect(foreign.error).toBe("InvalidNextTokenException");
    expect((await list({ NextToken: "bm9uc2Vuc2U" })).error).toBe("InvalidNextTokenException");
    // A version without a label keeps its value.
    const old = await call("GetSecretValue", { SecretId: "a", VersionId: token(1) });
    expect(old.body.SecretString).toBe("1");
  });
});

describe("the same secrets by IBM's wire", () => {
  const region = "us-south";
  const ibm = async (method: "GET" | "POST", path: string, payload?: object) => {
    const { accessToken } = await server.http.app.login(server.manager.key.value);
    const authorization = `Bearer ${accessToken.reveal()}`;
    const url = `/api/v2/secrets${path}`;
    return server.http.send({
      method,
      url,
      authorization,
      ...(payload ? { payload, type: "application/json" } : {}),
    });
  };

  it("are read, by their versions of whatever id, and rotated, and AWS's clients see that", async () => {
    const bytes = Buffer.from([255, 0, 128]).toString("base64");
    const upper = "3F2504E0-4F89-41D3-9A0C-0305E82C3301";
    const made = { Name: "shared", ClientRequestToken: upper, SecretBinary: bytes };
    await server.secrets("CreateSecret", made, { region });
    const { body: list } = await ibm("GET", "?search=shared");
    const [{ id }] = list.secrets;
    expect((await ibm("GET", `/${id}`)).body).toMatchObject({ payload: bytes, state: 1 });
    expect((await ibm("GET", `/${id}/versions/${upper}`)).body).toMatchObject({
      id: upper,
      alias: "current",
      payload: bytes,
    });
    expect((await ibm("GET", `/${id}/versions/nonsense`)).status).toBe(400);
    const rotated = await ibm("POST", `/${id}/versions`, { payload: "by IBM's" });
    expect(rotated.status).toBe(201);
    const read = async (members: object) =>
      (await server.secrets("GetSecretValue", { SecretId: "shared", ...members }, { region })).body;
    expect(await read({})).toMatchObject({
      VersionId: rotated.body.id,
      SecretString: "by IBM's",
      VersionStages: ["AWSCURRENT"],
    });
    expect(await read({ VersionStage: "AWSPREVIOUS" })).toMatchObject({ SecretBinary: bytes });
  });

  it("have no value for it until they have one", async () => {
    await server.secrets("CreateSecret", { Name: "empty" }, { region });
    const { body: list } = await ibm("GET", "?search=empty");
    const read = await ibm("GET", `/${list.secrets[0].id}`);
    expect([read.status, read.body.payload]).toEqual([200, undefined]);
  });
});

describe("whoever may not", () => {
  it("is refused and recorded; a Reader describes what it does not read", async () => {
    await call("CreateSecret", { Name: "a", SecretString: "one" });
    const reader = await server.user("reader@example.com", ["Reader"]);
    const described = await server.secrets("DescribeSecret", { SecretId: "a" }, { as: reader });
    expect(described.status).toBe(200);
    const read = await server.secrets("GetSecretValue", { SecretId: "a" }, { as: reader });
    expect([read.status, read.error]).toEqual([400, "AccessDeniedException"]);
    expect(read.events).toMatchObject([{ operation: "secret.read", outcome: "failure" }]);
    const nobody = await server.secrets("GetSecretValue", { SecretId: "a" }, { as: null });
    expect(nobody.error).toBe("MissingAuthenticationTokenException");
    expect(nobody.events).toHaveLength(1);
  });

  it("hears nothing of what was sent in what is refused", async () => {
    const wrong = await call("GetSecretValue", { SecretId: "a", SecretString: "hunter2-canary" });
    expect(wrong.error).toBe("ValidationException");
    expect(JSON.stringify([wrong.body, wrong.events])).not.toContain("hunter2-canary");
  });
});
