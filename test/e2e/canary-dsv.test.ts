/**
 * Nothing secret in the record, by DSV's wire: data and attributes, passwords, client secrets, refresh tokens, bootstrap
 * addresses, private keys, what is encrypted and what it was; in the fields they belong in and in those they do not. Then
 * everything that the server has stored, printed or answered in error is searched for all of them (invariant 5).
 */
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  DsvWire,
  type WireAnswer,
  type WireMethod,
  type WireOptions,
} from "../clients/dsv-wire.ts";
import { Canaries, filesUnder } from "../support/canaries.ts";
import { removeFolder, RunningServer, temporaryFolder, tokenOf } from "./running-server.ts";

const canaries = new Canaries();
const value = (): string => canaries.value();
const text = (): string => canaries.text();

let folder: string;
let server: RunningServer;
let wire: DsvWire;
/** What was answered in error. */
const answers: string[] = [];
const kept: string[] = [];

/** Whatever comes of it. */
async function tried(
  method: WireMethod,
  path: string,
  options: WireOptions = {},
): Promise<WireAnswer> {
  const answer = await wire.call(method, path, options);
  if (answer.status >= 400) answers.push(answer.text);
  return answer;
}

async function done(
  method: WireMethod,
  path: string,
  options: WireOptions = {},
): Promise<WireAnswer> {
  const answer = await tried(method, path, options);
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
  kept.push(`${method} ${path}`);
  return answer;
}

async function keepValues(): Promise<void> {
  const body = {
    Data: { password: value(), nested: { deep: [value()] } },
    Attributes: { note: text() },
    Description: text(),
  };
  for (const path of ["/secrets/app:db", "/home/users:admin@keytrail.local/own"]) {
    await done("POST", path, { body });
    await done("PUT", path, {
      body: { data: { password: value() }, attributes: { note: text() } },
    });
    await done("PUT", path, { body: { data: { only: value() }, overwrite: true } });
    await done("GET", path);
    await done("GET", `${path}/version/0`);
    await done("PUT", `${path}/rollback/0`);
    await done("GET", `${path}::description`);
    await tried("POST", path, { body: { data: { password: value() } } });
  }
  await done("GET", `/secrets?searchTerm=${text()}`);
  await done(
    "GET",
    `/secrets?searchTerm=${text()}&search.field=attributes.note&search.comparison=equal`,
  );
}

async function logIn(): Promise<void> {
  const password = `${value()}-Aa1!`;
  await done("POST", "/users/", { body: { userName: "bob", displayName: "Bob", password } });
  const login = await done("POST", "/token", {
    body: new URLSearchParams({ grant_type: "password", username: "bob", password }),
    token: null,
  });
  const { accessToken, refreshToken } = login.body;
  canaries.add(accessToken, refreshToken);
  const next = `${value()}-Bb2!`;
  await done("POST", "/users/bob/password", {
    body: { currentPassword: password, newPassword: next },
  });
  await tried("POST", "/token", {
    body: { grant_type: "password", username: "bob", password: value() },
    token: null,
  });
  await tried("POST", "/token", {
    body: { grant_type: "password", username: value(), password: value() },
    token: null,
  });
  await tried("POST", "/token", { body: { grant_type: value(), [value()]: value() }, token: null });
  const again = await done("POST", "/token", {
    body: { grant_type: "password", username: "bob", password: next },
    token: null,
  });
  canaries.add(again.body.accessToken, again.body.refreshToken);
  const refreshed = await done("POST", "/token", {
    body: { grant_type: "refresh_token", refresh_token: again.body.refreshToken },
    token: null,
  });
  canaries.add(refreshed.body.accessToken);
  await done("POST", `/revoke/${again.body.refreshToken}`);
  await tried("POST", `/revoke/${again.body.refreshToken}`);
  await tried("POST", `/revoke/${value()}`);
  await tried("POST", `/revoke/${value()}`, { token: null });
  await tried("POST", `/revoke/${value()}/${value()}`);
  await tried("POST", "/token", {
    body: { grant_type: "refresh_token", refresh_token: value() },
    token: null,
  });
  await tried("GET", "/secrets/app:db", { token: value() });
  await tried("GET", "/secrets/app:db", { token: `Bearer ${value()}` });
  await tried("GET", "/secrets/app:db", { token: `Basic ${value()}` });
}

