/** Credentials that are minted, over IBM's wire: configured, made, used for a login, and taken back. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { leaseJob } from "../../src/app/secrets/lease-job.ts";
import { Schedule } from "../../src/app/schedule.ts";
import { openIbmApp, type IbmApp, type Person } from "./ibm-app.ts";

let app: IbmApp;
let manager: Person;
let administrator: Person;
/** A service ID with the platform role that minting takes, and an API key of it. */
let engine: { readonly iamId: string; readonly apiKey: string };
let group: string;

beforeEach(async () => {
  app = await openIbmApp();
  manager = await app.person("grace@example.com", ["Manager"]);
  administrator = await app.person("ada@example.com", ["Administrator"]);
  const { account } = app;
  const named = { name: "engine", account_id: account };
  const { body } = await administrator.post("/v1/serviceids", {
    ...named,
    apikey: { name: "key" },
  });
  engine = { iamId: body.iam_id, apiKey: body.apikey.apikey };
  await policy(engine.iamId, "crn:v1:bluemix:public:iam::::role:Administrator", []);
  const made = await administrator.post(`/v2/groups?account_id=${account}`, { name: "readers" });
  group = made.body.id;
  const instance = [{ name: "serviceInstance", value: app.instance }];
  await policy(group, "crn:v1:bluemix:public:iam::::serviceRole:Reader", instance);
});
afterEach(() => app.close());

async function policy(subject: string, role: string, attributes: readonly object[]) {
  const name = subject.startsWith("AccessGroupId-") ? "access_group_id" : "iam_id";
  const { status, body } = await administrator.post("/v1/policies", {
    type: "access",
    subjects: [{ attributes: [{ name, value: subject }] }],
    roles: [{ role_id: role }],
    resources: [
      {
        attributes: [
          { name: "accountId", value: app.account },
          ...(attributes.length > 0
            ? [{ name: "serviceName", value: "secrets-manager" }, ...attributes]
            : []),
        ],
      },
    ],
  });
  if (status !== 201) throw new Error(JSON.stringify(body));
}

const configure = () =>
  manager.post("/api/v2/configurations", {
    config_type: "iam_credentials_configuration",
    name: "engine",
    api_key: engine.apiKey,
  });

const iam = (fields: object = {}) => ({
  secret_type: "iam_credentials",
  name: "ci",
  ttl: "30m",
  access_groups: [group],
  reuse_api_key: true,
  ...fields,
});

/** The status of a login with the key, and of a list of secrets with the token that it gives. */
async function loginWith(apiKey: string): Promise<readonly number[]> {
  const form = { grant_type: "urn:ibm:params:oauth:grant-type:apikey", apikey: apiKey };
  const { status, body } = await app.nobody.send({
    method: "POST",
    url: "/identity/token",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    payload: new URLSearchParams(form).toString(),
  });
  if (status !== 200) return [status];
  const headers = { authorization: `Bearer ${body.access_token}` };
  const list = await app.nobody.call({ method: "GET", url: "/api/v2/secrets", headers });
  return [status, list.status];
}

const told = () =>
  app
    .lines()
    .map((line) => Buffer.from(line).toString())
    .join("\n");

describe("the configuration of an engine", () => {
  it("is made and changed with an API key that no answer has", async () => {
    const made = await configure();
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      config_type: "iam_credentials_configuration",
      secret_type: "iam_credentials",
      name: "engine",
      disabled: false,
      api_key_id: expect.stringMatching(/^ApiKey-/),
    });
    const url = "/api/v2/configurations/engine";
    const patched = await manager.patch(url, { api_key: engine.apiKey, disabled: true });
    expect([patched.status, patched.body.disabled]).toEqual([200, true]);
    const answers = [
      made,
      patched,
      await manager.get(url),
      await manager.get("/api/v2/configurations"),
    ];
    for (const { text } of answers) expect(text).not.toContain(engine.apiKey);
    expect(told()).not.toContain(engine.apiKey);
    expect((await manager.delete(url)).status).toBe(204);
  });

  it("is refused with what is no key, which is neither quoted nor recorded", async () => {
    const create = (fields: object) =>
      manager.post("/api/v2/configurations", {
        config_type: "iam_credentials_configuration",
        name: "engine",
        ...fields,
      });
    const refused = await create({ api_key: "hunter2-not-a-key" });
    expect([refused.status, refused.body.errors[0].code]).toEqual([400, "bad_request"]);
    expect(refused.text).not.toContain("hunter2");
    expect((await create({})).status).toBe(400);
    expect((await create({ api_key: engine.apiKey, extra: 1 })).status).toBe(400);
    expect(told()).not.toContain("hunter2");
  });
});

