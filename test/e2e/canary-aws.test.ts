/**
 * Nothing secret in the record, by AWS's wire: values as text and as bytes, rotation tokens, generated passwords, secret
 * access keys, session tokens; in the members they belong in and in those they do not, in headers, forms and URLs. Then
 * everything that the server has stored, printed or answered in error is searched for all of them (invariant 5).
 */
import { randomBytes, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { SignatureV4 } from "@smithy/signature-v4";
import { encode as encodeCbor } from "cborg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Sha256 } from "../../src/http/dialects/aws/testing/sha256.ts";
import { ownersKey, REGION, type AccessKey } from "../clients/aws-wire.ts";
import { Canaries, filesUnder } from "../support/canaries.ts";
import { removeFolder, RunningServer, temporaryFolder } from "./running-server.ts";

const canaries = new Canaries();
const value = (): string => canaries.value();
const text = (): string => canaries.text();
const base64 = (plain: string): string => Buffer.from(plain).toString("base64");

let folder: string;
let server: RunningServer;
let owner: Credentials;
/** What was answered in error, and every header. */
const answers: string[] = [];

interface Credentials extends AccessKey {
  readonly sessionToken?: string;
}

// oxlint-disable-next-line typescript/no-explicit-any -- bodies are compared, not trusted
type Json = any;

interface Request {
  readonly service: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  readonly path?: string;
  readonly as?: Credentials;
}

async function send(request: Request): Promise<{ readonly status: number; readonly text: string }> {
  const { service, headers, body, path = "/", as = owner } = request;
  const { host, hostname } = new URL(server.url);
  const signer = new SignatureV4({ service, region: REGION, credentials: as, sha256: Sha256 });
  const signed = await signer.sign({
    method: "POST",
    protocol: "http:",
    hostname,
    path,
    headers: { host, ...headers },
    body,
  });
  return post(path, signed.headers, body);
}

async function post(
  path: string,
  headers: Readonly<Record<string, string>>,
  body: string | Uint8Array,
): Promise<{ readonly status: number; readonly text: string }> {
  const { host: _host, ...rest } = headers;
  const response = await fetch(`${server.url}${path}`, {
    method: "POST",
    headers: rest,
    body: body as string,
  });
  const answer = await response.text();
  answers.push(JSON.stringify([...response.headers]));
  if (response.status >= 400) answers.push(answer);
  return { status: response.status, text: answer };
}

const json = (action: string): Record<string, string> => ({
  "content-type": "application/x-amz-json-1.1",
  "x-amz-target": `secretsmanager.${action}`,
});

/** Whatever comes of it. */
async function tried(action: string, members: object, as?: Credentials): Promise<Json> {
  const request = {
    service: "secretsmanager",
    headers: json(action),
    body: JSON.stringify(members),
  };
  const sent = await send({ ...request, ...(as ? { as } : {}) });
  return { status: sent.status, ...(JSON.parse(sent.text) as object) };
}

async function done(action: string, members: object, as?: Credentials): Promise<Json> {
  const answer = await tried(action, members, as);
  if (answer.status !== 200) throw new Error(`${action}: ${JSON.stringify(answer)}`);
  return answer;
}

async function form(service: "sts" | "iam", fields: Readonly<Record<string, string>>) {
  const Version = service === "sts" ? "2011-06-15" : "2010-05-08";
  return send({
    service,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ Version, ...fields }).toString(),
  });
}

/** The text of an element of an answer in XML, which is a canary from then on. */
function secretIn(xml: string, name: string): string {
  const found = new RegExp(`<${name}>([^<]+)</${name}>`).exec(xml)?.[1]?.replaceAll("&#x2F;", "/");
  canaries.add(found);
  return found ?? "";
}

function sessionIn(xml: string): Credentials {
  return {
    accessKeyId: /<AccessKeyId>([^<]+)/.exec(xml)?.[1] ?? "",
    secretAccessKey: secretIn(xml, "SecretAccessKey"),
    sessionToken: secretIn(xml, "SessionToken"),
  };
}

async function keepValues(): Promise<void> {
  const token = randomUUID();
  const SecretString = value();
  const secret = {
    Name: "app/db",
    ClientRequestToken: token,
    SecretString,
    Description: text(),
    KmsKeyId: "alias/app",
  };
  await done("CreateSecret", secret);
  await done("CreateSecret", secret);
  // The same token, another value; and the same name.
  await tried("CreateSecret", { ...secret, SecretString: value() });
  await tried("CreateSecret", {
    ...secret,
    ClientRequestToken: randomUUID(),
    SecretString: value(),
  });
  const bytes = randomBytes(48);
  canaries.add(bytes.toString("latin1"), bytes.toString("base64").slice(0, 60));
  await done("CreateSecret", {
    Name: "app/key",
    ClientRequestToken: randomUUID(),
    SecretBinary: bytes.toString("base64"),
  });
  await done("PutSecretValue", {
    SecretId: "app/db",
    ClientRequestToken: randomUUID(),
    SecretString: value(),
    RotationToken: `${value()}-${value()}`,
  });
  await done("UpdateSecret", {
    SecretId: "app/db",
    ClientRequestToken: randomUUID(),
    SecretBinary: base64(value()),
    Description: text(),
  });
  for (const VersionStage of ["AWSCURRENT", "AWSPREVIOUS"]) {
    await done("GetSecretValue", { SecretId: "app/db", VersionStage });
  }
  await done("BatchGetSecretValue", { SecretIdList: ["app/db", "app/key"] });
  for (const PasswordLength of [32, 64]) {
    const { RandomPassword } = await done("GetRandomPassword", { PasswordLength });
    canaries.add(RandomPassword);
  }
  await tried("GetRandomPassword", { ExcludeCharacters: value() });
}