async function makeClients(): Promise<void> {
  await done("POST", "/roles/", { body: { name: "ci", description: text() } });
  const client = await done("POST", "/clients", {
    body: { role: "ci", description: text(), usesLimit: 3 },
  });
  const { clientId, clientSecret } = client.body;
  canaries.add(clientSecret);
  const login = await done("POST", "/token", {
    body: { grant_type: "client_credentials", client_id: clientId, client_secret: clientSecret },
    token: null,
  });
  canaries.add(login.body.accessToken);
  for (const client_id of [clientId, value()]) {
    const body = { grant_type: "client_credentials", client_id, client_secret: value() };
    await tried("POST", "/token", { body, token: null });
  }
  const byUrl = await done("POST", "/clients", { body: { role: "ci", url: true, urlTTL: 60 } });
  const bootstrap = String(byUrl.body.urlPath)
    .replace(/^.*?\/v1(?=\/)/, "")
    .replace(/^(?!\/)/, "/");
  // What of the address cannot be guessed.
  canaries.add(
    bootstrap
      .replace(String(byUrl.body.clientId), "")
      .split("/")
      .at(-1)
      ?.replace(/^[^A-Za-z0-9]+/, ""),
  );
  const redeemed = await done("GET", bootstrap, { token: null });
  canaries.add(redeemed.body.clientSecret);
  await tried("GET", bootstrap, { token: null });
  await tried("GET", `/clients/bootstrap/${value()}`, { token: null });
}

async function encrypt(): Promise<void> {
  await done("POST", "/crypto/key/app", { body: {} });
  const encrypted = await done("POST", "/crypto/encrypt", {
    body: { path: "app", plaintext: value() },
  });
  const { ciphertext, version } = encrypted.body;
  canaries.add(String(ciphertext).slice(8, 60));
  await done("POST", "/crypto/decrypt", { body: { path: "app", ciphertext, version } });
  const rotated = await done("POST", "/crypto/rotate", { body: { path: "app", ciphertext } });
  canaries.add(String(rotated.body.ciphertext).slice(8, 60));
  await tried("POST", "/crypto/decrypt", { body: { path: "app", ciphertext: value() } });
  await tried("POST", `/crypto/encrypt?path=app&plaintext=${value()}`);
  await tried("POST", "/crypto/encrypt", { body: { path: "app", [value()]: value() } });
  const privateKey = randomBytes(32).toString("base64");
  canaries.add(privateKey.slice(0, 40));
  const manual = { scheme: "symmetric", privateKey, nonce: randomBytes(12).toString("base64") };
  await done("POST", "/crypto/manual/key/own", { body: manual });
  await done("POST", "/crypto/manual/encrypt", { body: { path: "own", plaintext: value() } });
  await tried("POST", "/crypto/manual/key/other", { body: { ...manual, privateKey: value() } });
}

async function certify(): Promise<void> {
  const root = { rootCAPath: "ca/root", commonName: "Root", domains: ["example.com"], maxTTL: 100 };
  const made = await done("POST", "/pki/root", { body: root });
  canaries.add(...keysIn(made.body.privateKey));
  const leaf = {
    rootCAPath: "ca/root",
    commonName: "www.example.com",
    ttl: 10,
    storePath: "ca/leaf",
  };
  const issued = await done("POST", "/pki/leaf", { body: leaf });
  canaries.add(...keysIn(issued.body.privateKey));
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
  const pem = privateKey.export({ type: "pkcs8", format: "pem" });
  canaries.add(...keysIn(Buffer.from(pem).toString("base64")));
  const other = {
    rootCAPath: "ca/other",
    privateKey: Buffer.from(pem).toString("base64"),
    maxTTL: 10,
    domains: ["a.com"],
  };
  await tried("POST", "/pki/register", { body: { ...other, certificate: made.body.certificate } });
  await tried("POST", "/pki/sign", { body: { rootCAPath: "ca/root", csr: value(), ttl: 1 } });
  await tried("POST", "/certificate/auth", { body: { client_certificate: value() }, token: null });
}

/** Two lines out of the middle of a private key. */
function keysIn(base64: unknown): string[] {
  const lines = Buffer.from(String(base64), "base64").toString("utf8").split("\n");
  return [lines[5] ?? "", lines[9] ?? ""];
}

