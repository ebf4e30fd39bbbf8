/**
 * Nothing secret in the record, of every type of secret and configuration: private keys given and made, keys of CSRs,
 * minted credentials, payloads and errors of runners, accounts' keys, tokens of logins; in the fields they belong in and
 * in those they do not. Then everything that the server has stored, printed, sent as a notice or answered in error is
 * searched for all of them (invariant 5).
 */
import { execFileSync } from "node:child_process";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Canaries, filesUnder } from "../support/canaries.ts";
import { removeFolder, RunningServer, temporaryFolder, tokenOf } from "./running-server.ts";

const NOTIFICATIONS_CRN =
  "crn:v1:bluemix:public:event-notifications:us-south:a/0123456789abcdef0123456789abcdef:0a1b2c3d-0000-4000-8000-000000000001::";
/** Lines of a PEM that are looked for: its first says what kind of key it is, and is in every such key. */
const KEY_LINES = 4;

const canaries = new Canaries();
const value = (): string => canaries.value();
const text = (): string => canaries.text();

let folder: string;
let workshop: string;
let server: RunningServer;
let receiver: Server;
let admin: string;
/** What was answered in error, and every header. */
const answers: string[] = [];
const notices: string[] = [];

// oxlint-disable-next-line typescript/no-explicit-any -- bodies are compared, not trusted
type Json = any;

interface Sent {
  readonly status: number;
  readonly body: Json;
}

