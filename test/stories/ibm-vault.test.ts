/**
 * The Vault-compatible surface of IBM Secrets Manager: a login that gives a token, the calls that take it, and what is
 * refused there; each with its event.
 */
import { decodeJwt } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createAccount } from "../../src/app/identity/create-account.ts";
import { createApiKey } from "../../src/app/identity/api-keys.ts";
import { createPolicy } from "../../src/app/identity/policies.ts";
import { createUser } from "../../src/app/identity/users.ts";
import type { Operation } from "../../src/app/operation.ts";
import { SCHEDULE, START } from "../../src/app/testing/test-app.ts";
import { accountPlace } from "../../src/identity/account.ts";
import { MAX_LOGIN_BYTES } from "../../src/http/dialects/ibm/vault/login.ts";
import { openIbmApp, type IbmAnswer, type IbmApp, type JsonCall, type Person } from "./ibm-app.ts";

let app: IbmApp;
let manager: Person;
/** Of the manager's login. */
let vaultToken: string;

const LOGIN = "/v1/auth/ibmcloud/login";
const GROUPS = "/v1/auth/ibmcloud/manage/groups";
const HOUR_MS = 3_600_000;
const NOW = "2026-11-21T09:00:00Z";
const id = expect.stringMatching(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);

beforeAll(async () => {
  app = await openIbmApp();
  manager = await app.person("manager@example.com", ["Manager"]);
  vaultToken = String((await login(await accessToken(manager))).body.auth.client_token);
});

beforeEach(() => app.test.clock.set(START));

afterAll(() => app.close());

async function accessToken({ apiKey }: Person, client?: string): Promise<string> {
  const form = new URLSearchParams({
    grant_type: "urn:ibm:params:oauth:grant-type:apikey",
    apikey: apiKey,
  });
  const { body } = await app.nobody.send({
    method: "POST",
    url: "/identity/token",
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      // `bx:bx`: a client that names itself has a session that can be ended.
      ...(client === undefined ? {} : { authorization: `Basic ${btoa(`${client}:${client}`)}` }),
    },
    payload: form.toString(),
  });
  return String(body.access_token);
}

function login(token: unknown): Promise<IbmAnswer> {
  return app.nobody.call({ method: "PUT", url: LOGIN, body: { token } });
}

function vault(call: JsonCall, token = vaultToken): Promise<IbmAnswer> {
  return app.nobody.call({ ...call, headers: { "x-vault-token": token } });
}

const get = (url: string): Promise<IbmAnswer> => vault({ method: "GET", url });
const put = (url: string, body: object): Promise<IbmAnswer> => vault({ method: "PUT", url, body });
const post = (url: string, body: object): Promise<IbmAnswer> =>
  vault({ method: "POST", url, body });

/** The server's own doing, in an account: what prepares a story needs no caller. */
async function done<I extends object, O extends object>(
  operation: Operation<I, unknown, O>,
  account: string,
  input: I,
): Promise<O> {
  const call = { ...app.test.call(SCHEDULE), place: accountPlace(account) };
  const performed = await app.test.performer.perform(operation, call, () => input);
  if (performed.kind === "refused") throw performed.refusal;
  return performed.output;
}

function expectRefused(answer: IbmAnswer, status: number): void {
  expect(answer.body).toEqual({ errors: [expect.stringMatching(/\w.*\.$/)] });
  expect(answer.status).toBe(status);
  expect(app.events().at(-1)).toMatchObject({
    id: answer.headers["keytrail-event"],
    outcome: "failure",
    reason: { reasonForFailure: answer.body.errors[0] },
  });
}

