/** Rotation by rotators, as AWS's clients and a rotation function of their kind see it. */
import { createHmac, randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Schedule } from "../../../../app/schedule.ts";
import { rotatorJobs } from "../../../../app/secrets/rotation-job.ts";
import { tlsMaterial } from "../../../../compose/tls.ts";
import { ManualClock } from "../../../../kernel/clock.ts";
import { START } from "../../../../app/testing/test-app.ts";
import { Sensitive } from "../../../../kernel/sensitive.ts";
import { signatureHeaders } from "../../../../notifications/signature.ts";
import { isReachable } from "../../../../openid/guarded-fetch.ts";
import { AllowedHosts } from "../../../../rotators/allowed-hosts.ts";
import { KnownRotators } from "../../../../rotators/known-rotators.ts";
import { startHook, type RotationHook } from "../../../../../test/support/rotation-hook.ts";
import { AwsServer } from "../testing/aws-server.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const LAMBDA = "arn:aws:lambda:us-east-1:123456789012:function:my-rotator";
const RANDOM = "arn:aws:lambda:us-east-1:123456789012:function:keytrail-random-password";
const KEY = new Uint8Array(32).fill(7);

let folder: string;
let server: AwsServer;
let hook: RotationHook;
let schedule: Schedule;
let clock: ManualClock;
let failures: unknown[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "keytrail-rotation-"));
  clock = new ManualClock(START);
  failures = [];
  const { certificate, key } = await certificateIn(folder);
  hook = await startHook({ cert: certificate, key }, async (action, members) => {
    const { status, body } = await server.secrets(action, members);
    return status === 200 ? body : undefined;
  });
  const port = new URL(hook.url).port;
  const rotators = new KnownRotators({
    hooks: new Map([[LAMBDA, new URL(hook.url)]]),
    hosts: new AllowedHosts([`localhost:${port}`], isReachable),
    sign: (message) => signatureHeaders({ ...message, at: clock.now() }, [new Sensitive(KEY)]),
    ca: [certificate],
    hookTimeoutMs: 500,
  });
  server = await AwsServer.open({ clock, rotators });
  const { state, performer } = server.app;
  schedule = new Schedule({
    jobs: rotatorJobs({ state, performer }),
    clock,
    onError: (_job, error) => failures.push(error),
  });
});
afterEach(async () => {
  await schedule.stop();
  await hook.close();
  await server.close();
  rmSync(folder, { recursive: true });
  expect(failures).toEqual([]);
});

async function certificateIn(path: string) {
  const made = await tlsMaterial({ kind: "self-signed" }, path, clock);
  if (!made) throw new Error("a certificate is made");
  return made;
}

/** All that is due, to its end. */
async function pass(): Promise<void> {
  await schedule.pass();
  await schedule.settled();
}

async function secretCalled(name: string, value = "first"): Promise<string> {
  const { body } = await server.secrets("CreateSecret", { Name: name, SecretString: value });
  return body.VersionId;
}

const described = async (SecretId: string) =>
  (await server.secrets("DescribeSecret", { SecretId })).body;
const valueOf = async (SecretId: string) =>
  (await server.secrets("GetSecretValue", { SecretId })).body.SecretString;
const eventsSince = (from: number) => server.app.events().slice(from);
const operations = (from = 0) => eventsSince(from).map(({ operation }) => operation);

