/**
 * The 26 actions that IBM's documentation lists for secrets, groups and locks: each raised by the HTTP call that
 * raises it there, and its event compared field by field with what a reader of IBM's events expects.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openIbmApp, type IbmApp, type Person } from "./ibm-app.ts";

let app: IbmApp;
let manager: Person;

beforeAll(async () => {
  app = await openIbmApp();
  manager = await app.person("manager@example.com", ["Manager"]);
});

afterAll(() => app.close());

/** What the calls of the table are about: made anew for each row, so that no row leans on another. */
interface Things {
  readonly secretId: string;
  readonly secretName: string;
  readonly versionId: string;
  readonly previousId: string;
  readonly groupId: string;
  readonly groupName: string;
}

interface Expected {
  readonly action: string;
  readonly typeURI: string;
  readonly target: "secret" | "secret-of-path" | "group" | "instance" | "new-secret" | "new-group";
  readonly status: readonly [code: number, phrase: string];
  readonly severity: "normal" | "warning" | "critical";
  readonly dataEvent: boolean;
  readonly message: (things: Things) => string;
  readonly requestData: (things: Things) => object;
  /** `answer` is the body of the HTTP answer. */
  readonly responseData: (things: Things, answer: Answer) => object;
  /**
   * Only of the two actions that no type of secret has yet. Nothing of an input that is not valid is recorded; that
   * the secret is named comes from the path.
   */
  readonly failure?: string;
}

// oxlint-disable-next-line typescript/no-explicit-any -- bodies are compared, not trusted
type Answer = any;

interface Row extends Expected {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly url: (things: Things) => string;
  readonly body?: (things: Things) => object;
  readonly prepare?: (things: Things) => Promise<unknown>;
}

const SECRETS = "/api/v2/secrets";
const secret = ({ secretId }: Things): string => `${SECRETS}/${secretId}`;
const version = (things: Things): string => `${secret(things)}/versions/${things.versionId}`;
const groupUrl = ({ groupId }: Things): string => `/api/v2/secret_groups/${groupId}`;

const OK = [200, "OK"] as const;
const CREATED = [201, "Created"] as const;
const NO_CONTENT = [204, "No Content"] as const;
const BAD_REQUEST = [400, "Bad Request"] as const;