describe("a login", () => {
  it.each(["PUT", "POST"] as const)("by %s gives a token of the same session", async (method) => {
    const token = await accessToken(manager);
    const before = app.events().length;
    const answer = await app.nobody.call({ method, url: LOGIN, body: { token } });
    expect(answer.status).toBe(200);
    const session = decodeJwt(token)["keytrail_session"] as { readonly id: string };
    expect(answer.body).toEqual({
      request_id: answer.headers["x-request-id"],
      lease_id: "",
      renewable: false,
      lease_duration: 0,
      data: null,
      wrap_info: null,
      warnings: null,
      auth: {
        client_token: expect.any(String),
        accessor: session.id,
        policies: ["default", "instance-manager"],
        token_policies: ["default", "instance-manager"],
        metadata: {
          bss_acc: app.account,
          grant_type: "urn:ibm:params:oauth:grant-type:apikey",
          name: "manager@example.com",
          resource: app.instanceCrn,
          user: manager.iamId,
        },
        lease_duration: 3_600,
        renewable: false,
        entity_id: manager.iamId,
        token_type: "service",
        orphan: true,
      },
    });
    const clientToken = String(answer.body.auth.client_token);
    expect(decodeJwt(clientToken)["keytrail_session"]).toEqual(session);

    const [event, ...others] = app.events().slice(before);
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      action: "secrets-manager.instance.login",
      outcome: "success",
      severity: "normal",
      reason: { reasonCode: 200 },
      initiator: { id: manager.iamId, name: "manager@example.com" },
      target: { id: app.instanceCrn },
      requestData: { method: "ibmcloud" },
      responseData: { leaseDuration: 3_600 },
    });
    const recorded = JSON.stringify(app.events());
    for (const value of [token, clientToken]) expect(recorded).not.toContain(value.slice(-40));
  });

  it("gives a token that lives no longer than the one that was brought", async () => {
    const token = await accessToken(manager);
    app.test.clock.advance(HOUR_MS / 2 + 400);
    const { auth } = (await login(token)).body;
    expect(auth.lease_duration).toBe(1_800);
    const list: JsonCall = { method: "GET", url: "/v1/ibmcloud/kv/secrets" };
    expect((await vault(list, auth.client_token)).status).toBe(200);
    expect(decodeJwt(auth.client_token).exp).toBe(decodeJwt(token).exp);
    app.test.clock.advance(HOUR_MS / 2);
    expectRefused(await vault(list, auth.client_token), 403);
    expect(app.events().at(-1)).toMatchObject({
      action: "secrets-manager.secrets.list",
      reason: { reasonCode: 401, reasonForFailure: "The access token has expired." },
      initiator: { id: manager.iamId },
    });
  });

  it("passes over a token that has expired in the header: it is what a new one is asked for", async () => {
    const stale = await accessToken(manager);
    app.test.clock.advance(2 * HOUR_MS);
    const token = await accessToken(manager);
    const answer = await vault({ method: "PUT", url: LOGIN, body: { token } }, stale);
    expect(answer.status).toBe(200);
  });

  it("behind a plain name is to the instance of the account that the token is of", async () => {
    const { id: account, instanceId } = await done(createAccount, app.account, {
      name: "Other",
      region: "eu-de",
    });
    const user = await done(createUser, account, { email: "ada@example.com", name: "Ada" });
    const { value } = await done(createApiKey, account, { iamId: user.iamId, name: "key" });
    const roles = ["Writer"] as const;
    await done(createPolicy, account, { subject: user.iamId, roles, resource: {} });
    const token = await accessToken({ ...manager, apiKey: value.reveal() });
    const { auth } = (await login(token)).body;
    expect(auth.metadata).toMatchObject({
      bss_acc: account,
      resource: `crn:v1:bluemix:public:secrets-manager:eu-de:a/${account}:${instanceId}::`,
    });
    expect(app.events().at(-1)).toMatchObject({ account, instance: instanceId });
    const host = `${app.instance}.us-south.secrets-manager.example.com`;
    const elsewhere: JsonCall = { method: "PUT", url: LOGIN, body: { token }, headers: { host } };
    expectRefused(await app.nobody.call(elsewhere), 403);
    expect(app.events().at(-1)).toMatchObject({ account: app.account, instance: app.instance });
  });

  it("is no way around a session that has ended: neither of the tokens is good any more", async () => {
    const person = await app.person("leaving@example.com", ["Reader"]);
    const token = await accessToken(person, "bx");
    const { client_token: clientToken } = (await login(token)).body.auth;
    const list: JsonCall = { method: "GET", url: "/v1/ibmcloud/kv/secrets" };
    expect((await vault(list, clientToken)).status).toBe(200);
    const out = await app.nobody.send({
      method: "POST",
      url: "/identity/logout",
      headers: { authorization: `Bearer ${token}` },
    });
    expect(out.status).toBeLessThan(300);
    expectRefused(await vault(list, clientToken), 403);
    expectRefused(await login(token), 403);
    expectRefused(await login(clientToken), 403);
    expect(app.events().at(-1)).toMatchObject({
      action: "secrets-manager.instance.login",
      initiator: { id: person.iamId },
    });
  });

  it("names the roles as policies, of the instance or of a group", async () => {
    const group = await post(GROUPS, { name: "of-policies" });
    const secretGroup = String(group.body.data.id);
    const inGroup = await app.person("group@example.com", ["SecretsReader"], {
      service: "secrets-manager",
      instance: app.instance,
      secretGroup,
    });
    const { auth } = (await login(await accessToken(inGroup))).body;
    expect(auth.policies).toEqual(["default", "group-secrets-reader"]);
    const outside = await vault(
      { method: "POST", url: "/v1/ibmcloud/kv/secrets", body: { name: "no", payload: {} } },
      auth.client_token,
    );
    expectRefused(outside, 403);
  });

  it("names no role that lets nobody in here", async () => {
    const person = await app.person("both@example.com", ["Reader", "Auditor"]);
    const { auth } = (await login(await accessToken(person))).body;
    expect(auth.policies).toEqual(["default", "instance-reader"]);
  });

  it("needs a role on the instance, and is recorded with who had none", async () => {
    const stranger = await app.person("stranger@example.com", []);
    expectRefused(await login(await accessToken(stranger)), 403);
    expect(app.events().at(-1)).toMatchObject({
      action: "secrets-manager.instance.login",
      reason: { reasonCode: 403 },
      initiator: { id: stranger.iamId, name: "stranger@example.com" },
      target: { id: app.instanceCrn },
      requestData: { method: "ibmcloud" },
    });
  });

  it.each(["CANARY", "a.b.CANARY", "", "x".repeat(9_000)])(
    "with what is no token is refused, and nothing of it recorded: %j",
    async (token) => {
      expectRefused(await login(token), 403);
      const event = app.events().at(-1);
      expect(event).toMatchObject({
        action: "secrets-manager.instance.login",
        reason: { reasonCode: 401, reasonType: "Unauthorized" },
        initiator: { id: "", credential: { type: "token" } },
        target: { id: app.instanceCrn },
        responseData: {},
      });
      expect(JSON.stringify(event)).not.toMatch(/CANARY|xxxx/);
    },
  );

  it.each([{}, { token: 7 }, { token: "CANARY", jwt: "CANARY" }, []])(
    "with a body that holds none is refused: %j",
    async (body) => {
      const answer = await app.nobody.call({ method: "PUT", url: LOGIN, body });
      expectRefused(answer, 400);
      expect(app.events().at(-1)).toMatchObject({ action: "secrets-manager.instance.login" });
      expect(JSON.stringify(app.events().at(-1))).not.toContain("CANARY");
    },
  );

  it("with a body longer than any token is refused unread", async () => {
    const token = await accessToken(manager);
    const padded = (bytes: number): string => JSON.stringify({ token }).padEnd(bytes);
    const attempt = (payload: string): Promise<IbmAnswer> =>
      app.nobody.send({ method: "PUT", url: LOGIN, payload });
    expect((await attempt(padded(MAX_LOGIN_BYTES))).status).toBe(200);
    expectRefused(await attempt(padded(MAX_LOGIN_BYTES + 1)), 413);
    expect(app.events().at(-1)).toMatchObject({ action: "secrets-manager.instance.login" });
  });

  it("ends with the API key behind it", async () => {
    const person = await app.person("disabled@example.com", ["Reader"]);
    const token = await accessToken(person);
    const { client_token: clientToken } = (await login(token)).body.auth;
    const key = String(decodeJwt(token)["keytrail_credential"]);
    await app.test.state.transact(async ({ identity }) => {
      const credential = await identity.credential(key);
      if (credential?.key) await identity.putApiKey({ ...credential.key, disabled: true });
    });
    expectRefused(await login(token), 403);
    expectRefused(await vault({ method: "GET", url: GROUPS }, clientToken), 403);
  });
});

