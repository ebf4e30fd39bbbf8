/**
 * Version 1 of IBM Secrets Manager's wire: every call with what it answers, and with the event that it raises, which is
 * the one that IBM's tables give it.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { START } from "../../src/app/testing/test-app.ts";
import { MAX_BODY_BYTES } from "../../src/http/server.ts";
import { openIbmApp, type IbmAnswer, type IbmApp, type JsonCall, type Person } from "./ibm-app.ts";

let app: IbmApp;
let manager: Person;
let reader: Person;

const V1 = "/api/v1";
const MEDIA = "application/vnd.ibm.secrets-manager";
const NOBODY = "00000000-0000-4000-8000-000000000000";
const NOW = "2026-11-21T09:00:00Z";
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const id = expect.stringMatching(UUID);

beforeAll(async () => {
  app = await openIbmApp();
  manager = await app.person("manager@example.com", ["Manager"]);
  reader = await app.person("reader@example.com", ["Reader"]);
});

beforeEach(() => app.test.clock.set(START));

afterAll(() => app.close());

function wrapped(kind: string, ...resources: readonly object[]): object {
  const metadata = {
    collection_type: `${MEDIA}.${kind}+json`,
    collection_total: resources.length,
  };
  return { metadata, resources };
}

/** A secret by version 1, in a group of its own, with two versions. */
interface Things {
  readonly secretId: string;
  readonly name: string;
  readonly groupId: string;
  readonly groupName: string;
  readonly versionId: string;
  readonly previousId: string;
}

let made = 0;

async function makeThings(): Promise<Things> {
  const n = (made += 1);
  const groupName = `group-${n}`;
  const group = await manager.post(
    `${V1}/secret_groups`,
    wrapped("secret.group", { name: groupName, description: "CANARY" }),
  );
  const groupId = String(group.body.resources[0].id);
  const name = `login-${n}`;
  const created = await manager.post(
    `${V1}/secrets/username_password`,
    wrapped("secret", {
      name,
      secret_group_id: groupId,
      username: "CANARY",
      password: "CANARY-1",
    }),
  );
  const secretId = String(created.body.resources[0].id);
  const url = `${V1}/secrets/username_password/${secretId}`;
  const rotated = await manager.post(`${url}?action=rotate`, { password: "CANARY-2" });
  const [previous, current] = rotated.body.resources[0].versions;
  return {
    secretId,
    name,
    groupId,
    groupName,
    versionId: String(current.id),
    previousId: String(previous.id),
  };
}

interface Row {
  readonly call: (things: Things) => JsonCall;
  readonly prepare?: (things: Things) => Promise<unknown>;
  readonly status: number;
  /** After `secrets-manager.` */
  readonly action: string;
  readonly target: "secret" | "group" | "instance" | "new";
  readonly requestData: (things: Things) => object;
  readonly responseData: (things: Things) => object;
}

const secret = ({ secretId }: Things): string => `${V1}/secrets/username_password/${secretId}`;
const version = (things: Things): string => `${secret(things)}/versions/${things.versionId}`;
const locks = ({ secretId }: Things): string => `${V1}/locks/username_password/${secretId}`;
const which = ({ secretId }: Things): object => ({ id: secretId });
const told = ({ secretId, groupId: secretGroupId }: Things): object => ({
  id: secretId,
  secretType: "username_password",
  secretGroupId,
});
const whichVersion = ({ secretId, versionId }: Things): object => ({ id: secretId, versionId });

function lock(things: Things): Promise<IbmAnswer> {
  return manager.post(`${locks(things)}/lock`, { locks: [{ name: "app-1" }] });
}