describe("a secret with a hook for its rotator", () => {
  it("is rotated by it in four steps, which calls back as AWS's functions do", async () => {
    const first = await secretCalled("db");
    const from = server.app.events().length;
    const token = randomUUID();
    const asked = { SecretId: "db", ClientRequestToken: token, RotationLambdaARN: LAMBDA };
    const began = await server.secrets("RotateSecret", asked);
    expect(began.body).toMatchObject({ Name: "db", VersionId: token });
    expect((await described("db")).VersionIdsToStages).toEqual({
      [first]: ["AWSCURRENT"],
      [token]: ["AWSPENDING"],
    });
    const unmade = { SecretId: "db", VersionId: token, VersionStage: "AWSPENDING" };
    expect((await server.secrets("GetSecretValue", unmade)).error).toBe(
      "ResourceNotFoundException",
    );
    await pass();
    const SecretId = began.body.ARN;
    expect(hook.calls).toEqual(
      ["createSecret", "setSecret", "testSecret", "finishSecret"].map((Step) => ({
        Step,
        SecretId,
        ClientRequestToken: token,
      })),
    );
    expect(await valueOf("db")).toBe(`made-${token}`);
    const after = await described("db");
    expect(after.VersionIdsToStages).toEqual({
      [first]: ["AWSPREVIOUS"],
      [token]: ["AWSCURRENT", "AWSPENDING"],
    });
    expect(after).toMatchObject({ RotationEnabled: true, RotationLambdaARN: LAMBDA });
    expect(after.LastRotatedDate * 1_000).toBe(clock.now());
    const own = eventsSince(from).filter(({ operation }) =>
      operation.startsWith("secret.rotation"),
    );
    expect(own.map(({ operation, outcome }) => `${operation} ${outcome}`)).toEqual([
      "secret.rotation.begin success",
      "secret.rotation.start success",
      ...Array.from({ length: 4 }, () => [
        "secret.rotation.step pending",
        "secret.rotation.step success",
      ]).flat(),
      "secret.rotation.succeed success",
    ]);
    expect(own.at(-1)).toMatchObject({
      initiator: { id: "keytrail-rotation" },
      requestData: { versionId: token },
      responseData: { previousVersionId: first },
    });
    expect(server.app.log.lines.join("\n")).not.toContain(`made-${token}`);
    // Said again with the token of a rotation that is over, it is done already.
    const again = await server.secrets("RotateSecret", asked);
    expect(again.body.VersionId).toBe(token);
    await pass();
    expect(hook.calls).toHaveLength(4);
  });

  it("tells it by a signature that it is this server that calls", async () => {
    await secretCalled("db");
    await server.secrets("RotateSecret", { SecretId: "db", RotationLambdaARN: LAMBDA });
    await pass();
    const {
      "webhook-id": id,
      "webhook-timestamp": at,
      "webhook-signature": signature,
    } = hook.headers();
    const signed = createHmac("sha256", KEY).update(
      `${String(id)}.${String(at)}.${hook.bodies.at(-1)}`,
    );
    expect(signature).toBe(`v1,${signed.digest("base64")}`);
  });

  it("is tried again while it fails, and fails when its time is over, with the label where it was", async () => {
    const first = await secretCalled("db");
    hook.next = ({ Step }) => (Step === "setSecret" ? 500 : undefined);
    const from = server.app.events().length;
    const { body } = await server.secrets("RotateSecret", {
      SecretId: "db",
      RotationLambdaARN: LAMBDA,
    });
    await pass();
    const other = await server.secrets("RotateSecret", { SecretId: "db" });
    expect([other.error, other.body.Message]).toEqual([
      "InvalidRequestException",
      "A previous rotation isn't complete. That rotation will be reattempted.",
    ]);
    for (let minute = 0; minute < 20; minute += 1) {
      clock.advance(MINUTE_MS);
      await pass();
    }
    expect(hook.calls.length).toBeGreaterThan(5);
    expect(operations(from).filter((one) => one === "secret.rotation.fail")).toHaveLength(1);
    const failed = eventsSince(from).find(({ operation }) => operation === "secret.rotation.fail");
    expect(failed?.requestData).toMatchObject({ step: "setSecret", rotationLambdaARN: LAMBDA });
    expect(await valueOf("db")).toBe("first");
    expect((await described("db")).VersionIdsToStages).toEqual({
      [first]: ["AWSCURRENT"],
      [body.VersionId]: ["AWSPENDING"],
    });
    // The next one goes on with the version that was left.
    hook.next = () => undefined;
    const next = await server.secrets("RotateSecret", { SecretId: "db" });
    expect(next.body.VersionId).toBe(body.VersionId);
    await pass();
    expect(await valueOf("db")).toBe(`made-${body.VersionId}`);
  });

  it("that does not answer is not waited for", async () => {
    await secretCalled("db");
    hook.next = () => "silence";
    await server.secrets("RotateSecret", { SecretId: "db", RotationLambdaARN: LAMBDA });
    await pass();
    const [refused] = server.app.events().filter(({ outcome }) => outcome === "failure");
    expect(refused?.reason.reasonForFailure).toBe("The rotator did not answer in time.");
  });

  it("is abandoned by whoever gives it a value by hand meanwhile", async () => {
    await secretCalled("db");
    hook.next = ({ Step }) => (Step === "setSecret" ? 503 : undefined);
    const { body } = await server.secrets("RotateSecret", {
      SecretId: "db",
      RotationLambdaARN: LAMBDA,
    });
    await pass();
    await server.secrets("PutSecretValue", { SecretId: "db", SecretString: "by hand" });
    clock.advance(MINUTE_MS);
    await pass();
    expect(server.app.events().map(({ operation }) => operation)).toContain(
      "secret.rotation.abandon",
    );
    expect(await valueOf("db")).toBe("by hand");
    expect((await described("db")).VersionIdsToStages[body.VersionId]).toBeUndefined();
  });

  it("is rotated when its window opens, and shows by when", async () => {
    await secretCalled("db");
    await server.secrets("RotateSecret", {
      SecretId: "db",
      RotationLambdaARN: LAMBDA,
      RotationRules: { ScheduleExpression: "cron(0 4 * * ? *)", Duration: "2h" },
    });
    await pass();
    const shown = (await described("db")).NextRotationDate * 1_000;
    expect(new Date(shown).toISOString()).toBe("2026-11-22T06:00:00.000Z");
    clock.set(Date.parse("2026-11-22T03:59:59Z"));
    await pass();
    expect(hook.calls).toHaveLength(4);
    clock.set(Date.parse("2026-11-22T04:00:00Z"));
    await pass();
    await pass();
    expect(hook.calls).toHaveLength(8);
    expect((await described("db")).NextRotationDate * 1_000).toBe(shown + DAY_MS);
  });

  it("is only tried where it is not to be rotated at once", async () => {
    const first = await secretCalled("db");
    const from = server.app.events().length;
    const asked = { SecretId: "db", RotationLambdaARN: LAMBDA, RotateImmediately: false };
    await server.secrets("RotateSecret", {
      ...asked,
      RotationRules: { AutomaticallyAfterDays: 3 },
    });
    await pass();
    expect(hook.calls.map(({ Step }) => Step)).toEqual(["testSecret"]);
    expect(operations(from).filter((one) => one.includes("rotation-test"))).toEqual([
      "secret.rotation-test.start",
      "secret.rotation-test.succeed",
    ]);
    expect((await described("db")).VersionIdsToStages).toEqual({ [first]: ["AWSCURRENT"] });
    hook.next = () => 500;
    await server.secrets("RotateSecret", asked);
    for (let i = 0; i < 20; i += 1) {
      await pass();
      clock.advance(MINUTE_MS);
    }
    expect(operations(from)).toContain("secret.rotation-test.fail");
    expect((await described("db")).VersionIdsToStages).toEqual({ [first]: ["AWSCURRENT"] });
  });

  it("is not rotated any more once that is cancelled", async () => {
    await secretCalled("db");
    hook.next = () => 500;
    const { body } = await server.secrets("RotateSecret", {
      SecretId: "db",
      RotationLambdaARN: LAMBDA,
      RotationRules: { AutomaticallyAfterDays: 1 },
    });
    await pass();
    const cancelled = await server.secrets("CancelRotateSecret", { SecretId: "db" });
    expect(cancelled.body).toMatchObject({ Name: "db", VersionId: body.VersionId });
    clock.advance(3 * DAY_MS);
    await pass();
    expect(hook.calls).toHaveLength(1);
    const after = await described("db");
    expect(after).toMatchObject({ RotationEnabled: false, RotationLambdaARN: LAMBDA });
    expect(after.NextRotationDate).toBeUndefined();
  });

  it("that waits to be deleted is not rotated any more", async () => {
    await secretCalled("db");
    hook.next = () => 500;
    await server.secrets("RotateSecret", { SecretId: "db", RotationLambdaARN: LAMBDA });
    await pass();
    await server.app.state.transact(async ({ secrets }) => {
      const [secret] = await secrets.secretsCalled(
        (await instance()) ?? { account: "", instance: "" },
        "db",
      );
      const now = clock.now();
      if (secret)
        await secrets.updateSecret({
          ...secret,
          deletion: { requestedAt: now, dueAt: now + 9 * DAY_MS },
        });
    });
    clock.advance(MINUTE_MS);
    await pass();
    expect(hook.calls).toHaveLength(1);
    expect(operations()).toContain("secret.rotation.fail");
    const refused = await server.secrets("RotateSecret", { SecretId: "db" });
    expect(refused.error).toBe("InvalidRequestException");
  });
});

