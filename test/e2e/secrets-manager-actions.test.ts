/**
 * The 42 actions of IBM's two documents on Secrets Manager ("Activity tracking events for Secrets Manager", and
 * "Auditing events for Secrets Manager" of 2023-04-18): each raised by a call of IBM's wire to a running server, and
 * found by the documents' own queries, over all instances and over one, with every field of its event.
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { removeFolder, RunningServer, temporaryFolder, tokenOf } from "./running-server.ts";

/** As they stand in the tables, in their order: the current document's 38, then the four of the older one alone. */
const ACTIONS = [
  "secret.create",
  "secrets.list",
  "secret.read",
  "secret.delete",
  "secret-metadata.read",
  "secret-metadata.update",
  "secret-action.create",
  "secret-versions.list",
  "secret-version.create",
  "secret-version.read",
  "secret-version-metadata.update",
  "secret-version-metadata.read",
  "secret-version-data.delete",
  "secret-version-action.create",
  "secret-group.create",
  "secret-groups.list",
  "secret-group.read",
  "secret-group.update",
  "secret-group.delete",
  "secret-locks.create",
  "secret-locks.list",
  "secret-locks.delete",
  "secrets-locks.list",
  "secret-version-locks.create",
  "secret-version-locks.list",
  "secret-version-locks.delete",
  "instance.login",
  "configuration.create",
  "configuration-action.create",
  "configurations.list",
  "configuration.read",
  "configuration.update",
  "configuration.delete",
  "endpoints.view",
  "notifications-registration.create",
  "notifications-registration.read",
  "notifications-registration.delete",
  "notifications-registration.test",
  "secret.rotate",
  "secret-credentials.delete",
  "secret-policies.set",
  "secret-policies.get",
] as const;

type Action = (typeof ACTIONS)[number];

const NOTIFICATIONS_CRN =
  "crn:v1:bluemix:public:event-notifications:us-south:a/0123456789abcdef0123456789abcdef:0a1b2c3d-0000-4000-8000-000000000001::";

// oxlint-disable-next-line typescript/no-explicit-any -- bodies are compared, not trusted
type Json = any;

let folder: string;
let server: RunningServer;
let receiver: Server;
let token: string;
let instanceCrn: string;
/** The administrator's own id, as its token says it. */
let iamId: string;
/** What the calls have made so far, by the name that the table gives it. */
const made: Record<string, Json> = {};

interface Sent {
  readonly bearer?: string | null;
  readonly body?: object;
}

interface Answer {
  readonly status: number;
  readonly body: Json;
  readonly eventId: string;
  readonly transaction: string;
}