/** A secret in a group, with two versions, by this surface. */
interface Things {
  readonly secretId: string;
  readonly name: string;
  readonly groupId: string;
  readonly versionId: string;
  readonly previousId: string;
}

let made = 0;

async function makeThings(): Promise<Things> {
  const n = (made += 1);
  const group = await post(GROUPS, { name: `group-${n}`, description: "CANARY" });
  const groupId = String(group.body.data.id);
  const name = `vault-${n}`;
  const base = `/v1/ibmcloud/arbitrary/secrets/groups/${groupId}`;
  const created = await post(base, { name, payload: "CANARY-1" });
  const rotated = await post(`${base}/${name}/rotate`, { payload: "CANARY-2" });
  const [previous, current] = rotated.body.data.versions;
  return {
    secretId: String(created.body.data.id),
    name,
    groupId,
    versionId: String(current.id),
    previousId: String(previous.id),
  };
}

interface Row {
  /** What follows the secret's own path, or stands instead of it. */
  readonly call: (things: Things, secret: string, locks: string) => JsonCall;
  readonly prepare?: (things: Things) => Promise<unknown>;
  /** After `secrets-manager.` */
  readonly action: string;
  readonly requestData: (things: Things) => object;
}

const idOf = ({ secretId }: Things): object => ({ id: secretId });
const told = ({ secretId, groupId: secretGroupId }: Things): object => ({
  id: secretId,
  secretType: "arbitrary",
  secretGroupId,
});

