/**
 * A rotator at a URL of this machine, by TLS, that does the four steps as AWS's templates do: it reads and changes the
 * secret by calls of its own.
 */
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { bodyOf } from "./serve.ts";

/** What a rotation function is called with. */
export interface HookCall {
  readonly Step: string;
  readonly SecretId: string;
  readonly ClientRequestToken: string;
}

/** A call of Secrets Manager; undefined where it was refused. */
export type SecretsCall = (
  action: string,
  members: object,
) => Promise<Readonly<Record<string, unknown>> | undefined>;

export interface RotationHook {
  readonly url: string;
  readonly calls: readonly HookCall[];
  /** The headers of the last call. */
  readonly headers: () => Readonly<Record<string, unknown>>;
  readonly bodies: readonly string[];
  /** What it answers next, in place of doing anything; undefined does the step. */
  next: (call: HookCall) => number | "silence" | undefined;
  close(): Promise<void>;
}

export async function startHook(
  tls: { readonly cert: string; readonly key: string },
  secrets: SecretsCall,
): Promise<RotationHook> {
  const calls: HookCall[] = [];
  const bodies: string[] = [];
  let headers: Readonly<Record<string, unknown>> = {};
  const server = createServer(tls, (request, response) => {
    void (async () => {
      const body = (await bodyOf(request)).toString("utf8");
      const call = JSON.parse(body) as HookCall;
      headers = request.headers;
      calls.push(call);
      bodies.push(body);
      const instead = hook.next(call);
      if (instead === "silence") return;
      const status = instead ?? ((await takeStep(call, secrets)) ? 200 : 500);
      response.writeHead(status, { "content-type": "application/json" }).end('{"ignored":true}');
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const hook: RotationHook = {
    url: `https://localhost:${(server.address() as AddressInfo).port}/rotate`,
    calls,
    bodies,
    headers: () => headers,
    next: () => undefined,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return hook;
}

/** "Lambda rotation functions" of AWS's user guide, in short. */
async function takeStep(call: HookCall, secrets: SecretsCall): Promise<boolean> {
  const { Step, SecretId, ClientRequestToken: token } = call;
  const described = await secrets("DescribeSecret", { SecretId });
  const stages = (described?.["VersionIdsToStages"] ?? {}) as Record<string, readonly string[]>;
  if (stages[token]?.includes("AWSCURRENT")) return true;
  if (!stages[token]?.includes("AWSPENDING")) return false;
  const pending = { SecretId, VersionId: token, VersionStage: "AWSPENDING" };
  switch (Step) {
    case "createSecret": {
      const current = await secrets("GetSecretValue", { SecretId });
      if (!current) return false;
      if (await secrets("GetSecretValue", pending)) return true;
      const put = {
        SecretId,
        ClientRequestToken: token,
        SecretString: `made-${token}`,
        VersionStages: ["AWSPENDING"],
      };
      return (await secrets("PutSecretValue", put)) !== undefined;
    }
    case "finishSecret": {
      const [current] = Object.entries(stages).find(([, has]) => has.includes("AWSCURRENT")) ?? [];
      const move = {
        SecretId,
        VersionStage: "AWSCURRENT",
        MoveToVersionId: token,
        RemoveFromVersionId: current,
      };
      return (await secrets("UpdateSecretVersionStage", move)) !== undefined;
    }
    default:
      return (await secrets("GetSecretValue", pending)) !== undefined;
  }
}