const rows: Readonly<Record<string, Row>> = {
  "creating a secret": {
    call: ({ groupId }) => ({
      method: "POST",
      url: `${V1}/secrets/arbitrary`,
      body: wrapped("secret", {
        type: `${MEDIA}.secret+json`,
        name: "made-by-v1",
        secret_group_id: groupId,
        payload: "CANARY",
        expiration_date: "2031-01-01T00:00:00Z",
      }),
    }),
    status: 200,
    action: "secret.create",
    target: "new",
    requestData: ({ groupId }) => ({
      name: "made-by-v1",
      secretType: "arbitrary",
      secretGroupId: groupId,
      expirationDate: "2031-01-01T00:00:00Z",
    }),
    responseData: () => ({
      id,
      crn: expect.any(String),
      versionId: id,
      payloadAvailable: true,
    }),
  },
  "listing all secrets": {
    call: ({ groupId }) => ({
      method: "GET",
      url: `${V1}/secrets?limit=3&offset=0&sort_by=creation_date&groups=${groupId}`,
    }),
    status: 200,
    action: "secrets.list",
    target: "instance",
    requestData: ({ groupId }) => ({ offset: 0, limit: 3, sort: "createdAt", groups: [groupId] }),
    responseData: () => ({ totalCount: 1, returnedCount: 1 }),
  },
  "listing the secrets of a type": {
    call: () => ({ method: "GET", url: `${V1}/secrets/kv?limit=3` }),
    status: 200,
    action: "secrets.list",
    target: "instance",
    requestData: () => ({ limit: 3, secretTypes: ["kv"] }),
    responseData: () => ({ totalCount: 0, returnedCount: 0 }),
  },
  "reading a secret": {
    call: (things) => ({ method: "GET", url: secret(things) }),
    status: 200,
    action: "secret.read",
    target: "secret",
    requestData: ({ secretId }) => ({ id: secretId, secretType: "username_password" }),
    responseData: ({ secretId, versionId }) => ({
      id: secretId,
      versionId,
      payloadAvailable: true,
      downloaded: true,
    }),
  },
  "deleting a secret": {
    call: (things) => ({ method: "DELETE", url: secret(things) }),
    status: 204,
    action: "secret.delete",
    target: "secret",
    requestData: told,
    responseData: () => expect.objectContaining({ versionsDeleted: 2 }),
  },
  "reading metadata": {
    call: (things) => ({ method: "GET", url: `${secret(things)}/metadata` }),
    status: 200,
    action: "secret-metadata.read",
    target: "secret",
    requestData: which,
    responseData: which,
  },
  "updating metadata": {
    call: (things) => ({
      method: "PUT",
      url: `${secret(things)}/metadata`,
      body: wrapped("secret", { name: things.name, description: "CANARY" }),
    }),
    status: 200,
    action: "secret-metadata.update",
    target: "secret",
    requestData: ({ secretId }) => ({ id: secretId, changes: ["name", "description"] }),
    responseData: ({ secretId, name }) => ({
      id: secretId,
      changes: [{ field: "name", initialValue: name, newValue: name }, { field: "description" }],
    }),
  },
  "rotating a secret": {
    call: (things) => ({
      method: "POST",
      url: `${secret(things)}?action=rotate`,
      body: { password: "CANARY-3", version_custom_metadata: { a: "CANARY" } },
    }),
    status: 200,
    action: "secret.rotate",
    target: "secret",
    requestData: told,
    responseData: ({ versionId, previousId }) => ({
      versionId: id,
      previousVersionId: versionId,
      payloadDroppedFrom: previousId,
      autoRotated: false,
      secretType: "username_password",
    }),
  },
  "listing versions": {
    call: (things) => ({ method: "GET", url: `${secret(things)}/versions` }),
    status: 200,
    action: "secret-versions.list",
    target: "secret",
    requestData: which,
    responseData: () => ({ totalCount: 2 }),
  },
  "reading a version": {
    call: (things) => ({ method: "GET", url: version(things) }),
    status: 200,
    action: "secret-version.read",
    target: "secret",
    requestData: whichVersion,
    responseData: ({ versionId }) => ({ versionId, payloadAvailable: true, downloaded: true }),
  },
  "reading a version's metadata": {
    call: (things) => ({ method: "GET", url: `${secret(things)}/versions/previous/metadata` }),
    status: 200,
    action: "secret-version-metadata.read",
    target: "secret",
    requestData: ({ secretId }) => ({ id: secretId, alias: "previous" }),
    responseData: ({ previousId }) => ({ versionId: previousId }),
  },
  "updating a version's metadata": {
    call: (things) => ({
      method: "PUT",
      url: `${version(things)}/metadata`,
      body: wrapped("secret.version", { version_custom_metadata: { a: "CANARY" } }),
    }),
    status: 200,
    action: "secret-version-metadata.update",
    target: "secret",
    requestData: (things) => ({ ...whichVersion(things), changes: ["versionCustomMetadata"] }),
    responseData: ({ versionId }) => ({ versionId }),
  },
  "setting a policy": {
    call: (things) => ({
      method: "PUT",
      url: `${secret(things)}/policies?policy=rotation`,
      body: wrapped("secret.policy", {
        type: `${MEDIA}.secret.policy+json`,
        rotation: { interval: 2, unit: "month" },
      }),
    }),
    status: 200,
    action: "secret-policies.set",
    target: "secret",
    requestData: ({ secretId }) => ({ id: secretId, changes: ["rotation"] }),
    responseData: ({ secretId }) => ({
      id: secretId,
      changes: [
        {
          field: "rotation",
          initialValue: { autoRotate: false },
          newValue: { autoRotate: true, interval: 2, unit: "month" },
        },
      ],
    }),
  },
  "reading policies": {
    call: (things) => ({ method: "GET", url: `${secret(things)}/policies?policy=rotation` }),
    status: 200,
    action: "secret-policies.get",
    target: "secret",
    requestData: which,
    responseData: which,
  },
  "creating a group": {
    call: () => ({
      method: "POST",
      url: `${V1}/secret_groups`,
      body: wrapped("secret.group", { name: "made-by-v1", description: "CANARY" }),
    }),
    status: 200,
    action: "secret-group.create",
    target: "new",
    requestData: () => ({ name: "made-by-v1" }),
    responseData: () => ({ id }),
  },
  "listing groups": {
    call: () => ({ method: "GET", url: `${V1}/secret_groups` }),
    status: 200,
    action: "secret-groups.list",
    target: "instance",
    requestData: () => ({}),
    responseData: () => ({ totalCount: expect.any(Number) }),
  },
  "reading a group": {
    call: ({ groupId }) => ({ method: "GET", url: `${V1}/secret_groups/${groupId}` }),
    status: 200,
    action: "secret-group.read",
    target: "group",
    requestData: ({ groupId }) => ({ id: groupId }),
    responseData: ({ groupId }) => ({ id: groupId }),
  },
  "updating a group": {
    call: ({ groupId, groupName }) => ({
      method: "PUT",
      url: `${V1}/secret_groups/${groupId}`,
      body: wrapped("secret.group", { name: groupName, description: "CANARY" }),
    }),
    status: 200,
    action: "secret-group.update",
    target: "group",
    requestData: ({ groupId }) => ({ id: groupId, changes: ["name", "description"] }),
    responseData: ({ groupId }) => ({ id: groupId, changes: expect.any(Array) }),
  },
  "deleting a group": {
    prepare: (things) => manager.delete(secret(things)),
    call: ({ groupId }) => ({ method: "DELETE", url: `${V1}/secret_groups/${groupId}` }),
    status: 204,
    action: "secret-group.delete",
    target: "group",
    requestData: ({ groupId }) => ({ id: groupId }),
    responseData: () => ({}),
  },
  "locking a secret": {
    call: (things) => ({
      method: "POST",
      url: `${locks(things)}/lock?mode=exclusive`,
      body: { locks: [{ name: "app-1", description: "CANARY", attributes: { a: "CANARY" } }] },
    }),
    status: 200,
    action: "secret-locks.create",
    target: "secret",
    requestData: ({ secretId }) => ({
      id: secretId,
      mode: "remove_previous",
      lockNames: ["app-1"],
    }),
    responseData: ({ versionId, previousId }) => ({ versionIds: [versionId, previousId] }),
  },
  "listing the locks of a secret": {
    prepare: lock,
    call: (things) => ({ method: "GET", url: `${locks(things)}?limit=5` }),
    status: 200,
    action: "secret-locks.list",
    target: "secret",
    requestData: ({ secretId }) => ({ id: secretId, limit: 5 }),
    responseData: () => ({ totalCount: 1 }),
  },
  "unlocking a secret": {
    prepare: lock,
    call: (things) => ({
      method: "POST",
      url: `${locks(things)}/unlock`,
      body: { locks: ["app-1"] },
    }),
    status: 200,
    action: "secret-locks.delete",
    target: "secret",
    requestData: ({ secretId }) => ({ id: secretId, lockNames: ["app-1"] }),
    responseData: ({ versionId }) => ({ versionIds: [versionId] }),
  },
  "listing all locks": {
    call: ({ groupId }) => ({ method: "GET", url: `${V1}/locks?groups=${groupId}` }),
    status: 200,
    action: "secrets-locks.list",
    target: "instance",
    requestData: ({ groupId }) => ({ groups: [groupId] }),
    responseData: () => ({ totalCount: 0 }),
  },
  "locking a version": {
    call: (things) => ({
      method: "POST",
      url: `${locks(things)}/versions/previous/lock`,
      body: { locks: [{ name: "app-1" }] },
    }),
    status: 200,
    action: "secret-version-locks.create",
    target: "secret",
    requestData: ({ secretId }) => ({ id: secretId, alias: "previous", lockNames: ["app-1"] }),
    responseData: ({ previousId }) => ({ versionIds: [previousId] }),
  },
  "listing the locks of a version": {
    call: (things) => ({ method: "GET", url: `${locks(things)}/versions/${things.versionId}` }),
    status: 200,
    action: "secret-version-locks.list",
    target: "secret",
    requestData: whichVersion,
    responseData: () => ({ totalCount: 0 }),
  },
  "unlocking a version": {
    prepare: lock,
    call: (things) => ({
      method: "POST",
      url: `${locks(things)}/versions/current/unlock`,
      body: { locks: ["*"] },
    }),
    status: 200,
    action: "secret-version-locks.delete",
    target: "secret",
    requestData: ({ secretId }) => ({ id: secretId, alias: "current" }),
    responseData: ({ versionId }) => ({ versionIds: [versionId] }),
  },
  "listing configurations": {
    call: () => ({ method: "GET", url: `${V1}/config/private_cert` }),
    status: 200,
    action: "configurations.list",
    target: "instance",
    requestData: () => ({ secretTypes: ["private_cert"] }),
    responseData: () => ({ totalCount: 0, returnedCount: 0 }),
  },
};

