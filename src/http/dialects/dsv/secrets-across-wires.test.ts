/** One core: what one wire does with secrets, the others see. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { renderDsv } from "../../../audit/render/dsv.ts";
import { toBase64 } from "../../../kernel/bytes.ts";
import { AwsServer } from "../aws/testing/aws-server.ts";
import { DsvServer } from "./testing/dsv-server.ts";
import { PkiWire, unwrapped } from "./testing/pki-wire.ts";

let server: DsvServer;
let aws: AwsServer;
let region: string;

beforeEach(async () => {
  server = await DsvServer.open();
  aws = await AwsServer.over(server.http);
  const [first] = await server.app.state.read(({ identity }) => identity.instances(server.account));
  region = first?.region ?? "";
});
afterEach(() => server.close());

const byAws = (action: string, members: object) => aws.secrets(action, members, { region });
const byIbm = (method: "GET" | "POST" | "DELETE", path: string, payload?: object) =>
  server.http.send({
    method,
    url: `/api/v2/${path}`,
    authorization: `Bearer ${server.admin.token}`,
    ...(payload ? { payload, type: "application/json" } : {}),
  });
const data = async (path: string) => (await server.call("GET", `/secrets/${path}`)).body.data;

const KV = { secret_type: "kv", name: "team-db", data: { user: "u", deep: { a: [1] } } };
const PASSWORD = {
  secret_type: "username_password",
  name: "login",
  username: "ada",
  password: "pass-1-word",
};

describe("what DSV's wire makes", () => {
  beforeEach(async () => {
    const body = { data: { a: "1", b: "2" }, attributes: { env: "prod" }, description: "told" };
    await server.call("POST", "/secrets/us-east/db", { body });
  });

  it("is a kv secret to IBM's and AWS's", async () => {
    const { id } = (await server.call("GET", "/secrets/us-east/db")).body;
    const ibm = await byIbm("GET", `secrets/${id}`);
    expect(ibm.body).toMatchObject({
      name: "us-east/db",
      secret_type: "kv",
      data: { a: "1", b: "2" },
      custom_metadata: { env: "prod" },
      description: "told",
    });
    const { body } = await byAws("GetSecretValue", { SecretId: "us-east/db" });
    expect(JSON.parse(body.SecretString)).toEqual({ a: "1", b: "2" });
  });

  it("has the values that AWS's gives it, and all versions of before", async () => {
    for (const a of ["2", "3", "4"]) {
      await byAws("PutSecretValue", { SecretId: "us-east/db", SecretString: `{"a":"${a}"}` });
    }
    const { body } = await server.call("GET", "/secrets/us-east/db");
    expect(body).toMatchObject({ version: "3", data: { a: "4" } });
    expect(body.lastModifiedBy).toBe("users:manager@example.com");
    const old = await server.call("GET", "/secrets/us-east/db/version/0");
    expect(old.body.data[1]).toMatchObject({ version: "0", data: { a: "1", b: "2" } });
  });

  it("waits to be deleted to all of them, and AWS's takes that back", async () => {
    await server.call("DELETE", "/secrets/us-east/db");
    const { id } = await byAws("DescribeSecret", { SecretId: "us-east/db" }).then(({ events }) => ({
      id: events[0]?.requestData["id"] as string,
    }));
    expect((await byAws("GetSecretValue", { SecretId: "us-east/db" })).error).toBe(
      "InvalidRequestException",
    );
    expect((await byIbm("GET", `secrets/${id}`)).status).toBeGreaterThanOrEqual(400);
    await byAws("RestoreSecret", { SecretId: "us-east/db" });
    expect(await data("us-east/db")).toEqual({ a: "1", b: "2" });
  });
});

describe("what the others make", () => {
  it("is read by its name, as the parts it has", async () => {
    await byIbm("POST", "secrets", KV);
    await byIbm("POST", "secrets", PASSWORD);
    await byAws("CreateSecret", { Name: "app/json", SecretString: '{"k":"v"}' });
    await byAws("CreateSecret", { Name: "app/text", SecretString: "plain" });
    const bytes = Buffer.from([0, 255, 1]).toString("base64");
    await byAws("CreateSecret", { Name: "app/bytes", SecretBinary: bytes });
    expect(await data("team-db")).toEqual(KV.data);
    expect(await data("login")).toEqual({ username: "ada", password: "pass-1-word" });
    expect(await data("app:json")).toEqual({ k: "v" });
    expect(await data("app:text")).toEqual({ value: "plain" });
    expect(await data("app:bytes")).toEqual({ value: bytes, encoding: "base64" });
  });

  it("takes new members, each in the way of its type", async () => {
    await byIbm("POST", "secrets", PASSWORD);
    await byAws("CreateSecret", { Name: "text", SecretString: "plain" });
    await byAws("CreateSecret", { Name: "json", SecretString: '{"k":"v","value":"x"}' });
    const put = (path: string, given: object) =>
      server.call("PUT", `/secrets/${path}`, { body: { data: given } });
    expect((await put("login", { password: "other-2-word" })).status).toBe(200);
    expect((await put("login", { more: "x" })).body).toMatchObject({ code: 400 });
    expect(await data("login")).toEqual({ username: "ada", password: "other-2-word" });
    await put("text", { value: "other" });
    await put("json", { value: "y" });
    const texts = ["text", "json"].map((id) => byAws("GetSecretValue", { SecretId: id }));
    expect((await Promise.all(texts)).map(({ body }) => body.SecretString)).toEqual([
      "other",
      '{"k":"v","value":"y"}',
    ]);
    await server.call("PUT", "/secrets/text/rollback/0");
    expect((await byAws("GetSecretValue", { SecretId: "text" })).body.SecretString).toBe("plain");
  });

  it("of bytes stays that when they are given back", async () => {
    const [before, after] = [Buffer.from([0, 255, 1]), Buffer.from([254])].map(toBase64);
    await byAws("CreateSecret", { Name: "bytes", SecretBinary: before });
    const value = async () => (await byAws("GetSecretValue", { SecretId: "bytes" })).body;
    const body = { data: await data("bytes"), overwrite: true };
    await server.call("PUT", "/secrets/bytes", { body });
    expect(await value()).toMatchObject({ SecretBinary: before });
    await server.call("PUT", "/secrets/bytes", { body: { data: { value: after } } });
    expect(await value()).toMatchObject({ SecretBinary: after });
    await server.call("PUT", "/secrets/bytes", { body: { data: { value: "no such bytes" } } });
    expect(await value()).toMatchObject({ SecretString: expect.stringContaining("no such bytes") });
  });

  it("tells whoever overwrites a password and may not read no user name", async () => {
    await byIbm("POST", "secrets", PASSWORD);
    const as = await server.user("writer@example.com");
    const permissions = [{ subjects: ["users:writer@example.com"], actions: ["update"] }];
    const policy = JSON.stringify({ permissionDocument: permissions });
    const body = { path: "secrets", policy, serialization: "json" };
    await server.call("POST", "/config/policies", { body });
    const overwritten = async (given: object, by?: typeof as) => {
      const asked = { body: { data: given, overwrite: true }, ...(by && { as: by }) };
      const { status, body: answer, events } = await server.call("PUT", "/secrets/login", asked);
      expect(status).toBe(200);
      return [answer.data, events.map(({ operation }) => operation)];
    };
    const password = "other-2-word";
    expect(await overwritten({ password }, as)).toEqual([undefined, ["secret.update"]]);
    const whole = { username: "ada", password };
    expect(await overwritten(whole, as)).toEqual([whole, ["secret.update"]]);
    expect(await overwritten({ password })).toEqual([whole, ["secret.update", "secret.read"]]);
  });

  it("of a type that makes its values is not rolled back", async () => {
    const pki = new PkiWire(server);
    await pki.root();
    const { certificate, privateKey } = (await pki.leaf({})).body;
    const brought = { certificate: unwrapped(certificate), private_key: unwrapped(privateKey) };
    await byIbm("POST", "secrets", { secret_type: "imported_cert", name: "cert", ...brought });
    expect(await data("cert")).toHaveProperty("certificate");
    const refused = await server.call("PUT", "/secrets/cert/rollback/0");
    expect(refused).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining("once more") },
    });
    expect(refused.record).toMatchObject({ path: "secrets:cert:rollback:0", status: 400 });
  });

  it("keeps its name: of any type, nothing else comes under it", async () => {
    await byIbm("POST", "secrets", PASSWORD);
    const refused = await server.call("POST", "/secrets/login", { body: { data: {} } });
    expect(refused.body.message).toBe("error creating secret, secret at path already exists");
  });

  it("is called by its id where several have the name", async () => {
    await byIbm("POST", "secrets", PASSWORD);
    const { body: kv } = await byIbm("POST", "secrets", { ...KV, name: "login" });
    const { status, body } = await server.call("GET", "/secrets/login");
    expect(status).toBe(400);
    expect(body.message).toBe(
      "several secrets, of different types, are at path; use the id of one",
    );
    expect(await data(kv.id)).toEqual(KV.data);
  });

  it("whose value has been given up tells that by 404", async () => {
    const { body } = await byIbm("POST", "secrets", KV);
    for (const a of ["1", "2"]) {
      await server.call("PUT", `/secrets/${body.id}`, { body: { data: { a } } });
    }
    expect((await server.call("GET", "/secrets/team-db/version/1")).status).toBe(200);
    for (const [method, verb] of [
      ["GET", "version"],
      ["PUT", "rollback"],
    ] as const) {
      const gone = await server.call(method, `/secrets/team-db/${verb}/0`);
      expect([gone.status, gone.record?.status]).toEqual([404, 404]);
    }
  });
});

it("acts on secrets are found by each wire's own names for them", async () => {
  await byIbm("POST", "secrets", KV);
  await byAws("GetSecretValue", { SecretId: "team-db" });
  const [byOthers] = server.app.events().slice(-1);
  expect(byOthers && renderDsv(byOthers)).toMatchObject({
    path: "secrets:team-db",
    action: "GET",
    principal: "users:manager@example.com",
  });
  const { events } = await server.call("GET", "/secrets/team-db");
  expect(events[0]).toMatchObject({ action: "secrets-manager.secret.read", dialect: "dsv" });
});
