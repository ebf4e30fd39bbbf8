/**
 * The server that `http-reads.ts` drives: what `keytrail serve` runs, and beside it, in the same process and on the
 * same framework with the same settings, a server that answers a constant. Speaks with its parent by messages.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startServer } from "../src/compose/server.ts";
import { readServeConfig } from "../src/config.ts";
import { createServer } from "../src/http/server.ts";

/** What the parent is told once requests are taken. */
export interface Ready {
  readonly url: string;
  readonly constantUrl: string;
  readonly apiKey: string;
}

/** Microseconds of processor time. */
export interface CpuUsed {
  /** What limits a server of one thread. */
  readonly mainThreadUs: number;
  /** With the threads that write, hash and index, and the collector's: what limits a machine of few cores. */
  readonly allThreadsUs: number;
}

const data = process.argv[2] ?? "";
const config = readServeConfig(["--data", data, "--port", "0"], {});
const keytrail = await startServer(config, { say: () => undefined });
const bootstrap = JSON.parse(readFileSync(join(data, "bootstrap.json"), "utf8")) as {
  readonly api_key: string;
};

/** As long, and with as many fields, as the answer to the reading of a small secret. */
const constant = {
  id: "0b5571f7-21e6-42b7-91c5-3f5ac9793a46",
  crn: `crn:v1:bluemix:public:secrets-manager:us-south:a/${"0".repeat(32)}:${"0".repeat(36)}:secret:${"0".repeat(36)}`,
  name: "db-prod",
  secret_type: "arbitrary",
  secret_group_id: "default",
  labels: [],
  state: 1,
  state_description: "active",
  created_by: `IBMid-${"0".repeat(20)}`,
  created_at: "2026-11-21T09:00:00.123Z",
  updated_at: "2026-11-21T09:00:00.123Z",
  retrieved_at: "2026-11-21T09:00:00.123Z",
  downloaded: true,
  versions_total: 1,
  locks_total: 0,
  payload: "x".repeat(64),
};
const fastify = createServer({
  dialects: [] as never,
  exchanges: {} as never,
  performer: {} as never,
  surfaces: [
    (server) => {
      server.get("/constant", (_request, reply) =>
        reply.header("cache-control", "no-store").send(constant),
      );
    },
  ],
});
const constantUrl = `${await fastify.listen({ host: "127.0.0.1", port: 0 })}/constant`;

process.on("message", () => {
  const main = process.threadCpuUsage();
  const all = process.cpuUsage();
  process.send?.({
    mainThreadUs: main.user + main.system,
    allThreadsUs: all.user + all.system,
  } satisfies CpuUsed);
});
process.on("SIGTERM", () => {
  void fastify
    .close()
    .then(() => keytrail.stop())
    .then(() => process.exit(0));
});
process.send?.({ url: keytrail.url, constantUrl, apiKey: bootstrap.api_key } satisfies Ready);