async function openSessions(): Promise<void> {
  const created = await form("iam", { Action: "CreateUser", UserName: "app" });
  expect(created.status).toBe(200);
  const key = await form("iam", { Action: "CreateAccessKey", UserName: "app" });
  expect(key.status).toBe(200);
  secretIn(key.text, "SecretAccessKey");
  const session = await form("sts", { Action: "GetSessionToken" });
  expect(session.status).toBe(200);
  const credentials = sessionIn(session.text);
  await done("ListSecrets", {}, credentials);
  // The token of another, none, and one that is no good.
  await tried("ListSecrets", {}, { ...credentials, sessionToken: value() });
  await tried("ListSecrets", {}, { ...owner, sessionToken: value() });
  await tried("ListSecrets", {}, { ...credentials, secretAccessKey: value() });
  await form("sts", { Action: "GetFederationToken", Name: "somebody", Policy: value() });
  await form("sts", { Action: "AssumeRole", RoleArn: value(), RoleSessionName: value() });
  await form("sts", { Action: value(), [value()]: value() });
  await form("iam", { Action: "CreateUser", UserName: `${value()} ${value()}` });
  await form("iam", {
    Action: "CreateRole",
    RoleName: "r",
    AssumeRolePolicyDocument: `{"Statement":"${value()}"}`,
  });
}

/** Secrets where none belongs: whoever pastes one into the wrong place must not find it in the trail. */
async function sendNonsense(): Promise<void> {
  await tried("GetSecretValue", { SecretId: value() });
  await tried("GetSecretValue", { SecretId: `${value()} ${value()}` });
  await tried("GetSecretValue", { SecretId: "app/db", VersionId: value(), VersionStage: value() });
  await tried("GetSecretValue", { SecretId: "app/db", [value()]: value() });
  await tried("GetSecretValue", { SecretId: [value()] });
  await tried("PutSecretValue", { SecretId: "app/db", SecretString: { nested: value() } });
  await tried("PutSecretValue", {
    SecretId: "app/db",
    SecretString: value(),
    SecretBinary: value(),
  });
  await tried("PutSecretValue", { SecretId: value(), SecretString: value() });
  await tried("CreateSecret", { Name: `${value()} !`, SecretString: value() });
  await tried("CreateSecret", { Name: "x", ClientRequestToken: value(), SecretString: value() });
  await tried("UpdateSecretVersionStage", { SecretId: "app/db", MoveToVersionId: value() });
  await tried("DeleteSecret", { SecretId: "app/db", RecoveryWindowInDays: value() });
  await tried("RotateSecret", {
    SecretId: "app/db",
    ClientRequestToken: randomUUID(),
    RotationLambdaARN: `https://user:${value()}@example.com/${value()}`,
  });
  await tried("PutResourcePolicy", { SecretId: "app/db", ResourcePolicy: `{"${value()}":1}` });
  await tried("ReplicateSecretToRegions", {
    SecretId: "app/db",
    AddReplicaRegions: [{ Region: value() }],
  });
  await tried("ListSecrets", {
    NextToken: value(),
    Filters: [{ Key: value(), Values: [value()] }],
  });
  await tried(value(), { [value()]: value() });
  await send({
    service: "secretsmanager",
    headers: json("GetSecretValue"),
    body: `{"SecretId":"${value()}`,
  });
  await send({
    service: "secretsmanager",
    headers: { ...json("PutSecretValue"), "content-encoding": "gzip" },
    body: gzipSync(JSON.stringify({ SecretId: value(), SecretString: value() })),
  });
  await send({
    service: "secretsmanager",
    headers: { "content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor" },
    path: `/service/secretsmanager/operation/${value()}`,
    body: encodeCbor({ SecretId: value() }),
  });
  await send({
    service: "cloudtrail",
    headers: {
      ...json(""),
      "x-amz-target": "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents",
    },
    body: JSON.stringify({ NextToken: value(), EventCategory: value() }),
  });
  // Unsigned, and signed with anything.
  await post(
    "/",
    { ...json("GetSecretValue"), authorization: value() },
    `{"SecretId":"${value()}"}`,
  );
  await post(
    "/",
    {
      ...json("GetSecretValue"),
      authorization: `AWS4-HMAC-SHA256 Credential=${value()}/20261121/${value()}/secretsmanager/aws4_request, SignedHeaders=host;${value()}, Signature=${value()}`,
      "x-amz-security-token": value(),
      "x-amz-date": value(),
    },
    "{}",
  );
  await post(
    `/?Action=${value()}&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=${value()}&X-Amz-Security-Token=${value()}&X-Amz-Credential=${value()}`,
    {},
    "",
  );
}