describe("each call of version 1", () => {
  it.each(Object.entries(rows))("%s raises the action of IBM's table", async (_name, row) => {
    const things = await makeThings();
    await row.prepare?.(things);
    const before = app.events().length;
    const answer = await manager.call(row.call(things));
    expect(answer.status, answer.text).toBe(row.status);
    const raised = app.events().slice(before);
    expect(raised).toHaveLength(1);
    const at = app.instanceCrn.replace(/::$/, "");
    const targets = {
      secret: `${at}:secret:${things.secretId}`,
      group: `${at}:secret-group:${things.groupId}`,
      instance: app.instanceCrn,
      new: expect.stringContaining(String(answer.body.resources?.[0]?.id)),
    };
    expect(raised[0]).toMatchObject({
      id: answer.headers["keytrail-event"],
      action: `secrets-manager.${row.action}`,
      outcome: "success",
      dialect: "ibm",
      initiator: { id: manager.iamId },
      target: { id: targets[row.target] },
    });
    expect(raised[0]?.requestData).toEqual(row.requestData(things));
    expect(raised[0]?.responseData).toEqual(row.responseData(things));
    expect(JSON.stringify(app.events())).not.toContain("CANARY");
  });

  it.each([
    ["POST", "public_cert/dns_providers", ["configuration.create", "POST /api/v2/conf"]],
    ["GET", "private_cert/certificate_templates/a", ["configuration.read", "GET /api/v2/"]],
    ["PUT", "private_cert/certificate_templates/a", ["configuration.update", "PATCH /api/v2/"]],
    ["DELETE", "public_cert/dns_providers/a", ["configuration.delete", "DELETE /api/v2/"]],
    [
      "POST",
      "private_cert/root_certificate_authorities/a",
      ["configuration-action.create", "/actions"],
    ],
  ] as const)(
    "%s /config/%s is recorded as what it asks for, and refused with the call of version 2",
    async (method, path, [action, instead]) => {
      const answer = await manager.call({ method, url: `${V1}/config/${path}` });
      expect(answer.status).toBe(404);
      expect(answer.body.resources[0].error_message).toContain(instead);
      expect(app.events().at(-1)).toMatchObject({
        action: `secrets-manager.${action}`,
        outcome: "failure",
        initiator: { id: manager.iamId },
      });
    },
  );
});

