/**
 * One story, every dialect: the same acts by IBM's wire, by AWS's and by DSV's, on the same secrets, and what the trail says
 * of each in every vocabulary, side by side. Whichever wire it came by, an act has the same names.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { catalogue } from "../../src/audit/catalogue.ts";
import type { AuditEvent } from "../../src/audit/event.ts";
import { renderings } from "../../src/audit/renderings.ts";
import { AwsServer } from "../../src/http/dialects/aws/testing/aws-server.ts";
import { cadfProblems } from "../support/cadf-validator.ts";
import { faultsOfCloudTrail } from "../support/cloudtrail-validator.ts";

let server: AwsServer;
/** Of the instance that all wires reach. */
let region: string;
let authorization: string;

beforeAll(async () => {
  server = await AwsServer.open();
  region = server.http.app.first.instance.region;
  const { accessToken } = await server.http.app.login(server.manager.key.value);
  authorization = `Bearer ${accessToken.reveal()}`;
});

afterAll(() => server.close());

// oxlint-disable-next-line typescript/no-explicit-any -- bodies are compared, not trusted
type Json = any;

interface Told {
  readonly body: Json;
  readonly events: readonly AuditEvent[];
}

async function ibm(line: string, payload?: object): Promise<Told> {
  const [method = "", url = ""] = line.split(" ");
  const before = server.app.events().length;
  const { status, body } = await server.http.send({
    method: method as "GET",
    url,
    authorization,
    ...(payload ? { payload, type: "application/json" } : {}),
  });
  if (status >= 300) throw new Error(`${line}: ${status} ${JSON.stringify(body)}`);
  return { body, events: server.app.events().slice(before) };
}

async function aws(action: string, members: object): Promise<Told> {
  const { status, body, events } = await server.secrets(action, members, { region });
  if (status !== 200) throw new Error(`${action}: ${status} ${JSON.stringify(body)}`);
  return { body, events };
}

async function dsv(line: string, payload?: object): Promise<Told> {
  const [call = "", url = ""] = line.split(" ");
  return ibm(`${call} /v1${url}`, payload);
}

/** A secret for one row, and how each wire speaks of it. */
interface Subject {
  readonly id: string;
  readonly name: string;
}

interface Act {
  readonly what: string;
  readonly ibm: (subject: Subject) => Promise<Told>;
  readonly aws: (subject: Subject) => Promise<Told>;
  /** Undefined where DSV has no such call. */
  readonly dsv?: (subject: Subject) => Promise<Told>;
  /** What the record says, whichever wire it came by. */
  readonly operation: string;
  readonly action: string;
  readonly eventName: string;
  readonly record: (subject: Subject) => readonly [path: string, method: string];
  /** Of one act that DSV's wire does together with others: which it then is. */
  readonly dsvAs?: Pick<Act, "operation" | "eventName">;
}

const SECRETS = "/api/v2/secrets";
let made = 0;
const fresh = (): string => `app-${++made}`;

