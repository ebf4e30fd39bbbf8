/** Rotation by a hook, by AWS's wire: from the first call to the last step. */
import { createHmac, randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ManualClock } from "../../../../kernel/clock.ts";
import type { RotationHook } from "../../../../../test/support/rotation-hook.ts";
import type { AwsServer } from "../testing/aws-server.ts";
import { LAMBDA, KEY, RotationWire } from "../testing/rotation-wire.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

let wire: RotationWire;
let server: AwsServer;
let hook: RotationHook;
let clock: ManualClock;
beforeEach(async () => {
  wire = await RotationWire.open();
  ({ server, hook, clock } = wire);
});
afterEach(() => wire.close());

const operations = (from = 0) => wire.eventsSince(from).map(({ operation }) => operation);

describe("a secret with a hook for its rotator", () => {
  it("is rotated by it in four steps, which calls back as AWS's functions do", async () => {
    const first = await wire.secretCalled("db");
    const from = server.app.events().length;
    const token = randomUUID();
    const asked = { SecretId: "db", ClientRequestToken: token, RotationLambdaARN: LAMBDA };
    const began = await server.secrets("RotateSecret", asked);
    expect(began.body).toMatchObject({ Name: "db", VersionId: token });
    expect((await wire.described("db")).VersionIdsToStages).toEqual({
      [first]: ["AWSCURRENT"],
      [token]: ["AWSPENDING"],
    });
    const unmade = { SecretId: "db", VersionId: token, VersionStage: "AWSPENDING" };
    expect((await server.secrets("GetSecretValue", unmade)).error).toBe(
      "ResourceNotFoundException",
    );
    await wire.pass();
    const SecretId = began.body.ARN;
    expect(hook.calls).toEqual(
      ["createSecret", "setSecret", "testSecret", "finishSecret"].map((Step) => ({
        Step,
        SecretId,
        ClientRequestToken: token,
      })),
    );
    expect(await wire.valueOf("db")).toBe(`made-${token}`);
    const after = await wire.described("db");
    expect(after.VersionIdsToStages).toEqual({
      [first]: ["AWSPREVIOUS"],
      [token]: ["AWSCURRENT", "AWSPENDING"],
    });
    expect(after).toMatchObject({ RotationEnabled: true, RotationLambdaARN: LAMBDA });
    expect(after.LastRotatedDate * 1_000).toBe(clock.now());
    const own = wire
      .eventsSince(from)
      .filter(({ operation }) => operation.startsWith("secret.rotation"));
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
    await wire.pass();
    expect(hook.calls).toHaveLength(4);
  });

  it("tells it by a signature that it is this server that calls", async () => {
    await wire.secretCalled("db");
    await server.secrets("RotateSecret", { SecretId: "db", RotationLambdaARN: LAMBDA });
    await wire.pass();
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
    const first = await wire.secretCalled("db");
    hook.next = ({ Step }) => (Step === "setSecret" ? 500 : undefined);
    const from = server.app.events().length;
    const { body } = await server.secrets("RotateSecret", {
      SecretId: "db",
      RotationLambdaARN: LAMBDA,
    });
    await wire.pass();
    const other = await server.secrets("RotateSecret", { SecretId: "db" });
    expect([other.error, other.body.Message]).toEqual([
      "InvalidRequestException",
      "A previous rotation isn't complete. That rotation will be reattempted.",
    ]);
    for (let minute = 0; minute < 20; minute += 1) {
      clock.advance(MINUTE_MS);
      await wire.pass();
    }
    expect(hook.calls.length).toBeGreaterThan(5);
    expect(operations(from).filter((one) => one === "secret.rotation.fail")).toHaveLength(1);
    const failed = wire
      .eventsSince(from)
      .find(({ operation }) => operation === "secret.rotation.fail");
    expect(failed?.requestData).toMatchObject({ step: "setSecret", rotationLambdaARN: LAMBDA });
    expect(await wire.valueOf("db")).toBe("first");
    expect((await wire.described("db")).VersionIdsToStages).toEqual({
      [first]: ["AWSCURRENT"],
      [body.VersionId]: ["AWSPENDING"],
    });
    // The next one goes on with the version that was left.
    hook.next = () => undefined;
    const next = await server.secrets("RotateSecret", { SecretId: "db" });
    expect(next.body.VersionId).toBe(body.VersionId);
    await wire.pass();
    expect(await wire.valueOf("db")).toBe(`made-${body.VersionId}`);
  });

  it("that does not answer is not waited for", async () => {
    await wire.secretCalled("db");
    hook.next = () => "silence";
    await server.secrets("RotateSecret", { SecretId: "db", RotationLambdaARN: LAMBDA });
    await wire.pass();
    const [refused] = server.app.events().filter(({ outcome }) => outcome === "failure");
    expect(refused?.reason.reasonForFailure).toBe("The rotator did not answer in time.");
  });

  it("is abandoned by whoever gives it a value by hand meanwhile", async () => {
    await wire.secretCalled("db");
    hook.next = ({ Step }) => (Step === "setSecret" ? 503 : undefined);
    const { body } = await server.secrets("RotateSecret", {
      SecretId: "db",
      RotationLambdaARN: LAMBDA,
    });
    await wire.pass();
    await server.secrets("PutSecretValue", { SecretId: "db", SecretString: "by hand" });
    clock.advance(MINUTE_MS);
    await wire.pass();
    expect(server.app.events().map(({ operation }) => operation)).toContain(
      "secret.rotation.abandon",
    );
    expect(await wire.valueOf("db")).toBe("by hand");
    expect((await wire.described("db")).VersionIdsToStages[body.VersionId]).toBeUndefined();
  });

  it("is rotated when its window opens, and shows by when", async () => {
    await wire.secretCalled("db");
    await server.secrets("RotateSecret", {
      SecretId: "db",
      RotationLambdaARN: LAMBDA,
      RotationRules: { ScheduleExpression: "cron(0 4 * * ? *)", Duration: "2h" },
    });
    await wire.pass();
    const shown = (await wire.described("db")).NextRotationDate * 1_000;
    expect(new Date(shown).toISOString()).toBe("2026-11-22T06:00:00.000Z");
    clock.set(Date.parse("2026-11-22T03:59:59Z"));
    await wire.pass();
    expect(hook.calls).toHaveLength(4);
    clock.set(Date.parse("2026-11-22T04:00:00Z"));
    await wire.pass();
    await wire.pass();
    expect(hook.calls).toHaveLength(8);
    expect((await wire.described("db")).NextRotationDate * 1_000).toBe(shown + DAY_MS);
  });

  it("is only tried where it is not to be rotated at once", async () => {
    const first = await wire.secretCalled("db");
    const from = server.app.events().length;
    const asked = { SecretId: "db", RotationLambdaARN: LAMBDA, RotateImmediately: false };
    await server.secrets("RotateSecret", {
      ...asked,
      RotationRules: { AutomaticallyAfterDays: 3 },
    });
    await wire.pass();
    expect(hook.calls.map(({ Step }) => Step)).toEqual(["testSecret"]);
    expect(operations(from).filter((one) => one.includes("rotation-test"))).toEqual([
      "secret.rotation-test.start",
      "secret.rotation-test.succeed",
    ]);
    expect((await wire.described("db")).VersionIdsToStages).toEqual({ [first]: ["AWSCURRENT"] });
    hook.next = () => 500;
    await server.secrets("RotateSecret", asked);
    for (let i = 0; i < 20; i += 1) {
      await wire.pass();
      clock.advance(MINUTE_MS);
    }
    expect(operations(from)).toContain("secret.rotation-test.fail");
    expect((await wire.described("db")).VersionIdsToStages).toEqual({ [first]: ["AWSCURRENT"] });
  });

  it("is not rotated any more once that is cancelled", async () => {
    await wire.secretCalled("db");
    hook.next = () => 500;
    const { body } = await server.secrets("RotateSecret", {
      SecretId: "db",
      RotationLambdaARN: LAMBDA,
      RotationRules: { AutomaticallyAfterDays: 1 },
    });
    await wire.pass();
    const cancelled = await server.secrets("CancelRotateSecret", { SecretId: "db" });
    expect(cancelled.body).toMatchObject({ Name: "db", VersionId: body.VersionId });
    clock.advance(3 * DAY_MS);
    await wire.pass();
    expect(hook.calls).toHaveLength(1);
    const after = await wire.described("db");
    expect(after).toMatchObject({ RotationEnabled: false, RotationLambdaARN: LAMBDA });
    expect(after.NextRotationDate).toBeUndefined();
  });

  it("that waits to be deleted is not rotated any more", async () => {
    await wire.secretCalled("db");
    hook.next = () => 500;
    await server.secrets("RotateSecret", { SecretId: "db", RotationLambdaARN: LAMBDA });
    await wire.pass();
    await server.app.state.transact(async ({ secrets }) => {
      const [secret] = await secrets.secretsCalled(
        (await wire.instance()) ?? { account: "", instance: "" },
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
    await wire.pass();
    expect(hook.calls).toHaveLength(1);
    expect(operations()).toContain("secret.rotation.fail");
    const refused = await server.secrets("RotateSecret", { SecretId: "db" });
    expect(refused.error).toBe("InvalidRequestException");
  });
});
