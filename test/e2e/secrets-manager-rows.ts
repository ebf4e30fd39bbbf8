/**
 * The actions that IBM's two documents list, as data, and for each the call that raises it with what its event says
 * besides what every event says.
 */
import { expect } from "vitest";

/** As they stand in the tables, in their order: the current document's 38, then the four of the older one alone. */
export const ACTIONS = [
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

export type Action = (typeof ACTIONS)[number];

export const NOTIFICATIONS_CRN =
  "crn:v1:bluemix:public:event-notifications:us-south:a/0123456789abcdef0123456789abcdef:0a1b2c3d-0000-4000-8000-000000000001::";

// oxlint-disable-next-line typescript/no-explicit-any -- bodies are compared, not trusted
export type Json = any;

/** What the calls are about: made as they go, under the names that the table gives. */
export const world = {
  made: {} as Record<string, Json>,
  token: "",
  instanceCrn: "",
};

export interface Row {
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
  readonly target?: () => readonly [kind: string | null, id: string, name: string];
  readonly request?: () => object;
  readonly response?: (answer: Json) => object;
}

const OK = [200, "OK"] as const;
const CREATED = [201, "Created"] as const;
const GONE = [204, "No Content"] as const;

const secretPath = (name: string): string => `/api/v2/secrets/${world.made[name].id}`;
const versionPath = (name: string): string =>
  `${secretPath(name)}/versions/${world.made[`${name} version`].id}`;
const onSecret = (name: string) => () =>
  ["secret", world.made[name].id, world.made[name].name] as const;
const group = () => `/api/v2/secret_groups/${world.made["group"].id}`;
const onGroup = () => ["secret-group", world.made["group"].id, "team"] as const;
const onConfiguration = (name: string) => () => ["configuration", name, name] as const;
const which = (name: string) => () => ({ id: world.made[name].id });
const whichVersion = (name: string) => () => ({
  id: world.made[name].id,
  versionId: world.made[`${name} version`].id,
});

export const ROWS: readonly Row[] = [
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
    request: () => ({ id: world.made["group"].id, changes: ["description"] }),
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
    response: ({ id, crn }) => ({
      id,
      crn,
      versionId: expect.any(String),
      payloadAvailable: true,
    }),
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
    request: () => ({
      ...which("login")(),
      secretType: "username_password",
      secretGroupId: "default",
    }),
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
      versionId: world.made["login version"].id,
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
    request: () => ({ id: world.made["login"].id, changes: ["description", "rotation"] }),
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
    request: () => ({ id: world.made["login"].id, lockNames: ["app"] }),
    response: () => ({ versionIds: [world.made["login version"].id] }),
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
    request: () => ({ limit: 200 }),
    response: () => ({ totalCount: 1 }),
  },
  {
    action: "secret-locks.delete",
    call: () => `DELETE ${secretPath("login")}/locks_bulk?name=app`,
    status: OK,
    severity: "warning",
    typeURI: "secret/locks",
    target: onSecret("login"),
    request: () => ({ id: world.made["login"].id, lockNames: ["app"] }),
    response: () => ({ versionIds: [world.made["login version"].id] }),
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
    response: () => ({ versionIds: [world.made["login version"].id] }),
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
    response: () => ({ versionIds: [world.made["login version"].id] }),
  },
  {
    action: "secret-version-data.delete",
    call: () => `DELETE ${versionPath("login")}/secret_data`,
    status: GONE,
    severity: "critical",
    dataEvent: true,
    typeURI: "secret/version/data",
    target: onSecret("login"),
    request: () => ({
      ...whichVersion("login")(),
      secretType: "username_password",
      secretGroupId: "default",
    }),
    response: () => ({
      versionId: world.made["login version"].id,
    }),
  },
  {
    action: "secret.rotate",
    call: () => `POST /api/v1/secrets/username_password/${world.made["login"].id}?action=rotate`,
    body: () => ({ password: "CANARY-v1" }),
    status: OK,
    severity: "warning",
    dataEvent: true,
    typeURI: "secret",
    target: onSecret("login"),
    request: () => ({
      id: world.made["login"].id,
      secretType: "username_password",
      secretGroupId: "default",
    }),
    response: () => ({
      versionId: expect.any(String),
      previousVersionId: world.made["login version"].id,
      payloadDroppedFrom: expect.any(String),
      autoRotated: false,
      secretType: "username_password",
    }),
  },
  {
    action: "secret-policies.set",
    call: () =>
      `PUT /api/v1/secrets/username_password/${world.made["login"].id}/policies?policy=rotation`,
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
    request: () => ({ id: world.made["login"].id, changes: ["rotation"] }),
    response: () => ({ id: world.made["login"].id, changes: expect.any(Array) }),
  },
  {
    action: "secret-policies.get",
    call: () =>
      `GET /api/v1/secrets/username_password/${world.made["login"].id}/policies?policy=rotation`,
    status: OK,
    severity: "normal",
    typeURI: "secret/policies",
    target: onSecret("login"),
    request: which("login"),
    response: () => ({ id: world.made["login"].id }),
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
      secretType: "private_cert",
      secretGroupId: "default",
      id: world.made["leaf"].id,
      alias: "current",
      actionType: "private_cert_action_revoke_certificate",
    }),
    response: () => ({
      actionType: "private_cert_action_revoke_certificate",
      serialNumber: world.made["leaf"].serial_number,
    }),
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
      secretType: "private_cert",
      secretGroupId: "default",
      id: world.made["other leaf"].id,
      actionType: "private_cert_action_revoke_certificate",
    }),
    response: () => ({
      actionType: "private_cert_action_revoke_certificate",
      serialNumber: world.made["other leaf"].serial_number,
    }),
  },
  {
    action: "secret-credentials.delete",
    call: () =>
      `POST /api/v1/secrets/iam_credentials/${world.made["minted"].id}?action=delete_credentials`,
    body: () => ({ api_key_id: world.made["minted"].api_key_id }),
    status: OK,
    severity: "critical",
    dataEvent: true,
    typeURI: "secret/credentials",
    target: onSecret("minted"),
    request: () => ({
      secretType: "iam_credentials",
      secretGroupId: "default",
      id: world.made["minted"].id,
      versionId: expect.any(String),
      apiKeyId: world.made["minted"].api_key_id,
      serviceId: world.made["minted"].service_id,
      trigger: "request",
    }),
    response: () => ({
      apiKeyId: world.made["minted"].api_key_id,
      serviceId: world.made["minted"].service_id,
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
    request: () => ({
      ...which("login")(),
      secretType: "username_password",
      secretGroupId: "default",
    }),
    response: () => ({
      versionsDeleted: 3,
    }),
  },
  {
    action: "instance.login",
    call: () => "PUT /v1/auth/ibmcloud/login",
    body: () => ({ token: world.token }),
    bearer: null,
    status: OK,
    severity: "normal",
    typeURI: "instance",
    request: () => expect.anything(),
    response: () => ({ leaseDuration: expect.any(Number) }),
  },
  {
    action: "endpoints.view",
    call: () => `GET /api/v1/instances/${encodeURIComponent(world.instanceCrn)}/endpoints`,
    status: OK,
    severity: "normal",
    typeURI: "endpoints",
    target: () => [null, "", "secrets"],
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
