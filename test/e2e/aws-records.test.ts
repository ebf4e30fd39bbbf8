/**
 * AWS's records of AWS's calls: every action of every service, done and refused, by a running server; then each call's
 * record is held against what was sent and what was answered, and every event of the session against each vocabulary.
 */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SignatureV4 } from "@smithy/signature-v4";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AuditEvent } from "../../src/audit/event.ts";
import { renderings } from "../../src/audit/renderings.ts";
import { cloudtrail } from "../../src/http/dialects/aws/cloudtrail/service.ts";
import { iam } from "../../src/http/dialects/aws/iam/service.ts";
import { secretsManager } from "../../src/http/dialects/aws/secretsmanager/service.ts";
import { sts } from "../../src/http/dialects/aws/sts/service.ts";
import { Sha256 } from "../../src/http/dialects/aws/testing/sha256.ts";
import { ownersKey, REGION, type AccessKey } from "../clients/aws-wire.ts";
import { cadfProblems } from "../support/cadf-validator.ts";
import { faultsOfCloudTrail } from "../support/cloudtrail-validator.ts";
import { dsvProblems } from "../support/dsv-validator.ts";
import { faultsOfEcs } from "../support/ecs-validator.ts";
import { faultsOfOcsf } from "../support/ocsf-validator.ts";
import { filesUnder } from "../support/canaries.ts";
import { removeFolder, RunningServer, temporaryFolder } from "./running-server.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- bodies are compared, not trusted
type Json = any;
type Credentials = AccessKey & { readonly sessionToken?: string };

const OTHER_REGION = "eu-west-1";
const READS = /^(?:Get|List|Describe|BatchGet|Lookup|Validate|AssumeRole$)/;
const services = { secretsmanager: secretsManager, cloudtrail, sts, iam } as const;

interface Asked {
  readonly service: keyof typeof services;
  readonly action: string;
  readonly members: Json;
  readonly region: string;
  readonly as: Credentials;
}

interface Answered extends Asked {
  readonly status: number;
  readonly body: Json;
  readonly text: string;
  readonly code: string | undefined;
  readonly message: string | undefined;
  readonly requestId: string;
}

let folder: string;
let server: RunningServer;
let owner: Credentials;
let stranger: Credentials;
const answered: Answered[] = [];
let events: readonly AuditEvent[] = [];

// oxlint-disable-next-line eslint/max-params -- as a command line has them
async function call(
  service: Asked["service"],
  action: string,
  members: Json = {},
  { as = owner, region = REGION }: Partial<Pick<Asked, "as" | "region">> = {},
): Promise<Answered> {
  const { target, query } = services[service];
  const headers = query
    ? { "content-type": "application/x-www-form-urlencoded" }
    : { "content-type": "application/x-amz-json-1.1", "x-amz-target": `${target}.${action}` };
  const form = { Action: action, Version: query?.version ?? "", ...members };
  const body = query ? new URLSearchParams(form).toString() : JSON.stringify(members);
  const { hostname, host } = new URL(server.url);
  const signer = new SignatureV4({ service, region, credentials: as, sha256: Sha256 });
  const request = { method: "POST", protocol: "http:", hostname, path: "/", body } as const;
  const signed = await signer.sign({ ...request, headers: { ...headers, host } });
  const response = await fetch(server.url, { method: "POST", headers: signed.headers, body });
  const text = await response.text();
  const json = query ? undefined : JSON.parse(text);
  const one = {
    service,
    action,
    members,
    region,
    as,
    status: response.status,
    text,
    body: json,
    code: json ? json["__type"] : elementOf(text, "Code"),
    message: json ? (json.Message ?? json.message) : elementOf(text, "Message"),
    requestId: response.headers.get("x-amzn-requestid") ?? "",
  };
  answered.push(one);
  return one;
}

function elementOf(xml: string, name: string): string | undefined {
  const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
  return text?.replaceAll("&apos;", "'").replaceAll("&quot;", '"').replaceAll("&amp;", "&");
}

const secrets = (action: string, members: Json = {}, how: Partial<Asked> = {}) =>
  call("secretsmanager", action, members, how);
const token = (): { readonly ClientRequestToken: string } => ({ ClientRequestToken: randomUUID() });