const acts: readonly Act[] = [
  {
    what: "making a secret",
    ibm: () =>
      ibm(`POST ${SECRETS}`, { name: fresh(), secret_type: "arbitrary", payload: "hunter2" }),
    aws: () => aws("CreateSecret", { Name: fresh(), SecretString: "hunter2" }),
    dsv: () => dsv(`POST /secrets/${fresh()}`, { data: { password: "hunter2" } }),
    operation: "secret.create",
    action: "secrets-manager.secret.create",
    eventName: "CreateSecret",
    record: ({ name }) => [`secrets:${name}`, "POST"],
  },
  {
    what: "reading it",
    ibm: ({ id }) => ibm(`GET ${SECRETS}/${id}`),
    aws: ({ name }) => aws("GetSecretValue", { SecretId: name }),
    dsv: ({ name }) => dsv(`GET /secrets/${name}`),
    operation: "secret.read",
    action: "secrets-manager.secret.read",
    eventName: "GetSecretValue",
    record: ({ name }) => [`secrets:${name}`, "GET"],
  },
  {
    what: "giving it a new value",
    ibm: ({ id }) => ibm(`POST ${SECRETS}/${id}/versions`, { payload: "hunter3" }),
    aws: ({ name }) => aws("PutSecretValue", { SecretId: name, SecretString: "hunter3" }),
    dsv: ({ name }) => dsv(`PUT /secrets/${name}`, { data: { password: "hunter3" } }),
    dsvAs: { operation: "secret.update", eventName: "UpdateSecret" },
    operation: "version.create",
    action: "secrets-manager.secret-version.create",
    eventName: "PutSecretValue",
    record: ({ name }) => [`secrets:${name}`, "PUT"],
  },
  {
    what: "reading the value before",
    ibm: ({ id }) => ibm(`GET ${SECRETS}/${id}/versions/previous`),
    aws: ({ name }) => aws("GetSecretValue", { SecretId: name, VersionStage: "AWSPREVIOUS" }),
    dsv: ({ name }) => dsv(`GET /secrets/${name}/version/0`),
    operation: "version.read",
    action: "secrets-manager.secret-version.read",
    eventName: "GetSecretValue",
    record: ({ name }) => [expect.stringMatching(`^secrets:${name}:version:`), "GET"],
  },
  {
    what: "looking at what is known of it",
    ibm: ({ id }) => ibm(`GET ${SECRETS}/${id}/metadata`),
    aws: ({ name }) => aws("DescribeSecret", { SecretId: name }),
    dsv: ({ name }) => dsv(`GET /secrets/${name}::description`),
    operation: "secret.metadata.read",
    action: "secrets-manager.secret-metadata.read",
    eventName: "DescribeSecret",
    record: ({ name }) => [`secrets:${name}::description`, "GET"],
  },
  {
    what: "describing it otherwise",
    ibm: ({ id }) => ibm(`PATCH ${SECRETS}/${id}/metadata`, { description: "other" }),
    aws: ({ name }) => aws("UpdateSecret", { SecretId: name, Description: "another" }),
    dsv: ({ name }) => dsv(`PUT /secrets/${name}`, { description: "a third one" }),
    operation: "secret.metadata.update",
    action: "secrets-manager.secret-metadata.update",
    eventName: "UpdateSecret",
    record: ({ name }) => [`secrets:${name}`, "PUT"],
  },
  {
    what: "listing its versions",
    ibm: ({ id }) => ibm(`GET ${SECRETS}/${id}/versions`),
    aws: ({ name }) => aws("ListSecretVersionIds", { SecretId: name }),
    operation: "version.list",
    action: "secrets-manager.secret-versions.list",
    eventName: "ListSecretVersionIds",
    record: ({ name }) => [`secrets:${name}:versions`, "GET"],
  },
  {
    what: "listing secrets",
    ibm: () => ibm(`GET ${SECRETS}`),
    aws: () => aws("ListSecrets", {}),
    dsv: () => dsv("GET /secrets?searchTerm=app"),
    operation: "secret.list",
    action: "secrets-manager.secrets.list",
    eventName: "ListSecrets",
    record: () => ["secrets", "GET"],
  },
  {
    what: "deleting it for good",
    ibm: ({ id }) => ibm(`DELETE ${SECRETS}/${id}`),
    aws: ({ name }) => aws("DeleteSecret", { SecretId: name, ForceDeleteWithoutRecovery: true }),
    dsv: ({ name }) => dsv(`DELETE /secrets/${name}?force=true`),
    operation: "secret.delete",
    action: "secrets-manager.secret.delete",
    eventName: "DeleteSecret",
    record: ({ name }) => [`secrets:${name}`, "DELETE"],
  },
];

type WireName = "ibm" | "aws" | "dsv";
const WIRES: readonly WireName[] = ["ibm", "aws", "dsv"];

/** Made by another wire than the one that acts on it, and given a second value. */
async function subjectFor(wire: WireName): Promise<Subject> {
  const name = fresh();
  if (wire === "dsv") {
    const data = { password: "one" };
    const { body } = await ibm(`POST ${SECRETS}`, { name, secret_type: "kv", data });
    await ibm(`POST ${SECRETS}/${body.id}/versions`, { data: { password: "two" } });
    return { id: body.id, name };
  }
  if (wire === "aws") {
    const { body } = await ibm(`POST ${SECRETS}`, {
      name,
      secret_type: "arbitrary",
      payload: "one",
    });
    await ibm(`POST ${SECRETS}/${body.id}/versions`, { payload: "two" });
    return { id: body.id, name };
  }
  await aws("CreateSecret", { Name: name, SecretString: "one" });
  await aws("PutSecretValue", { SecretId: name, SecretString: "two" });
  const { body } = await ibm(`GET ${SECRETS}?search=${name}`);
  return { id: body.secrets[0].id, name };
}