describe("a secret as version 1 shows it", () => {
  it("has its value in `secret_data`, its versions, and version 1's names for dates", async () => {
    const given = {
      name: "shown-by-v1",
      description: "Extended description.",
      labels: ["dev"],
      custom_metadata: { a: "b" },
      version_custom_metadata: { c: "d" },
      payload: "secret-data",
    };
    const created = await manager.post(`${V1}/secrets/arbitrary`, wrapped("secret", given));
    const secretId = String(created.body.resources[0].id);
    const metadata = {
      id: secretId,
      crn: `${app.instanceCrn.replace(/::$/, "")}:secret:${secretId}`,
      name: "shown-by-v1",
      description: "Extended description.",
      secret_type: "arbitrary",
      labels: ["dev"],
      custom_metadata: { a: "b" },
      state: 1,
      state_description: "Active",
      created_by: manager.iamId,
      creation_date: NOW,
      last_update_date: NOW,
      downloaded: false,
      versions_total: 1,
      locks_total: 0,
    };
    const info = {
      id,
      creation_date: NOW,
      created_by: manager.iamId,
      auto_rotated: false,
      downloaded: false,
      payload_available: true,
      version_custom_metadata: { c: "d" },
    };
    const whole = { ...metadata, versions: [info], secret_data: { payload: "secret-data" } };
    expect(created.body).toEqual(wrapped("secret", whole));

    const url = `${V1}/secrets/arbitrary/${secretId}`;
    expect((await manager.get(`${url}/metadata`)).body).toEqual(wrapped("secret", metadata));
    const readBody = (await manager.get(url)).body;
    expect(readBody).toEqual(
      wrapped("secret", { ...whole, downloaded: true, versions: [{ ...info, downloaded: true }] }),
    );

    app.test.clock.advance(60_000);
    const later = "2026-11-21T09:01:00Z";
    const rotated = await manager.post(`${url}?action=rotate`, { payload: "next" });
    const next = { ...info, creation_date: later } as Record<string, unknown>;
    delete next["version_custom_metadata"];
    expect(rotated.body).toEqual(
      wrapped("secret", {
        ...metadata,
        last_update_date: later,
        downloaded: true,
        versions_total: 2,
        versions: [{ ...info, downloaded: true }, next],
        secret_data: { payload: "next" },
      }),
    );
    const versionId = String(rotated.body.resources[0].versions[1].id);
    const list = await manager.get(`${url}/versions`);
    expect(list.body).toEqual(wrapped("secret.version", { ...info, downloaded: true }, next));
    const one = await manager.get(`${url}/versions/${versionId}`);
    expect(one.body).toEqual(
      wrapped("secret.version", {
        ...next,
        id: secretId,
        version_id: versionId,
        downloaded: true,
        secret_data: { payload: "next" },
      }),
    );
  });

  it("has a kv's object as its payload, to be written and to be read", async () => {
    const created = await manager.post(
      `${V1}/secrets/kv`,
      wrapped("secret", { name: "kv-by-v1", payload: { foo: "bar" } }),
    );
    expect(created.body.resources[0].secret_data).toEqual({ payload: { foo: "bar" } });
    const url = `${V1}/secrets/kv/${created.body.resources[0].id}`;
    const rotated = await manager.post(`${url}?action=rotate`, { payload: { foo: ["baz"] } });
    expect(rotated.body.resources[0].secret_data).toEqual({ payload: { foo: ["baz"] } });
    const { body } = await manager.get(`/api/v2/secrets/${created.body.resources[0].id}`);
    expect(body.data).toEqual({ foo: ["baz"] });
  });

  it("may be sent back with all that was shown of it, and changes by what is new", async () => {
    const { secretId, groupId } = await makeThings();
    const url = `${V1}/secrets/username_password/${secretId}`;
    const {
      name,
      labels,
      custom_metadata: _none,
      rotation: _policy,
      ...rest
    } = (await manager.get(`${url}/metadata`)).body.resources[0];
    delete rest.password_generation_policy;
    const sent = { ...rest, name, labels: [...labels, "new"] };
    const answer = await manager.call({
      method: "PUT",
      url: `${url}/metadata`,
      body: wrapped("secret", sent),
    });
    expect(answer.body.resources[0]).toMatchObject({ labels: ["new"], secret_group_id: groupId });
  });

  it("does not move to another group: there is no such secret in that one", async () => {
    const { secretId, name } = await makeThings();
    const answer = await manager.call({
      method: "PUT",
      url: `${V1}/secrets/username_password/${secretId}/metadata`,
      body: wrapped("secret", { name, secret_group_id: "default" }),
    });
    expect(answer.status).toBe(404);
  });

  it("has no policy until one is set, and then says how often it is rotated", async () => {
    const things = await makeThings();
    const url = `${secret(things)}/policies`;
    expect((await manager.get(url)).body).toEqual(wrapped("secret.policy"));
    const body = wrapped("secret.policy", { rotation: { interval: 1, unit: "month" } });
    const set = await manager.call({ method: "PUT", url, body });
    expect(set.body).toEqual(
      wrapped("secret.policy", {
        id: things.secretId,
        crn: expect.stringMatching(new RegExp(`:policy:${things.secretId}$`)),
        creation_date: NOW,
        created_by: manager.iamId,
        last_update_date: NOW,
        type: `${MEDIA}.secret.policy+json`,
        rotation: { auto_rotate: true, interval: 1, unit: "month" },
      }),
    );
    expect((await manager.get(url)).body).toEqual(set.body);
    const shown = await manager.get(secret(things));
    expect(shown.body.resources[0].next_rotation_date).toBe("2026-12-21T09:00:00Z");
  });
});