async function keepSecrets(): Promise<void> {
  const SecretId = "prod/db";
  const first = randomUUID();
  const made = { Name: SecretId, ClientRequestToken: first, SecretString: "one" };
  await secrets("CreateSecret", { ...made, Description: "x", Tags: [{ Key: "a", Value: "b" }] });
  await secrets("CreateSecret", { Name: "empty", ...token(), KmsKeyId: "alias/mine" });
  const second = randomUUID();
  await secrets("PutSecretValue", {
    SecretId,
    ClientRequestToken: second,
    SecretString: "two",
    VersionStages: ["mine"],
  });
  await secrets("GetSecretValue", { SecretId });
  await secrets("GetSecretValue", { SecretId, VersionId: first, VersionStage: "AWSCURRENT" });
  await secrets("BatchGetSecretValue", { SecretIdList: [SecretId, "empty"] });
  await secrets("BatchGetSecretValue", { Filters: [{ Key: "name", Values: ["prod"] }] });
  await secrets("UpdateSecret", { SecretId, Description: "y" });
  await secrets("UpdateSecret", { SecretId, ...token(), SecretString: "three" });
  await secrets("UpdateSecretVersionStage", {
    SecretId,
    VersionStage: "mine",
    RemoveFromVersionId: second,
    MoveToVersionId: first,
  });
  await secrets("DescribeSecret", { SecretId });
  await secrets("ListSecrets", { MaxResults: 5, SortBy: "name", SortOrder: "desc" });
  await secrets("ListSecretVersionIds", { SecretId, IncludeDeprecated: true, MaxResults: 9 });
  await secrets("TagResource", { SecretId, Tags: [{ Key: "c", Value: "d" }] });
  await secrets("UntagResource", { SecretId, TagKeys: ["c"] });
  await secrets("GetRandomPassword", { PasswordLength: 20, ExcludeNumbers: true });
  const ResourcePolicy = JSON.stringify({
    Version: "2012-10-17",
    Statement: {
      Effect: "Deny",
      Principal: "*",
      Action: "secretsmanager:DeleteSecret",
      Resource: "*",
      Condition: { StringEquals: { "aws:UserAgent": "never" } },
    },
  });
  await secrets("ValidateResourcePolicy", { SecretId, ResourcePolicy });
  await secrets("PutResourcePolicy", { SecretId, ResourcePolicy, BlockPublicPolicy: true });
  await secrets("GetResourcePolicy", { SecretId });
  await secrets("DeleteResourcePolicy", { SecretId });
  const AddReplicaRegions = [{ Region: OTHER_REGION }];
  await secrets("ReplicateSecretToRegions", { SecretId, AddReplicaRegions });
  await secrets("GetSecretValue", { SecretId }, { region: OTHER_REGION });
  await secrets(
    "PutSecretValue",
    { SecretId, ...token(), SecretString: "x" },
    { region: OTHER_REGION },
  );
  await secrets("StopReplicationToReplica", { SecretId }, { region: OTHER_REGION });
  await secrets("ReplicateSecretToRegions", { SecretId: "empty", AddReplicaRegions });
  const RemoveReplicaRegions = [OTHER_REGION];
  await secrets("DeleteSecret", { SecretId: "empty" });
  await secrets("RemoveRegionsFromReplication", { SecretId: "empty", RemoveReplicaRegions });
  const RotationLambdaARN = `arn:aws:lambda:${REGION}:123456789012:function:keytrail-random-password`;
  const RotationRules = { AutomaticallyAfterDays: 30 };
  await secrets("RotateSecret", { SecretId, ...token(), RotationLambdaARN, RotationRules });
  await secrets("RotateSecret", { SecretId, ...token(), RotateImmediately: false });
  await secrets("CancelRotateSecret", { SecretId });
  await secrets("DeleteSecret", { SecretId: "empty", RecoveryWindowInDays: 7 });
  for (const action of ["GetSecretValue", "DescribeSecret", "RestoreSecret", "RestoreSecret"]) {
    await secrets(action, { SecretId: "empty" });
  }
  await secrets("DeleteSecret", { SecretId: "empty", ForceDeleteWithoutRecovery: true });
}