const instance = () =>
  server.app.state.read(async ({ identity }) => {
    const { account } = server.manager.user;
    const found = (await identity.instances(account)).find(({ region }) => region === "us-east-1");
    return found && { account, instance: found.id };
  });

describe("a rotator that is built in", () => {
  it.each([
    ["a text", "first", (after: string) => expect(after).toMatch(/^[^:/@"'\\]{32}$/)],
    [
      "the password of an object, of which the rest stays as it is",
      '{"username":"ada","password":"first","n":12345678901234567890}',
      (after: string) =>
        expect(after).toMatch(
          /^\{"username":"ada","password":"[^:/@"'\\]{32}","n":12345678901234567890\}$/,
        ),
    ],
  ])("replaces %s", async (_what, value, check) => {
    await secretCalled("db", value);
    const from = server.app.events().length;
    await server.secrets("RotateSecret", { SecretId: "db", RotationLambdaARN: RANDOM });
    await pass();
    const after = await valueOf("db");
    check(after);
    expect(operations(from)).toEqual(
      expect.arrayContaining(["version.create", "version.stage.set", "secret.rotation.succeed"]),
    );
    expect(server.app.log.lines.join("\n")).not.toContain(after);
    const stages = Object.values((await described("db")).VersionIdsToStages).flat();
    expect(new Set(stages)).toEqual(new Set(["AWSCURRENT", "AWSPREVIOUS"]));
  });

  it("makes the first value of a secret that has none", async () => {
    await server.secrets("CreateSecret", { Name: "db" });
    const asked = { SecretId: "db", RotationLambdaARN: RANDOM };
    const { VersionId: token } = (await server.secrets("RotateSecret", asked)).body;
    expect((await described("db")).VersionIdsToStages).toEqual({ [token]: ["AWSPENDING"] });
    const unmade = await server.secrets("GetSecretValue", { SecretId: "db" });
    expect(unmade.error).toBe("ResourceNotFoundException");
    await pass();
    expect(await valueOf("db")).toHaveLength(32);
    expect((await described("db")).VersionIdsToStages).toEqual({ [token]: ["AWSCURRENT"] });
  });

  it("is not asked for a secret that has expired", async () => {
    const { app } = server;
    await secretCalled("db");
    const at = await instance();
    await app.state.transact(async ({ secrets }) => {
      const [secret] = await secrets.secretsCalled(at ?? { account: "", instance: "" }, "db");
      if (secret) await secrets.updateSecret({ ...secret, expiresAt: clock.now() });
    });
    const refused = await server.secrets("RotateSecret", {
      SecretId: "db",
      RotationLambdaARN: RANDOM,
    });
    expect(refused.body.Message).toBe("The secret has expired: its values are destroyed.");
  });

  it("fails at once where there is no password to replace", async () => {
    await secretCalled("db", '{"username":"ada"}');
    await server.secrets("RotateSecret", { SecretId: "db", RotationLambdaARN: RANDOM });
    await pass();
    expect(operations()).toContain("secret.rotation.fail");
    expect(await valueOf("db")).toBe('{"username":"ada"}');
  });
});

describe("what is not rotated", () => {
  it.each([
    [
      "without a rotator",
      {},
      "InvalidRequestException",
      /^No Lambda rotation function ARN is associated with this secret\.$/,
    ],
    [
      "by a function that nobody has named",
      { RotationLambdaARN: `${LAMBDA}-2` },
      "AccessDeniedException",
      /^Secrets Manager cannot invoke the specified Lambda function\. Ensure/,
    ],
    [
      "by a host that nobody has named",
      { RotationLambdaARN: "https://169.254.169.254/latest" },
      "AccessDeniedException",
      /cannot invoke/,
    ],
    [
      "by a host without TLS",
      { RotationLambdaARN: "http://localhost/x" },
      "AccessDeniedException",
      /cannot invoke/,
    ],
    [
      "by rules that contradict themselves",
      {
        RotationLambdaARN: LAMBDA,
        RotationRules: { AutomaticallyAfterDays: 3, ScheduleExpression: "rate(3 days)" },
      },
      "InvalidParameterException",
      /either AutomaticallyAfterDays or a ScheduleExpression/,
    ],
    [
      "every hour",
      { RotationLambdaARN: LAMBDA, RotationRules: { ScheduleExpression: "rate(1 hour)" } },
      "InvalidParameterException",
      /every 4 hours/,
    ],
    [
      "never",
      { RotationLambdaARN: LAMBDA, RotationRules: { AutomaticallyAfterDays: 0 } },
      "ValidationException",
      /greater than or equal to 1/,
    ],
    [
      "without a token",
      { RotationLambdaARN: LAMBDA, ClientRequestToken: null },
      "InvalidParameterException",
      /^You must provide a ClientRequestToken value/,
    ],
  ])("%s is refused, recorded, and changes nothing", async (...[, members, error, message]) => {
    await secretCalled("db");
    const before = await described("db");
    const refused = await server.secrets("RotateSecret", { SecretId: "db", ...members });
    expect(refused.error).toBe(error);
    expect(refused.body.Message ?? refused.body.message).toMatch(message);
    expect(refused.events).toMatchObject([
      { operation: "secret.rotation.begin", outcome: "failure" },
    ]);
    expect(await described("db")).toEqual(before);
    await pass();
    expect(hook.calls).toEqual([]);
  });

  it("is a secret that was never given a rotator, when that is cancelled", async () => {
    await secretCalled("db");
    const refused = await server.secrets("CancelRotateSecret", { SecretId: "db" });
    expect(refused.body.Message).toBe(
      "No Lambda rotation function ARN is associated with this secret.",
    );
  });
});