const rows: readonly Row[] = [
  {
    action: "secrets-manager.secret.create",
    method: "POST",
    url: () => SECRETS,
    body: ({ groupId }) => ({
      name: "made-in-story",
      secret_type: "arbitrary",
      secret_group_id: groupId,
      payload: "CANARY",
      labels: ["dev"],
      expiration_date: "2031-01-01T00:00:00Z",
      custom_metadata: { owner: "team-a" },
    }),
    typeURI: "secrets-manager/secret",
    target: "new-secret",
    status: CREATED,
    severity: "normal",
    dataEvent: true,
    message: () => "Secrets Manager: create secret made-in-story",
    requestData: ({ groupId }) => ({
      name: "made-in-story",
      secretType: "arbitrary",
      secretGroupId: groupId,
      expirationDate: "2031-01-01T00:00:00Z",
    }),
    responseData: (_things, answer) => ({
      id: answer.id,
      crn: answer.crn,
      versionId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      payloadAvailable: true,
    }),
  },
  {
    action: "secrets-manager.secrets.list",
    method: "GET",
    url: ({ groupId }) =>
      `${SECRETS}?limit=7&offset=0&sort=-created_at&groups=${groupId}&secret_types=arbitrary`,
    typeURI: "secrets-manager/secrets",
    target: "instance",
    status: OK,
    severity: "normal",
    dataEvent: false,
    message: () => "Secrets Manager: list secrets",
    requestData: ({ groupId }) => ({
      offset: 0,
      limit: 7,
      sort: "-createdAt",
      groups: [groupId],
      secretTypes: ["arbitrary"],
    }),
    responseData: (_things, answer) => ({
      totalCount: answer.total_count,
      returnedCount: answer.secrets.length,
    }),
  },
  {
    action: "secrets-manager.secret.read",
    method: "GET",
    url: secret,
    typeURI: "secrets-manager/secret",
    target: "secret",
    status: OK,
    severity: "normal",
    dataEvent: true,
    message: ({ secretName }) => `Secrets Manager: read secret ${secretName}`,
    requestData: ({ secretId }) => ({ id: secretId }),
    responseData: ({ secretId, versionId }) => ({
      id: secretId,
      versionId,
      payloadAvailable: true,
      downloaded: true,
    }),
  },
  {
    action: "secrets-manager.secret.delete",
    method: "DELETE",
    url: (things) => `${secret(things)}?force_delete=true`,
    typeURI: "secrets-manager/secret",
    target: "secret",
    status: NO_CONTENT,
    severity: "critical",
    dataEvent: true,
    message: ({ secretName }) => `Secrets Manager: delete secret ${secretName}`,
    requestData: ({ secretId, groupId }) => ({
      id: secretId,
      forceDelete: true,
      secretType: "arbitrary",
      secretGroupId: groupId,
    }),
    responseData: () => ({ versionsDeleted: 2 }),
  },
  {
    action: "secrets-manager.secret-metadata.read",
    method: "GET",
    url: (things) => `${secret(things)}/metadata`,
    typeURI: "secrets-manager/secret/metadata",
    target: "secret",
    status: OK,
    severity: "normal",
    dataEvent: false,
    message: ({ secretName }) => `Secrets Manager: read secret-metadata ${secretName}`,
    requestData: ({ secretId }) => ({ id: secretId }),
    responseData: ({ secretId }) => ({ id: secretId }),
  },
  {
    action: "secrets-manager.secret-metadata.update",
    method: "PATCH",
    url: (things) => `${secret(things)}/metadata`,
    body: ({ secretName }) => ({
      name: `${secretName}-renamed`,
      description: "CANARY",
      custom_metadata: { note: "CANARY" },
    }),
    typeURI: "secrets-manager/secret/metadata",
    target: "secret",
    status: OK,
    severity: "warning",
    dataEvent: false,
    message: ({ secretName }) => `Secrets Manager: update secret-metadata ${secretName}`,
    requestData: ({ secretId }) => ({
      id: secretId,
      changes: ["name", "description", "customMetadata"],
    }),
    responseData: ({ secretId, secretName }) => ({
      id: secretId,
      changes: [
        { field: "name", initialValue: secretName, newValue: `${secretName}-renamed` },
        { field: "description" },
        { field: "customMetadata" },
      ],
    }),
  },
  {
    action: "secrets-manager.secret-action.create",
    method: "POST",
    url: (things) => `${secret(things)}/actions`,
    body: () => ({ action_type: "private_cert_action_revoke_certificate" }),
    typeURI: "secrets-manager/secret/action",
    target: "secret-of-path",
    status: BAD_REQUEST,
    severity: "warning",
    dataEvent: false,
    message: () => "Secrets Manager: create secret-action -failure",
    requestData: () => ({}),
    responseData: () => ({}),
    failure: "Secrets of this type have no such action.",
  },
  {
    action: "secrets-manager.secret-versions.list",
    method: "GET",
    url: (things) => `${secret(things)}/versions`,
    typeURI: "secrets-manager/secret/versions",
    target: "secret",
    status: OK,
    severity: "normal",
    dataEvent: false,
    message: ({ secretName }) => `Secrets Manager: list secret-versions ${secretName}`,
    requestData: ({ secretId }) => ({ id: secretId }),
    responseData: () => ({ totalCount: 2 }),
  },
  {
    action: "secrets-manager.secret-version.create",
    method: "POST",
    url: (things) => `${secret(things)}/versions`,
    body: () => ({ payload: "CANARY", version_custom_metadata: { note: "CANARY" } }),
    typeURI: "secrets-manager/secret/version",
    target: "secret",
    status: CREATED,
    severity: "warning",
    dataEvent: true,
    message: ({ secretName }) => `Secrets Manager: create secret-version ${secretName}`,
    requestData: ({ secretId, groupId }) => ({
      id: secretId,
      secretType: "arbitrary",
      secretGroupId: groupId,
    }),
    responseData: ({ versionId, previousId }, answer) => ({
      versionId: answer.id,
      previousVersionId: versionId,
      payloadDroppedFrom: previousId,
      secretType: "arbitrary",
      autoRotated: false,
    }),
  },
  {
    action: "secrets-manager.secret-version.read",
    method: "GET",
    url: (things) => `${secret(things)}/versions/previous`,
    typeURI: "secrets-manager/secret/version",
    target: "secret",
    status: OK,
    severity: "normal",
    dataEvent: true,
    message: ({ secretName }) => `Secrets Manager: read secret-version ${secretName}`,
    requestData: ({ secretId }) => ({ id: secretId, alias: "previous" }),
    responseData: ({ previousId }) => ({
      versionId: previousId,
      payloadAvailable: true,
      downloaded: true,
    }),
  },
  {
    action: "secrets-manager.secret-version-metadata.update",
    method: "PATCH",
    url: (things) => `${version(things)}/metadata`,
    body: () => ({ version_custom_metadata: { note: "CANARY" } }),
    typeURI: "secrets-manager/secret/version/metadata",
    target: "secret",
    status: OK,
    severity: "warning",
    dataEvent: false,
    message: ({ secretName }) => `Secrets Manager: update secret-version-metadata ${secretName}`,
    requestData: ({ secretId, versionId }) => ({
      id: secretId,
      versionId,
      changes: ["versionCustomMetadata"],
    }),
    responseData: ({ versionId }) => ({ versionId }),
  },
  {
    action: "secrets-manager.secret-version-metadata.read",
    method: "GET",
    url: (things) => `${version(things)}/metadata`,
    typeURI: "secrets-manager/secret/version/metadata",
    target: "secret",
    status: OK,
    severity: "normal",
    dataEvent: false,
    message: ({ secretName }) => `Secrets Manager: read secret-version-metadata ${secretName}`,
    requestData: ({ secretId, versionId }) => ({ id: secretId, versionId }),
    responseData: ({ versionId }) => ({ versionId }),
  },
  {
    action: "secrets-manager.secret-version-data.delete",
    method: "DELETE",
    url: (things) => `${secret(things)}/versions/previous/secret_data`,
    typeURI: "secrets-manager/secret/version/data",
    target: "secret",
    status: NO_CONTENT,
    severity: "critical",
    dataEvent: true,
    message: ({ secretName }) => `Secrets Manager: delete secret-version-data ${secretName}`,
    requestData: ({ secretId, groupId }) => ({
      id: secretId,
      alias: "previous",
      secretType: "arbitrary",
      secretGroupId: groupId,
    }),
    responseData: ({ previousId }) => ({ versionId: previousId }),
  },
  {
    action: "secrets-manager.secret-version-action.create",
    method: "POST",
    url: (things) => `${version(things)}/actions`,
    body: () => ({ action_type: "private_cert_action_revoke_certificate" }),
    typeURI: "secrets-manager/secret/version/action",
    target: "secret-of-path",
    status: BAD_REQUEST,
    severity: "warning",
    dataEvent: false,
    message: () => "Secrets Manager: create secret-version-action -failure",
    requestData: () => ({}),
    responseData: () => ({}),
    failure: "Versions of this type have no such action.",
  },

  {
    action: "secrets-manager.secret-group.create",
    method: "POST",
    url: () => "/api/v2/secret_groups",
    body: () => ({ name: "made-group", description: "CANARY" }),
    typeURI: "secrets-manager/secret/group",
    target: "new-group",
    status: CREATED,
    severity: "normal",
    dataEvent: false,
    message: () => "Secrets Manager: create secret-group made-group",
    requestData: () => ({ name: "made-group" }),
    responseData: (_things, answer) => ({ id: answer.id }),
  },
  {
    action: "secrets-manager.secret-groups.list",
    method: "GET",
    url: () => "/api/v2/secret_groups",
    typeURI: "secrets-manager/secret/groups",
    target: "instance",
    status: OK,
    severity: "normal",
    dataEvent: false,
    message: () => "Secrets Manager: list secret-groups",
    requestData: () => ({}),
    responseData: (_things, answer) => ({ totalCount: answer.total_count }),
  },
  {
    action: "secrets-manager.secret-group.read",
    method: "GET",
    url: groupUrl,
    typeURI: "secrets-manager/secret/group",
    target: "group",
    status: OK,
    severity: "normal",
    dataEvent: false,
    message: ({ groupName }) => `Secrets Manager: read secret-group ${groupName}`,
    requestData: ({ groupId }) => ({ id: groupId }),
    responseData: ({ groupId }) => ({ id: groupId }),
  },
  {
    action: "secrets-manager.secret-group.update",
    method: "PATCH",
    url: groupUrl,
    body: ({ groupName }) => ({ name: `${groupName}-renamed`, description: "CANARY" }),
    typeURI: "secrets-manager/secret/group",
    target: "group",
    status: OK,
    severity: "warning",
    dataEvent: false,
    message: ({ groupName }) => `Secrets Manager: update secret-group ${groupName}`,
    requestData: ({ groupId }) => ({ id: groupId, changes: ["name", "description"] }),
    responseData: ({ groupId, groupName }) => ({
      id: groupId,
      changes: [
        { field: "name", initialValue: groupName, newValue: `${groupName}-renamed` },
        { field: "description" },
      ],
    }),
  },
  {
    action: "secrets-manager.secret-group.delete",
    method: "DELETE",
    prepare: (things) => manager.delete(secret(things)),
    url: groupUrl,
    typeURI: "secrets-manager/secret/group",
    target: "group",
    status: NO_CONTENT,
    severity: "critical",
    dataEvent: false,
    message: ({ groupName }) => `Secrets Manager: delete secret-group ${groupName}`,
    requestData: ({ groupId }) => ({ id: groupId }),
    responseData: () => ({}),
  },

  {
    action: "secrets-manager.secret-locks.create",
    method: "POST",
    url: (things) => `${secret(things)}/locks_bulk?mode=remove_previous`,
    body: () => ({
      locks: [{ name: "app-1", description: "CANARY", attributes: { a: "CANARY" } }],
    }),
    typeURI: "secrets-manager/secret/locks",
    target: "secret",
    status: CREATED,
    severity: "warning",
    dataEvent: false,
    message: ({ secretName }) => `Secrets Manager: create secret-locks ${secretName}`,
    requestData: ({ secretId }) => ({
      id: secretId,
      mode: "remove_previous",
      lockNames: ["app-1"],
    }),
    responseData: ({ versionId, previousId }) => ({ versionIds: [versionId, previousId] }),
  },
  {
    action: "secrets-manager.secret-locks.list",
    method: "GET",
    prepare: lockTwice,
    url: (things) => `${secret(things)}/locks?limit=1&offset=1`,
    typeURI: "secrets-manager/secret/locks",
    target: "secret",
    status: OK,
    severity: "normal",
    dataEvent: false,
    message: ({ secretName }) => `Secrets Manager: list secret-locks ${secretName}`,
    requestData: ({ secretId }) => ({ id: secretId, offset: 1, limit: 1 }),
    responseData: () => ({ totalCount: 2 }),
  },
  {
    action: "secrets-manager.secret-locks.delete",
    method: "DELETE",
    prepare: lockTwice,
    url: (things) => `${secret(things)}/locks_bulk?name=lock-a,lock-b`,
    typeURI: "secrets-manager/secret/locks",
    target: "secret",
    status: OK,
    severity: "warning",
    dataEvent: false,
    message: ({ secretName }) => `Secrets Manager: delete secret-locks ${secretName}`,
    requestData: ({ secretId }) => ({ id: secretId, lockNames: ["lock-a", "lock-b"] }),
    responseData: ({ versionId }) => ({ versionIds: [versionId] }),
  },
  {
    action: "secrets-manager.secrets-locks.list",
    method: "GET",
    prepare: lockTwice,
    url: ({ groupId }) => `/api/v2/secrets_locks?groups=${groupId}`,
    typeURI: "secrets-manager/secrets/locks",
    target: "instance",
    status: OK,
    severity: "normal",
    dataEvent: false,
    message: () => "Secrets Manager: list secrets-locks",
    requestData: ({ groupId }) => ({ limit: 200, groups: [groupId] }),
    responseData: () => ({ totalCount: 1 }),
  },
  {
    action: "secrets-manager.secret-version-locks.create",
    method: "POST",
    url: (things) => `${secret(things)}/versions/previous/locks_bulk`,
    body: () => ({ locks: [{ name: "app-1" }, { name: "app-2" }] }),
    typeURI: "secrets-manager/secret/version/locks",
    target: "secret",
    status: CREATED,
    severity: "warning",
    dataEvent: false,
    message: ({ secretName }) => `Secrets Manager: create secret-version-locks ${secretName}`,
    requestData: ({ secretId }) => ({
      id: secretId,
      alias: "previous",
      lockNames: ["app-1", "app-2"],
    }),
    responseData: ({ previousId }) => ({ versionIds: [previousId] }),
  },
  {
    action: "secrets-manager.secret-version-locks.list",
    method: "GET",
    prepare: lockTwice,
    url: (things) => `${version(things)}/locks?sort=-name`,
    typeURI: "secrets-manager/secret/version/locks",
    target: "secret",
    status: OK,
    severity: "normal",
    dataEvent: false,
    message: ({ secretName }) => `Secrets Manager: list secret-version-locks ${secretName}`,
    requestData: ({ secretId, versionId }) => ({ id: secretId, versionId }),
    responseData: () => ({ totalCount: 2 }),
  },
  {
    action: "secrets-manager.secret-version-locks.delete",
    method: "DELETE",
    prepare: lockTwice,
    url: (things) => `${version(things)}/locks_bulk`,
    typeURI: "secrets-manager/secret/version/locks",
    target: "secret",
    status: OK,
    severity: "warning",
    dataEvent: false,
    message: ({ secretName }) => `Secrets Manager: delete secret-version-locks ${secretName}`,
    requestData: ({ secretId, versionId }) => ({ id: secretId, versionId }),
    responseData: ({ versionId }) => ({ versionIds: [versionId] }),
  },
];