function lock({ secretId }: Things): Promise<IbmAnswer> {
  return post(`/v1/ibmcloud/arbitrary/locks/${secretId}/lock`, { locks: [{ name: "app-1" }] });
}

/** Calls about one secret, which every path names in four ways. */
const ofSecret: Readonly<Record<string, Row>> = {
  "reading a secret": {
    call: (_things, url) => ({ method: "GET", url }),
    action: "secret.read",
    requestData: ({ secretId }) =>
      expect.objectContaining({ id: secretId, secretType: "arbitrary" }),
  },
  "deleting a secret": {
    call: (_things, url) => ({ method: "DELETE", url }),
    action: "secret.delete",
    requestData: told,
  },
  "reading metadata": {
    call: (_things, url) => ({ method: "GET", url: `${url}/metadata` }),
    action: "secret-metadata.read",
    requestData: idOf,
  },
  "updating metadata": {
    call: (_things, url) => ({
      method: "PUT",
      url: `${url}/metadata`,
      body: { description: "CANARY" },
    }),
    action: "secret-metadata.update",
    requestData: ({ secretId }) => ({ id: secretId, changes: ["description"] }),
  },
  "rotating a secret": {
    call: (_things, url) => ({
      method: "POST",
      url: `${url}/rotate`,
      body: { payload: "CANARY-3" },
    }),
    action: "secret.rotate",
    requestData: told,
  },
  "listing versions": {
    call: (_things, url) => ({ method: "GET", url: `${url}/versions` }),
    action: "secret-versions.list",
    requestData: idOf,
  },
  "reading a version": {
    call: (_things, url) => ({ method: "GET", url: `${url}/versions/previous` }),
    action: "secret-version.read",
    requestData: ({ secretId }) => ({ id: secretId, alias: "previous" }),
  },
  "reading a version's metadata": {
    call: ({ versionId }, url) => ({ method: "GET", url: `${url}/versions/${versionId}/metadata` }),
    action: "secret-version-metadata.read",
    requestData: ({ secretId, versionId }) => ({ id: secretId, versionId }),
  },
  "reading policies": {
    call: (_things, url) => ({ method: "GET", url: `${url}/policies` }),
    action: "secret-policies.get",
    requestData: idOf,
  },
  "listing locks": {
    call: (_things, _url, url) => ({ method: "GET", url: `${url}?limit=2` }),
    action: "secret-locks.list",
    requestData: ({ secretId }) => ({ id: secretId, limit: 2 }),
  },
  "locking a secret": {
    call: (_things, _url, url) => ({
      method: "POST",
      url: `${url}/lock_exclusive`,
      body: { locks: [{ name: "app-1", description: "CANARY" }] },
    }),
    action: "secret-locks.create",
    requestData: ({ secretId }) => ({
      id: secretId,
      mode: "remove_previous",
      lockNames: ["app-1"],
    }),
  },
  "unlocking a secret": {
    prepare: lock,
    call: (_things, _url, url) => ({
      method: "POST",
      url: `${url}/unlock`,
      body: { locks: ["app-1"] },
    }),
    action: "secret-locks.delete",
    requestData: ({ secretId }) => ({ id: secretId, lockNames: ["app-1"] }),
  },
  "listing the locks of a version": {
    call: (_things, _url, url) => ({ method: "GET", url: `${url}/versions/current` }),
    action: "secret-version-locks.list",
    requestData: ({ secretId }) => ({ id: secretId, alias: "current" }),
  },
  "locking a version": {
    call: (_things, _url, url) => ({
      method: "POST",
      url: `${url}/versions/previous/lock`,
      body: { locks: [{ name: "app-1" }] },
    }),
    action: "secret-version-locks.create",
    requestData: ({ secretId }) => ({ id: secretId, alias: "previous", lockNames: ["app-1"] }),
  },
  "unlocking a version": {
    prepare: lock,
    call: (_things, _url, url) => ({
      method: "PUT",
      url: `${url}/versions/current/unlock`,
      body: { locks: ["*"] },
    }),
    action: "secret-version-locks.delete",
    requestData: ({ secretId }) => ({ id: secretId, alias: "current" }),
  },
};

