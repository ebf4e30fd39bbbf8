import { describe, expect, it, test } from "vitest";
import { Refusal } from "../kernel/errors.ts";
import { MAX_QUERY_DEPTH, MAX_QUERY_LENGTH, MAX_QUERY_TERMS } from "./parser.ts";
import { planQuery } from "./planner.ts";
import type { PlanContext } from "./planner.ts";
import { compilePredicate } from "./predicate.ts";
import { projectEvent } from "./projection.ts";
import { renderCaret } from "./query-error.ts";
import type { Vocabulary } from "./vocabulary.ts";

const NOW = Date.parse("2026-11-21T10:00:00.000Z");
const INSTANCE =
  "crn:v1:bluemix:public:secrets-manager:us-south:a/acct:0f1e2d3c-0000-4000-8000-000000000001::";

const read = {
  id: "01a1fba9-aa28-78d4-bca9-fee5b7bbac76",
  eventTime: "2026-11-21T09:31:07.412Z",
  operation: "secret.read",
  action: "secrets-manager.secret.read",
  outcome: "success",
  severity: "normal",
  message: "Secrets Manager: read secret db-prod",
  reason: { reasonCode: 200, reasonType: "OK" },
  initiator: {
    id: "iam-ServiceId-1234",
    name: "ci-deployer",
    typeURI: "service/security/account/serviceid",
    credential: { type: "apikey" },
    host: { address: "10.1.2.3", addressType: "IPv4", agent: "Not Set" },
  },
  target: {
    id: `${INSTANCE.slice(0, -1)}secret:42`,
    name: "db-prod",
    typeURI: "secrets-manager/secret",
  },
  observer: { name: "ActivityTracker" },
  requestData: {
    id: "42",
    client_id: "HOP55v1CCT",
    lock: true,
    retries: 5,
    labels: ["Blue", "green"],
  },
  responseData: { deep: { er: ["x", { y: 7.5 }] } },
  correlationId: "corr-1",
  requestId: "txn-77",
  dataEvent: true,
  saveServiceCopy: true,
  logSourceCRN: INSTANCE,
  account: "acct",
  region: "us-south",
  instance: "0f1e2d3c-0000-4000-8000-000000000001",
  dialect: "ibm",
  counters: { target: 7, initiator: null },
};
const refused = {
  ...read,
  eventTime: "2026-11-20T23:59:59.999Z",
  operation: "secret.create",
  action: "secrets-manager.secret.create",
  outcome: "failure",
  severity: "critical",
  message: "Secrets Manager: create secret api-dev -failure",
  reason: {
    reasonCode: 401,
    reasonType: "Unauthorized",
    reasonForFailure: "The token has expired",
  },
  target: { ...read.target, id: "", name: "api-dev" },
  requestData: {},
  responseData: {},
};
const login = {
  ...read,
  operation: "user-apikey.login",
  action: "iam-identity.user-apikey.login",
  initiator: { ...read.initiator, access: { keyId: "AKIAIOSFODNN7EXAMPLE", kind: "user" } },
  message: "IAM Identity Service: login user-apikey",
  logSourceCRN: "crn:v1:bluemix:public:iam-identity:global:a/acct:::",
};
const rows = Object.entries({ read, refused, login }).map(([name, event], seq) => ({
  name,
  row: projectEvent(seq, event),
}));

function found(query: string, context: Partial<PlanContext> = {}): string {
  const matches = compilePredicate(planQuery(query, { now: NOW, ...context }));
  return rows
    .filter(({ row }) => matches(row))
    .map(({ name }) => name)
    .join(" ");
}

const ALL = "read refused login";