describe("credentials by version 1", () => {
  const CREDENTIALS = `${V1}/secrets/iam_credentials`;
  let administrator: Person;
  let accessGroup: string;

  beforeAll(async () => {
    administrator = await app.person("admin@example.com", ["Administrator", "Manager"]);
    const group = await administrator.post(`/v2/groups?account_id=${app.account}`, {
      name: "apps",
    });
    accessGroup = String(group.body.id);
  });

  async function minted(name: string, more: object = {}): Promise<string> {
    const given = { name, ttl: "1h", access_groups: [accessGroup], ...more };
    const answer = await administrator.post(CREDENTIALS, wrapped("secret", given));
    expect(answer.status, answer.text).toBe(200);
    expect(JSON.stringify(answer.body)).not.toContain('"secret_data"');
    return `${CREDENTIALS}/${answer.body.resources[0].id}`;
  }

  it("come from an engine that is set by its key, and set again by another", async () => {
    const url = `${V1}/config/iam_credentials`;
    const put = (key: string) => administrator.call({ method: "PUT", url, body: { api_key: key } });
    expect((await put("CANARY-no-key")).status).toBe(400);
    const answers = [await put(administrator.apiKey), await put(administrator.apiKey)];
    expect(answers.map(({ status, text }) => [status, text])).toEqual([
      [204, ""],
      [204, ""],
    ]);
    expect(app.events().slice(-2)).toMatchObject([
      {
        action: "secrets-manager.configuration.create",
        requestData: { name: "iam_credentials" },
        target: { name: "iam_credentials" },
      },
      {
        action: "secrets-manager.configuration.update",
        requestData: { name: "iam_credentials", changes: ["api_key"] },
        target: { name: "iam_credentials" },
      },
    ]);
    expect((await administrator.get(url)).body.resources).toEqual([
      { name: "iam_credentials", disabled: false, api_key_id: expect.stringMatching(/^ApiKey-/) },
    ]);
    expect(JSON.stringify(app.events())).not.toContain(administrator.apiKey);
  });

  it("are new for each reading, unless they are to be used again", async () => {
    const url = await minted("each-its-own");
    const keys = [await administrator.get(url), await administrator.get(url)].map(
      ({ body }) => body.resources[0].api_key as string,
    );
    expect(new Set(keys).size).toBe(2);
    const shared = await minted("the-same", { reuse_api_key: true });
    const again = [await administrator.get(shared), await administrator.get(shared)].map(
      ({ body }) => body.resources[0],
    );
    expect(again[0].api_key).toBe(again[1].api_key);
    expect(again[1]).toMatchObject({
      api_key_id: expect.stringMatching(/^ApiKey-/),
      service_id: expect.stringMatching(/^ServiceId-/),
      ttl: "3600",
      versions: [{ downloaded: true }],
    });
    for (const key of keys) expect(JSON.stringify(app.events())).not.toContain(key);
  });

  it("are deleted by the id of their key, or made current again", async () => {
    const url = await minted("restored", { reuse_api_key: true });
    const before = (await administrator.get(url)).body.resources[0];
    const rotated = await administrator.send({ method: "POST", url: `${url}?action=rotate` });
    expect(rotated.status, rotated.text).toBe(200);
    expect(rotated.body.resources[0].api_key).not.toBe(before.api_key);
    const restored = await administrator.post(`${url}?action=restore`, { version_id: "previous" });
    expect(restored.body.resources[0].api_key, restored.text).toBe(before.api_key);
    expect(app.events().findLast(({ operation }) => operation === "secret.rotate")).toMatchObject({
      action: "secrets-manager.secret.rotate",
      requestData: { restoreFromVersion: "previous", secretType: "iam_credentials" },
    });
    const deleted = await administrator.post(`${url}?action=delete_credentials`, {
      api_key_id: rotated.body.resources[0].api_key_id,
    });
    expect(deleted.status, deleted.text).toBe(200);
    expect(deleted.body.resources[0].name).toBe("restored");
    const event = app
      .events()
      .findLast(({ operation }) => operation === "secret-credentials.delete");
    expect(event).toMatchObject({
      action: "secrets-manager.secret-credentials.delete",
      reason: { reasonCode: 200 },
      requestData: { apiKeyId: rotated.body.resources[0].api_key_id },
    });
    const other = `${url}?action=delete_credentials`;
    expect((await administrator.post(other, {})).status).toBe(400);
    expect(
      (
        await administrator.post(other, {
          api_key_id: "ApiKey-00000000-0000-4000-8000-000000000000",
        })
      ).status,
    ).toBe(404);
  });
});

