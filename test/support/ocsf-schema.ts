/**
 * Of the Open Cybersecurity Schema Framework 1.8.0 what we write: seven classes and their objects. An attribute's type
 * is a name of `OcsfType`; one with a `!` is required, one with `[]` is an array, `@name` is an object of that name.
 */

export interface OcsfShape {
  readonly attributes: Readonly<Record<string, string>>;
  /** At least one of these has to be there. */
  readonly atLeastOne?: readonly string[];
  /** The closed lists, by attribute. */
  readonly enums?: Readonly<Record<string, readonly (number | string)[]>>;
}

const ENTITY = { uid: "string", name: "string" } as const;

export const ocsfObjects: Readonly<Record<string, OcsfShape>> = {
  metadata: {
    attributes: {
      version: "string!",
      profiles: "string[]",
      product: "@product!",
      uid: "string",
      original_event_uid: "string",
      event_code: "string",
      correlation_uid: "string",
      log_name: "string",
      log_provider: "string",
      original_time: "string",
      tenant_uid: "string",
    },
    enums: { version: ["1.8.0"] },
  },
  product: {
    attributes: { ...ENTITY, vendor_name: "string", version: "string" },
    atLeastOne: ["name", "uid"],
  },
  actor: {
    attributes: {
      user: "@user",
      session: "@session",
      app_name: "string",
      app_uid: "string",
    },
    atLeastOne: ["user", "session", "app_name", "app_uid"],
  },
  user: {
    attributes: {
      ...ENTITY,
      email_addr: "email",
      type_id: "integer",
      type: "string",
      account: "@account",
    },
    atLeastOne: ["account", "name", "uid"],
    enums: { type_id: [0, 1, 2, 3, 4, 99] },
  },
  account: {
    attributes: { ...ENTITY, type_id: "integer", type: "string" },
    atLeastOne: ["name", "uid"],
    enums: { type_id: [0, ...Array.from({ length: 18 }, (_, index) => index + 1), 99] },
  },
  group: { attributes: { ...ENTITY, type: "string" }, atLeastOne: ["name", "uid"] },
  organization: { attributes: ENTITY, atLeastOne: ["name", "uid"] },
  policy: { attributes: { ...ENTITY, type: "string" }, atLeastOne: ["name", "uid", "type"] },
  managed_entity: {
    attributes: {
      ...ENTITY,
      type_id: "integer",
      type: "string",
      user: "@user",
      group: "@group",
      org: "@organization",
      policy: "@policy",
    },
    atLeastOne: ["name", "uid", "group", "org", "policy", "user"],
    enums: { type_id: [0, 1, 2, 3, 4, 5, 6, 7, 99] },
  },
  session: { attributes: { uid: "string", issuer: "string" } },
  service: { attributes: { ...ENTITY, version: "string" }, atLeastOne: ["name", "uid"] },
  network_endpoint: {
    attributes: { ...ENTITY, ip: "ip", hostname: "string", svc_name: "string" },
    atLeastOne: ["ip", "uid", "name", "hostname", "svc_name"],
  },
  api: {
    attributes: {
      operation: "string!",
      service: "@service",
      request: "@request",
      response: "@response",
      version: "string",
    },
  },
  request: { attributes: { uid: "string!", data: "json" } },
  response: {
    attributes: {
      code: "integer",
      message: "string",
      error: "string",
      error_message: "string",
      data: "json",
    },
  },
  http_request: {
    attributes: { uid: "string", user_agent: "string", http_method: "string" },
  },
  http_response: { attributes: { code: "integer!", status: "string" } },
  cloud: { attributes: { provider: "string!", account: "@account", region: "string" } },
  resource_details: {
    attributes: {
      ...ENTITY,
      type: "string",
      region: "string",
      role_id: "integer",
      role: "string",
      owner: "@user",
      data: "json",
    },
    atLeastOne: ["name", "uid"],
    enums: { role_id: [0, 1, 2, 3, 4, 99] },
  },
  observable: {
    attributes: { name: "string", type_id: "integer!", type: "string", value: "string" },
    enums: { type_id: [2, 4] },
  },
};