describe("the queries that the documents print", () => {
  test.each([
    ["host:secrets-manager action:secrets-manager.secret.create", "refused"],
    ["host:secrets-manager reason.reasonType:Unauthorized", "refused"],
    [`app:${INSTANCE} action:secrets-manager.secret.read`, "read"],
    [`app:{${INSTANCE}} reason.reasonType:unauthorized`, "refused"],
    [`app:"${INSTANCE}"`, "read refused"],
    ["app:{INSTANCE_CRN}", ""],
    ["_platform:==iam-identity (action login)", "login"],
    ["(action user-apikey) -(action login)", ""],
    ["-action:secrets-manager.secret.create", "read login"],
    ["host:*", ALL],
    ['initiator.host.agent:"Not Set"', ALL],
    ["reason.reasonCode:401", "refused"],
    ["action:iam-identity", "login"],
    ["X-Global-Transaction-Id:txn-77", ALL],
    ["severity:critical", "refused"],
    ["requestData.client_id:HOP55v1CCT", "read login"],
    ["level:critical outcome:failure", "refused"],
  ])("%s", (query, expected) => {
    expect(found(query)).toBe(expected);
  });
});

describe("letter case", () => {
  test.each([
    ["action:SECRETS-manager", "read refused"],
    ["reason.reasonType:=unauth", ""],
    ["reason.reasonType:=Unauth", "refused"],
    ["reason.reasonType:==unauthorized", "refused"],
    ["reason.reasonType:==unauth", ""],
    ["reason.reasonType:===unauthorized", ""],
    ["reason.reasonType:===Unauthorized", "refused"],
    ["reason.reasonType:[ok,UNAUTH]", ALL],
    ["reason.reasonType:===[OK,UNAUTH]", "read login"],
    ["INITIATOR.NAME:CI-", ALL],
    ["requestData.client_id:=HOP", "read login"],
    ["requestData.client_id:=hop", ""],
    ["requestData.CLIENT_ID:hop", ""],
    ["requestData.labels:===Blue requestData.labels:===green", "read login"],
    ["requestData.labels:===blue", ""],
    ["host:secrets-manager and action:x", ""],
  ])("%s", (query, expected) => {
    expect(found(query)).toBe(expected);
  });
});

describe("what people type besides", () => {
  test.each([
    ["", ALL],
    ["   ", ALL],
    ["severity:critical OR action:iam-identity", "refused login"],
    ["severity:critical || action:iam-identity", "refused login"],
    ["host:secrets-manager && NOT outcome:failure", "read"],
    ["host:secrets-manager !outcome:failure", "read"],
    ["+outcome:failure +host:secrets-manager", "refused"],
    ["outcome:failure OR host:iam-identity action:iam-identity.x", "refused"],
    ["(outcome:failure OR host:iam-identity) action:iam", "login"],
    ["action:(secrets-manager.secret.read OR iam-identity -secrets-manager.x)", "read login"],
    ['target.name:"db"', ""],
    ['target.name:"DB-PROD"', "read login"],
    ["target.name:db-*", "read login"],
    ["target.name:??-prod", "read login"],
    ["target.name:?-prod", ""],
    ["target.name:db\\*", ""],
    ["target.name:/[a-z]+-(dev|prod)/", ALL],
    ["target.name:/[A-Z]+-dev/", "refused"],
    ["target.name:=/[A-Z]+-dev/", ""],
    ["target.name:[a TO b]", "refused"],
    ["message:expired", ""],
    ["reason.reasonForFailure:expired", "refused"],
    ['message:"secret api"', "refused"],
    ["message:=Secrets", "read refused"],
    ["reason.reasonCode:[400 TO 499]", "refused"],
    ["reason.reasonCode:{401 TO 499]", ""],
    ["reason.reasonCode:>=401", "refused"],
    ["reason.reasonCode:<401", "read login"],
    ["counters.target:7", ALL],
    ["_exists_:counters.initiator", ""],
    ["_exists_:reason.reasonForFailure", "refused"],
    ["-target.id:*", "refused"],
    ["requestData:*", "read login"],
    ["_exists_:requestData.client_id", "read login"],
    ["_exists_:responseData.deep.er", "read login"],
    ["requestData.lock:true", "read login"],
    ["requestData.retries:5", "read login"],
    ["requestData.retries:[4 TO 5.5]", "read login"],
    ["requestData.retries:>5", ""],
    ["responseData.deep.er.y:7.5", "read login"],
    ["responseData.deep.er:x", "read login"],
    ["dataEvent:true", ALL],
    ["index:1", "refused"],
    ["login", "login"],
    ["LOGIN", "login"],
    ["401", "refused"],
    ['"secret api-dev"', "refused"],
    ["sec*api", "refused"],
    ["green", "read login"],
    ["reasonType", ALL],
    [INSTANCE, "read refused"],
    ["eventTime:2026-11-20", "refused"],
    ["eventTime:[now-1h TO now]", "read login"],
    ["eventTime:>2026-11-20", "read login"],
    ["eventTime:2026-11-21T09:31", "read login"],
    ["time:<2026-11-21T00:00:00+00:00", "refused"],
    ["target.name:/db-prod", ""],
  ])("%s", (query, expected) => {
    expect(found(query)).toBe(expected);
  });
});