async function configure(): Promise<void> {
  const properties = {
    baseUri: "https://idp.example.com",
    clientId: "keytrail",
    clientSecret: value(),
  };
  await done("POST", "/config/auth/", { body: { name: "okta", type: "oidc", properties } });
  await done("PUT", "/config/auth/okta", {
    body: { type: "oidc", properties: { ...properties, clientSecret: value() } },
  });
  await done("GET", "/config/auth/okta");
  await tried("POST", "/config/auth/", {
    body: { name: "aws", type: value(), properties: { [value()]: value() } },
  });
  const siem = {
    name: "s",
    siemType: "json",
    host: "siem.example.com",
    port: 443,
    protocol: "https",
    endpoint: "/x",
  };
  const authorized = { ...siem, loggingFormat: "json", authMethod: "token", auth: value() };
  await done("POST", "/config/siem", { body: authorized });
  await done("GET", "/config/siem/s");
  await tried("POST", "/config/siem", { body: { ...authorized, name: "t", siemType: value() } });
  await done("POST", "/pools/", { body: { name: "p" } });
  const engine = await done("POST", "/engines/", { body: { name: "e", poolName: "p" } });
  canaries.add(
    String(engine.body.privateKey)
      .split("\n")
      .find((line) => line.length > 40 && !line.startsWith("-")),
  );
  for (const policy of [
    `{"${value()}":`,
    value(),
    JSON.stringify({ permissionDocument: [{ subjects: [value()], [value()]: value() }] }),
  ]) {
    await tried("POST", "/config/policies/", {
      body: { path: "secrets:a", policy, serialization: "json" },
    });
    await tried("POST", "/config", { body: { Config: policy, Serialization: "yaml" } });
  }
}

/** Secrets where none belongs. */
async function sendNonsense(): Promise<void> {
  await tried("POST", "/secrets/x", { body: { data: value() } });
  await tried("POST", "/secrets/x", { body: { data: { a: value() }, [value()]: value() } });
  await tried("POST", "/secrets/x", { body: { description: [value()], data: {} } });
  await tried("PUT", "/secrets/app:db", { body: { data: [value()], overwrite: value() } });
  await tried("GET", `/secrets/app:db/version/${value()}`);
  await tried("PUT", `/secrets/app:db/rollback/${value()}`);
  await tried("GET", `/secrets/app:db?id=${value()}`);
  await tried("GET", `/secrets?limit=${value()}&cursor=${value()}&${value()}=${value()}`);
  await tried("POST", "/users/", {
    body: { userName: `${value()} ${value()}`, password: value() },
  });
  await tried("POST", "/users/", {
    body: { userName: "eve", password: value(), displayName: { a: value() } },
  });
  await tried("POST", "/groups/", { body: { groupName: `${value()}\n` } });
  await tried("POST", "/token", { body: { password: value() }, token: null });
  await tried("GET", `/audit?startDate=${value()}&cursor=${value()}&sort=${value()}`);
  await tried("POST", `/${value()}`, { body: { [value()]: value() } });
  await tried("GET", "/secrets/app:db", {
    headers: { "x-vault-token": value(), cookie: `a=${value()}` },
  });
}

beforeAll(async () => {
  folder = temporaryFolder();
  server = await RunningServer.start(folder);
  const { api_key: apiKey } = server.bootstrap;
  wire = new DsvWire(server.url, await tokenOf(server.url, apiKey));
  canaries.add(apiKey, wire.token);
  await keepValues();
  await logIn();
  await makeClients();
  await encrypt();
  await certify();
  await configure();
  await sendNonsense();
}, 120_000);

afterAll(async () => {
  await server?.kill();
  removeFolder(folder);
});

describe("what is secret on DSV's wire", () => {
  it("is not repeated by an error or the metrics, nor shown by the trail", async () => {
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(answers.length).toBeGreaterThan(40);
    expect(canaries.found([...answers, metrics].join("\n"))).toEqual([]);
    for (const path of [
      "/audit?limit=1000",
      "/config/auth/okta",
      "/config/siem/s",
      "/config/siem",
      "/clients",
    ]) {
      const answer = await wire.call("GET", path);
      expect([path, answer.status, canaries.found(answer.text, ["value"])]).toEqual([
        path,
        200,
        [],
      ]);
    }
  });

  it("is not printed by the server, but for the first key that it shows once", async () => {
    expect(await server.stop()).toBe(0);
    const { api_key: apiKey } = server.bootstrap;
    expect(canaries.found(server.printed().replaceAll(apiKey, ""))).toEqual([]);
  });

  it("was really kept, and is much", () => {
    expect(kept.length).toBeGreaterThan(40);
    expect(canaries.size).toBeGreaterThan(90);
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