/** One refusal of each kind that there is, for each action. */
async function refuseEverything(): Promise<void> {
  for (const { action } of secretsManager.lines) {
    const SecretId = "prod/db";
    await secrets(action, { SecretId, ...token() }, { as: stranger });
    await secrets(action, { SecretId: "nothing-has-this-name", ...token() });
    await secrets(action, { SecretId, ...token(), NoMember: 1 });
    await secrets(action, { SecretId: [1], Name: 1, ...token() });
    await secrets(action, {}, { as: { ...owner, secretAccessKey: "wrong" } });
  }
  await secrets("CreateSecret", { Name: "prod/db", ...token(), SecretString: "x" });
  await secrets("CreateSecret", { Name: "no name", ...token(), SecretString: "x" });
  await secrets("CreateSecret", { Name: "mine", ...token() }, { as: stranger });
  await secrets("GetSecretValue", { SecretId: "prod/db", VersionStage: "AWSPENDING" });
  await secrets("GetSecretValue", { SecretId: "prod/db", VersionId: randomUUID() });
  await secrets("NoSuchAction");
  await call("cloudtrail", "LookupEvents", { MaxResults: 99 });
  await call("cloudtrail", "LookupEvents", {}, { as: stranger });
  await call("sts", "NoSuchAction");
  for (const { action } of [...sts.lines, ...iam.lines]) {
    const service = iam.lines.some((one) => one.action === action) ? "iam" : "sts";
    await call(service, action, {}, { as: stranger });
    await call(service, action, { NoMember: "1" });
    await call(service, action, { UserName: "no one", RoleName: "no role" });
  }
}

async function manageIdentities(): Promise<void> {
  const UserName = "app";
  const { text } = await call("iam", "CreateUser", { UserName });
  const account = /arn:aws:iam::(\d{12}):/.exec(text)?.[1] ?? "";
  const key = await call("iam", "CreateAccessKey", { UserName });
  stranger = sessionOf(key.text);
  const RoleName = "deployer";
  const AssumeRolePolicyDocument = JSON.stringify({
    Version: "2012-10-17",
    Statement: {
      Effect: "Allow",
      Action: "sts:AssumeRole",
      Principal: { AWS: `arn:aws:iam::${account}:user/${UserName}` },
    },
  });
  const role = await call("iam", "CreateRole", { RoleName, AssumeRolePolicyDocument });
  const RoleArn = elementOf(role.text, "Arn") ?? "";
  const policies = await call("iam", "ListPolicies");
  const PolicyArn = elementOf(policies.text, "Arn") ?? "";
  await call("iam", "AttachUserPolicy", { UserName, PolicyArn });
  await call("iam", "AttachRolePolicy", { RoleName, PolicyArn });
  for (const action of ["GetUser", "ListUsers", "ListAccessKeys", "ListAttachedUserPolicies"]) {
    await call("iam", action, action === "ListUsers" ? {} : { UserName });
  }
  for (const action of ["GetRole", "ListAttachedRolePolicies", "ListRolePolicies"]) {
    await call("iam", action, { RoleName });
  }
  await call("iam", "GetPolicy", { PolicyArn });
  const assumed = { RoleArn, RoleSessionName: "deploy-1", DurationSeconds: "900" };
  const role1 = await call("sts", "AssumeRole", assumed, { as: stranger });
  await call("sts", "GetCallerIdentity", {}, { as: sessionOf(role1.text) });
  await secrets("ListSecrets", {}, { as: sessionOf(role1.text) });
  const plain = await call("sts", "GetSessionToken", { DurationSeconds: "900" });
  await secrets("ListSecrets", {}, { as: sessionOf(plain.text) });
  const federated = await call("sts", "GetFederationToken", { Name: "bob" }, { as: stranger });
  await secrets("ListSecrets", {}, { as: sessionOf(federated.text) });
  await call("sts", "GetAccessKeyInfo", { AccessKeyId: owner.accessKeyId });
  await call("iam", "DetachUserPolicy", { UserName, PolicyArn });
  await call("iam", "DetachRolePolicy", { RoleName, PolicyArn });
  await call("iam", "DeleteRole", { RoleName });
  await call("cloudtrail", "LookupEvents", {
    LookupAttributes: [{ AttributeKey: "EventName", AttributeValue: "GetSecretValue" }],
    StartTime: 1_500_000_000,
  });
}

function sessionOf(xml: string): Credentials {
  const sessionToken = elementOf(xml, "SessionToken")?.replaceAll("&#x2F;", "/");
  return {
    accessKeyId: elementOf(xml, "AccessKeyId") ?? "",
    secretAccessKey: elementOf(xml, "SecretAccessKey") ?? "",
    ...(sessionToken === undefined ? {} : { sessionToken }),
  };
}

beforeAll(async () => {
  folder = temporaryFolder();
  server = await RunningServer.start(folder);
  owner = await ownersKey(server);
  await manageIdentities();
  await keepSecrets();
  await refuseEverything();
  expect(await server.stop()).toBe(0);
  events = filesUnder(join(folder, "ledger", "segments"))
    .filter((path) => path.endsWith(".ndjson"))
    .toSorted()
    .flatMap((path) => readFileSync(path, "utf8").trimEnd().split("\n"))
    .map((line) => JSON.parse(line) as AuditEvent);
}, 120_000);

