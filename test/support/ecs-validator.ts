/**
 * A strict reader of events in the Elastic Common Schema 8.17: the fields that we use of it with their types, the closed
 * lists of the categorization fields, and which types are expected with which category.
 */

import { isIP } from "node:net";

type Json = Readonly<Record<string, unknown>>;
type Check = (value: unknown) => boolean;

const isKeyword: Check = (value) => typeof value === "string" && value !== "";
const isKeywords: Check = (value) =>
  Array.isArray(value) && value.length > 0 && value.every(isKeyword) && isSet(value);
const isLong: Check = (value) => Number.isSafeInteger(value);
const isDate: Check = (value) =>
  typeof value === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/.test(value);
const isIp: Check = (value) => typeof value === "string" && isIP(value) !== 0;
const isIps: Check = (value) => Array.isArray(value) && value.length > 0 && value.every(isIp);
const oneOf =
  (...allowed: readonly unknown[]): Check =>
  (value) =>
    allowed.includes(value);

/** A field's level in the schema is not told apart: core and extended are both ECS. */
const FIELDS: Readonly<Record<string, Check>> = {
  "@timestamp": isDate,
  message: isKeyword,
  "ecs.version": oneOf("8.17.0"),
  "event.id": isKeyword,
  "event.kind": oneOf("alert", "enrichment", "event", "metric", "state", "signal"),
  "event.category": isKeywords,
  "event.type": isKeywords,
  "event.action": isKeyword,
  "event.code": isKeyword,
  "event.outcome": oneOf("success", "failure", "unknown"),
  "event.severity": isLong,
  "event.provider": isKeyword,
  "event.module": isKeyword,
  "event.dataset": isKeyword,
  "event.reason": isKeyword,
  "user.id": isKeyword,
  "user.name": isKeyword,
  "user.email": isKeyword,
  "user.effective.id": isKeyword,
  "user.effective.name": isKeyword,
  "user.effective.email": isKeyword,
  "user.target.id": isKeyword,
  "user.target.name": isKeyword,
  "user.target.email": isKeyword,
  "group.id": isKeyword,
  "group.name": isKeyword,
  "source.address": isKeyword,
  "source.ip": isIp,
  "user_agent.original": isKeyword,
  "related.user": isKeywords,
  "related.ip": isIps,
  "http.request.id": isKeyword,
  "http.response.status_code": isLong,
  "service.name": isKeyword,
  "service.type": isKeyword,
  "organization.id": isKeyword,
  "cloud.account.id": isKeyword,
  "cloud.region": isKeyword,
};

const REQUIRED = ["@timestamp", "ecs.version", "event.kind", "event.category", "event.type"];

/** What is not of the schema stands under a name of ours. */
const CUSTOM = "keytrail";

/** Which of its types ECS expects with each category. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  api: [
    "access",
    "admin",
    "allowed",
    "change",
    "creation",
    "deletion",
    "denied",
    "end",
    "info",
    "start",
    "user",
  ],
  authentication: ["start", "end", "info"],
  configuration: ["access", "change", "creation", "deletion", "info"],
  iam: ["admin", "change", "creation", "deletion", "group", "info", "user"],
  process: ["access", "change", "end", "info", "start"],
  session: ["start", "end", "info"],
};

/** What is wrong with it, in sentences; nothing if it is an event of ECS. */
export function faultsOfEcs(event: Json): readonly string[] {
  const flat = new Map(leaves(event, ""));
  const missing = REQUIRED.filter((name) => !flat.has(name)).map((name) => `${name} is missing`);
  const wrong = [...flat].flatMap(([name, value]) => {
    if (name === CUSTOM || name.startsWith(`${CUSTOM}.`)) return [];
    if (!Object.hasOwn(FIELDS, name)) return [`${name} is no field of ECS`];
    return FIELDS[name]?.(value) ? [] : [`${name} is malformed`];
  });
  return [...missing, ...wrong, ...miscategorized(flat), ...unrelated(flat)];
}

function miscategorized(flat: ReadonlyMap<string, unknown>): readonly string[] {
  const categories = strings(flat.get("event.category")).map(String);
  const types = strings(flat.get("event.type")).map(String);
  const unknown = categories.filter((one) => !Object.hasOwn(EXPECTED, one));
  const expected = categories.flatMap((one) => EXPECTED[one] ?? []);
  const idle = categories.filter((one) => !EXPECTED[one]?.some((type) => types.includes(type)));
  return [
    ...unknown.map((one) => `event.category has no ${one}`),
    ...types
      .filter((type) => !expected.includes(type))
      .map((type) => `event.type ${type} is not expected of ${categories.join()}`),
    ...idle.map((one) => `event.category ${one} has no event.type of its own`),
  ];
}

/** `related.*` is where every user and address of an event is found. */
function unrelated(flat: ReadonlyMap<string, unknown>): readonly string[] {
  const pairs: readonly (readonly [RegExp, string])[] = [
    [/^user\.(\w+\.)?(id|name)$/, "related.user"],
    [/^source\.ip$/, "related.ip"],
  ];
  return [...flat].flatMap(([name, value]) =>
    pairs
      .filter(([field, related]) => field.test(name) && !strings(flat.get(related)).includes(value))
      .map(([, related]) => `${name} is not among ${related}`),
  );
}

function leaves(value: unknown, path: string): [string, unknown][] {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isObject || path === CUSTOM) return [[path, value]];
  const entries = Object.entries(value);
  if (entries.length === 0) return [[path, value]];
  return entries.flatMap(([key, one]) => leaves(one, path === "" ? key : `${path}.${key}`));
}

function strings(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isSet(values: readonly unknown[]): boolean {
  return new Set(values).size === values.length;
}