/** What every event has; `cloud` and `api` come by the profile, of which `cloud` is required. */
const BASE = {
  activity_id: "integer!",
  activity_name: "string",
  category_uid: "integer!",
  category_name: "string",
  class_uid: "integer!",
  class_name: "string",
  type_uid: "integer!",
  type_name: "string",
  severity_id: "integer!",
  severity: "string",
  status_id: "integer",
  status: "string",
  status_code: "string",
  status_detail: "string",
  time: "integer!",
  timezone_offset: "integer",
  message: "string",
  metadata: "@metadata!",
  observables: "@observable[]",
  unmapped: "json",
  cloud: "@cloud!",
  api: "@api",
  actor: "@actor",
  src_endpoint: "@network_endpoint",
  http_request: "@http_request",
  http_response: "@http_response",
} as const;

const ENUMS = {
  severity_id: [0, 1, 2, 3, 4, 5, 6, 99],
  status_id: [0, 1, 2, 99],
} as const;

export interface OcsfClass extends OcsfShape {
  readonly name: string;
  readonly category: readonly [uid: number, name: string];
  /** By their number; 0 and 99 are in every class. */
  readonly activities: Readonly<Record<number, string>>;
}

const IAM = [3, "Identity & Access Management"] as const;
const APPLICATION = [6, "Application Activity"] as const;
const CRUD = { 1: "Create", 2: "Read", 3: "Update", 4: "Delete" } as const;

function classOf(
  described: Pick<OcsfClass, "name" | "category" | "activities" | "atLeastOne">,
  attributes: Readonly<Record<string, string>>,
): OcsfClass {
  return { ...described, attributes: { ...BASE, ...attributes }, enums: ENUMS };
}

export const ocsfSchema: Readonly<Record<number, OcsfClass>> = {
  3001: classOf(
    {
      name: "Account Change",
      category: IAM,
      activities: {
        1: "Create",
        2: "Enable",
        3: "Password Change",
        4: "Password Reset",
        5: "Disable",
        6: "Delete",
        7: "Attach Policy",
        8: "Detach Policy",
        9: "Lock",
        10: "MFA Factor Enable",
        11: "MFA Factor Disable",
        12: "Unlock",
      },
    },
    { user: "@user!" },
  ),
  3002: classOf(
    {
      name: "Authentication",
      category: IAM,
      activities: {
        1: "Logon",
        2: "Logoff",
        3: "Authentication Ticket",
        4: "Service Ticket Request",
        5: "Service Ticket Renew",
        6: "Preauth",
        7: "Account Switch",
      },
      atLeastOne: ["service", "dst_endpoint"],
    },
    { user: "@user!", service: "@service", session: "@session", is_remote: "boolean" },
  ),
  3004: classOf(
    { name: "Entity Management", category: IAM, activities: CRUD },
    { entity: "@managed_entity!" },
  ),
  3005: classOf(
    {
      name: "User Access Management",
      category: IAM,
      activities: { 1: "Assign Privileges", 2: "Revoke Privileges" },
    },
    { user: "@user!", privileges: "string[]!", resources: "@resource_details[]" },
  ),
  3006: classOf(
    {
      name: "Group Management",
      category: IAM,
      activities: {
        1: "Assign Privileges",
        2: "Revoke Privileges",
        3: "Add User",
        4: "Remove User",
        5: "Delete",
        6: "Create",
        7: "Add Subgroup",
        8: "Remove Subgroup",
      },
    },
    { group: "@group!", user: "@user", privileges: "string[]" },
  ),
  6002: classOf(
    {
      name: "Application Lifecycle",
      category: APPLICATION,
      activities: { 1: "Install", 2: "Remove", 3: "Start", 4: "Stop" },
    },
    { app: "@product!" },
  ),
  6003: classOf(
    { name: "API Activity", category: APPLICATION, activities: CRUD },
    {
      actor: "@actor!",
      api: "@api!",
      src_endpoint: "@network_endpoint!",
      resources: "@resource_details[]",
    },
  ),
};
