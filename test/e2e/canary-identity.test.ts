/**
 * Nothing secret in the record, of identities: passwords, second factors, passcodes, keys, tokens, cookies, secrets of
 * identity providers, in the fields they belong in and in those they do not; then everything that the server has
 * stored, printed or answered in error is searched for all of them (invariant 5).
 */
import { join } from "node:path";
import { TOTP } from "otpauth";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Canaries, filesUnder } from "../support/canaries.ts";
import { Browser, signInAt, startProvider, type TestProvider } from "../support/openid-provider.ts";
import { removeFolder, RunningServer, temporaryFolder, tokenOf } from "./running-server.ts";

const GRANT = "urn:ibm:params:oauth:grant-type:";
const canaries = new Canaries();
const value = (): string => canaries.value();
const text = (): string => canaries.text();

let folder: string;
let server: RunningServer;
let provider: TestProvider;
let admin: string;
let account: string;
/** What was answered to everything but the calls whose answer is a secret. */
const answers: string[] = [];

// oxlint-disable-next-line typescript/no-explicit-any -- bodies are compared, not trusted
type Json = any;

interface Sent {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

async function send(
  line: string,
  body?: unknown,
  more: Record<string, string> = {},
): Promise<Sent> {
  const [method = "", path = ""] = line.split(" ");
  const isForm = body instanceof URLSearchParams;
  const isBrowser = more["Origin"] !== undefined;
  const response = await fetch(`${server.url}${path}`, {
    method,
    redirect: "manual",
    headers: {
      ...(isBrowser ? {} : { Authorization: `Bearer ${admin}` }),
      ...(body === undefined || isForm ? {} : { "Content-Type": "application/json" }),
      ...more,
    },
    ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
  });
  const sent = { status: response.status, text: await response.text(), headers: response.headers };
  const headers = [...sent.headers].filter(([name]) => name !== "set-cookie");
  answers.push(JSON.stringify(headers));
  if (sent.status >= 400) answers.push(sent.text);
  return sent;
}

async function done(line: string, body?: unknown, more?: Record<string, string>): Promise<Json> {
  const sent = await send(line, body, more);
  if (sent.status >= 300) throw new Error(`${line}: ${sent.status} ${sent.text}`);
  return sent.text === "" ? {} : JSON.parse(sent.text);
}

async function login(
  fields: Readonly<Record<string, string>>,
  client = "bx:bx",
  more: Record<string, string> = {},
): Promise<Json> {
  const basic = `Basic ${Buffer.from(client).toString("base64")}`;
  const form = new URLSearchParams(fields);
  const sent = await send("POST /identity/token", form, { Authorization: basic, ...more });
  const tokens: Json = sent.status === 200 ? JSON.parse(sent.text) : {};
  if (sent.status === 200) canaries.add(tokens.access_token, tokens.refresh_token);
  return tokens;
}

beforeAll(async () => {
  folder = temporaryFolder();
  server = await RunningServer.start(folder);
  account = server.bootstrap.account_id;
  admin = await tokenOf(server.url, server.bootstrap.api_key);
  canaries.add(server.bootstrap.api_key, admin);
  provider = await startProvider({
    callback: `${server.url}/identity/callback`,
    claims: { email: "grace@example.com", email_verified: true, clearance: text() },
  });
  await logInEveryWay();
  await sendNonsense();
}, 120_000);

afterAll(async () => {
  await provider?.close();
  await server?.kill();
  removeFolder(folder);
});

async function logInEveryWay(): Promise<void> {
  const password = value();
  const user = await done("POST /trail/v1/users", { email: "ada@example.com", name: "Ada" });
  const path = `/trail/v1/users/${user.iam_id}`;
  await done(`PUT ${path}/password`, { password });
  const ada = { grant_type: "password", username: "ada@example.com", password };
  const first = await login(ada);
  const own = { Authorization: `Bearer ${first.access_token}` };
  const totp = await done(`POST ${path}/totp`, undefined, own);
  canaries.add(totp.secret, Buffer.from(totp.secret).toString("hex"));
  const codes = new TOTP({ secret: totp.secret, algorithm: "SHA1" });
  await done(`PUT ${path}/totp`, { code: codes.generate() }, own);
  await login({ ...ada, totp: value() });
  const next = codes.generate({ timestamp: Date.now() + 30_000 });
  const session = await login({ ...ada, totp: next }, "HOP55v1CCT:x");
  expect(session.access_token).toBeDefined();
  await login(
    { grant_type: "refresh_token", refresh_token: session.refresh_token },
    "HOP55v1CCT:x",
  );
  const acting = { Authorization: `Bearer ${session.access_token}` };
  const { passcode } = await done("POST /identity/passcode", undefined, acting);
  canaries.add(passcode);
  await login({ grant_type: `${GRANT}passcode`, passcode });
  await login({ grant_type: `${GRANT}passcode`, passcode });
  await login(
    { grant_type: "refresh_token", refresh_token: session.refresh_token },
    "HOP55v1CCT:x",
  );
  await withKeys(user.iam_id);
  await withCookies();
  await done(`PUT ${path}/password`, { password: value() });
}

async function withKeys(iamId: string): Promise<void> {
  const prototype = { iam_id: iamId, name: "laptop", description: text() };
  const key = await done("POST /v1/apikeys", { ...prototype, action_when_leaked: "disable" });
  canaries.add(key.apikey);
  await done("GET /v1/apikeys/details", undefined, { "IAM-Apikey": key.apikey });
  const service = await done("POST /v1/serviceids", {
    account_id: account,
    name: "ci",
    description: text(),
    apikey: { name: "ci", description: text() },
  });
  canaries.add(service.apikey.apikey);
  await login({ grant_type: `${GRANT}apikey`, apikey: service.apikey.apikey });
  const profile = await done("POST /v1/profiles", {
    name: "duty",
    account_id: account,
    description: text(),
  });
  const trust = { identifier: iamId, type: "user", description: text() };
  await send(`POST /v1/profiles/${profile.id}/identities/user`, trust);
  const { access_token } = await login({ grant_type: `${GRANT}apikey`, apikey: key.apikey });
  await login({ grant_type: `${GRANT}assume`, access_token, profile_id: profile.id });
  await send("POST /trail/v1/leaked-keys", { apikey: key.apikey });
  await send("POST /trail/v1/leaked-keys", { apikey: value() });
  await login({ grant_type: `${GRANT}apikey`, apikey: key.apikey });
}

/** The login page, and an identity provider, whose tokens and codes nobody here ever sees. */
async function withCookies(): Promise<void> {
  await done("POST /trail/v1/identity-providers", {
    name: "Example",
    realm: "example.com",
    issuer: provider.issuer,
    client_id: provider.clientId,
    client_secret: provider.clientSecret,
    creates_users: true,
  });
  canaries.add(provider.clientSecret);
  const browser = new Browser();
  const address = `${server.url}/identity/authorize?realm=example.com`;
  const { url } = await signInAt(provider, address, {
    browser,
    until: `${server.url}/identity/callback`,
  });
  canaries.add(url.searchParams.get("code") ?? "", url.searchParams.get("state") ?? "");
  await browser.visit(url.href);
  const cookie = browser.cookie("keytrail_identity");
  canaries.add(cookie);
  const grant = { grant_type: `${GRANT}identity-cookie` };
  await login(grant, "HOP55v1CCT:x", { Cookie: `keytrail_identity=${cookie}` });
  await send("POST /identity/logout", new URLSearchParams(), {
    Cookie: `keytrail_identity=${cookie}`,
    Origin: server.url,
  });
  await browser.visit(url.href);
}

/** Secrets where they do not belong: refused, and still repeated nowhere. */
async function sendNonsense(): Promise<void> {
  const forms: readonly Readonly<Record<string, string>>[] = [
    { grant_type: "password", username: value(), password: value() },
    { grant_type: "password", username: "ada@example.com", password: value() },
    { grant_type: `${GRANT}passcode`, passcode: value() },
    { grant_type: `${GRANT}assume`, access_token: value(), profile_id: value() },
    { grant_type: `${GRANT}assume`, apikey: value(), profile_name: value(), account: value() },
    { grant_type: `${GRANT}cr-token`, cr_token: value(), profile_id: value() },
    { grant_type: "authorization_code", code: value(), code_verifier: value() },
    { grant_type: "refresh_token", refresh_token: value(), account: value() },
    { grant_type: `${GRANT}identity-cookie`, [value()]: value() },
  ];
  for (const form of forms) await login(form);
  for (const form of forms) await login(form, `terminal:${value()}`);
  const lines: readonly (readonly [line: string, body?: unknown])[] = [
    ["POST /v1/apikeys", { name: value(), iam_id: value(), apikey: value() }],
    ["POST /v1/apikeys", { [value()]: value() }],
    ["POST /v1/serviceids", { name: "x", account_id: value(), [value()]: 1 }],
    ["POST /v1/profiles", { name: "x", account_id: value() }],
    [`GET /v1/apikeys/${value()}`],
    [`DELETE /v1/serviceids/${value()}`],
    [`GET /v1/profiles/${value()}`],
    [`GET /v1/apikeys?pagetoken=${value()}`],
    [`GET /v2/groups/${value()}`],
    [
      `PUT /v2/groups/AccessGroupId-PublicAccess/members`,
      { members: [{ iam_id: value(), type: value() }] },
    ],
    [`POST /v2/groups?account_id=${value()}`, { name: "x" }],
    [`POST /v2/groups/${value()}/rules`, { conditions: [{ claim: value(), value: value() }] }],
    [
      "POST /v1/policies",
      { type: value(), subjects: [{ attributes: [{ name: value(), value: value() }] }] },
    ],
    [
      "POST /v2/policies",
      { type: "access", control: { grant: { roles: [{ role_id: value() }] } } },
    ],
    [`GET /v2/policies/${value()}`],
    ["POST /trail/v1/identity-providers", { issuer: value(), client_secret: value() }],
    ["POST /trail/v1/leaked-keys", { [value()]: value() }],
    [`GET /trail/v1/access?operation=${value()}&target=${value()}`],
    [`GET /trail/v1/exposure?secret=${value()}&version=${value()}`],
    [`GET /identity/authorize?realm=${value()}&return_to=${value()}`],
    [`GET /identity/callback?code=${value()}&state=${value()}`],
    [`GET /identity/${value()}`],
  ];
  for (const [line, body] of lines) await send(line, body);
  for (const [line, body] of lines) await send(line, body, { Authorization: `Bearer ${value()}` });
  await send("GET /v1/apikeys/details", undefined, { "IAM-Apikey": value() });
  await send(
    "PUT /v1/apikeys/ApiKey-00000000-0000-4000-8000-000000000000",
    { name: "x" },
    { "If-Match": value() },
  );
  for (const path of ["login", "passcode", "logout"]) {
    const form = new URLSearchParams({
      username: value(),
      password: value(),
      totp: value(),
      [value()]: "x",
    });
    await send(`POST /identity/${path}`, form, {
      Cookie: `keytrail_identity=${value()}`,
      Origin: server.url,
    });
    await send(`POST /identity/${path}`, form, { Origin: `https://${value()}.example` });
  }
}

describe("what people and programs log in with", () => {
  it("is not repeated by an error, a header, the metrics, or what the server prints", async () => {
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(answers.length).toBeGreaterThan(100);
    const printed = server.printed().replaceAll(server.bootstrap.api_key, "");
    expect(canaries.found([...answers, metrics, printed].join("\n"))).toEqual([]);
  });

  it("was really sent, and is much", async () => {
    // The newest event can be found: from here on the server writes no more into what is looked at.
    await done("GET /trail/v1/events?query=operation:session.logout&limit=1");
    expect(await server.stop()).toBe(0);
    expect(canaries.size).toBeGreaterThan(120);
    const state = canaries.foundIn(join(folder, "state"), () => true, ["text"]);
    expect(state.length).toBeGreaterThan(0);
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