/** What has the form of what belongs there, and is none of it. */
async function sendLookalikes(): Promise<void> {
  const long = (): string => `${value()}${value()}`;
  const key = await form("iam", { Action: "CreateAccessKey", UserName: "app" });
  const stranger = {
    accessKeyId: /<AccessKeyId>([^<]+)/.exec(key.text)?.[1] ?? "",
    secretAccessKey: secretIn(key.text, "SecretAccessKey"),
  };
  for (const as of [owner, stranger]) {
    await tried("GetSecretValue", { SecretId: value() }, as);
    await tried("BatchGetSecretValue", { SecretIdList: ["app/db", value()] }, as);
    const SecretId = "app/db";
    await tried("GetSecretValue", { SecretId, VersionId: long() }, as);
    await tried("GetSecretValue", { SecretId, VersionStage: value() }, as);
    for (const member of ["MoveToVersionId", "RemoveFromVersionId"]) {
      const moving = { SecretId, VersionStage: "AWSCURRENT", [member]: long() };
      await tried("UpdateSecretVersionStage", moving, as);
    }
    await tried("UpdateSecretVersionStage", { SecretId, VersionStage: value() }, as);
    await tried("UpdateSecret", { SecretId, KmsKeyId: value() }, as);
    for (const Key of ["description", "all"]) {
      await tried("ListSecrets", { Filters: [{ Key, Values: [text()] }] }, as);
      await tried("BatchGetSecretValue", { Filters: [{ Key, Values: [text()] }] }, as);
    }
    for (const RotationLambdaARN of [
      value(),
      `keytrail:${value()}`,
      `https://hooks.example.com/${value()}`,
      `https://hooks.example.com/?token=${value()}`,
      `https://hooks.example.com/rotate#${value()}`,
      `https://${value()}@hooks.example.com/`,
      `http://hooks.example.com/${value()}`,
    ]) {
      const ClientRequestToken = randomUUID();
      await tried("RotateSecret", { SecretId, ClientRequestToken, RotationLambdaARN }, as);
    }
  }
  // The one half of an access key where the other belongs.
  const { secretAccessKey } = stranger;
  await tried("ListSecrets", {}, { ...owner, accessKeyId: secretAccessKey });
  await form("sts", { Action: "GetAccessKeyInfo", AccessKeyId: secretAccessKey });
  for (const Action of ["GetAccessKeyLastUsed", "DeleteAccessKey"]) {
    await form("iam", { Action, UserName: "app", AccessKeyId: secretAccessKey });
  }
  for (const Action of ["GetUser", "GetRole", "ListAccessKeys", "DeleteRole"]) {
    await form("iam", { Action, UserName: value(), RoleName: value() });
    await form("iam", { Action, [Action.endsWith("Role") ? "RoleName" : "UserName"]: value() });
  }
}

beforeAll(async () => {
  folder = temporaryFolder();
  server = await RunningServer.start(folder);
  owner = await ownersKey(server);
  canaries.add(server.bootstrap.api_key, owner.secretAccessKey);
  await keepValues();
  await openSessions();
  await sendNonsense();
  await sendLookalikes();
}, 120_000);

afterAll(async () => {
  await server?.kill();
  removeFolder(folder);
});

describe("what is secret on AWS's wire", () => {
  it("is not repeated by an error, a header or the metrics", async () => {
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(answers.length).toBeGreaterThan(60);
    expect(canaries.found([...answers, metrics].join("\n"))).toEqual([]);
  });

  it("is not printed by the server, but for the first key that it shows once", async () => {
    expect(await server.stop()).toBe(0);
    const { api_key: apiKey } = server.bootstrap;
    expect(canaries.found(server.printed().replaceAll(apiKey, ""))).toEqual([]);
  });

  it("was really kept, and is much", () => {
    expect(canaries.size).toBeGreaterThan(60);
    const state = readFileSync(join(folder, "state", "state.db")).toString("latin1");
    expect(canaries.found(state, ["text"]).length).toBeGreaterThan(0);
  });

  it("does not stand in the ledger, the index, the counters or any key file", () => {
    const isKept = (path: string): boolean =>
      !path.includes(`${join(folder, "state")}/state.db`) && !path.endsWith("bootstrap.json");
    expect(filesUnder(folder).filter(isKept).length).toBeGreaterThan(8);
    expect(canaries.foundIn(folder, isKept)).toEqual([]);
  });

  it("does not stand in the state in plain", () => {
    expect(canaries.foundIn(join(folder, "state"), () => true, ["value"])).toEqual([]);
  });
});