async function send(
  line: string,
  body?: unknown,
  more: Readonly<Record<string, string>> = {},
): Promise<Sent> {
  const [method = "", path = ""] = line.split(" ");
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${admin}`,
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      ...more,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = await response.text();
  answers.push(JSON.stringify([...response.headers]));
  if (response.status >= 400) answers.push(answer);
  let parsed: Json = answer;
  try {
    parsed = JSON.parse(answer);
  } catch {
    // Not JSON: what it is, a test of that call says.
  }
  return { status: response.status, body: parsed };
}

async function done(line: string, body?: unknown): Promise<Json> {
  const sent = await send(line, body);
  if (sent.status >= 300) throw new Error(`${line}: ${sent.status} ${JSON.stringify(sent.body)}`);
  return sent.body;
}

/** The lines of a key that no other key has. */
function addKey(pem: string): void {
  const lines = pem.split("\n").filter((line) => line.length > 40 && !line.startsWith("-"));
  if (lines.length < 2) throw new Error("that is no key in PEM");
  canaries.add(...lines.slice(1, 1 + KEY_LINES));
}

function openssl(command: string): string {
  return execFileSync("openssl", command.split(" "), {
    cwd: workshop,
    encoding: "utf8",
    stdio: "pipe",
  });
}

/** A key and a certificate for it, made elsewhere. */
function foreignCertificate(name: string): { readonly key: string; readonly certificate: string } {
  openssl(
    `req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=${name} -keyout ${name}.key -out ${name}.pem`,
  );
  const read = (file: string): string => readFileSync(join(workshop, file), "utf8");
  const key = read(`${name}.key`);
  addKey(key);
  return { key, certificate: read(`${name}.pem`) };
}

async function keepCertificates(): Promise<void> {
  const { key, certificate } = foreignCertificate("imported.example.com");
  const imported = await done("POST /api/v2/secrets", {
    name: "imported",
    secret_type: "imported_cert",
    description: text(),
    certificate,
    private_key: key,
  });
  const other = foreignCertificate("other.example.com");
  await send(`POST /api/v2/secrets/${imported.id}/versions`, {
    certificate,
    private_key: other.key,
  });
  await done(`POST /api/v2/secrets/${imported.id}/versions`, {
    certificate: other.certificate,
    private_key: other.key,
  });
  await send("POST /api/v2/secrets", {
    name: "mistaken",
    secret_type: "imported_cert",
    certificate: key,
    intermediate: key,
    private_key: value(),
  });
  const managed = await done("POST /api/v2/secrets", {
    name: "managed",
    secret_type: "imported_cert",
    managed_csr: { common_name: "managed.example.com", key_type: "rsa", key_bits: 2048 },
  });
  expect(JSON.stringify(managed)).not.toContain("PRIVATE KEY");

  await done("POST /api/v2/configurations", {
    config_type: "private_cert_configuration_root_ca",
    name: "top",
    common_name: "Root CA",
    max_ttl: "8760h",
  });
  await done("POST /api/v2/configurations", {
    config_type: "private_cert_configuration_intermediate_ca",
    name: "servers-ca",
    common_name: "Servers CA",
    signing_method: "internal",
    issuer: "top",
    max_ttl: "4380h",
    key_type: "ec",
    key_bits: 256,
  });
  await done("POST /api/v2/configurations", {
    config_type: "private_cert_configuration_template",
    name: "servers",
    certificate_authority: "servers-ca",
    allow_any_name: true,
    enforce_hostnames: false,
  });
  const leaf = await done("POST /api/v2/secrets", {
    name: "leaf",
    secret_type: "private_cert",
    certificate_template: "servers",
    common_name: "leaf.example.com",
  });
  addKey(leaf.private_key);
  addKey((await done(`POST /api/v2/secrets/${leaf.id}/versions`, {})).private_key);
  await send("POST /api/v2/configurations/top/actions", {
    action_type: "private_cert_configuration_action_sign_csr",
    csr: key,
    common_name: "x",
  });
  await send("POST /api/v2/configurations", {
    config_type: "private_cert_configuration_root_ca",
    name: "mistaken",
    common_name: "x",
    max_ttl: value(),
    private_key: key,
  });
}

async function orderCertificates(): Promise<void> {
  const account = foreignCertificate("account.example.com");
  await done("POST /api/v2/configurations", {
    config_type: "public_cert_configuration_ca_lets_encrypt",
    name: "acme",
    lets_encrypt_environment: "staging",
    lets_encrypt_private_key: account.key,
  });
  await done("POST /api/v2/configurations", {
    config_type: "public_cert_configuration_dns_cloud_internet_services",
    name: "cis",
    cloud_internet_services_apikey: value(),
    cloud_internet_services_crn:
      "crn:v1:bluemix:public:internet-svcs:global:a/0123456789abcdef0123456789abcdef:0a1b2c3d-0000-4000-8000-000000000003::",
  });
  await done("POST /api/v2/configurations", {
    config_type: "public_cert_configuration_dns_classic_infrastructure",
    name: "classic",
    classic_infrastructure_username: "somebody",
    classic_infrastructure_password: value(),
  });
  for (const name of ["acme", "cis", "classic"]) {
    const shown = JSON.stringify(await done(`GET /api/v2/configurations/${name}`));
    expect(canaries.found(shown)).toEqual([]);
  }
  await done("POST /api/v2/secrets", {
    name: "public",
    secret_type: "public_cert",
    common_name: "public.example.com",
    ca: "acme",
    dns: "cis",
  });
}

async function mintCredentials(): Promise<void> {
  await send("POST /api/v2/configurations", {
    config_type: "iam_credentials_configuration",
    name: "mistaken",
    api_key: value(),
  });
  await done("POST /api/v2/configurations", {
    config_type: "iam_credentials_configuration",
    name: "engine",
    api_key: server.bootstrap.api_key,
  });
  const group = await done(`POST /v2/groups?account_id=${server.bootstrap.account_id}`, {
    name: "readers",
  });
  const body = { secret_type: "iam_credentials", ttl: "1h", access_groups: [group.id] };
  const reused = await done("POST /api/v2/secrets", {
    ...body,
    name: "reused",
    reuse_api_key: true,
  });
  canaries.add(reused.api_key);
  canaries.add((await done(`POST /api/v2/secrets/${reused.id}/versions`, {})).api_key);
  const fresh = await done("POST /api/v2/secrets", {
    ...body,
    name: "fresh",
    reuse_api_key: false,
  });
  for (let readings = 0; readings < 2; readings++) {
    canaries.add((await done(`GET /api/v2/secrets/${fresh.id}`)).api_key);
  }
  const service = await done("POST /api/v2/secrets", {
    name: "service",
    secret_type: "service_credentials",
    source_service: {
      instance: { crn: server.bootstrap.instance_crn },
      role: { crn: "crn:v1:bluemix:public:iam::::serviceRole:Reader" },
    },
  });
  canaries.add(service.credentials.apikey);
  canaries.add(await tokenOf(server.url, service.credentials.apikey));
  const login = await send("PUT /v1/auth/ibmcloud/login", { token: admin }, { Authorization: "" });
  canaries.add(login.body.auth.client_token);
  await send("PUT /v1/auth/ibmcloud/login", { token: value(), [value()]: value() });
  await done(`DELETE /api/v2/secrets/${reused.id}`);
}

async function runTasks(): Promise<void> {
  const [, claims = ""] = admin.split(".");
  const { iam_id: subject } = JSON.parse(Buffer.from(claims, "base64url").toString());
  await done("POST /trail/v1/policies", { subject, roles: ["SecretTaskUpdater"], resource: {} });
  const key = await done("POST /api/v2/secrets", {
    name: "runner-key",
    secret_type: "arbitrary",
    payload: value(),
  });
  await done("POST /api/v2/configurations", {
    config_type: "custom_credentials_configuration",
    name: "jobs",
    code_engine: {
      job_name: "make-credentials",
      project_id: "0a1b2c3d-0000-4000-8000-000000000002",
      region: "us-south",
    },
    code_engine_key_ref: key.id,
    task_timeout: "10m",
  });
  const secret = await done("POST /api/v2/secrets", {
    name: "saas",
    secret_type: "custom_credentials",
    configuration: "jobs",
    parameters: { hint: text() },
  });
  const tasks = `/api/v2/secrets/${secret.id}/tasks`;
  const [first] = (await done(`GET ${tasks}`)).tasks;
  await send(`PUT ${tasks}/${first.id}`, { status: value(), credentials: value() });
  await done(`PUT ${tasks}/${first.id}`, {
    status: "credentials_created",
    credentials: { id: "account-7", payload: { token: value(), [value()]: value() } },
  });
  await done(`POST /api/v2/secrets/${secret.id}/versions`, {});
  const [second] = (await done(`GET ${tasks}`)).tasks;
  await done(`PUT ${tasks}/${second.id}`, {
    status: "failed",
    errors: [{ code: "E1", description: text() }],
  });
}

/** Secrets where none belongs, in each of the calls that are new with these types. */
async function sendNonsense(): Promise<void> {
  for (const type of [
    "imported_cert",
    "private_cert",
    "public_cert",
    "iam_credentials",
    "service_credentials",
    "custom_credentials",
  ]) {
    await send("POST /api/v2/secrets", { name: value(), secret_type: type, [value()]: value() });
    await send("POST /api/v2/secrets", {
      name: "nonsense",
      secret_type: type,
      certificate_template: value(),
      common_name: value(),
      ca: value(),
      dns: value(),
      configuration: value(),
      ttl: value(),
      access_groups: [value()],
      source_service: { instance: { crn: value() } },
      managed_csr: { common_name: value() },
    });
    await send(`POST /api/v1/secrets/${type}`, { resources: [{ name: value() }], [value()]: 1 });
    await send(`GET /api/v1/secrets/${type}/${value()}`);
  }
  await send("POST /api/v2/configurations", { config_type: value(), name: value() });
  await send("POST /api/v2/configurations", {
    config_type: "iam_credentials_configuration",
    name: value(),
    api_key: value(),
  });
  for (const line of ["GET", "PATCH", "DELETE"]) {
    await send(
      `${line} /api/v2/configurations/${value()}`,
      line === "PATCH" ? { [value()]: value() } : undefined,
    );
  }
  await send(`POST /api/v2/configurations/${value()}/actions`, { action_type: value() });
  await send("GET /api/v2/configurations", undefined, {
    "X-Sm-Accept-Configuration-Type": value(),
  });
  await send("GET /api/v2/configurations/top", undefined, {
    "X-Sm-Accept-Configuration-Type": value(),
  });
  await send(`GET /api/v2/configurations?search=${value()}&sort=${value()}`);
  await send("POST /api/v2/notifications/registration", {
    event_notifications_instance_crn: value(),
    event_notifications_source_name: value(),
  });
  await send(`GET /api/v1/instances/${value()}/endpoints`);
  await send(`GET /v1/ibmcloud/private_cert/ca/${value()}/crl`);
  await send(`GET /v1/ibmcloud/${value()}/secrets/${value()}`, undefined, {
    "X-Vault-Token": value(),
  });
  await send(`PUT /v1/sys/audit/${value()}`, { type: "syslog", options: { [value()]: value() } });
  await send(`PUT /api/v1/config/iam_credentials`, { api_key: value() });
}

beforeAll(async () => {
  receiver = createServer((request, response) => {
    let body = JSON.stringify(request.headers);
    request.on("data", (chunk: Buffer) => (body += chunk.toString("utf8")));
    request.on("end", () => {
      notices.push(body);
      response.end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  const { port } = receiver.address() as AddressInfo;
  workshop = temporaryFolder();
  folder = temporaryFolder();
  server = await RunningServer.start(folder, [
    "--event-notifications",
    `${NOTIFICATIONS_CRN}=http://127.0.0.1:${port}/`,
    // Where no authority answers: an order stays open, with its key.
    "--acme-directory",
    "staging=http://127.0.0.1:9/directory",
  ]);
  admin = await tokenOf(server.url, server.bootstrap.api_key);
  canaries.add(server.bootstrap.api_key, admin);
  await done("POST /api/v2/notifications/registration", {
    event_notifications_instance_crn: NOTIFICATIONS_CRN,
    event_notifications_source_name: "secrets",
  });
  await keepCertificates();
  await orderCertificates();
  await mintCredentials();
  await runTasks();
  await sendNonsense();
}, 120_000);

