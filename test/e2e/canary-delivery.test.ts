/**
 * Nothing secret in what is delivered, nor anywhere by delivering it: values of secrets, passwords and tokens in all forms
 * that receivers get; the credentials of destinations in state, log, answers, errors, metrics and records (invariant 5).
 */
import { readFileSync, writeFileSync } from "node:fs";
import {
  createServer as createHttpServer,
  type RequestListener,
  type Server as HttpServer,
} from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { DsvWire } from "../clients/dsv-wire.ts";
import { Canaries } from "../support/canaries.ts";
import { TlsAuthority } from "../support/tls-authority.ts";
import { removeFolder, RunningServer, temporaryFolder, tokenOf } from "./running-server.ts";

const FORMS = ["cadf", "cloudtrail", "dsv", "ecs", "ibm", "ocsf", "entry"] as const;

/** Destinations of further kinds, and how many of their credentials a receiver is shown. */
const KINDS = 13;
const SHOWN = 17;

const canaries = new Canaries();
const value = (): string => canaries.value();

let folder: string;
let server: RunningServer;
let wire: DsvWire;
let bearer: string;
const received: string[] = [];
const sockets = new Set<Socket>();
let stream: Server;
let web: HttpServer;
let secure: HttpServer;
let authority: TlsAuthority;
/** What the receivers of requests were asked by, in their headers: each was to be known by its own. */
const shown: string[] = [];
const answers: string[] = [];

const portOf = (of: Server | HttpServer): number => (of.address() as AddressInfo).port;

async function native(
  method: string,
  path: string,
  body?: object,
): Promise<{ status: number; text: string }> {
  const response = await fetch(`${server.url}/trail/v1/destinations${path}`, {
    method,
    headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json" },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await response.text();
  answers.push(text);
  return { status: response.status, text };
}

/** Says again what it was told, as receivers do that are asked why: that stands nowhere either. */
const answered: RequestListener = (request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const body = Buffer.concat(chunks).toString("utf8");
    shown.push(JSON.stringify(request.headers));
    if (request.url === "/token") {
      shown.push(body);
      const token = { access_token: canaries.value(), token_type: "Bearer", expires_in: 3_600 };
      response.writeHead(200).end(JSON.stringify(token));
      return;
    }
    received.push(body);
    response
      .writeHead(request.url === "/refuses" ? 401 : 200)
      .end(JSON.stringify({ text: request.headers, code: 6, errors: true }));
  });
};

async function openReceivers(): Promise<void> {
  stream = createServer({ allowHalfOpen: false }, (socket) => {
    sockets.add(socket);
    socket.on("data", (chunk) => received.push(chunk.toString("utf8"))).on("error", () => {});
  });
  web = createHttpServer(answered);
  authority = TlsAuthority.create();
  const { certificate: cert, key } = authority.server();
  secure = createHttpsServer(
    { cert, key, ca: authority.certificate, requestCert: true, rejectUnauthorized: false },
    answered,
  );
  await Promise.all(
    [stream, web, secure].map(
      (one) => new Promise<void>((done) => one.listen(0, "127.0.0.1", done)),
    ),
  );
}

async function addDestinations(): Promise<void> {
  for (const form of FORMS) {
    const settings = {
      kind: "json",
      transport: "tcp",
      host: "127.0.0.1",
      port: portOf(stream),
      form,
    };
    expect((await native("POST", "", { name: `tcp-${form}`, settings })).status).toBe(201);
  }
  const host = { kind: "json", transport: "http", host: "127.0.0.1", port: portOf(web) };
  const token = () => ({ token: value() });
  for (const [name, path] of [
    ["takes", "/takes"],
    ["refuses", "/refuses"],
  ] as const) {
    const body = { name, settings: { ...host, path }, credentials: token() };
    expect((await native("POST", "", body)).status).toBe(201);
  }
  await addEveryKind();
  // Where none belongs.
  await native("POST", "", { name: value(), settings: { ...host, [value()]: value() } });
  await native("POST", "", { name: "x", settings: { ...host, host: `${value()} ${value()}` } });
  await native("POST", "", { name: "x", settings: host, credentials: { [value()]: value() } });
  await native("POST", "", { name: "x", settings: host, credentials: { token: `${value()}\n` } });
  await native("POST", "", { name: "x", settings: host, filter: `${value()}:(` });
  await wire.call("PUT", "/config/siem/takes", { body: { auth: value(), siemType: value() } });
}