function lockTwice(things: Things): Promise<unknown> {
  const locks = [{ name: "lock-a" }, { name: "lock-b" }];
  return manager.post(`${secret(things)}/locks_bulk`, { locks });
}

let made = 0;

/** A group with one secret of two versions. */
async function makeThings(): Promise<Things> {
  const n = (made += 1);
  const groupName = `group-${n}`;
  const group = await manager.post("/api/v2/secret_groups", { name: groupName });
  const groupId = String(group.body.id);
  const secretName = `secret-${n}`;
  const body = { name: secretName, secret_type: "arbitrary", payload: "CANARY-1" };
  const created = await manager.post(SECRETS, { ...body, secret_group_id: groupId });
  const secretId = String(created.body.id);
  const next = { payload: "CANARY-2" };
  const rotated = await manager.post(`${SECRETS}/${secretId}/versions`, next);
  const versions = await manager.get(`${SECRETS}/${secretId}/versions`);
  return {
    secretId,
    secretName,
    groupId,
    groupName,
    versionId: String(rotated.body.id),
    previousId: String(versions.body.versions[1].id),
  };
}

function targetOf(row: Row, things: Things, answer: Answer): { id: string; name: string } {
  const at = app.instanceCrn.replace(/::$/, "");
  switch (row.target) {
    case "secret":
      return { id: `${at}:secret:${things.secretId}`, name: things.secretName };
    case "secret-of-path":
      return { id: `${at}:secret:${things.secretId}`, name: "" };
    case "new-secret":
      return { id: `${at}:secret:${answer.id}`, name: "made-in-story" };
    case "group":
      return { id: `${at}:secret-group:${things.groupId}`, name: things.groupName };
    case "new-group":
      return { id: `${at}:secret-group:${answer.id}`, name: "made-group" };
    case "instance":
      return { id: app.instanceCrn, name: "" };
  }
}