describe.each(acts)("$what", (act) => {
  it.each(WIRES.filter((wire) => act[wire]))(
    "by %s's wire is found under every vocabulary's name",
    async (wire) => {
      const subject = await subjectFor(wire);
      const events = (await act[wire]?.(subject))?.events ?? [];
      const { operation, eventName } = (wire === "dsv" ? act.dsvAs : undefined) ?? act;
      const event = events.find((one) => one.operation === operation);
      expect(events.map((one) => one.operation)).toContain(operation);
      if (!event) return;
      const target = event.target.name === "" ? subject : { ...subject, name: event.target.name };
      expect(event).toMatchObject({ outcome: "success", dialect: wire });
      const { action, alsoKnownAs = [] } = catalogue[event.operation];
      expect(event.action).toBe(action);
      expect([action, ...alsoKnownAs]).toContain(act.action);
      const [path, method] = act.record(target);
      expect(renderings.dsv.render(event)).toMatchObject({ path, action: method });
      const record = renderings.cloudtrail.render(event);
      expect(record).toMatchObject({
        eventName,
        eventSource: "secretsmanager.amazonaws.com",
        recipientAccountId: server.account,
      });
      expect(faultsOfCloudTrail(record)).toEqual([]);
      expect(cadfProblems(renderings.cadf.render(event))).toEqual([]);
      expect(JSON.stringify(events)).not.toContain("hunter");
    },
  );
});

it("has the same initiator and target, whichever wire it came by", async () => {
  const subject = await subjectFor("ibm");
  const [byIbm] = (await ibm(`GET ${SECRETS}/${subject.id}`)).events;
  const [byAws] = (await aws("GetSecretValue", { SecretId: subject.name })).events;
  expect(byAws?.target).toEqual(byIbm?.target);
  expect(byAws?.message).toEqual(byIbm?.message);
  const [byDsv] = (await dsv(`GET /secrets/${subject.name}`)).events;
  expect(byDsv?.target).toEqual(byIbm?.target);
  expect(byDsv?.message).toEqual(byIbm?.message);
  expect(byDsv?.initiator.id).toBe(byIbm?.initiator.id);
  expect([byAws?.initiator.id, byAws?.initiator.name]).toEqual([
    byIbm?.initiator.id,
    byIbm?.initiator.name,
  ]);
  expect([byIbm?.initiator.credential.type, byAws?.initiator.credential.type]).toEqual([
    "apikey",
    "access-key",
  ]);
});

it("is refused alike to whoever may not, and named alike", async () => {
  const subject = await subjectFor("ibm");
  const stranger = await server.user("stranger@example.com");
  const refused = await server.secrets(
    "GetSecretValue",
    { SecretId: subject.name },
    { region, as: stranger },
  );
  expect([refused.status, refused.error]).toEqual([400, "AccessDeniedException"]);
  expect(refused.events).toMatchObject([
    {
      operation: "secret.read",
      outcome: "failure",
      reason: { reasonCode: 403, reasonType: "Forbidden" },
      target: { name: subject.name },
      initiator: { id: stranger.user.iamId },
    },
  ]);
});

it("reads on each wire what the other has written, version by version", async () => {
  const { id, name } = await subjectFor("ibm");
  await ibm(`POST ${SECRETS}/${id}/versions`, { payload: "three" });
  const current = await aws("GetSecretValue", { SecretId: name });
  const before = await aws("GetSecretValue", { SecretId: name, VersionStage: "AWSPREVIOUS" });
  expect([current.body.SecretString, before.body.SecretString]).toEqual(["three", "two"]);
  const { body: described } = await aws("DescribeSecret", { SecretId: name });
  expect(Object.values(described.VersionIdsToStages)).toEqual(
    expect.arrayContaining([["AWSCURRENT"], ["AWSPREVIOUS"]]),
  );
  await aws("UpdateSecretVersionStage", {
    SecretId: name,
    VersionStage: "AWSCURRENT",
    RemoveFromVersionId: current.body.VersionId,
    MoveToVersionId: before.body.VersionId,
  });
  expect((await ibm(`GET ${SECRETS}/${id}`)).body.payload).toBe("two");
  const { body: versions } = await ibm(`GET ${SECRETS}/${id}/versions`);
  expect(versions.versions.find((one: Json) => one.alias === "current").id).toBe(
    before.body.VersionId,
  );
});
