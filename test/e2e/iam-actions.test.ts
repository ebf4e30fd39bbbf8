/**
 * Every action that IBM's IAM events list, each raised by a call of IBM's wire to a running server, and found by its
 * name in the trail that the server keeps (IBM, "Auditing events for IAM").
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { signInAt, startProvider, type TestProvider } from "../support/openid-provider.ts";
import { removeFolder, RunningServer, temporaryFolder, tokenOf } from "./running-server.ts";

/** As they stand in the tables of IBM's document, in its order. */
const ACTIONS = [
  "iam-groups.account-settings.read",
  "iam-groups.account-settings.update",
  "iam-groups.group.create",
  "iam-groups.group.read",
  "iam-groups.group.update",
  "iam-groups.group.delete",
  "iam-groups.groups.list",
  "iam-groups.federated-member.add",
  "iam-groups.member.add",
  "iam-groups.member.delete",
  "iam-groups.member.read",
  "iam-groups.members.list",
  "iam-groups.rule.read",
  "iam-groups.rule.create",
  "iam-groups.rule.update",
  "iam-groups.rule.delete",
  "iam-groups.rules.list",
  "iam-identity.account-profile.create",
  "iam-identity.account-profile.update",
  "iam-identity.account-profile.delete",
  "iam-am.policy.create",
  "iam-am.policy.update",
  "iam-am.policy.delete",
  "iam-identity.account-serviceid.create",
  "iam-identity.account-serviceid.update",
  "iam-identity.account-serviceid.delete",
  "iam-identity.user-apikey.create",
  "iam-identity.user-apikey.update",
  "iam-identity.user-apikey.delete",
  "iam-identity.serviceid-apikey.create",
  "iam-identity.serviceid-apikey.delete",
  "iam-identity.serviceid-apikey.update",
  "iam-identity.user-apikey.login",
  "iam-identity.serviceid-apikey.login",
  "iam-identity.user-identitycookie.login",
  "iam-identity.user-refreshtoken.login",
  "iam-identity.user-passcode.login",
  "iam-identity.trustedprofile-apikey.login",
  "iam-identity.user.logout",
] as const;

const GRANT = "urn:ibm:params:oauth:grant-type:";
const PASSWORD = "correct horse battery staple";
const REALM = "example.com";

interface Event {
  readonly id: string;
  readonly action: string;
  readonly outcome: string;
  readonly severity: string;
  readonly message: string;
  readonly account: string;
  readonly requestId: string;
  readonly initiator: {
    readonly id: string;
    readonly name: string;
    readonly host: { readonly agent: string };
  };
  readonly target: { readonly id: string; readonly name: string };
  readonly requestData: Readonly<Record<string, unknown>>;
}

let folder: string;
let server: RunningServer;
let provider: TestProvider;
let account: string;
let admin: string;
/** The ids that answers gave their requests, by what was asked for. */
const transactions = new Map<string, string>();

interface Sent {
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
}

// oxlint-disable-next-line typescript/no-explicit-any -- bodies are compared, not trusted
type Json = any;