/** With every credential that one may have, and a token that a server gives out for it, kept where it belongs. */
async function addEveryKind(): Promise<void> {
  const url = `http://127.0.0.1:${portOf(web)}`;
  const at = { host: "127.0.0.1", port: portOf(stream) };
  const oauth2 = { kind: "oauth2", token_url: `${url}/token`, client_id: "keytrail" };
  const https = { kind: "https", shape: "ndjson", url: `${url}/in` };
  const signature = { scheme: "hmac", header: "X-Signature" };
  const ca = authority.certificate;
  const { certificate, key } = authority.client();
  canaries.add(key.split("\n")[1]);
  const kinds: Readonly<Record<string, readonly [settings: object, credentials: object]>> = {
    bearer: [{ ...https, authorization: { kind: "bearer" } }, { token: value() }],
    basic: [{ ...https, authorization: { kind: "basic", user: "us" } }, { password: value() }],
    header: [
      { ...https, headers: ["X-Key"], signature },
      { "header:X-Key": value(), hmac_key: value() },
    ],
    oauth2: [{ ...https, authorization: oauth2 }, { client_secret: value() }],
    "oauth2-basic": [
      { ...https, authorization: { ...oauth2, client_authentication: "basic" } },
      { client_secret: value() },
    ],
    elastic: [{ kind: "https", shape: "elastic-bulk", url }, { token: value() }],
    otlp: [{ kind: "otlp", url, authorization: { kind: "bearer" } }, { token: value() }],
    cloudevents: [
      { kind: "cloudevents", url, mode: "binary", authorization: { kind: "bearer" } },
      { token: value() },
    ],
    sigv4: [
      { kind: "bucket", endpoint: url, bucket: "audit", authorization: "sigv4", gather_seconds: 1 },
      { access_key_id: "AKIAIOSFODNN7EXAMPLE", secret_access_key: value() },
    ],
    iam: [
      {
        kind: "bucket",
        endpoint: `https://127.0.0.1:${portOf(secure)}`,
        iam_url: `https://127.0.0.1:${portOf(secure)}/token`,
        bucket: "audit",
        tls: { ca },
        gather_seconds: 1,
      },
      { api_key: value() },
    ],
    splunk: [
      { kind: "splunk", host: "127.0.0.1", port: portOf(secure), tls: { ca, certificate } },
      { token: value(), client_key: key },
    ],
    syslog: [{ kind: "syslog", transport: "tcp", framing: "lf", ...at }, { token: value() }],
    cef: [{ kind: "cef", transport: "tcp", ...at }, { token: value() }],
  };
  for (const [name, [settings, credentials]] of Object.entries(kinds)) {
    const made = await native("POST", "", { name: `kind-${name}`, settings, credentials });
    expect([name, made.status, made.status === 201 ? "" : made.text]).toEqual([name, 201, ""]);
  }
}

async function happen(): Promise<void> {
  for (let i = 0; i < 10; i += 1) {
    await wire.call("POST", `/secrets/app:${i}`, { body: { data: { password: value() } } });
    await wire.call("PUT", `/secrets/app:${i}`, { body: { data: { password: value() } } });
    await wire.call("GET", `/secrets/app:${i}`);
    await wire.call("POST", "/token", {
      token: null,
      body: { grant_type: "password", username: "nobody", password: value() },
    });
  }
  const password = `${value()}-Aa1!`;
  await wire.call("POST", "/users/", { body: { userName: "bob", displayName: "Bob", password } });
}

beforeAll(async () => {
  folder = temporaryFolder();
  await openReceivers();
  const pinned = join(folder, "destinations.yaml");
  const tokenFile = join(folder, "token");
  const token = value();
  writeFileSync(tokenFile, token, { mode: 0o600 });
  writeFileSync(
    pinned,
    JSON.stringify({
      destinations: [
        { name: "lake", settings: { kind: "file", path: join(folder, "lake.ndjson") } },
        {
          name: "pinned-web",
          settings: {
            kind: "json",
            transport: "http",
            host: "127.0.0.1",
            port: portOf(web),
            path: "/refuses",
          },
          credentials: { token: { file: tokenFile } },
        },
      ],
    }),
  );
  const data = join(folder, "data");
  server = await RunningServer.start(data, [
    "--destinations",
    pinned,
    "--destination-addresses",
    "127.0.0.0/8",
  ]);
  const { api_key: apiKey } = server.bootstrap;
  bearer = await tokenOf(server.url, apiKey);
  wire = new DsvWire(server.url, bearer);
  canaries.add(apiKey, bearer);
  await addDestinations();
  await happen();
}, 120_000);

afterAll(async () => {
  await server?.kill();
  for (const socket of sockets) socket.destroy();
  stream?.close();
  for (const one of [web, secure]) one?.close();
  authority?.close();
  removeFolder(folder);
});

describe("what is secret", () => {
  it("is in nothing that receivers get, in any form", async () => {
    await vi.waitFor(
      () => expect(received.join("").match(/"bob"/g)?.length).toBeGreaterThanOrEqual(FORMS.length),
      { timeout: 20_000 },
    );
    await vi.waitFor(
      () => expect(readFileSync(join(folder, "lake.ndjson"), "utf8")).toContain("user.create"),
      { timeout: 20_000 },
    );
    expect(received.join("").length).toBeGreaterThan(100_000);
    const lake = readFileSync(join(folder, "lake.ndjson"), "utf8");
    expect(canaries.found(`${received.join("\n")}\n${lake}`)).toEqual([]);
  });

  it("is in no answer about destinations, good or bad, and in no metric", async () => {
    const list = await native("GET", "");
    expect(list.status).toBe(200);
    const found = JSON.parse(list.text) as { destinations: { id: string; name: string }[] };
    expect(found.destinations.length).toBeGreaterThanOrEqual(FORMS.length + 4 + KINDS);
    for (const { id } of found.destinations) {
      await native("GET", `/${id}`);
      expect((await native("POST", `/${id}/test`)).status).toBe(200);
      expect((await native("GET", `/${id}/proof`)).status).toBe(200);
    }
    await wire.call("GET", "/config/siem").then(({ text }) => answers.push(text));
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toContain("keytrail_delivery_lag_entries");
    expect(answers.length).toBeGreaterThan(30);
    expect(canaries.found([...answers, metrics].join("\n"))).toEqual([]);
  });

  it("has come to those whom it is for, and is what is looked for", () => {
    const heard = canaries.found(shown.join("\n"));
    expect(heard.length).toBeGreaterThanOrEqual(SHOWN);
  });

  it("is neither printed nor stored in plain", async () => {
    expect(await server.stop()).toBe(0);
    const { api_key: apiKey } = server.bootstrap;
    expect(canaries.found(server.printed().replaceAll(apiKey, ""))).toEqual([]);
    const isLookedAt = (path: string): boolean => !path.endsWith("bootstrap.json");
    expect(canaries.foundIn(join(folder, "data"), isLookedAt)).toEqual([]);
  });
});