describe("an iam_credentials secret", () => {
  it("is made with a key that logs in with its group's rights, and ends with its lease", async () => {
    await configure();
    const { status, body } = await manager.post("/api/v2/secrets", iam());
    expect(status).toBe(201);
    expect(body).toMatchObject({
      secret_type: "iam_credentials",
      ttl: "1800",
      access_groups: [group],
      reuse_api_key: true,
      service_id_is_static: false,
      service_id: expect.stringMatching(/^ServiceId-/),
      api_key_id: expect.stringMatching(/^ApiKey-/),
      api_key: expect.stringMatching(/^ktk_/),
      expiration_date: "2026-11-21T09:30:00Z",
      state: 1,
      versions_total: 1,
    });
    expect(await loginWith(body.api_key)).toEqual([200, 200]);
    const url = `/api/v2/secrets/${body.id}`;
    expect((await manager.get(url)).body.api_key).toBe(body.api_key);
    const metadata = await manager.get(`${url}/metadata`);
    expect(metadata.body).toMatchObject({ api_key_id: body.api_key_id, ttl: "1800" });
    expect(metadata.text).not.toContain(body.api_key);
    app.test.clock.advance(1_800_000);
    await new Schedule({ jobs: [leaseJob(app.test)], clock: app.test.clock }).pass();
    expect(await loginWith(body.api_key)).toEqual([400]);
    const over = await manager.get(url);
    expect([over.status, over.body.api_key]).toEqual([200, undefined]);
    expect(told()).not.toContain(body.api_key);
  });

  it("is rotated and restored, version by version", async () => {
    await configure();
    const rotation = { auto_rotate: true, interval: 1, unit: "month" };
    const { body } = await manager.post("/api/v2/secrets", iam({ rotation, ttl: 86_400 }));
    expect(body).toMatchObject({ rotation, next_rotation_date: "2026-12-21T09:00:00Z" });
    const url = `/api/v2/secrets/${body.id}/versions`;
    const rotated = await manager.post(url, {});
    expect(rotated.status).toBe(201);
    expect(rotated.body).toMatchObject({
      alias: "current",
      payload_available: true,
      service_id: body.service_id,
      expiration_date: "2026-11-22T09:00:00Z",
    });
    expect(rotated.body.api_key).not.toBe(body.api_key);
    const restored = await manager.post(url, { restore_from_version: "previous" });
    expect([restored.body.api_key, restored.body.api_key_id]).toEqual([
      body.api_key,
      body.api_key_id,
    ]);
    const read = await manager.get(`${url}/previous`);
    expect(read.body.api_key).toBe(rotated.body.api_key);
    const { versions } = (await manager.get(url)).body;
    expect(versions.map((one: { api_key_id: string }) => one.api_key_id)).toEqual([
      body.api_key_id,
      rotated.body.api_key_id,
      body.api_key_id,
    ]);
    const patched = await manager.patch(`/api/v2/secrets/${body.id}/metadata`, { ttl: "45m" });
    expect([patched.status, patched.body.ttl]).toEqual([200, "2700"]);
  });

  it("whose keys are not shared gives each reading one of its own", async () => {
    await configure();
    const { body } = await manager.post("/api/v2/secrets", iam({ reuse_api_key: false }));
    expect([body.api_key, body.service_id, body.versions_total]).toEqual([undefined, undefined, 1]);
    const one = await manager.get(`/api/v2/secrets/${body.id}`);
    const two = await manager.get(
      `/api/v2/secret_groups/default/secret_types/iam_credentials/secrets/ci`,
    );
    expect([one.status, two.status]).toEqual([200, 200]);
    expect(one.body.api_key).not.toBe(two.body.api_key);
    for (const { api_key: key } of [one.body, two.body]) {
      expect(await loginWith(key)).toEqual([200, 200]);
    }
    const version = await manager.get(`/api/v2/secrets/${body.id}/versions/current`);
    expect(version.body).toMatchObject({
      payload_available: true,
      api_key: expect.stringMatching(/^ktk_/),
      expiration_date: "2026-11-21T09:30:00Z",
    });
    const reads = app.events().filter(({ action }) => action.endsWith("secret.read"));
    expect(reads.map(({ responseData }) => responseData["apiKeyId"])).toEqual([
      one.body.api_key_id,
      two.body.api_key_id,
    ]);
  });

  it("of a service ID that is named has a key of it", async () => {
    await configure();
    const account_id = app.account;
    const { body: made } = await administrator.post("/v1/serviceids", { name: "bot", account_id });
    const fields = { access_groups: undefined, service_id: made.id, account_id };
    const refused = await manager.post("/api/v2/secrets", iam(fields));
    expect([refused.status, refused.body.errors[0].message]).toEqual([
      403,
      expect.stringContaining("Administrators and Editors"),
    ]);
    const editor = await app.person("eve@example.com", ["Manager", "Editor"]);
    const { body } = await editor.post("/api/v2/secrets", iam(fields));
    expect(body).toMatchObject({ service_id: made.id, service_id_is_static: true });
    expect(await loginWith(body.api_key)).toEqual([200, 403]);
  });

  it("locked past its lease is not given out: 412, in IBM's words", async () => {
    await configure();
    const { body } = await manager.post("/api/v2/secrets", iam());
    const url = `/api/v2/secrets/${body.id}`;
    await manager.post(`${url}/locks_bulk`, { locks: [{ name: "app" }] });
    app.test.clock.advance(1_800_000);
    const refused = await manager.get(url);
    expect([refused.status, refused.body.errors[0].message]).toEqual([
      412,
      "The requested action can't be completed because the secret version is locked.",
    ]);
  });

  it("is refused where it is not as it should be, each time recorded, and nothing is made", async () => {
    await configure();
    const count = () =>
      app.test.state.read(({ identity }) =>
        identity.apiKeys(app.account, undefined, { offset: 0, limit: 100 }),
      );
    const { totalCount } = await count();
    for (const fields of [
      { ttl: undefined },
      { ttl: "forever" },
      { ttl: "59s" },
      { ttl: "91d" },
      { access_groups: "one" },
      { access_groups: undefined },
      { access_groups: [`${group}x`] },
      { service_id: "ServiceId-1" },
      { reuse_api_key: "yes" },
      { rotation: { auto_rotate: true, interval: 91, unit: "day" } },
      { api_key: "ktk_mine" },
      { account_id: "f".repeat(32) },
    ]) {
      const before = app.events().length;
      const { status } = await manager.post("/api/v2/secrets", iam(fields));
      expect([status, Object.keys(fields)]).toEqual([400, Object.keys(fields)]);
      expect(
        app
          .events()
          .slice(before)
          .map(({ outcome }) => outcome),
      ).toEqual(["failure"]);
    }
    expect((await count()).totalCount).toBe(totalCount);
    expect((await manager.get("/api/v2/secrets")).body.total_count).toBe(0);
  });

  it("needs an engine: 412 says which configuration is missing", async () => {
    const { status, body } = await manager.post("/api/v2/secrets", iam());
    expect([status, body.errors[0].message]).toEqual([
      412,
      expect.stringContaining("iam_credentials_configuration"),
    ]);
  });
});