describe("other vocabularies", () => {
  const names: Readonly<Record<string, string>> = {
    GetSecretValue: "secret.read",
    CreateSecret: "secret.create",
  };
  const vocabulary: Vocabulary = {
    operationsFor(field, matches) {
      if (field === "action") return matches("old-name.secret.read") ? ["secret.read"] : [];
      if (field !== "eventname") return undefined;
      return Object.keys(names)
        .filter(matches)
        .map((name) => names[name] ?? "");
    },
  };
  test.each([
    ["eventName:GetSecretValue", "read"],
    ["eventName:getsecret", "read"],
    ["eventName:===getsecretvalue", ""],
    ["eventName:*Secret*", "read refused"],
    ["eventName:nothing", ""],
    ["eventName:*", ALL],
    ["-eventName:GetSecretValue", "refused login"],
    ["action:old-name.secret", "read"],
    ["action:secrets-manager.secret.read", "read"],
  ])("%s", (query, expected) => {
    expect(found(query, { vocabulary })).toBe(expected);
  });
});

describe("what CloudTrail says of an event", () => {
  const secretArn = "arn:aws:secretsmanager:us-south:";
  test.each([
    ["eventName:ConsoleLogin", "login"],
    ["username:ci-deployer", ALL],
    ["userName:===CI-deployer", ""],
    ["readOnly:true", "read"],
    ["-readOnly:true", "refused login"],
    ["eventCategory:Rejected", "refused"],
    ["awsRegion:===us-south", ALL],
    ['resourceType:"AWS::SecretsManager::Secret"', "read login"],
    [`resourceArn:${secretArn}`, "read login"],
    ["accesskeyid:AKIA", "login"],
    ["initiator.access.keyId:===AKIAIOSFODNN7EXAMPLE", "login"],
    ["AKIAIOSFODNN7EXAMPLE", "login"],
    ["initiator.access.kind:user", "login"],
  ])("%s", (query, expected) => {
    expect(found(query)).toBe(expected);
  });

  it("is not said of what is no event of ours", () => {
    for (const event of [{}, { operation: "secret.read" }, { ...read, operation: "toString" }]) {
      expect(projectEvent(0, event)).not.toHaveProperty("eventname");
    }
  });
});