afterAll(() => removeFolder(folder));

const UNRECORDED: ReadonlySet<string> = new Set(["SecretString", "Description"]);
/** What is recorded of a call also where its client left it out. */
const DEFAULTS: ReadonlySet<string> = new Set(["forceOverwriteReplicaSecret", "rotateImmediately"]);

function isSaid({ members }: Asked): (name: string) => boolean {
  return (name) =>
    !DEFAULTS.has(name) || Object.hasOwn(members, name.slice(0, 1).toUpperCase() + name.slice(1));
}

function recordOf({ requestId }: Answered): Json {
  const event = events.find((one) => one.requestId === requestId);
  return event && renderings.cloudtrail.render(event);
}

describe("the record of a call by AWS's wire", () => {
  it("is there for each, under its name, with the request's id", () => {
    const named = answered.map((one) => [one.action, recordOf(one)?.eventName]);
    expect(named.filter(([action, name]) => action !== name && action !== "NoSuchAction")).toEqual(
      [],
    );
  });

  it("has the members of what was asked, but for what is secret or free text", () => {
    const ofSecrets = answered.filter(({ service, status }) => {
      return service === "secretsmanager" && status === 200;
    });
    const wrong = ofSecrets
      .map((one) => {
        const sent = Object.keys(one.members).filter((name) => !UNRECORDED.has(name));
        const expected = sent.map((name) => name.slice(0, 1).toLowerCase() + name.slice(1));
        const recorded = Object.keys(recordOf(one).requestParameters ?? {});
        return [one.action, expected.toSorted(), recorded.filter(isSaid(one)).toSorted()];
      })
      .filter(([, expected, recorded]) => String(expected) !== String(recorded));
    expect(wrong).toEqual([]);
    expect(new Set(ofSecrets.map(({ action }) => action)).size).toBe(secretsManager.lines.length);
  });

  it("names by its ARN what was changed, and answers nothing of what was read or refused", () => {
    const wrong = answered
      .filter(({ service }) => service === "secretsmanager")
      .map((one) => ({ one, elements: recordOf(one).responseElements }))
      .filter(({ one: { action, status }, elements }) =>
        status === 200 && !READS.test(action)
          ? !elements.arn.startsWith("arn:aws:secretsmanager:")
          : elements !== null,
      )
      .map(({ one, elements }) => [one.action, elements]);
    expect(wrong).toEqual([]);
  });

  it("says of what was refused what the wire said", () => {
    const wrong = answered
      // Of what addresses no action there is, the record does not know the service either.
      .filter(({ action }) => action !== "NoSuchAction")
      .map((one) => ({ one, record: recordOf(one) }))
      .filter(({ one, record }) => {
        const { errorCode, errorMessage = "" } = record;
        if (one.status === 200) return errorCode !== undefined;
        // Of secrets that wait to be deleted the record says besides what AWS's alarms look for.
        return errorCode !== one.code || !errorMessage.startsWith(one.message);
      })
      .map(({ one, record }) => [
        one.action,
        [one.code, one.message],
        [record.errorCode, record.errorMessage],
      ]);
    expect(wrong).toEqual([]);
  });

  it("says that it only reads where AWS does", () => {
    const wrong = answered
      .filter(({ action }) => action !== "NoSuchAction")
      .map((one) => [one.action, recordOf(one)?.readOnly])
      .filter(([action, readOnly]) => READS.test(action) !== readOnly);
    expect(wrong).toEqual([]);
  });
});

describe("every event of the session", () => {
  const validators = {
    cadf: cadfProblems,
    dsv: dsvProblems,
    cloudtrail: faultsOfCloudTrail,
    ocsf: faultsOfOcsf,
    ecs: faultsOfEcs,
  } as const;

  it.each(["cadf", "dsv", "cloudtrail", "ocsf", "ecs"] as const)("is valid as %s", (name) => {
    expect(events.length).toBeGreaterThan(200);
    const broken = events
      .map((event) => {
        const rendered = JSON.parse(JSON.stringify(renderings[name].render(event))) as object;
        return [event.operation, validators[name]({ ...rendered })] as const;
      })
      .filter(([, faults]) => faults.length > 0);
    expect(broken).toEqual([]);
  });
});