describe("locks by version 1", () => {
  it("are taken off the current version alone, where none is named", async () => {
    const things = await makeThings();
    await lock(things);
    await manager.post(`${locks(things)}/versions/previous/lock`, { locks: [{ name: "app-1" }] });
    const answer = await manager.post(`${locks(things)}/unlock`, { locks: ["*"] });
    expect(answer.body).toEqual(
      wrapped("secret.lock", {
        secret_id: things.secretId,
        secret_group_id: things.groupId,
        versions: [{ id: things.versionId, alias: "current", locks: [], payload_available: true }],
      }),
    );
    const left = await manager.get(locks(things));
    expect(left.body).toEqual(
      wrapped("secret.lock", {
        name: "app-1",
        created_by: manager.iamId,
        creation_date: NOW,
        last_update_date: NOW,
        secret_id: things.secretId,
        secret_group_id: things.groupId,
        secret_version_id: things.previousId,
        secret_version_alias: "previous",
      }),
    );
  });

  it("destroy the value before by `exclusive_delete`, which is recorded by itself", async () => {
    const things = await makeThings();
    const answer = await manager.post(`${locks(things)}/lock?mode=exclusive_delete`, {
      locks: [{ name: "app-1" }],
    });
    expect(answer.body.resources[0].versions).toEqual([
      { id: things.versionId, alias: "current", locks: ["app-1"], payload_available: true },
      { id: things.previousId, alias: "previous", locks: [], payload_available: false },
    ]);
    expect(
      app
        .events()
        .slice(-2)
        .map(({ action }) => action),
    ).toEqual([
      "secrets-manager.secret-locks.create",
      "secrets-manager.secret-version-data.delete",
    ]);
  });
});

