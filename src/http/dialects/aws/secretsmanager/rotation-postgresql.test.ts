/** The rotator that is built in for users of PostgreSQL, against a real one. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startPostgresql, type TestPostgresql } from "../../../../../test/support/postgresql.ts";
import { Schedule } from "../../../../app/schedule.ts";
import { rotatorJobs } from "../../../../app/secrets/rotation-job.ts";
import { START } from "../../../../app/testing/test-app.ts";
import { tlsMaterial } from "../../../../compose/tls.ts";
import { ManualClock } from "../../../../kernel/clock.ts";
import { isReachable } from "../../../../openid/guarded-fetch.ts";
import { AllowedHosts } from "../../../../rotators/allowed-hosts.ts";
import { KnownRotators } from "../../../../rotators/known-rotators.ts";
import { AwsServer } from "../testing/aws-server.ts";

const MINUTE_MS = 60_000;
const ROTATOR = "arn:aws:lambda:us-east-1:123456789012:function:keytrail-postgresql-user";
const FIRST = "the first password";

let folder: string;
let certificate: string;
let database: TestPostgresql;
let hosts: readonly string[];
let server: AwsServer;
let schedule: Schedule;
let clock: ManualClock;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "keytrail-rotation-"));
  const made = await tlsMaterial({ kind: "self-signed" }, folder, new ManualClock(Date.now()));
  if (!made) throw new Error("a certificate is made");
  certificate = made.certificate;
  database = await startPostgresql({ certificate, key: made.key });
  hosts = [`localhost:${database.port}`, `127.0.0.1:${database.port}`];
}, 120_000);
afterAll(async () => {
  await database.close();
  rmSync(folder, { recursive: true });
});

async function open(ca?: readonly string[], allowed: readonly string[] = hosts): Promise<void> {
  clock = new ManualClock(START);
  const rotators = new KnownRotators({
    hooks: new Map(),
    hosts: new AllowedHosts(allowed, isReachable),
    sign: () => ({}),
    ca,
  });
  server = await AwsServer.open({ clock, rotators });
  const { state, performer } = server.app;
  schedule = new Schedule({ jobs: rotatorJobs({ state, performer }), clock });
}

let users = 0;
let user = "";
beforeEach(async () => {
  users += 1;
  // A name that has to be quoted.
  user = `App "user" ${users}`;
  await database.run(`CREATE USER "App ""user"" ${users}" PASSWORD '${FIRST}'`);
});
afterEach(async () => {
  await schedule.stop();
  await server.close();
});

const secretOf = (further: object = {}) =>
  JSON.stringify({
    engine: "postgres",
    host: "localhost",
    port: database.port,
    username: user,
    password: FIRST,
    dbname: "postgres",
    ssl: true,
    ...further,
  });

async function rotated(value = secretOf()): Promise<void> {
  await server.secrets("CreateSecret", { Name: "db", SecretString: value });
  await server.secrets("RotateSecret", { SecretId: "db", RotationLambdaARN: ROTATOR });
  await pass();
}

async function pass(): Promise<void> {
  await schedule.pass();
  await schedule.settled();
}

const passwordOf = async (members: object = {}): Promise<string> => {
  const { body } = await server.secrets("GetSecretValue", { SecretId: "db", ...members });
  return JSON.parse(body.SecretString).password;
};
const reasons = () =>
  server.app
    .events()
    .filter(({ outcome }) => outcome === "failure")
    .map(({ reason }) => reason.reasonForFailure);

describe("a user of PostgreSQL", () => {
  it("gets another password, which is nowhere but in the secret", async () => {
    await open([certificate]);
    await rotated();
    const password = await passwordOf();
    expect(password).not.toBe(FIRST);
    expect(await database.accepts(user, password)).toBe(true);
    expect(await database.accepts(user, FIRST)).toBe(false);
    expect(reasons()).toEqual([]);
    expect(database.logged()).toContain("ALTER ROLE");
    expect(database.logged()).not.toContain(password);
    expect(server.app.log.lines.join("\n")).not.toContain(password);
    expect(server.app.log.lines.join("\n")).not.toContain(FIRST);
  });

  it("gets it once, also where the database had it before a crash", async () => {
    await open([certificate]);
    await server.secrets("CreateSecret", { Name: "db", SecretString: secretOf() });
    const { body } = await server.secrets("RotateSecret", {
      SecretId: "db",
      RotationLambdaARN: ROTATOR,
    });
    await pass();
    // As if nothing of the second step had been kept.
    const { VersionId: token } = body;
    await again(token, "setSecret");
    await pass();
    expect(reasons()).toEqual([]);
    expect(await database.accepts(user, await passwordOf())).toBe(true);
  });

  it("whose password was set back to the one before is found by that", async () => {
    await open([certificate]);
    await rotated();
    const before = await passwordOf();
    await server.secrets("RotateSecret", { SecretId: "db" });
    await pass();
    const current = await passwordOf();
    await database.run(`ALTER USER "App ""user"" ${users}" PASSWORD '${before}'`);
    await server.secrets("RotateSecret", { SecretId: "db" });
    await pass();
    const now = await passwordOf();
    expect(new Set([before, current, now]).size).toBe(3);
    expect(await database.accepts(user, now)).toBe(true);
  });

  it("whose password nobody knows is left alone, and tried again", async () => {
    await open([certificate]);
    await rotated(secretOf({ password: "not it" }));
    expect(reasons()).toEqual(["The database accepts none of the passwords that there are."]);
    expect(await passwordOf()).toBe("not it");
    await database.run(`ALTER USER "App ""user"" ${users}" PASSWORD 'not it'`);
    clock.advance(MINUTE_MS);
    await pass();
    expect(await database.accepts(user, await passwordOf())).toBe(true);
  });

  it("gets it from the user of the master secret", async () => {
    await open([certificate]);
    const master = await server.secrets("CreateSecret", {
      Name: "master",
      SecretString: secretOf({ username: "postgres", password: database.password }),
    });
    await rotated(secretOf({ password: "nobody knows", masterarn: master.body.ARN }));
    expect(reasons()).toEqual([]);
    expect(await database.accepts(user, await passwordOf())).toBe(true);
    expect(await database.accepts("postgres", database.password)).toBe(true);
  });

  it("of another host than the master secret's is not changed by that", async () => {
    await open([certificate]);
    const elsewhere = { username: "postgres", password: database.password, host: "127.0.0.1" };
    await server.secrets("CreateSecret", { Name: "master", SecretString: secretOf(elsewhere) });
    await rotated(secretOf({ masterarn: "master" }));
    expect(reasons()).toEqual(["The master secret is for another database than this one."]);
    expect(await database.accepts(user, FIRST)).toBe(true);
  });

  it("other than the one of the current version is not changed", async () => {
    await open([certificate]);
    await server.secrets("CreateSecret", { Name: "db", SecretString: secretOf() });
    await server.secrets("PutSecretValue", {
      SecretId: "db",
      SecretString: secretOf({ username: "postgres" }),
      VersionStages: ["AWSPENDING"],
    });
    await server.secrets("RotateSecret", { SecretId: "db", RotationLambdaARN: ROTATOR });
    await pass();
    expect(reasons()).toEqual([
      "The new version is for another user, or another database, than the current one.",
    ]);
  });

  it("at a host that the operator has not named is not called", async () => {
    await open([certificate], [`127.0.0.1:${database.port}`]);
    const before = database.logged().length;
    await rotated();
    expect(reasons()).toEqual([
      "The database's host is none that rotators may reach: the operator names those.",
    ]);
    expect(database.logged()).toHaveLength(before);
  });

  it("at a server that nobody vouches for is not told any password", async () => {
    await open();
    await rotated();
    expect(reasons()).toEqual([
      "The database could not be reached, or does not speak TLS as it has to.",
    ]);
    expect(await database.accepts(user, FIRST)).toBe(true);
  });

  it("without what has to be known of them is not rotated", async () => {
    await open([certificate]);
    await rotated('{"username":"ada","password":"canary-password"}');
    const [reason] = reasons();
    expect(reason).toMatch(/^The value is no JSON object with engine/);
    expect(server.app.log.lines.join("\n")).not.toContain("canary-password");
  });
});

/** Has a rotation that is over taken up at a step of it. */
async function again(token: string, step: "setSecret"): Promise<void> {
  await server.app.state.transact(async ({ secrets, identity }) => {
    const { account } = server.manager.user;
    const found = (await identity.instances(account)).find(({ region }) => region === "us-east-1");
    const [secret] = await secrets.secretsCalled({ account, instance: found?.id ?? "" }, "db");
    if (!secret) throw new Error("there is the secret");
    const { currentVersion, previousVersion } = secret;
    await secrets.updateSecret({
      ...secret,
      currentVersion: previousVersion,
      previousVersion: 0,
      stages: { AWSPENDING: currentVersion },
    });
    const now = clock.now();
    await secrets.putRotation({
      secretId: secret.id,
      token,
      step,
      isTest: false,
      attempts: 0,
      dueAt: now,
      startedAt: now,
      endsAt: now + MINUTE_MS,
    });
  });
}
