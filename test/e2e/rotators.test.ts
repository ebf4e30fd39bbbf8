/** A rotation by a hook that the server's end breaks off, at each of its steps: it goes on after the next start. */
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  CreateSecretCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { clientOptions, eventsOf, ownersKey, type AccessKey } from "../clients/aws-wire.ts";
import type { HookCall } from "../support/rotation-hook.ts";
import { bodyOf, serve, type Served } from "../support/serve.ts";
import { removeFolder, RunningServer, temporaryFolder } from "./running-server.ts";

const LAMBDA = "arn:aws:lambda:us-east-1:123456789012:function:mine";
const TIMEOUT_MS = 120_000;

let data: string;
let server: RunningServer;
let key: AccessKey;
let hook: Served;
/** Called with what the hook is asked for; resolves to whether it answers. */
let asked: (call: HookCall) => Promise<boolean>;

beforeEach(async () => {
  data = temporaryFolder();
  hook = await serve(async (request, response) => {
    const call = JSON.parse((await bodyOf(request)).toString("utf8")) as HookCall;
    if (await asked(call)) response.writeHead(204).end();
  });
  server = await start();
  key = await ownersKey(server);
}, TIMEOUT_MS);
afterEach(async () => {
  await server.stop();
  await hook.close();
  removeFolder(data);
});

const start = () => RunningServer.start(data, ["--rotation-hook", `${LAMBDA}=${hook.url}`]);
const client = () => new SecretsManagerClient(clientOptions(server, key));

/** What a rotation function does, as often as it is asked. */
async function takeStep({ Step, SecretId, ClientRequestToken }: HookCall): Promise<void> {
  const secrets = client();
  if (Step === "createSecret") {
    const value = { SecretString: `made-${ClientRequestToken}`, VersionStages: ["AWSPENDING"] };
    await secrets.send(new PutSecretValueCommand({ SecretId, ClientRequestToken, ...value }));
  }
  if (Step !== "finishSecret") return;
  const { VersionIdsToStages: stages = {} } = await secrets.send(
    new DescribeSecretCommand({ SecretId }),
  );
  const [current] = Object.entries(stages).find(([, has]) => has.includes("AWSCURRENT")) ?? [];
  if (current === ClientRequestToken) return;
  await secrets.send(
    new UpdateSecretVersionStageCommand({
      SecretId,
      VersionStage: "AWSCURRENT",
      MoveToVersionId: ClientRequestToken,
      RemoveFromVersionId: current,
    }),
  );
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const end = performance.now() + 60_000; performance.now() < end;) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error("it does not come to that");
}

describe("a rotation", () => {
  it.each(["createSecret", "setSecret", "testSecret", "finishSecret"])(
    "that is broken off in %s goes on after the next start",
    async (broken) => {
      const steps: string[] = [];
      const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
      asked = async (call) => {
        const isFirst = call.Step === broken && !steps.includes(broken);
        steps.push(call.Step);
        await takeStep(call);
        // What was done outside is done, and nobody here hears of it.
        if (isFirst) reach();
        return !isFirst;
      };
      await client().send(new CreateSecretCommand({ Name: "db", SecretString: "first" }));
      const { VersionId: token } = await client().send(
        new RotateSecretCommand({ SecretId: "db", RotationLambdaARN: LAMBDA }),
      );
      await reached;
      await server.kill();
      server = await start();
      await until(async () => {
        const { RotationEnabled, LastRotatedDate } = await client().send(
          new DescribeSecretCommand({ SecretId: "db" }),
        );
        return RotationEnabled === true && LastRotatedDate !== undefined;
      });
      const { SecretString } = await client().send(new GetSecretValueCommand({ SecretId: "db" }));
      expect(SecretString).toBe(`made-${token}`);
      expect(steps.filter((step) => step === broken)).toHaveLength(2);
      expect(steps).toHaveLength(5);
      const ends = await eventsOf(server, "action:secrets-manager.secret-rotation.finish");
      expect(ends).toHaveLength(1);
    },
    TIMEOUT_MS,
  );
});