const WAYS = ["by id", "by name", "by id in its group", "by name in its group"] as const;

describe("each call about a secret", () => {
  const cases = Object.entries(ofSecret).flatMap(([name, row]) =>
    WAYS.map((way) => [name, way, row] as const),
  );

  it.each(cases)("%s %s raises the action of IBM's table", async (_name, way, row) => {
    const things = await makeThings();
    await row.prepare?.(things);
    const named = way.startsWith("by id") ? things.secretId : things.name;
    const within = way.endsWith("group") ? `groups/${things.groupId}/` : "";
    const base = "/v1/ibmcloud/arbitrary";
    const before = app.events().length;
    const call = row.call(
      things,
      `${base}/secrets/${within}${named}`,
      `${base}/locks/${within}${named}`,
    );
    const answer = await vault(call);
    expect(answer.status, answer.text).toBe(200);
    expect(Object.keys(answer.body)).toEqual([
      "request_id",
      "lease_id",
      "renewable",
      "lease_duration",
      "data",
      "wrap_info",
      "warnings",
      "auth",
    ]);
    const [event, ...others] = app.events().slice(before);
    expect(others.map(({ action }) => action)).toEqual([]);
    expect(event).toMatchObject({
      action: `secrets-manager.${row.action}`,
      outcome: "success",
      initiator: { id: manager.iamId },
      target: {
        id: `${app.instanceCrn.replace(/::$/, "")}:secret:${things.secretId}`,
        name: things.name,
      },
    });
    expect(event?.requestData).toEqual(row.requestData(things));
    expect(JSON.stringify(app.events())).not.toContain("CANARY");
  });

  it("finds no secret in a group that is not its own, or of a type that it has not", async () => {
    const { name, secretId } = await makeThings();
    const other = await makeThings();
    for (const path of [
      `arbitrary/secrets/groups/${other.groupId}/${name}`,
      `arbitrary/secrets/groups/default/${secretId}`,
      `kv/secrets/${name}`,
      `kv/secrets/${secretId}`,
      `arbitrary/secrets/there-is-none`,
    ]) {
      expectRefused(await get(`/v1/ibmcloud/${path}`), 404);
    }
  });
});