describe("each action of IBM's table", () => {
  it("is one of 26, and none is twice in the table", () => {
    expect(new Set(rows.map(({ action }) => action)).size).toBe(26);
  });

  it.each(rows.map((row) => [row.action, row] as const))("%s", async (_action, row) => {
    const things = await makeThings();
    await row.prepare?.(things);
    const before = app.events().length;
    const answer = await manager.call({
      method: row.method,
      url: row.url(things),
      body: row.body?.(things),
      headers: {
        "x-correlation-id": "story-1",
        "user-agent": "secrets-manager-node-sdk/2.1.0",
      },
    });
    const [code, phrase] = row.status;
    expect(answer.status, JSON.stringify(answer.body)).toBe(code);

    const raised = app.events().slice(before);
    expect(raised).toHaveLength(1);
    const [event] = raised;
    expect(event).toEqual({
      id: answer.headers["keytrail-event"],
      eventTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      operation: expect.any(String),
      action: row.action,
      outcome: row.failure === undefined ? "success" : "failure",
      severity: row.severity,
      message: row.message(things),
      reason: {
        reasonCode: code,
        reasonType: phrase,
        ...(row.failure === undefined
          ? {}
          : { reasonForFailure: row.failure, code: "invalid_request" }),
      },
      initiator: {
        id: manager.iamId,
        name: manager.name,
        typeURI: "service/security/account/user",
        credential: { type: "apikey" },
        host: {
          address: "127.0.0.1",
          addressType: "IPv4",
          agent: "secrets-manager-node-sdk/2.1.0",
        },
      },
      target: { ...targetOf(row, things, answer.body), typeURI: row.typeURI },
      observer: { name: "ActivityTracker" },
      requestData: row.requestData(things),
      responseData: row.responseData(things, answer.body),
      correlationId: "story-1",
      requestId: answer.headers["x-request-id"],
      dataEvent: row.dataEvent,
      saveServiceCopy: true,
      logSourceCRN: app.instanceCrn,
      account: app.account,
      region: app.region,
      instance: app.instance,
      dialect: "ibm",
      counters: { target: expect.any(Number), initiator: expect.any(Number) },
    });
    expect(JSON.stringify(app.events())).not.toContain("CANARY");
  });
});