describe("a call of version 1 that is refused", () => {
  const kvNamed = (name: string) => ({ name, payload: { a: "CANARY" } });

  function expectRefused(answer: IbmAnswer, status: number): void {
    const [message] = answer.body.errors.map((error: { message: string }) => error.message);
    expect(answer.body).toEqual({
      ...wrapped("error", { error_message: message }),
      errors: [{ code: expect.any(String), message }],
      status_code: status,
      trace: answer.headers["x-request-id"],
    });
    expect(answer.status).toBe(status);
    expect(app.events().at(-1)).toMatchObject({
      id: answer.headers["keytrail-event"],
      outcome: "failure",
      reason: { reasonForFailure: message },
    });
  }

  it("for want of a credential, or of a role", async () => {
    const { secretId } = await makeThings();
    const url = `${V1}/secrets/username_password/${secretId}`;
    expectRefused(await app.nobody.get(url), 401);
    expectRefused(await reader.get(url), 403);
    expectRefused(await reader.post(`${url}?action=rotate`, { password: "CANARY" }), 403);
    expect(app.events().at(-1)).toMatchObject({
      action: "secrets-manager.secret.rotate",
      requestData: {},
    });
  });

  it("for its size is recorded as what its action asks for", async () => {
    const { secretId } = await makeThings();
    const url = `${V1}/secrets/username_password/${secretId}?action=rotate`;
    const payload = "x".repeat(MAX_BODY_BYTES + 1);
    expectRefused(await manager.send({ method: "POST", url, payload }), 413);
    expect(app.events().at(-1)).toMatchObject({ action: "secrets-manager.secret.rotate" });
  });

  it("for a name that is taken is a conflict, unlike in version 2", async () => {
    const { name } = await makeThings();
    const body = wrapped("secret", { name, username: "u", password: "CANARY" });
    expectRefused(await manager.post(`${V1}/secrets/username_password`, body), 409);
  });

  it("for a secret of another type than the path says", async () => {
    const { secretId } = await makeThings();
    for (const [method, path] of [
      ["GET", ""],
      ["GET", "/metadata"],
      ["GET", "/versions/current"],
      ["DELETE", ""],
    ] as const) {
      const url = `${V1}/secrets/arbitrary/${secretId}${path}`;
      expectRefused(await manager.call({ method, url }), 404);
    }
    expect((await manager.get(`/api/v2/secrets/${secretId}`)).status).toBe(200);
  });

  it.each([
    ["GET", "/secrets/passwords", undefined],
    ["GET", "/secrets/service_credentials", undefined],
    ["GET", "/secrets?sort_by=secret", undefined],
    ["GET", "/secrets?limit=many", undefined],
    ["GET", "/secrets/kv/CANARY", undefined],
    ["POST", "/secrets/kv", { name: "CANARY", payload: { a: "b" } }],
    ["POST", "/secrets/kv", { metadata: {}, resources: [] }],
    ["POST", "/secrets/kv", wrapped("secret", kvNamed("one"), kvNamed("two"))],
    ["POST", "/secrets/kv", wrapped("secret", { name: "kv-string", payload: "CANARY" })],
    ["POST", "/secrets/arbitrary", wrapped("secret", { name: "x1", payload: "a", CANARY: 1 })],
    [
      "POST",
      "/secrets/arbitrary",
      wrapped("secret", { name: "x1", payload: "a", secret_type: "kv" }),
    ],
    ["POST", `/secrets/kv/${NOBODY}?action=explode`, { payload: "CANARY" }],
    ["POST", `/secrets/kv/${NOBODY}`, { payload: "CANARY" }],
    ["POST", `/secrets/iam_credentials/${NOBODY}?action=restore`, { version_id: "CANARY" }],
    [
      "PUT",
      `/secrets/kv/${NOBODY}/policies?policy=expiry`,
      wrapped("secret.policy", { rotation: {} }),
    ],
    ["PUT", `/secrets/kv/${NOBODY}/metadata`, wrapped("secret", { payload: "CANARY" })],
    ["PUT", `/secret_groups/${NOBODY}`, { name: "CANARY" }],
    ["POST", `/locks/kv/${NOBODY}/unlock`, { locks: [] }],
    ["POST", `/locks/kv/${NOBODY}/lock?mode=remove_previous`, { locks: [{ name: "app-1" }] }],
    ["PUT", "/config/public_cert", { api_key: "CANARY" }],
  ] as const)("for what cannot be meant: %s %s", async (method, path, body) => {
    expectRefused(await manager.call({ method, url: `${V1}${path}`, body }), 400);
    expect(JSON.stringify(app.events().slice(-1))).not.toContain("CANARY");
  });

  it.each([
    ["GET", "/nothing"],
    ["PATCH", "/secrets/kv"],
    ["GET", "/config/arbitrary"],
    ["GET", "/config/public_cert/certificate_templates"],
  ] as const)("for what there is not: %s %s", async (method, path) => {
    expectRefused(await manager.call({ method, url: `${V1}${path}` }), 404);
  });

  it("keeps a secret that is locked, with version 2's status", async () => {
    const things = await makeThings();
    await lock(things);
    expectRefused(await manager.delete(secret(things)), 412);
  });
});