describe("a service_credentials secret", () => {
  const service = (source: object = {}, fields: object = {}) => ({
    secret_type: "service_credentials",
    name: "sc",
    source_service: {
      instance: { crn: app.instanceCrn },
      role: { crn: "crn:v1:bluemix:public:iam::::serviceRole:Writer" },
      ...source,
    },
    ...fields,
  });

  it("has credentials with one role on an instance, and says what was made for them", async () => {
    await configure();
    const { status, body } = await manager.post("/api/v2/secrets", service({}, { ttl: "2d" }));
    expect(status).toBe(201);
    const { credentials, source_service: source } = body;
    expect(Object.keys(credentials).toSorted()).toEqual([
      "apikey",
      "iam_apikey_description",
      "iam_apikey_id",
      "iam_apikey_name",
      "iam_role_crn",
      "iam_serviceid_crn",
    ]);
    expect(source).toMatchObject({
      instance: { crn: app.instanceCrn },
      role: { crn: "crn:v1:bluemix:public:iam::::serviceRole:Writer" },
      iam: {
        apikey: { id: credentials.iam_apikey_id, name: "keytrail-sc" },
        role: { crn: credentials.iam_role_crn },
        serviceid: { crn: credentials.iam_serviceid_crn },
      },
      resource_key: { crn: expect.stringContaining(":resource-key:"), name: "keytrail-sc" },
    });
    expect([body.ttl, body.expiration_date]).toEqual(["172800", "2026-11-23T09:00:00Z"]);
    expect(await loginWith(credentials.apikey)).toEqual([200, 200]);
    const metadata = await manager.get(`/api/v2/secrets/${body.id}/metadata`);
    expect(metadata.body.source_service).toEqual(source);
    expect(metadata.text).not.toContain(credentials.apikey);
    expect(told()).not.toContain(credentials.apikey);
    await manager.delete(`/api/v2/secrets/${body.id}`);
    expect(await loginWith(credentials.apikey)).toEqual([400]);
  });

  it("with SecretsReader is asked for by that role's own CRN", async () => {
    await configure();
    const crn = "crn:v1:bluemix:public:secrets-manager::::serviceRole:SecretsReader";
    const { status, body } = await manager.post("/api/v2/secrets", service({ role: { crn } }));
    expect([status, body.credentials.iam_role_crn]).toEqual([201, crn]);
  });

  it("is refused for other services, other roles and other parameters, saying what there is", async () => {
    await configure();
    const message = async (source: object) => {
      const { status, body } = await manager.post("/api/v2/secrets", service(source));
      expect(status).toBe(400);
      return String(body.errors[0].message);
    };
    const cos = { crn: `crn:v1:bluemix:public:cloud-object-storage:global:a/${app.account}:x::` };
    expect(await message({ instance: cos })).toContain("instances of secrets-manager");
    const role = { crn: "crn:v1:bluemix:public:iam::::role:Administrator" };
    expect(await message({ role })).toContain("serviceRole:Manager");
    expect(await message({ role: undefined })).toBe("The field source_service.role is missing.");
    expect(await message({ parameters: { HMAC: true } })).toContain("serviceid_crn");
  });
});
