/**
 * The server that `aws-reads.ts` drives: what `keytrail serve` runs, and beside it, in the same process and on the same
 * framework with the same settings, a server that takes the same request and answers a constant. Speaks with its parent
 * by messages.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startServer } from "../src/compose/server.ts";
import { readServeConfig } from "../src/config.ts";
import { createServer } from "../src/http/server.ts";
import { tellCpu } from "./cpu.ts";

/** What the parent is told once requests are taken. */
export interface Ready {
  readonly url: string;
  readonly constantUrl: string;
  readonly apiKey: string;
}

const data = process.argv[2] ?? "";
const keytrail = await startServer(readServeConfig(["--data", data, "--port", "0"], {}), {
  say: () => undefined,
});
const bootstrap = JSON.parse(readFileSync(join(data, "bootstrap.json"), "utf8")) as {
  readonly api_key: string;
};

/** As long, and with as many members, as the answer to the reading of a small secret. */
const constant = {
  ARN: "arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/db-AbCdEf",
  Name: "prod/db",
  VersionId: "0b5571f7-21e6-42b7-91c5-3f5ac9793a46",
  SecretString: "x".repeat(64),
  VersionStages: ["AWSCURRENT"],
  CreatedDate: 1_795_251_600.123,
};
const fastify = createServer({
  dialects: [{ routes: [], owns: () => false } as never],
  exchanges: {} as never,
  performer: {} as never,
  surfaces: [
    (server) => {
      server.post("/", (_request, reply) =>
        reply.header("cache-control", "no-store").send(constant),
      );
    },
  ],
});
const constantUrl = await fastify.listen({ host: "127.0.0.1", port: 0 });

tellCpu();
process.on("SIGTERM", () => {
  void fastify
    .close()
    .then(() => keytrail.stop())
    .then(() => process.exit(0));
});
const { url } = keytrail;
process.send?.({ url, constantUrl, apiKey: bootstrap.api_key } satisfies Ready);