describe("what is wrong, and where", () => {
  test.each([
    ["acton:read", 1, "did you mean action?"],
    ["outcome:failure initiator.nam:x", 17, "did you mean initiator.name?"],
    ["_exists_:acton", 10, "did you mean action?"],
    ["initiator:x", 1, "is an object"],
    ["(outcome:failure", 1, "never closed"],
    ["outcome:failure)", 16, "never opened"],
    ["outcome:", 8, "A value is missing after outcome:"],
    ["outcome: OR x", 8, "A value is missing after outcome:"],
    ["a OR", 5, "missing"],
    ["OR a", 1, "missing"],
    ["AND a", 1, "missing"],
    ["a NOT", 6, "missing"],
    ["()", 2, "missing"],
    ['message:"open', 9, "never closed"],
    ["reason.reasonCode:[1 TO 2", 19, "never closed"],
    ["reason.reasonCode:[1 2]", 19, "neither a list"],
    ["reason.reasonCode:many", 19, "takes numbers"],
    ["reason.reasonCode:4*", 19, "takes numbers"],
    ["reason.reasonCode:[400 TO high]", 27, "takes numbers"],
    ["eventTime:yesterday", 11, "takes times"],
    ["eventTime:2026-02-30", 11, "takes times"],
    ["dataEvent:maybe", 11, "true or false"],
    ["action:/a(?=b)/", 11, "plain groups"],
    ["action:/a**/", 11, "quantifier"],
    ["action:/[z-a]/", 10, "backwards"],
    ["action:/((a{100}){100}){100}/", 8, "repeats too much"],
    ["/free/", 1, "needs a field"],
    ["target.name:>", 14, "missing"],
    ["😀 acton:x", 3, "did you mean action?"],
  ])("%s is refused at column %i", (query, column, message) => {
    const refusal = refusalOf(query);
    expect(refusal.code).toBe("invalid_request");
    expect(refusal.details["column"]).toBe(column);
    expect(refusal.message).toContain(message);
  });

  test("the caret stands below the column", () => {
    const query = "severity:critical acton:read";
    expect(renderCaret(query, Number(refusalOf(query).details["column"]))).toBe(
      "severity:critical acton:read\n                  ^",
    );
  });

  test("length, depth and terms have limits, and the limits themselves are allowed", () => {
    expect(() => found("a".repeat(MAX_QUERY_LENGTH))).not.toThrow();
    expect(() => found("a".repeat(MAX_QUERY_LENGTH + 1))).toThrow(/at most 4096 characters/);
    const nested = (depth: number): string => `${"(".repeat(depth)}a${")".repeat(depth)}`;
    expect(() => found(nested(MAX_QUERY_DEPTH))).not.toThrow();
    expect(() => found(nested(MAX_QUERY_DEPTH + 1))).toThrow(/at most 32 deep/);
    expect(() => found(`${"-".repeat(MAX_QUERY_DEPTH + 1)}a`)).toThrow(/at most 32 deep/);
    const terms = (count: number): string => `severity:[${Array(count).fill("a").join(",")}]`;
    expect(() => found(terms(MAX_QUERY_TERMS))).not.toThrow();
    expect(() => found(terms(MAX_QUERY_TERMS + 1))).toThrow(/at most 256 terms/);
  });

  test("the patterns of a query share one budget, and a term said twice is paid for once", () => {
    const repeated = "/.{0,99}.{0,99}.{0,99}.{0,99}~/";
    const long = (end: string) => `target.name:${end}${"?".repeat(300)}${end}`;
    expect(() => found(Array(60).fill(`target.id:${repeated}`).join(" OR "))).not.toThrow();
    expect(() => found([long("a"), long("b"), long("c")].join(" "))).not.toThrow();
    for (const queries of [
      [`target.id:${repeated}`, `(a OR target.name:${repeated})`],
      [`requestData.x:${repeated}`, `-requestData.x:===${repeated}`],
      [[long("a"), long("b")].join(" OR "), [long("c"), long("d")].join(" ")],
    ]) {
      expect(refusalOf(queries.join(" ")).message).toContain("too much work together");
    }
    const list = `target.name:(${repeated} OR ${repeated.replace("~", "!")})`;
    expect(refusalOf(list).details["column"]).toBe(list.lastIndexOf("/.") + 1);
    expect(refusalOf(`a ${"*?".repeat(800)}b`).details["column"]).toBe(3);
  });

  test("names and their beginnings are free, however many", () => {
    const names = Array.from({ length: 100 }, (_, i) => `production-database-${i}*`);
    expect(() => found(`target.name:(${names.join(" OR ")})`)).not.toThrow();
    expect(found("target.name:DB-*")).toBe("read login");
    expect(found("target.name:=DB-*")).toBe("");
  });
});

function refusalOf(query: string): Refusal {
  try {
    planQuery(query, { now: NOW });
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error(`${query} was not refused`);
}
