/**
 * The event as a record of DSV's audit (Delinea DevOps Secrets Vault, the eleven fields of `GET /v1/audit`, which are
 * those that its SIEM endpoints send).
 */
import { catalogue } from "../catalogue.ts";
import { parseCrn } from "../crn.ts";
import type { AuditEvent, Initiator, InitiatorType } from "../event.ts";
import { dsvErrorOf, type DsvError } from "./dsv-error.ts";
import { dsvPathOf } from "./dsv-path.ts";

export interface DsvRecord {
  readonly id: string;
  readonly tenant: string;
  readonly tenantName: string;
  /** `users:…`, `clients:…` or `roles:…`; empty where nobody could be established. */
  readonly principal: string;
  readonly principalItemId: string;
  /** The HTTP method that DSV has for it, whatever wire it came by. */
  readonly action: string;
  /** The HTTP status that DSV answers; 0 of a login that failed. */
  readonly status: number;
  readonly path: string;
  readonly ipaddress: string;
  /** RFC 3339, UTC, nanoseconds. */
  readonly created: string;
  readonly message: string;
}

/** By what of its record an event is found. */
export function dsvFactsOf(event: AuditEvent): Pick<DsvRecord, "path" | "principal"> {
  const { principal } = isFailedLogin(event) ? nobody : principalOf(event.initiator);
  return { path: dsvPathOf(event), principal };
}

function isLoginOf(operation: AuditEvent["operation"]): boolean {
  const [path, action] = catalogue[operation].dsv;
  return path === "token" && action === "POST";
}

function isFailedLogin({ operation, outcome }: AuditEvent): boolean {
  return isLoginOf(operation) && outcome !== "success";
}

export function renderDsv(event: AuditEvent): DsvRecord {
  const isLogin = isLoginOf(event.operation);
  const isFailure = isFailedLogin(event);
  return {
    id: event.id,
    tenant: event.account,
    tenantName: event.account,
    ...(isFailure ? nobody : principalOf(event.initiator)),
    action: methodOf(event),
    status: isFailure ? FAILED_LOGIN_STATUS : statusOf(event),
    path: dsvPathOf(event),
    ipaddress: event.initiator.host.address,
    created: event.eventTime.replace(/Z$/, "000000Z"),
    message: isLogin ? loginMessageOf(event) : (errorOf(event)?.message ?? event.message),
  };
}

/** Whatever was asked for by which method, where it was nothing that there is. */
function methodOf({ operation, requestData }: AuditEvent): string {
  const { method } = requestData;
  const isKnown =
    operation === "request.reject" && typeof method === "string" && METHOD.test(method);
  return isKnown ? method : catalogue[operation].dsv[1];
}

const METHOD = /^[A-Z][A-Z-]*$/;

const FAILED_LOGIN_STATUS = 0;

/** DSV names nobody in the record of a login that failed: whoever it was has not shown to be that. */
const nobody = { principal: "", principalItemId: "" };

/**
 * A person, what DSV calls a client, and a role. A trusted profile is a role: it is what others act as. What the server
 * does of its own accord, it does as a client by the name of the job.
 */
const kinds: Readonly<Record<InitiatorType, "users" | "clients" | "roles">> = {
  "service/security/account/user": "users",
  "service/security/account/serviceid": "clients",
  "service/security/account/profile": "roles",
  "service/security/clientid": "clients",
  "service/security/client/certificateid": "clients",
};

const IAM_ID_PREFIX = /^iam-/;

function principalOf(initiator: Initiator) {
  const { id } = initiator;
  return id === "" ? nobody : { principal: principalName(initiator), principalItemId: id };
}

/** `users:bob@example.com`, `roles:deployers`, `clients:ServiceId-…` */
export function principalName({
  id,
  name,
  typeURI,
}: Pick<Initiator, "id" | "name" | "typeURI">): string {
  const kind = kinds[typeURI];
  // Names of clients need not differ, and DSV has them by their id too.
  const known = kind === "clients" || name === "" ? id.replace(IAM_ID_PREFIX, "") : name;
  return `${kind}:${known}`;
}

/** Where DSV answers a success with another status than its rule: 201 where a POST made something, 200 of all else. */
const otherStatuses: Readonly<Record<string, number>> = {
  "groups:{name}:members DELETE": 204,
  "pools:{name} DELETE": 204,
  "crypto:key:{path} DELETE": 204,
  "crypto:manual:key:{path} DELETE": 204,
  "crypto:key:{path}:restore PUT": 204,
  "crypto:manual:key:{path}:restore PUT": 204,
  "crypto:rotate POST": 201,
  "crypto:manual:key:{path} POST": 201,
  "pki:register POST": 201,
  "pki:root POST": 200,
  "config POST": 201,
  "certificate:auth POST": 200,
  "revoke:{refreshtoken} POST": 204,
  // In DSV's own table, where it is marked as disabled.
  "secrets:{path}::listpaths GET": 0,
};

const CREATED = 201;
const FIRST_FAILURE = 400;

const NO_CONTENT = 204;
/** By which wires say that something is not to be had back. */
const FORCED = ["force", "forceDelete", "forceDeleteWithoutRecovery"] as const;

/** Of a refusal; undefined of what succeeded, and of what broke. */
function errorOf({ operation, reason, message }: AuditEvent): DsvError | undefined {
  const { code, cause, reasonForFailure: sentence = message, reasonCode } = reason;
  if (reasonCode < FIRST_FAILURE) return undefined;
  if (code === undefined) return { status: reasonCode, message: sentence };
  return dsvErrorOf({ operation, code, reason: cause, sentence });
}

function statusOf(event: AuditEvent): number {
  const { operation, reason, requestData } = event;
  const [path, method] = catalogue[operation].dsv;
  const error = errorOf(event);
  if (error) return error.status;
  if (method === "DELETE" && FORCED.some((field) => requestData[field] === true)) return NO_CONTENT;
  const hasMade = method === "POST" && reason.reasonCode === CREATED;
  return otherStatuses[`${path} ${method}`] ?? (hasMade ? CREATED : 200);
}

/** DSV's own words: who tried, if that is known, and what came of it. */
function loginMessageOf({ outcome, initiator, target, reason, message }: AuditEvent): string {
  if (outcome === "success") return "login succeeded";
  const why = reason.reasonForFailure ?? message;
  const isNamed = (parseCrn(target.id)?.id ?? "") !== "";
  const who = isNamed ? target.name : initiator.id;
  return who === "" ? why : `user attempting login: ${who}: ${why}`;
}