describe("what the surface shows", () => {
  it("of a secret is version 1's resource", async () => {
    const created = await post("/v1/ibmcloud/kv/secrets", {
      name: "shown-by-vault",
      description: "Extended description.",
      payload: { key1: "value1" },
      labels: ["dev"],
    });
    const info = {
      id,
      creation_date: NOW,
      created_by: manager.iamId,
      auto_rotated: false,
      downloaded: false,
      payload_available: true,
    };
    const metadata = {
      id,
      crn: expect.stringContaining(":secret:"),
      name: "shown-by-vault",
      description: "Extended description.",
      secret_type: "kv",
      labels: ["dev"],
      state: 1,
      state_description: "Active",
      created_by: manager.iamId,
      creation_date: NOW,
      last_update_date: NOW,
      downloaded: false,
      versions_total: 1,
      locks_total: 0,
    };
    const whole = {
      ...metadata,
      versions: [info],
      secret_data: { payload: { key1: "value1" } },
    };
    expect(created.body).toEqual({
      request_id: created.headers["x-request-id"],
      lease_id: "",
      renewable: false,
      lease_duration: 0,
      data: whole,
      wrap_info: null,
      warnings: null,
      auth: null,
    });
    const list = await get("/v1/ibmcloud/kv/secrets?list=true");
    expect(list.body.data).toEqual({ secrets: [metadata], secrets_total: 1 });
  });

  it("of groups has no collection around it, and deletion leaves nothing to be shown", async () => {
    const created = await post(GROUPS, { name: "shown-group", description: "of a team" });
    const group = {
      id,
      name: "shown-group",
      description: "of a team",
      created_by: manager.iamId,
      creation_date: NOW,
      last_update_date: NOW,
      type: "application/vnd.ibm.secrets-manager.secret.group+json",
    };
    expect(created.body.data).toEqual(group);
    const url = `${GROUPS}/${created.body.data.id}`;
    expect((await get(GROUPS)).body.data.groups).toContainEqual(group);
    const updated = await put(url, { name: "renamed-group" });
    expect(updated.body.data).toEqual({ ...group, name: "renamed-group" });
    expect((await get(url)).body.data).toEqual(updated.body.data);
    const deleted = await vault({ method: "DELETE", url });
    expect([deleted.status, deleted.body.data]).toEqual([200, null]);
    const actions = app
      .events()
      .slice(-5)
      .map(({ action }) => action);
    expect(actions).toEqual(
      ["secret-groups.list", "secret-group.update", "secret-group.read", "secret-group.delete"]
        .map((action) => `secrets-manager.${action}`)
        .toSpliced(0, 0, "secrets-manager.secret-group.create"),
    );
  });

  it("sets how often a password is rotated", async () => {
    const created = await post("/v1/ibmcloud/username_password/secrets", {
      name: "policied",
      username: "user",
      password: "CANARY",
    });
    const rotation = { interval: 10, unit: "day" };
    const url = `/v1/ibmcloud/username_password/secrets/${created.body.data.id}/policies`;
    const set = await put(url, { policies: [{ rotation }] });
    expect(set.body.data.policies[0].rotation).toEqual({ auto_rotate: true, ...rotation });
    expect(app.events().at(-1)?.action).toBe("secrets-manager.secret-policies.set");
    expect((await get(url)).body.data).toEqual(set.body.data);
    expectRefused(await put(url, { policies: [] }), 400);
  });

  it("defines credentials as roles, and makes them when they are read", async () => {
    const administrator = await app.person("admin@example.com", ["Administrator", "Manager"]);
    const { auth } = (await login(await accessToken(administrator))).body;
    const call = (method: "GET" | "PUT" | "DELETE", path: string, body?: object) =>
      vault({ method, url: `/v1/ibmcloud/iam_credentials/${path}`, body }, auth.client_token);
    const url = `/v2/groups?account_id=${app.account}`;
    const accessGroup = await administrator.post(url, { name: "apps" });
    const root = await call("PUT", "config/root", { api_key: administrator.apiKey });
    expect([root.status, root.body.data]).toEqual([200, null]);
    const engine = (await call("GET", "config/root")).body.data;
    expect(engine).toMatchObject({ name: "iam_credentials", disabled: false });
    app.test.clock.advance(1);
    const second = await administrator.post("/api/v2/configurations", {
      name: "another",
      config_type: "iam_credentials_configuration",
      api_key: administrator.apiKey,
    });
    expect(second.status, second.text).toBe(201);
    expect((await call("GET", "config/root")).body.data).toEqual(engine);

    const role = { ttl: "30m", access_groups: [accessGroup.body.id] };
    const created = await call("PUT", "roles/deployer", role);
    expect(created.body.data, created.text).toMatchObject({ name: "deployer", ttl: "1800" });
    expect((await call("GET", "roles")).body.data.secrets_total).toBe(1);
    expect((await call("GET", "roles/deployer")).body.data).not.toHaveProperty("api_key");
    const read = await call("GET", "creds/deployer");
    expect(read.body.data.api_key, read.text).toEqual(expect.any(String));
    expect(app.events().findLast(({ operation }) => operation === "secret.read")).toMatchObject({
      target: { name: "deployer" },
      requestData: { id: created.body.data.id, name: "deployer", secretType: "iam_credentials" },
    });
    expect((await call("DELETE", "roles/deployer")).status).toBe(200);
    const recorded = JSON.stringify(app.events());
    for (const secret of [read.body.data.api_key, administrator.apiKey]) {
      expect(recorded).not.toContain(secret);
    }
  });

  it.each([{ "content-type": "application/x-www-form-urlencoded" }, {}])(
    "takes bodies without asking for their media type, as curl and Vault's command line send them: %j",
    async (type) => {
      const name = `by-curl-${Object.keys(type).length}`;
      const answer = await app.nobody.send({
        method: "PUT",
        url: "/v1/ibmcloud/arbitrary/secrets",
        headers: { "x-vault-token": vaultToken, ...type },
        payload: Buffer.from(JSON.stringify({ name, payload: "CANARY" })),
      });
      expect(answer.status, answer.text).toBe(200);
    },
  );

  it("takes the token as a bearer token too", async () => {
    const headers = { authorization: `Bearer ${vaultToken}` };
    const answer = await app.nobody.call({ method: "GET", url: GROUPS, headers });
    expect(answer.status).toBe(200);
  });
});

