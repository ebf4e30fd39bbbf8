/**
 * The server that `http-reads.ts` drives: what `keytrail serve` runs, and beside it, in the same process and on the
 * same framework with the same settings, a server that answers a constant: once bare, and once through the exchange
 * that every dialect goes through, to a caller whom it has authenticated. Speaks with its parent by messages.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openDataFolder } from "../src/compose/data-folder.ts";
import { openState } from "../src/compose/open-state.ts";
import { startServer } from "../src/compose/server.ts";
import { readServeConfig } from "../src/config.ts";
import { ibmDialect } from "../src/http/dialects/ibm/dialect.ts";
import { Exchanges } from "../src/http/exchange.ts";
import { Metrics } from "../src/http/metrics.ts";
import type { Route } from "../src/http/route.ts";
import { createServer } from "../src/http/server.ts";
import { Regions } from "../src/identity/region.ts";
import { TokenIssuer } from "../src/identity/tokens.ts";
import { systemClock } from "../src/kernel/clock.ts";
import type { EventId } from "../src/kernel/ids.ts";
import { TokenKeyFile } from "../src/storage/files/token-key.ts";
import { tellCpu } from "./cpu.ts";

/** What the parent is told once requests are taken. */
export interface Ready {
  readonly url: string;
  /** The framework alone. */
  readonly constantUrl: string;
  /** With authentication, place, headers and metrics; nothing is located, authorised, opened or recorded. */
  readonly exchangeUrl: string;
  readonly apiKey: string;
}

const data = process.argv[2] ?? "";
const config = readServeConfig(["--data", data, "--port", "0"], {});
const keytrail = await startServer(config, { say: () => undefined });
const bootstrap = JSON.parse(readFileSync(join(data, "bootstrap.json"), "utf8")) as {
  readonly api_key: string;
  readonly log_vkey: string;
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
const metrics = new Metrics({
  ledgerEntries: () => 0,
  checkpointSize: () => 0,
  indexedEntries: () => 0,
});
const nothing = (): never => {
  throw new Error("a constant is performed by nobody");
};
const constantRoute: Route = {
  method: "GET",
  url: "/api/v2/secrets/:id",
  operation: "secret.read",
  about: () => null,
  perform: async () => ({ kind: "done", output: { status: 200, body: constant }, recorded }),
  refuse: nothing,
};
const recorded = { eventId: "01a1fbb4-5cee-7000-a968-18226d9e8a6c" as EventId, index: 240 };
const folder = openDataFolder(data);
const [origin = ""] = bootstrap.log_vkey.split("+");
const ibm = ibmDialect({
  state: openState(folder).state,
  tokens: await TokenIssuer.open({
    issuer: `https://${origin}/identity`,
    store: new TokenKeyFile(join(folder.keys, "token.key")),
  }),
  clock: systemClock,
  regions: Regions.default,
});
const fastify = createServer({
  dialects: [{ ...ibm, routes: [constantRoute] }],
  exchanges: new Exchanges({ performer: {} as never, metrics, receiptOf: nothing, log: () => {} }),
  performer: {} as never,
  surfaces: [
    (server) => {
      server.get("/constant", (_request, reply) =>
        reply.header("cache-control", "no-store").send(constant),
      );
    },
  ],
});
const address = await fastify.listen({ host: "127.0.0.1", port: 0 });
const constantUrl = `${address}/constant`;
const exchangeUrl = `${address}/api/v2/secrets/${constant.id}`;

tellCpu();
process.on("SIGTERM", () => {
  void fastify
    .close()
    .then(() => keytrail.stop())
    .then(() => process.exit(0));
});
const { url } = keytrail;
process.send?.({ url, constantUrl, exchangeUrl, apiKey: bootstrap.api_key } satisfies Ready);