async function send(line: string, { token = admin, headers = {}, body }: Sent = {}): Promise<Json> {
  const [method = "", path = ""] = line.split(" ");
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: {
      ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
      ...(body ? { "Content-Type": "application/json" } : {}),
      ...headers,
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${line}: ${response.status} ${text}`);
  transactions.set(line, response.headers.get("x-global-transaction-id") ?? "");
  const json: Json = text === "" ? {} : JSON.parse(text);
  return Array.isArray(json) ? json : { ...json, etag: response.headers.get("etag") };
}

/** Resolves to the tokens, or throws with the refusal. */
async function login(
  client: string | null,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly access_token: string; readonly refresh_token: string }> {
  const basic = { Authorization: `Basic ${Buffer.from(`${client}:${client}`).toString("base64")}` };
  const response = await fetch(`${server.url}/identity/token`, {
    method: "POST",
    headers: { ...(client === null ? {} : basic), ...headers },
    body: new URLSearchParams(fields),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`login: ${response.status} ${text}`);
  return JSON.parse(text) as { access_token: string; refresh_token: string };
}

async function search(query: string): Promise<readonly Event[]> {
  const page = await send(`GET /trail/v1/events?limit=100&query=${encodeURIComponent(query)}`);
  return (page.events as readonly { readonly event: Event }[]).map(({ event }) => event);
}

beforeAll(async () => {
  folder = temporaryFolder();
  server = await RunningServer.start(folder);
  account = server.bootstrap.account_id;
  admin = await tokenOf(server.url, server.bootstrap.api_key);
  provider = await startProvider({
    callback: `${server.url}/identity/callback`,
    claims: { email: "grace@example.com", email_verified: true, groups: ["navy"] },
  });
  await send("POST /trail/v1/identity-providers", {
    body: {
      name: "Example",
      realm: REALM,
      issuer: provider.issuer,
      client_id: provider.clientId,
      client_secret: provider.clientSecret,
      creates_users: true,
    },
  });
  await liveThroughAccessGroups();
  await liveThroughTrustAndPolicies();
  await liveThroughServiceIds();
  await liveThroughLogins();
}, 120_000);

afterAll(async () => {
  await provider?.close();
  await server?.kill();
  removeFolder(folder);
});

async function userOf(email: string): Promise<string> {
  return (await send("POST /trail/v1/users", { body: { email, name: email } })).iam_id as string;
}

/** All of the access groups' actions; a rule is what a later federated login meets. */
async function liveThroughAccessGroups(): Promise<void> {
  await send(`GET /v2/groups/settings?account_id=${account}`);
  const settings = `PATCH /v2/groups/settings?account_id=${account}`;
  await send(settings, { body: { public_access_enabled: false } });
  const ada = await userOf("ada@example.com");
  const body = { name: "readers", description: "who reads" };
  const group = await send(`POST /v2/groups?account_id=${account}`, { body });
  const path = `/v2/groups/${group.id}`;
  const { etag } = await send(`GET ${path}`);
  await send(`PATCH ${path}`, { headers: { "If-Match": etag }, body: { name: "all readers" } });
  await send(`GET /v2/groups?account_id=${account}`);
  await send(`PUT ${path}/members`, { body: { members: [{ iam_id: ada, type: "user" }] } });
  await send(`HEAD ${path}/members/${ada}`);
  await send(`GET ${path}/members`);
  await send(`DELETE ${path}/members/${ada}`);
  const prototype = {
    name: "the navy",
    expiration: 2,
    realm_name: REALM,
    conditions: [{ claim: "groups", operator: "CONTAINS", value: '"navy"' }],
  };
  const rule = await send(`POST ${path}/rules`, { body: prototype });
  const read = await send(`GET ${path}/rules/${rule.id}`);
  await send(`GET ${path}/rules`);
  await send(`PUT ${path}/rules/${rule.id}`, {
    headers: { "If-Match": read.etag },
    body: { ...prototype, name: "all of the navy" },
  });
  const other = await send(`POST ${path}/rules`, { body: { ...prototype, realm_name: "else" } });
  await send(`DELETE ${path}/rules/${other.id}`);
  const gone = await send(`POST /v2/groups?account_id=${account}`, { body: { name: "gone" } });
  await send(`DELETE /v2/groups/${gone.id}`);
}

async function liveThroughTrustAndPolicies(): Promise<void> {
  const profile = await send("POST /v1/profiles", { body: { name: "duty", account_id: account } });
  await send(`PUT /v1/profiles/${profile.id}`, {
    headers: { "If-Match": profile.entity_tag },
    body: { name: "night duty" },
  });
  const policy = (role: string) => ({
    type: "access",
    subjects: [{ attributes: [{ name: "iam_id", value: profile.iam_id }] }],
    roles: [{ role_id: `crn:v1:bluemix:public:iam::::serviceRole:${role}` }],
    resources: [
      {
        attributes: [
          { name: "accountId", value: account },
          { name: "serviceName", value: "secrets-manager" },
        ],
      },
    ],
  });
  const made = await send("POST /v1/policies", { body: policy("Reader") });
  await send(`PUT /v1/policies/${made.id}`, {
    headers: { "If-Match": made.etag },
    body: policy("Writer"),
  });
  await send(`DELETE /v1/policies/${made.id}`);
  await send(`DELETE /v1/profiles/${profile.id}`);
}

/** A service ID with a key: renamed, locked, tried, unlocked, changed and deleted. */
async function liveThroughServiceIds(): Promise<void> {
  const service = await send("POST /v1/serviceids", { body: { account_id: account, name: "ci" } });
  const path = `/v1/serviceids/${service.id}`;
  const rename = (name: string, tag = "*") => ({
    headers: { "If-Match": tag },
    body: { name, description: "builds" },
  });
  await send(`PUT ${path}`, rename("ci", service.entity_tag));
  await send(`PUT ${path}`, rename("ci-deployer"));
  await send(`POST ${path}/lock`);
  await expect(send(`PUT ${path}`, rename("mine-now"))).rejects.toThrow(/locked/);
  await send(`DELETE ${path}/lock`);
  await send(`PUT ${path}`, rename("ci-released"));
  const body = { iam_id: service.iam_id, name: "ci key" };
  const key = await send("POST /v1/apikeys", { body });
  const keyPath = `/v1/apikeys/${key.id}`;
  await send(`POST ${keyPath}/lock`);
  await expect(send(`PUT ${keyPath}`, rename("taken"))).rejects.toThrow(/locked/);
  await send(`DELETE ${keyPath}/lock`);
  await send(`PUT ${keyPath}`, rename("ci key 2"));
  await login(null, { grant_type: `${GRANT}apikey`, apikey: key.apikey });
  await send(`DELETE ${keyPath}`);
  await send(`DELETE ${path}`);
}

async function liveThroughLogins(): Promise<void> {
  const bob = await userOf("bob@example.com");
  const key = await send("POST /v1/apikeys", { body: { iam_id: bob, name: "laptop" } });
  const path = `/v1/apikeys/${key.id}`;
  await send(`PUT ${path}`, { headers: { "If-Match": "*" }, body: { name: "new laptop" } });
  await send(`POST ${path}/lock`);
  const taken = { headers: { "If-Match": "*" }, body: { name: "taken" } };
  await expect(send(`PUT ${path}`, taken)).rejects.toThrow(/locked/);
  await send(`DELETE ${path}/lock`);
  const byKey = { grant_type: `${GRANT}apikey`, apikey: key.apikey as string };
  await login("bx", byKey);
  await send(`PUT /trail/v1/users/${bob}/password`, { body: { password: PASSWORD } });
  const password = { grant_type: "password", username: "bob@example.com", password: PASSWORD };
  const session = await login("HOP55v1CCT", password);
  const refresh = { grant_type: "refresh_token", refresh_token: session.refresh_token };
  const next = await login("HOP55v1CCT", refresh);
  await send("GET /v1/apikeys", { token: next.access_token });
  for (const client of ["bx", "terminal"]) {
    const { passcode } = await send("POST /identity/passcode", { token: next.access_token });
    await login(client, { grant_type: `${GRANT}passcode`, passcode });
  }
  await loginByCookie();
  await loginByProfile(bob, byKey.apikey);
  await signInAt(provider, `${server.url}/identity/authorize?realm=${REALM}`);
  await expect(login("bx", { ...password, password: "wrong wrong wrong" })).rejects.toThrow();
  await send("POST /identity/logout", { token: next.access_token });
  await expect(send("GET /v1/apikeys", { token: next.access_token })).rejects.toThrow(/401/);
  await send(`DELETE ${path}`);
}

/** The console: a form gives a cookie, and the cookie gives tokens to act with. */
async function loginByCookie(): Promise<void> {
  const response = await fetch(`${server.url}/identity/login`, {
    method: "POST",
    redirect: "manual",
    headers: { Origin: server.url },
    body: new URLSearchParams({ username: "bob@example.com", password: PASSWORD }),
  });
  const cookie = response.headers.get("set-cookie")?.split(";", 1)[0] ?? "";
  expect(cookie).toMatch(/^keytrail_identity=/);
  await login("HOP55v1CCT", { grant_type: `${GRANT}identity-cookie` }, { Cookie: cookie });
}

async function loginByProfile(iamId: string, apikey: string): Promise<void> {
  const profile = await send("POST /v1/profiles", { body: { name: "on", account_id: account } });
  const trust = { identifier: iamId, type: "user", accounts: [account] };
  await send(`POST /v1/profiles/${profile.id}/identities/user`, { body: trust });
  const { access_token } = await login(null, { grant_type: `${GRANT}apikey`, apikey });
  await login(null, { grant_type: `${GRANT}assume`, access_token, profile_id: profile.id });
}

describe("each action of IBM's IAM events", () => {
  it("is one of 39", () => {
    expect(new Set(ACTIONS).size).toBe(39);
  });

  it.each(ACTIONS)("%s is raised by a call and found by its name", async (action) => {
    const found = await search(`action:==${action} outcome:success account:==${account}`);
    expect(found.length).toBeGreaterThan(0);
    for (const { initiator, target, requestId } of found) {
      expect(initiator.id).not.toBe("");
      expect(target.id).toMatch(/^crn:v1:bluemix:public:/);
      expect(requestId).not.toBe("");
    }
    // The name stands in an event itself, not only in what the search knows of it.
    expect(found.map((event) => event.action)).toContain(action);
  });
});

describe("what IBM's document says of an event", () => {
  const one = async (query: string): Promise<Event> => {
    const found = await search(query);
    expect([query, found.length]).toEqual([query, 1]);
    return found[0] as Event;
  };

  it("holds of logins: by which client, and from which agent", async () => {
    const cli = await one("action:==iam-identity.user-apikey.login requestData.client_id:==bx");
    expect(cli.initiator).toMatchObject({
      name: "bob@example.com",
      host: { agent: "IBM Cloud CLI" },
    });
    const ui = await search(
      "action:==iam-identity.user-refreshtoken.login requestData.client_id:==HOP55v1CCT",
    );
    expect(ui.length).toBeGreaterThanOrEqual(3);
    for (const { initiator } of ui) expect(initiator.host.agent).toBe("Not Set");
    const passcode = `requestData.client_id:==bx requestData.grant_type:==${GRANT}passcode`;
    for (const query of ["refreshtoken", "passcode"]) {
      const found = await search(`action:iam-identity.user-${query}.login ${passcode}`);
      expect(found).toMatchObject([{ action: "iam-identity.user-refreshtoken.login" }]);
    }
  });

  it("holds of a service ID: locked, unlocked, described and renamed", async () => {
    const found = await search("action:==iam-identity.account-serviceid.update");
    const changes = found
      .filter(({ target }) => target.id.includes(":serviceid:"))
      .toReversed()
      .map(({ outcome, severity, requestData: { lock, prev_instance_name, instance_name } }) => [
        outcome,
        severity,
        lock,
        prev_instance_name,
        instance_name,
      ]);
    expect(changes).toEqual([
      ["success", "warning", false, "ci", "ci"],
      ["success", "warning", false, "ci", "ci-deployer"],
      ["success", "warning", true, undefined, undefined],
      ["failure", "critical", true, "ci-deployer", "mine-now"],
      ["success", "warning", false, undefined, undefined],
      ["success", "warning", false, "ci-deployer", "ci-released"],
    ]);
  });

  it("holds of what is locked: outcome, severity and the message, word for word", async () => {
    const messages = (await search("outcome:failure severity:critical requestData.lock:true")).map(
      ({ message }) => message,
    );
    expect(messages.toSorted()).toEqual([
      "IAM Identity Service: update account-apikey ci key -failure",
      "IAM Identity Service: update account-serviceid ci-deployer -failure",
      "IAM Identity Service: update user-apikey new laptop -failure",
    ]);
  });

  it("holds of the key of a service ID under each of its names", async () => {
    for (const name of ["serviceid-apikey", "account-serviceid", "account-apikey"]) {
      const found = await search(`action:==iam-identity.${name}.update target.name:"ci key 2"`);
      expect([name, found.length]).toEqual([name, 1]);
    }
  });

  it("holds of failed logins: none in the account, all in the operator's own stream", async () => {
    expect(await search(`account:==${account} (action login) outcome:failure`)).toEqual([]);
    const failed = await search("account:==operator (action login) outcome:failure");
    expect(failed).toMatchObject([{ reason: { reasonCode: 401 } }]);
  });

  it("holds of the transaction's id, which every answer and its event share", async () => {
    expect(transactions.size).toBeGreaterThan(30);
    for (const [line, id] of transactions) {
      if (line.startsWith("GET /trail")) continue;
      expect([line, (await search(`X-Global-Transaction-Id:==${id}`)).length]).not.toEqual([
        line,
        0,
      ]);
    }
  });
});