describe("a call that is refused", () => {
  it.each([{}, { "x-vault-token": "s.CANARY" }])(
    "for want of a token that is good is a 403 here, and unauthorized in the record: %j",
    async (headers) => {
      const { secretId } = await makeThings();
      const url = `/v1/ibmcloud/arbitrary/secrets/${secretId}`;
      expectRefused(await app.nobody.call({ method: "GET", url, headers }), 403);
      const event = app.events().at(-1);
      expect(event).toMatchObject({
        action: "secrets-manager.secret.read",
        reason: { reasonType: "Unauthorized" },
      });
      expect(event?.target.id).toContain(secretId);
      expect(JSON.stringify(event)).not.toContain("CANARY");
    },
  );

  it.each([
    ["PUT", "/v1/sys/audit/syslog", "Audit devices are not supported"],
    ["GET", "/v1/sys/audit", "Audit devices are not supported"],
    ["GET", "/v1/sys/health", "system calls"],
    ["POST", "/v1/auth/token/renew-self", "a login with an access token gives a new one"],
    ["PUT", "/v1/auth/ibmcloud/manage/login", "as long as the access token"],
    ["POST", "/v1/auth/userpass/login/ada", "/v1/auth/ibmcloud/login"],
    ["DELETE", "/v1/ibmcloud/kv", "nothing of the secrets engines"],
    ["PATCH", "/v1/ibmcloud/kv/secrets", "nothing of the secrets engines"],
  ] as const)(
    "%s %s says what there is instead, and is recorded",
    async (method, url, sentence) => {
      const answer = await vault({ method, url, body: { type: "CANARY" } });
      expectRefused(answer, 403);
      expect(answer.body.errors[0]).toContain(sentence);
      const event = app.events().at(-1);
      expect(event).toMatchObject({
        action: "keytrail.request.reject",
        initiator: { id: manager.iamId },
        requestData: { method },
      });
      expect(JSON.stringify(event)).not.toContain("CANARY");
    },
  );

  it.each([
    ["POST", "/v1/ibmcloud/kv/secrets", { name: "x1", payload: "CANARY" }],
    ["POST", "/v1/ibmcloud/kv/secrets", { name: "x1", payload: {}, secret_group_id: "default" }],
    ["POST", "/v1/ibmcloud/passwords/secrets", { name: "x1" }],
    ["POST", "/v1/ibmcloud/arbitrary/secrets/a%20CANARY/rotate", { payload: "CANARY" }],
    ["GET", "/v1/ibmcloud/arbitrary/secrets/groups/CANARY", undefined],
    ["POST", "/v1/ibmcloud/arbitrary/locks/a-secret/unlock", { locks: [] }],
    ["POST", GROUPS, { name: "CANARY", kind: "CANARY" }],
  ] as const)("%s %s for what cannot be meant", async (method, url, body) => {
    expectRefused(await vault({ method, url, body }), 400);
    expect(JSON.stringify(app.events().at(-1))).not.toContain("CANARY");
  });

  it("for a role whose body has another name than its path", async () => {
    const body = { name: "CANARY", ttl: "1h", access_groups: [] };
    const answer = await put("/v1/ibmcloud/iam_credentials/roles/a-role", body);
    expectRefused(answer, 400);
    expect(answer.body.errors).toEqual(["The name in the body is not the one in the path."]);
  });

  it("for a secret in another group than the path says, whatever the body says", async () => {
    const { secretId, groupId } = await makeThings();
    const url = (group: string): string =>
      `/v1/ibmcloud/arbitrary/secrets/groups/${group}/${secretId}/metadata`;
    const body = { secret_group_id: groupId, labels: ["new"] };
    expect((await put(url(groupId), body)).status).toBe(200);
    expectRefused(await put(url("default"), body), 400);
    expectRefused(await put(url("default"), { labels: ["new"] }), 404);
    expectRefused(await put(url(groupId), { secret_group_id: 7 }), 400);
  });

  it("for a body too large to be looked at", async () => {
    const answer = await post("/v1/ibmcloud/arbitrary/secrets", { payload: "x".repeat(5_000_000) });
    expectRefused(answer, 413);
  });
});
