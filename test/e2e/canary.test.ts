/**
 * Promise 2: nothing secret in the record. Every writable field of every call gets a value of its own; then everything
 * that the server has stored, printed or answered in error is searched for all of them (invariant 5).
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Canaries, filesUnder } from "../support/canaries.ts";
import {
  keytrail,
  removeFolder,
  RunningServer,
  temporaryFolder,
  tokenOf,
} from "./running-server.ts";

const canaries = new Canaries();
const value = (): string => canaries.value();
const text = (): string => canaries.text();

let folder: string;
let server: RunningServer;
let headers: Record<string, string>;
/** Bodies of every answer but those that were asked for a value and gave it. */
const answers: string[] = [];

interface Sent {
  readonly status: number;
  readonly body: string;
}

function send(method: string, path: string, body?: unknown): Promise<Sent> {
  return sendWith({}, `${method} ${path}`, body);
}

async function sendWith(
  more: Readonly<Record<string, string>>,
  line: `${string} ${string}`,
  body?: unknown,
): Promise<Sent> {
  const [method = "", path = ""] = line.split(" ");
  const isPatch = method === "PATCH";
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: {
      ...headers,
      ...(body === undefined
        ? {}
        : { "Content-Type": isPatch ? "application/merge-patch+json" : "application/json" }),
      ...more,
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const sent = { status: response.status, body: await response.text() };
  // Headers never repeat anything but ids.
  answers.push(JSON.stringify([...response.headers]));
  if (sent.status >= 400) answers.push(sent.body);
  return sent;
}

async function made(path: string, body: object): Promise<string> {
  const sent = await send("POST", path, body);
  expect(sent.status).toBe(201);
  return (JSON.parse(sent.body) as { id: string }).id;
}

const described = () => ({
  description: text(),
  labels: [text().slice(0, 30)],
  custom_metadata: { [text()]: text(), nested: { [text()]: [text()] } },
  version_custom_metadata: { [text()]: text() },
});

beforeAll(async () => {
  folder = temporaryFolder();
  server = await RunningServer.start(folder);
  const { api_key: apiKey } = server.bootstrap;
  headers = { Authorization: `Bearer ${await tokenOf(server.url, apiKey)}` };
  canaries.add(apiKey);
  canaries.add(String(headers["Authorization"]).slice("Bearer ".length));
  await writeEverything();
  await sendNonsense();
});

afterAll(async () => {
  await server.kill();
  removeFolder(folder);
});

/** Every field of every call that takes one. */
async function writeEverything(): Promise<void> {
  const group = await made("/api/v2/secret_groups", { name: "group-one", description: text() });
  await send("PATCH", `/api/v2/secret_groups/${group}`, { description: text() });
  const arbitrary = await made("/api/v2/secrets", {
    name: "arbitrary-one",
    secret_type: "arbitrary",
    secret_group_id: group,
    payload: value(),
    ...described(),
  });
  const password = await made("/api/v2/secrets", {
    name: "password-one",
    secret_type: "username_password",
    username: value(),
    password: value(),
    ...described(),
  });
  const pairs = await made("/api/v2/secrets", {
    name: "kv-one",
    secret_type: "kv",
    data: { [value()]: value(), deep: { [value()]: [value()] } },
    ...described(),
  });
  for (const id of [arbitrary, password, pairs]) {
    const read = await send("GET", `/api/v2/secrets/${id}`);
    expect(canaries.isIn(read.body)).toBe(true);
    await send("GET", `/api/v2/secrets/${id}/metadata`);
    await send("PATCH", `/api/v2/secrets/${id}/metadata`, {
      description: text(),
      labels: [text().slice(0, 30)],
      custom_metadata: { [text()]: text() },
    });
    await send("POST", `/api/v2/secrets/${id}/actions`, {
      action_type: "private_cert_action_revoke_certificate",
    });
  }
  const more = { custom_metadata: { a: text() }, version_custom_metadata: { b: text() } };
  await send("POST", `/api/v2/secrets/${arbitrary}/versions`, { payload: value(), ...more });
  await send("POST", `/api/v2/secrets/${password}/versions`, { password: value(), ...more });
  await send("POST", `/api/v2/secrets/${pairs}/versions`, {
    data: { [value()]: value() },
    ...more,
  });
  await send("GET", `/api/v2/secrets/${arbitrary}/versions/previous`);
  await send("PATCH", `/api/v2/secrets/${arbitrary}/versions/current/metadata`, {
    version_custom_metadata: { [text()]: text() },
  });
  const locks = {
    locks: [{ name: "lock-one", description: text(), attributes: { [text()]: text() } }],
  };
  await send("POST", `/api/v2/secrets/${arbitrary}/locks_bulk`, locks);
  await send("POST", `/api/v2/secrets/${pairs}/versions/current/locks_bulk`, locks);
  await send("DELETE", `/api/v2/secrets/${arbitrary}/versions/current/secret_data`);
  await send("DELETE", `/api/v2/secrets/${arbitrary}`);
  await send("DELETE", `/api/v2/secrets/${password}`);

  const service = await send("POST", "/trail/v1/service-ids", {
    name: "service-one",
    description: text(),
  });
  const iamId = (JSON.parse(service.body) as { iam_id: string }).iam_id;
  const key = await send("POST", "/trail/v1/api-keys", {
    iam_id: iamId,
    name: "key-one",
    description: text(),
  });
  const apiKey = (JSON.parse(key.body) as { apikey: string }).apikey;
  canaries.add(apiKey);
  const session = await login({ apikey: apiKey }, "bx:bx");
  canaries.add(session.access_token, session.refresh_token);
  const next = await login(
    { grant_type: "refresh_token", refresh_token: session.refresh_token },
    "bx:bx",
  );
  canaries.add(next.access_token, next.refresh_token);
}

interface Session {
  readonly access_token: string;
  readonly refresh_token: string;
}

async function login(fields: Record<string, string>, client: string): Promise<Session> {
  const response = await fetch(`${server.url}/identity/token`, {
    method: "POST",
    headers: { Authorization: `Basic ${Buffer.from(client).toString("base64")}` },
    body: new URLSearchParams({ grant_type: "urn:ibm:params:oauth:grant-type:apikey", ...fields }),
  });
  const body = await response.text();
  if (!response.ok) answers.push(body);
  return response.ok
    ? (JSON.parse(body) as Session)
    : { access_token: value(), refresh_token: value() };
}

/** Values where they do not belong: refused, and still repeated nowhere. */
async function sendNonsense(): Promise<void> {
  const secret = { name: "nonsense", secret_type: "arbitrary", payload: value() };
  const bodies: unknown[] = [
    { ...secret, [value()]: value() },
    { ...secret, secret_type: value() },
    { ...secret, name: `${value()} with spaces and ☃` },
    { ...secret, payload: { [value()]: value() } },
    { ...secret, secret_group_id: value() },
    { ...secret, expiration_date: value() },
    { ...secret, labels: [{ [value()]: value() }] },
    { ...secret, labels: Array.from({ length: 50 }, () => value()) },
    {
      name: "n",
      secret_type: "username_password",
      username: value(),
      rotation: { unit: value(), [value()]: 1 },
    },
    `{"payload":"${value()}"`,
    `"${value()}"`,
    value(),
    `[${"[".repeat(100)}"${value()}"`,
    Buffer.from([0xff, 0xfe, ...Buffer.from(value())]).toString("latin1"),
  ];
  for (const body of bodies) await send("POST", "/api/v2/secrets", body);
  // The server need not read to its end what is too large: whoever still writes may be cut off instead of answered.
  const tooLarge = { payload: `${value()}${"x".repeat(5_000_000)}` };
  await send("POST", "/api/v2/secrets", tooLarge).catch((error: unknown) => {
    expect(String((error as Error).cause)).toMatch(/EPIPE|ECONNRESET|other side closed/);
  });
  const paths = [
    `/api/v2/secrets/${value()}`,
    `/api/v2/secrets/${value()}/versions/${value()}`,
    `/api/v2/secrets/..%2f${value()}`,
    `/api/v2/secret_groups/${value()}/secret_types/${value()}/secrets/${encodeURIComponent(`${value()} ☃`)}`,
    `/api/v2/secrets?sort=${value()}`,
    `/api/v2/secrets?${value()}=${value()}`,
    `/api/v2/configurations/${value()}`,
    `/${value()}`,
    `/${value()}/${value()}?${value()}=${value()}`,
    `/trail/v1/events?${value()}=${value()}`,
    `/trail/v1/${value()}`,
    `/log/tile/${value()}`,
    `/v1/apikeys/${value()}`,
    "/api/v2/%zz",
  ];
  for (const path of paths) await send("GET", path);
  await sendWith({ Authorization: `Bearer ${value()}` }, "GET /api/v2/secrets");
  await sendWith({ Authorization: value() }, "GET /api/v2/secrets");
  await sendWith({ [value()]: value(), Cookie: `session=${value()}` }, "GET /api/v2/secrets");
  await sendWith({ "Content-Type": `text/${value()}` }, "POST /api/v2/secrets", secret);
  for (const fields of [
    { apikey: value() },
    { grant_type: value(), [value()]: value() },
    { grant_type: "refresh_token", refresh_token: value() },
    { apikey: value(), passcode: value(), username: value(), password: value() },
  ]) {
    await login(fields, `bx:${value()}`);
  }
  // A key where the client's name belongs: what `curl -u KEY:` sends.
  await login({ apikey: value() }, `ktk_${value()}:`);
  // Without a credential nobody gets as far as being recorded with what was sent.
  const name = `${value()} in a name`;
  await sendWith({ Authorization: "" }, "POST /api/v2/secrets", { ...secret, name });
  await sendWith({ Authorization: "" }, `GET /trail/v1/events/${value()}`);
  await send("POST", "/trail/v1/policies", {
    subject: value(),
    roles: [value()],
    resource: { [value()]: value() },
  });
  await send("POST", "/trail/v1/users", { email: "not an address", name: "n", [value()]: value() });
  await send("DELETE", `/trail/v1/api-keys/${value()}`);
}

/** Sees to it that what is searched is what the server has written: the newest event has been. */
async function settled(): Promise<void> {
  const search = await send(
    "GET",
    "/trail/v1/events?query=action:secrets-manager.secret.create&limit=1",
  );
  expect(search.status).toBe(200);
}

describe("values in every writable field", () => {
  it("are not repeated by an error, a header or the metrics", async () => {
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(answers.length).toBeGreaterThan(80);
    expect(canaries.found([...answers, metrics].join("\n"))).toEqual([]);
  });

  it("are not printed by the server, but for the first key that it shows once", () => {
    const { api_key: apiKey } = server.bootstrap;
    expect(canaries.found(server.printed().replaceAll(apiKey, ""))).toEqual([]);
  });

  it("do not leave in an export", async () => {
    const out = join(temporaryFolder(), "evidence");
    const { api_key: apiKey } = server.bootstrap;
    const env = { KEYTRAIL_URL: server.url, KEYTRAIL_API_KEY: apiKey };
    const exported = await keytrail(["export", "--query", "_exists_:id", "--out", out], env);
    expect({ code: exported.code, stderr: exported.stderr }).toMatchObject({ code: 0 });
    const all = filesUnder(out).map((path) => readFileSync(path).toString("latin1"));
    expect(all.join("\n")).toContain("secrets-manager.secret.create");
    expect(canaries.found(all.join("\n") + exported.stdout + exported.stderr)).toEqual([]);
    removeFolder(join(out, ".."));
  });

  it("were really written, and are many", async () => {
    // From here on the files are looked at: the server has put everything into them, and writes no more.
    await settled();
    expect(await server.stop()).toBe(0);
    expect(canaries.size).toBeGreaterThan(150);
    const state = readFileSync(join(folder, "state", "state.db")).toString("latin1");
    expect(canaries.found(state, ["text"]).length).toBeGreaterThan(10);
  });

  it("do not stand in the ledger, the index, the counters or any key file", () => {
    const isKept = (path: string): boolean =>
      !path.includes(`${join(folder, "state")}/state.db`) && !path.endsWith("bootstrap.json");
    expect(filesUnder(folder).filter(isKept).length).toBeGreaterThan(8);
    expect(canaries.foundIn(folder, isKept)).toEqual([]);
  });

  it("do not stand in the state in plain, where they are secret", () => {
    expect(canaries.foundIn(join(folder, "state"), () => true, ["value"])).toEqual([]);
  });
});