afterAll(async () => {
  await server?.kill();
  receiver?.close();
  removeFolder(folder);
  removeFolder(workshop);
});

describe("secrets of every type", () => {
  it("are not repeated by an error, a header or the metrics", async () => {
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(answers.length).toBeGreaterThan(60);
    expect(canaries.found([...answers, metrics].join("\n"))).toEqual([]);
  });

  it("are in no notice", async () => {
    await expect.poll(() => notices.length, { timeout: 10_000 }).toBeGreaterThan(10);
    expect(canaries.found(notices.join("\n"))).toEqual([]);
  });

  it("are not printed by the server, but for the first key that it shows once", () => {
    const { api_key: apiKey } = server.bootstrap;
    expect(canaries.found(server.printed().replaceAll(apiKey, ""))).toEqual([]);
  });

  it("were really kept, and are many", async () => {
    expect(await server.stop()).toBe(0);
    expect(canaries.size).toBeGreaterThan(100);
    const state = readFileSync(join(folder, "state", "state.db")).toString("latin1");
    expect(canaries.found(state, ["text"]).length).toBeGreaterThan(1);
  });

  it("do not stand in the ledger, the index, the counters or any key file", () => {
    const isKept = (path: string): boolean =>
      !path.includes(`${join(folder, "state")}/state.db`) && !path.endsWith("bootstrap.json");
    expect(filesUnder(folder).filter(isKept).length).toBeGreaterThan(8);
    expect(canaries.foundIn(folder, isKept)).toEqual([]);
  });

  it("do not stand in the state in plain, nor does any private key", () => {
    const state = join(folder, "state");
    expect(canaries.foundIn(state, () => true, ["value"])).toEqual([]);
    for (const path of filesUnder(state)) {
      const kept = readFileSync(path).toString("latin1");
      expect([path, kept.includes("PRIVATE KEY")]).toEqual([path, false]);
      expect([
        path,
        kept.includes(Buffer.from("PRIVATE KEY").toString("base64").slice(0, 12)),
      ]).toEqual([path, false]);
    }
  });
});
