/** Rotation by the rotators that are built in, by AWS's wire; and what is not rotated. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ManualClock } from "../../../../kernel/clock.ts";
import type { RotationHook } from "../../../../../test/support/rotation-hook.ts";
import type { AwsServer } from "../testing/aws-server.ts";
import { LAMBDA, RANDOM, RotationWire } from "../testing/rotation-wire.ts";

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
    await wire.secretCalled("db", value);
    const from = server.app.events().length;
    await server.secrets("RotateSecret", { SecretId: "db", RotationLambdaARN: RANDOM });
    await wire.pass();
    const after = await wire.valueOf("db");
    check(after);
    expect(operations(from)).toEqual(
      expect.arrayContaining(["version.create", "version.stage.set", "secret.rotation.succeed"]),
    );
    expect(server.app.log.lines.join("\n")).not.toContain(after);
    const stages = Object.values((await wire.described("db")).VersionIdsToStages).flat();
    expect(new Set(stages)).toEqual(new Set(["AWSCURRENT", "AWSPREVIOUS"]));
  });

  it("makes the first value of a secret that has none", async () => {
    await server.secrets("CreateSecret", { Name: "db" });
    const asked = { SecretId: "db", RotationLambdaARN: RANDOM };
    const { VersionId: token } = (await server.secrets("RotateSecret", asked)).body;
    expect((await wire.described("db")).VersionIdsToStages).toEqual({ [token]: ["AWSPENDING"] });
    const unmade = await server.secrets("GetSecretValue", { SecretId: "db" });
    expect(unmade.error).toBe("ResourceNotFoundException");
    await wire.pass();
    expect(await wire.valueOf("db")).toHaveLength(32);
    expect((await wire.described("db")).VersionIdsToStages).toEqual({ [token]: ["AWSCURRENT"] });
  });

  it("is not asked for a secret that has expired", async () => {
    const { app } = server;
    await wire.secretCalled("db");
    const at = await wire.instance();
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
    await wire.secretCalled("db", '{"username":"ada"}');
    await server.secrets("RotateSecret", { SecretId: "db", RotationLambdaARN: RANDOM });
    await wire.pass();
    expect(operations()).toContain("secret.rotation.fail");
    expect(await wire.valueOf("db")).toBe('{"username":"ada"}');
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
    await wire.secretCalled("db");
    const before = await wire.described("db");
    const refused = await server.secrets("RotateSecret", { SecretId: "db", ...members });
    expect(refused.error).toBe(error);
    expect(refused.body.Message ?? refused.body.message).toMatch(message);
    expect(refused.events).toMatchObject([
      { operation: "secret.rotation.begin", outcome: "failure" },
    ]);
    expect(await wire.described("db")).toEqual(before);
    await wire.pass();
    expect(hook.calls).toEqual([]);
  });

  it("is a secret that was never given a rotator, when that is cancelled", async () => {
    await wire.secretCalled("db");
    const refused = await server.secrets("CancelRotateSecret", { SecretId: "db" });
    expect(refused.body.Message).toBe(
      "No Lambda rotation function ARN is associated with this secret.",
    );
  });
});
