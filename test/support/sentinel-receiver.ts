/** Azure Monitor's Logs Ingestion API, and Entra's endpoint for the tokens that it wants. */
import { textOf, type SiemReply, type SiemRequest } from "./siem-server.ts";

export type SentinelRow = Readonly<Record<string, unknown>>;

const MAX_BYTES = 1_048_576;
const TENANT_PATH = "/72f988bf-86f1-41af-91ab-2d7cd011db47/oauth2/v2.0/token";

/** Client credentials only, as Entra takes them from a confidential client. */
export class EntraReceiver {
  readonly path = TENANT_PATH;
  readonly clientId = "5e7d1c3a-0c55-4a2f-9f0a-1f7f8a3c9b11";
  readonly clientSecret = "kt~Q8.s3cret+value/=&";
  readonly scope = "https://monitor.azure.com/.default";
  issuedCount = 0;
  #valid = "";

  receive({ method, url, headers, body }: SiemRequest): SiemReply {
    const form = new URLSearchParams(textOf(body));
    const isForm = headers["content-type"] === "application/x-www-form-urlencoded";
    if (method !== "POST" || url.pathname !== this.path || !isForm)
      return { status: 404, body: "" };
    if (form.get("grant_type") !== "client_credentials" || form.get("scope") !== this.scope) {
      return { status: 400, body: { error: "invalid_request" } };
    }
    const isClient = form.get("client_id") === this.clientId;
    if (!isClient || form.get("client_secret") !== this.clientSecret) {
      return { status: 401, body: { error: "invalid_client" } };
    }
    this.issuedCount += 1;
    this.#valid = `token-${this.issuedCount}`;
    return {
      status: 200,
      body: { token_type: "Bearer", expires_in: 3_599, access_token: this.#valid },
    };
  }

  /** What was issued is good for nothing from now on. */
  revoke(): void {
    this.#valid = "";
  }

  isValid(authorization: string | undefined): boolean {
    return this.#valid !== "" && authorization === `Bearer ${this.#valid}`;
  }
}

export class SentinelReceiver {
  readonly rows: SentinelRow[] = [];
  readonly rule = "dcr-00a1b2c3d4e5f60718293a4b5c6d7e8f";
  readonly stream = "Custom-KeytrailAudit_CL";
  readonly #entra: EntraReceiver;

  constructor(entra: EntraReceiver) {
    this.#entra = entra;
  }

  receive({ method, url, headers, sent, body }: SiemRequest): SiemReply {
    if (!this.#entra.isValid(headers.authorization)) return { status: 401, body: "" };
    const path = `/dataCollectionRules/${this.rule}/streams/${this.stream}`;
    const isVersion = url.searchParams.get("api-version") === "2023-01-01";
    if (method !== "POST" || url.pathname !== path || !isVersion) return { status: 404, body: "" };
    if (headers["content-type"] !== "application/json") return { status: 415, body: "" };
    if (sent.length > MAX_BYTES || body.length > MAX_BYTES) return { status: 413, body: "" };
    const rows = JSON.parse(textOf(body)) as readonly SentinelRow[];
    const areRows = Array.isArray(rows) && rows.every((row) => faultsOfAsim(row).length === 0);
    if (!areRows) return { status: 400, body: "" };
    this.rows.push(...rows);
    return { status: 204 };
  }
}

const text = (value: unknown): boolean => typeof value === "string" && value !== "";
const time = (value: unknown): boolean =>
  typeof value === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,7})?Z$/.test(value);
const oneOf =
  (...allowed: readonly unknown[]) =>
  (value: unknown): boolean =>
    allowed.includes(value);

/** The columns of ASIM's Audit Event schema 0.1 that we use, with their types and closed lists. */
const COLUMNS: Readonly<Record<string, (value: unknown) => boolean>> = {
  TimeGenerated: time,
  EventStartTime: time,
  EventEndTime: time,
  EventCount: oneOf(1),
  EventSchema: oneOf("AuditEvent"),
  EventSchemaVersion: oneOf("0.1"),
  EventVendor: text,
  EventProduct: text,
  EventOriginalUid: text,
  EventOriginalType: text,
  EventType: oneOf("Set", "Read", "Create", "Delete", "Execute", "Other"),
  EventResult: oneOf("Success", "Partial", "Failure", "NA"),
  EventResultDetails: text,
  EventOriginalResultDetails: text,
  EventSeverity: oneOf("Informational", "Low", "Medium", "High"),
  EventOriginalSeverity: text,
  EventMessage: text,
  Operation: text,
  Object: text,
  ObjectId: text,
  ObjectType: oneOf("Configuration Atom", "Policy Rule", "Cloud Resource", "Other"),
  OriginalObjectType: text,
  ActorScopeId: text,
  ActorUserId: text,
  ActorUserIdType: oneOf("SID", "UID", "AADID", "OktaId", "AWSId", "Other"),
  ActorUsername: text,
  ActorUsernameType: oneOf("UPN", "Windows", "DN", "Simple"),
  ActorUserType: oneOf("Regular", "Admin", "System", "Application", "Service Principal", "Other"),
  ActorOriginalUserType: text,
  SrcIpAddr: text,
  HttpUserAgent: text,
  TargetAppName: text,
  TargetAppType: oneOf("Process", "Service", "Resource", "URL", "SaaS application", "Other"),
};

/** Of ours beside them: what a stream of our own declares. */
const OWN: readonly string[] = [
  "LogIndex",
  "Region",
  "CorrelationId",
  "RequestId",
  "AdditionalFields",
];
const REQUIRED = [
  "TimeGenerated",
  "EventCount",
  "EventStartTime",
  "EventEndTime",
  "EventType",
  "EventResult",
  "EventProduct",
  "EventVendor",
  "EventSchema",
  "EventSchemaVersion",
  "Operation",
  "Object",
  "ObjectType",
];

export function faultsOfAsim(row: SentinelRow): string[] {
  const missing = REQUIRED.filter((name) => row[name] === undefined);
  const wrong = Object.entries(row)
    .filter(([name, value]) => !OWN.includes(name) && !COLUMNS[name]?.(value))
    .map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  return [...missing.map((name) => `${name} is missing`), ...wrong];
}