async function send(line: string, { bearer = token, body }: Sent = {}): Promise<Answer> {
  const [method = "", path = ""] = line.split(" ");
  const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: {
      "User-Agent": "secrets-manager-node-sdk/2.1.0",
      "X-Correlation-Id": `of ${method}`,
      ...(bearer === null ? {} : { Authorization: `Bearer ${bearer}` }),
      ...(body ? { "Content-Type": type } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await response.text();
  return {
    status: response.status,
    body: text === "" ? null : JSON.parse(text),
    eventId: response.headers.get("keytrail-event") ?? "",
    transaction: response.headers.get("x-global-transaction-id") ?? "",
  };
}

async function done(line: string, sent: Sent = {}): Promise<Json> {
  const { status, body } = await send(line, sent);
  if (status >= 300) throw new Error(`${line}: ${status} ${JSON.stringify(body)}`);
  return body;
}

async function search(query: string): Promise<readonly Json[]> {
  const page = await done(`GET /trail/v1/events?limit=500&query=${encodeURIComponent(query)}`);
  return page.events.map(({ event }: Json) => event);
}

interface Row {
  readonly action: Action;
  readonly call: () => string;
  readonly body?: () => object;
  readonly bearer?: null;
  /** By which later rows find what this one's answer made. */
  readonly keep?: string;
  readonly status: readonly [code: number, phrase: string];
  readonly severity: "normal" | "warning" | "critical";
  readonly dataEvent?: true;
  /** After `secrets-manager/`. */
  readonly typeURI: string;
  /** The kind and id of the target, and its name; the instance as a whole where there is none. */
  readonly target?: () => readonly [kind: string, id: string, name: string];
  readonly request?: () => object;
  readonly response?: (answer: Json) => object;
}

const OK = [200, "OK"] as const;
const CREATED = [201, "Created"] as const;
const GONE = [204, "No Content"] as const;

const secretPath = (name: string): string => `/api/v2/secrets/${made[name].id}`;
const versionPath = (name: string): string =>
  `${secretPath(name)}/versions/${made[`${name} version`].id}`;
const onSecret = (name: string) => () => ["secret", made[name].id, made[name].name] as const;
const group = () => `/api/v2/secret_groups/${made["group"].id}`;
const onGroup = () => ["secret-group", made["group"].id, "team"] as const;
const onConfiguration = (name: string) => () => ["configuration", name, name] as const;
const which = (name: string) => () => ({ id: made[name].id });
const whichVersion = (name: string) => () => ({
  id: made[name].id,
  versionId: made[`${name} version`].id,
});

const ROWS: readonly Row[] = [
  {
    action: "configuration.create",
    call: () => "POST /api/v2/configurations",
    body: () => ({
      config_type: "private_cert_configuration_root_ca",
      name: "spare-ca",
      common_name: "Spare CA",
      max_ttl: "8760h",
      key_type: "ec",
      key_bits: 256,
    }),
    status: CREATED,
    severity: "warning",
    typeURI: "configuration",
    target: onConfiguration("spare-ca"),
    request: () => ({
      name: "spare-ca",
      configurationType: "private_cert_configuration_root_ca",
    }),
    response: () => ({
      name: "spare-ca",
      configurationType: "private_cert_configuration_root_ca",
    }),
  },
  {
    action: "configuration-action.create",
    call: () => "POST /api/v2/configurations/spare-ca/actions",
    body: () => ({ action_type: "private_cert_configuration_action_rotate_crl" }),
    status: CREATED,
    severity: "warning",
    typeURI: "configuration/action",
    target: onConfiguration("spare-ca"),
    request: () => ({
      name: "spare-ca",
      actionType: "private_cert_configuration_action_rotate_crl",
    }),
    response: () => ({
      actionType: "private_cert_configuration_action_rotate_crl",
      configurationType: "private_cert_configuration_root_ca",
    }),
  },
  {
    action: "configurations.list",
    call: () => "GET /api/v2/configurations?secret_types=private_cert",
    status: OK,
    severity: "normal",
    typeURI: "configurations",
    request: () => ({ secretTypes: ["private_cert"] }),
    response: ({ total_count }) => ({ totalCount: total_count, returnedCount: total_count }),
  },
  {
    action: "configuration.read",
    call: () => "GET /api/v2/configurations/spare-ca",
    status: OK,
    severity: "normal",
    typeURI: "configuration",
    target: onConfiguration("spare-ca"),
    request: () => ({ name: "spare-ca" }),
    response: () => ({
      name: "spare-ca",
      configurationType: "private_cert_configuration_root_ca",
    }),
  },
  {
    action: "configuration.update",
    call: () => "PATCH /api/v2/configurations/spare-ca",
    body: () => ({ max_ttl: "4380h" }),
    status: OK,
    severity: "warning",
    typeURI: "configuration",
    target: onConfiguration("spare-ca"),
    request: () => ({ name: "spare-ca", changes: ["max_ttl"] }),
    response: () => ({
      name: "spare-ca",
      configurationType: "private_cert_configuration_root_ca",
    }),
  },
  {
    action: "configuration.delete",
    call: () => "DELETE /api/v2/configurations/spare-ca",
    status: GONE,
    severity: "critical",
    typeURI: "configuration",
    target: onConfiguration("spare-ca"),
    request: () => ({ name: "spare-ca" }),
  },
  {
    action: "secret-group.create",
    call: () => "POST /api/v2/secret_groups",
    body: () => ({ name: "team", description: "CANARY" }),
    keep: "group",
    status: CREATED,
    severity: "normal",
    typeURI: "secret/group",
    target: onGroup,
    request: () => ({ name: "team" }),
    response: ({ id }) => ({ id }),
  },
  {
    action: "secret-groups.list",
    call: () => "GET /api/v2/secret_groups",
    status: OK,
    severity: "normal",
    typeURI: "secret/groups",
    response: () => ({ totalCount: 2 }),
  },
  {
    action: "secret-group.read",
    call: () => `GET ${group()}`,
    status: OK,
    severity: "normal",
    typeURI: "secret/group",
    target: onGroup,
    request: which("group"),
    response: ({ id }) => ({ id }),
  },
  {
    action: "secret-group.update",
    call: () => `PATCH ${group()}`,
    body: () => ({ description: "CANARY 2" }),
    status: OK,
    severity: "warning",
    typeURI: "secret/group",
    target: onGroup,
    request: () => ({ id: made["group"].id, changes: ["description"] }),
    response: ({ id }) => ({ id, changes: [{ field: "description" }] }),
  },
  {
    action: "secret-group.delete",
    call: () => `DELETE ${group()}`,
    status: GONE,
    severity: "critical",
    typeURI: "secret/group",
    target: onGroup,
    request: which("group"),
  },
  {
    action: "secret.create",
    call: () => "POST /api/v2/secrets",
    body: () => ({
      name: "login",
      secret_type: "username_password",
      username: "scott",
      password: "CANARY-password",
    }),
    keep: "login",
    status: CREATED,
    severity: "normal",
    dataEvent: true,
    typeURI: "secret",
    target: onSecret("login"),
    request: () => ({
      name: "login",
      secretType: "username_password",
      secretGroupId: "default",
    }),
    response: ({ id, crn }) => ({ id, crn, versionId: expect.any(String) }),
  },
  {
    action: "secret-version.create",
    call: () => `POST ${secretPath("login")}/versions`,
    body: () => ({ password: "CANARY-next" }),
    keep: "login version",
    status: CREATED,
    severity: "warning",
    dataEvent: true,
    typeURI: "secret/version",
    target: onSecret("login"),
    request: which("login"),
    response: ({ id }) => ({
      versionId: id,
      previousVersionId: expect.any(String),
      payloadDroppedFrom: null,
      autoRotated: false,
      secretType: "username_password",
    }),
  },
  {
    action: "secrets.list",
    call: () => "GET /api/v2/secrets?limit=10",
    status: OK,
    severity: "normal",
    typeURI: "secrets",
    request: () => ({ limit: 10 }),
    response: ({ total_count }) => ({ totalCount: total_count, returnedCount: total_count }),
  },
  {
    action: "secret.read",
    call: () => `GET ${secretPath("login")}`,
    status: OK,
    severity: "normal",
    dataEvent: true,
    typeURI: "secret",
    target: onSecret("login"),
    request: which("login"),
    response: ({ id }) => ({
      id,
      versionId: made["login version"].id,
      payloadAvailable: true,
      downloaded: true,
    }),
  },
  {
    action: "secret-metadata.read",
    call: () => `GET ${secretPath("login")}/metadata`,
    status: OK,
    severity: "normal",
    typeURI: "secret/metadata",
    target: onSecret("login"),
    request: which("login"),
    response: ({ id }) => ({ id }),
  },
  {
    action: "secret-metadata.update",
    call: () => `PATCH ${secretPath("login")}/metadata`,
    body: () => ({
      description: "CANARY",
      rotation: { auto_rotate: true, interval: 30, unit: "day" },
    }),
    status: OK,
    severity: "warning",
    typeURI: "secret/metadata",
    target: onSecret("login"),
    request: () => ({ id: made["login"].id, changes: ["description", "rotation"] }),
    response: ({ id }) => ({
      id,
      changes: [
        { field: "description" },
        {
          field: "rotation",
          initialValue: { autoRotate: false },
          newValue: { autoRotate: true, interval: 30, unit: "day" },
        },
      ],
    }),
  },
  {
    action: "secret-versions.list",
    call: () => `GET ${secretPath("login")}/versions`,
    status: OK,
    severity: "normal",
    typeURI: "secret/versions",
    target: onSecret("login"),
    request: which("login"),
    response: () => ({ totalCount: 2 }),
  },
  {
    action: "secret-version.read",
    call: () => `GET ${versionPath("login")}`,
    status: OK,
    severity: "normal",
    dataEvent: true,
    typeURI: "secret/version",
    target: onSecret("login"),
    request: whichVersion("login"),
    response: ({ id }) => ({ versionId: id, payloadAvailable: true, downloaded: true }),
  },
  {
    action: "secret-version-metadata.read",
    call: () => `GET ${versionPath("login")}/metadata`,
    status: OK,
    severity: "normal",
    typeURI: "secret/version/metadata",
    target: onSecret("login"),
    request: whichVersion("login"),
    response: ({ id }) => ({ versionId: id }),
  },
  {
    action: "secret-version-metadata.update",
    call: () => `PATCH ${versionPath("login")}/metadata`,
    body: () => ({ version_custom_metadata: { note: "CANARY" } }),
    status: OK,
    severity: "warning",
    typeURI: "secret/version/metadata",
    target: onSecret("login"),
    request: () => ({ ...whichVersion("login")(), changes: ["versionCustomMetadata"] }),
    response: ({ id }) => ({ versionId: id }),
  },
  {
    action: "secret-locks.create",
    call: () => `POST ${secretPath("login")}/locks_bulk`,
    body: () => ({ locks: [{ name: "app", attributes: { note: "CANARY" } }] }),
    status: CREATED,
    severity: "warning",
    typeURI: "secret/locks",
    target: onSecret("login"),
    request: () => ({ id: made["login"].id, lockNames: ["app"] }),
    response: () => ({ versionIds: [made["login version"].id] }),
  },
  {
    action: "secret-locks.list",
    call: () => `GET ${secretPath("login")}/locks`,
    status: OK,
    severity: "normal",
    typeURI: "secret/locks",
    target: onSecret("login"),
    request: which("login"),
    response: () => ({ totalCount: 1 }),
  },
  {
    action: "secrets-locks.list",
    call: () => "GET /api/v2/secrets_locks",
    status: OK,
    severity: "normal",
    typeURI: "secrets/locks",
    response: () => ({ totalCount: 1 }),
  },
  {
    action: "secret-locks.delete",
    call: () => `DELETE ${secretPath("login")}/locks_bulk?name=app`,
    status: OK,
    severity: "warning",
    typeURI: "secret/locks",
    target: onSecret("login"),
    request: () => ({ id: made["login"].id, lockNames: ["app"] }),
    response: () => ({ versionIds: [made["login version"].id] }),
  },
  {
    action: "secret-version-locks.create",
    call: () => `POST ${versionPath("login")}/locks_bulk`,
    body: () => ({ locks: [{ name: "app" }] }),
    status: CREATED,
    severity: "warning",
    typeURI: "secret/version/locks",
    target: onSecret("login"),
    request: () => ({ ...whichVersion("login")(), lockNames: ["app"] }),
    response: () => ({ versionIds: [made["login version"].id] }),
  },
  {
    action: "secret-version-locks.list",
    call: () => `GET ${versionPath("login")}/locks`,
    status: OK,
    severity: "normal",
    typeURI: "secret/version/locks",
    target: onSecret("login"),
    request: whichVersion("login"),
    response: () => ({ totalCount: 1 }),
  },
  {
    action: "secret-version-locks.delete",
    call: () => `DELETE ${versionPath("login")}/locks_bulk`,
    status: OK,
    severity: "warning",
    typeURI: "secret/version/locks",
    target: onSecret("login"),
    request: whichVersion("login"),
    response: () => ({ versionIds: [made["login version"].id] }),
  },
  {
    action: "secret-version-data.delete",
    call: () => `DELETE ${versionPath("login")}/secret_data`,
    status: GONE,
    severity: "critical",
    dataEvent: true,
    typeURI: "secret/version/data",
    target: onSecret("login"),
    request: whichVersion("login"),
    response: () => ({ versionId: made["login version"].id }),
  },
  {
    action: "secret.rotate",
    call: () => `POST /api/v1/secrets/username_password/${made["login"].id}?action=rotate`,
    body: () => ({ password: "CANARY-v1" }),
    status: OK,
    severity: "warning",
    dataEvent: true,
    typeURI: "secret",
    target: onSecret("login"),
    request: () => ({ id: made["login"].id, secretType: "username_password" }),
    response: () => ({
      versionId: expect.any(String),
      previousVersionId: made["login version"].id,
      payloadDroppedFrom: expect.any(String),
      autoRotated: false,
      secretType: "username_password",
    }),
  },
  {
    action: "secret-policies.set",
    call: () =>
      `PUT /api/v1/secrets/username_password/${made["login"].id}/policies?policy=rotation`,
    body: () => ({
      metadata: {
        collection_type: "application/vnd.ibm.secrets-manager.secret.policy+json",
        collection_total: 1,
      },
      resources: [
        {
          type: "application/vnd.ibm.secrets-manager.secret.policy+json",
          rotation: { interval: 2, unit: "month" },
        },
      ],
    }),
    status: OK,
    severity: "warning",
    typeURI: "secret/policies",
    target: onSecret("login"),
    request: () => ({ id: made["login"].id, changes: ["rotation"] }),
    response: () => ({ id: made["login"].id, changes: expect.any(Array) }),
  },
  {
    action: "secret-policies.get",
    call: () =>
      `GET /api/v1/secrets/username_password/${made["login"].id}/policies?policy=rotation`,
    status: OK,
    severity: "normal",
    typeURI: "secret/policies",
    target: onSecret("login"),
    request: which("login"),
    response: () => ({ id: made["login"].id }),
  },
  {
    action: "secret-version-action.create",
    call: () => `POST ${secretPath("leaf")}/versions/current/actions`,
    body: () => ({ action_type: "private_cert_action_revoke_certificate" }),
    status: CREATED,
    severity: "warning",
    typeURI: "secret/version/action",
    target: onSecret("leaf"),
    request: () => ({
      id: made["leaf"].id,
      alias: "current",
      actionType: "private_cert_action_revoke_certificate",
    }),
    response: () => ({ actionType: "private_cert_action_revoke_certificate" }),
  },
  {
    action: "secret-action.create",
    call: () => `POST ${secretPath("other leaf")}/actions`,
    body: () => ({ action_type: "private_cert_action_revoke_certificate" }),
    status: CREATED,
    severity: "warning",
    typeURI: "secret/action",
    target: onSecret("other leaf"),
    request: () => ({
      id: made["other leaf"].id,
      actionType: "private_cert_action_revoke_certificate",
    }),
    response: () => ({ actionType: "private_cert_action_revoke_certificate" }),
  },
  {
    action: "secret-credentials.delete",
    call: () =>
      `POST /api/v1/secrets/iam_credentials/${made["minted"].id}?action=delete_credentials`,
    body: () => ({ api_key_id: made["minted"].api_key_id }),
    status: OK,
    severity: "critical",
    dataEvent: true,
    typeURI: "secret/credentials",
    target: onSecret("minted"),
    request: () => ({ id: made["minted"].id, apiKeyId: made["minted"].api_key_id }),
    response: () => ({
      apiKeyId: made["minted"].api_key_id,
      serviceId: made["minted"].service_id,
    }),
  },
  {
    action: "secret.delete",
    call: () => `DELETE ${secretPath("login")}`,
    status: GONE,
    severity: "critical",
    dataEvent: true,
    typeURI: "secret",
    target: onSecret("login"),
    request: which("login"),
    response: () => expect.objectContaining({ versionsDeleted: 3 }),
  },
  {
    action: "instance.login",
    call: () => "PUT /v1/auth/ibmcloud/login",
    body: () => ({ token }),
    bearer: null,
    status: OK,
    severity: "normal",
    typeURI: "instance",
    request: () => expect.anything(),
    response: () => ({ leaseDuration: expect.any(Number) }),
  },
  {
    action: "endpoints.view",
    call: () => `GET /api/v1/instances/${encodeURIComponent(instanceCrn)}/endpoints`,
    status: OK,
    severity: "normal",
    typeURI: "endpoints",
    request: () => expect.anything(),
    response: () => expect.anything(),
  },
  {
    action: "notifications-registration.create",
    call: () => "POST /api/v2/notifications/registration",
    body: () => ({
      event_notifications_instance_crn: NOTIFICATIONS_CRN,
      event_notifications_source_name: "our secrets",
    }),
    status: CREATED,
    severity: "normal",
    typeURI: "notifications/registration",
    request: () => ({ notificationsCrn: NOTIFICATIONS_CRN, sourceName: "our secrets" }),
    response: () => ({ notificationsCrn: NOTIFICATIONS_CRN }),
  },
  {
    action: "notifications-registration.read",
    call: () => "GET /api/v2/notifications/registration",
    status: OK,
    severity: "normal",
    typeURI: "notifications/registration",
    response: () => ({ notificationsCrn: NOTIFICATIONS_CRN }),
  },
  {
    action: "notifications-registration.test",
    call: () => "GET /api/v2/notifications/registration/test",
    status: OK,
    severity: "normal",
    typeURI: "notifications/registration",
    response: () => expect.objectContaining({ notificationsCrn: NOTIFICATIONS_CRN }),
  },
  {
    action: "notifications-registration.delete",
    call: () => "DELETE /api/v2/notifications/registration",
    status: GONE,
    severity: "critical",
    typeURI: "notifications/registration",
    response: () => ({ notificationsCrn: NOTIFICATIONS_CRN }),
  },
];

/** What the calls of the table are about besides each other: an authority with two leaves, minted credentials. */
async function prepare(): Promise<void> {
  const post = async (path: string, body: object): Promise<Json> => done(`POST ${path}`, { body });
  await post("/api/v2/configurations", {
    config_type: "private_cert_configuration_root_ca",
    name: "root",
    common_name: "Root CA",
    max_ttl: "8760h",
    key_type: "ec",
    key_bits: 256,
  });
  await post("/api/v2/configurations", {
    config_type: "private_cert_configuration_template",
    name: "servers",
    certificate_authority: "root",
    allowed_domains: ["example.com"],
    allow_subdomains: true,
    key_type: "ec",
    key_bits: 256,
  });
  for (const [name, commonName] of [
    ["leaf", "a.example.com"],
    ["other leaf", "b.example.com"],
  ] as const) {
    made[name] = await post("/api/v2/secrets", {
      name: name.replace(" ", "-"),
      secret_type: "private_cert",
      certificate_template: "servers",
      common_name: commonName,
    });
  }
  await post("/api/v2/configurations", {
    config_type: "iam_credentials_configuration",
    name: "engine",
    api_key: server.bootstrap.api_key,
  });
  const readers = await post(`/v2/groups?account_id=${server.bootstrap.account_id}`, {
    name: "readers",
  });
  made["minted"] = await post("/api/v2/secrets", {
    name: "minted",
    secret_type: "iam_credentials",
    ttl: "1h",
    access_groups: [readers.id],
    reuse_api_key: true,
  });
}

beforeAll(async () => {
  receiver = createServer((request, response) => request.resume().on("end", () => response.end()));
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  const { port } = receiver.address() as AddressInfo;
  folder = temporaryFolder();
  server = await RunningServer.start(folder, [
    "--event-notifications",
    `${NOTIFICATIONS_CRN}=http://127.0.0.1:${port}/`,
  ]);
  instanceCrn = server.bootstrap.instance_crn;
  token = await tokenOf(server.url, server.bootstrap.api_key);
  const [, claims = ""] = token.split(".");
  iamId = (JSON.parse(Buffer.from(claims, "base64url").toString()) as { iam_id: string }).iam_id;
  await prepare();
});

afterAll(async () => {
  await server.stop();
  receiver.close();
  removeFolder(folder);
});

describe("the two documents' actions", () => {
  it("are 42, and each has its row", () => {
    expect(new Set(ACTIONS).size).toBe(42);
    expect(ROWS.map(({ action }) => action).toSorted()).toEqual([...ACTIONS].toSorted());
  });

  // One after the other: what a call makes, the next ones are about.
  it.each(ROWS.map((row) => [`secrets-manager.${row.action}`, row] as const))(
    "%s is raised by its call, and found over all instances and over one",
    async (action, row) => {
      const [method = ""] = row.call().split(" ");
      const answer = await send(row.call(), {
        ...(row.bearer === null ? { bearer: null } : {}),
        ...(row.body ? { body: row.body() } : {}),
      });
      if (row.keep !== undefined) made[row.keep] = answer.body;
      const [code, phrase] = row.status;
      expect([answer.status, JSON.stringify(answer.body)]).toEqual([code, expect.any(String)]);

      const found = await search(`host:secrets-manager action:${action}`);
      const inInstance = await search(`app:${instanceCrn} action:${action}`);
      expect(inInstance).toEqual(found);
      const event = found.find(({ id }) => id === answer.eventId);
      const [kind, id, name] = row.target?.() ?? [null, null, ""];
      expect(event).toEqual({
        id: answer.eventId,
        eventTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        operation: expect.any(String),
        action,
        outcome: "success",
        severity: row.severity,
        message: messageOf(row.action, name),
        reason: { reasonCode: code, reasonType: phrase },
        initiator: {
          id: iamId,
          name: "Administrator",
          typeURI: "service/security/account/user",
          credential: { type: "apikey" },
          host: {
            address: "127.0.0.1",
            addressType: "IPv4",
            agent: "secrets-manager-node-sdk/2.1.0",
          },
        },
        target: {
          id: kind === null ? instanceCrn : `${instanceCrn.slice(0, -1)}${kind}:${id}`,
          name,
          typeURI: `secrets-manager/${row.typeURI}`,
        },
        observer: { name: "ActivityTracker" },
        requestData: row.request?.() ?? {},
        responseData: row.response?.(answer.body) ?? {},
        correlationId: `of ${method}`,
        requestId: answer.transaction,
        dataEvent: row.dataEvent ?? false,
        saveServiceCopy: true,
        logSourceCRN: instanceCrn,
        account: server.bootstrap.account_id,
        region: "us-south",
        instance: instanceCrn.split(":")[7],
        dialect: "ibm",
        counters: { target: expect.any(Number), initiator: expect.any(Number) },
      });
    },
  );

  it("are found by what version 1 called them, and by what version 2 calls them", async () => {
    for (const [one, other] of [
      ["secret.rotate", "secret-version.create"],
      ["secret-policies.set", "secret-metadata.update"],
      ["secret-policies.get", "secret-metadata.read"],
    ] as const) {
      const byOne = await search(`action:secrets-manager.${one}`);
      const byOther = await search(`action:secrets-manager.${other}`);
      expect(byOne).toEqual(byOther);
      expect(new Set(byOne.map(({ action }) => action))).toEqual(
        new Set([`secrets-manager.${one}`, `secrets-manager.${other}`]),
      );
    }
  });

  it("tell of attempts without a credential as unauthorized", async () => {
    const { status, eventId } = await send("GET /api/v2/secrets", { bearer: null });
    expect(status).toBe(401);
    for (const query of [
      "host:secrets-manager reason.reasonType:Unauthorized",
      `app:${instanceCrn} reason.reasonType:Unauthorized`,
    ]) {
      const found = await search(query);
      expect(found.map(({ id }) => id)).toContain(eventId);
      for (const { reason, severity } of found) {
        expect([reason.reasonCode, severity]).toEqual([401, "critical"]);
      }
    }
  });

  it("hold nothing of what was kept in them", async () => {
    expect(JSON.stringify(await search("host:secrets-manager"))).not.toContain("CANARY");
  });
});

/** `Secrets Manager: create secret-version db-prod` */
function messageOf(action: Action, name: string): string {
  const at = action.lastIndexOf(".");
  const words = `Secrets Manager: ${action.slice(at + 1)} ${action.slice(0, at)}`;
  return name === "" ? words : `${words} ${name}`;
}
