/** The wires over the core: every dialect, the public surfaces, and one listener for all. */
import { isIPv6 } from "node:net";
import type { FastifyInstance } from "fastify";
import { authenticateBearer } from "../app/identity/authenticate.ts";
import type { ServeConfig } from "../config.ts";
import { dsvDialect } from "../http/dialects/dsv/dialect.ts";
import { awsDialect } from "../http/dialects/aws/dialect.ts";
import { ibmDialects } from "../http/dialects/ibm/dialects.ts";
import { tokenDiscovery } from "../http/dialects/ibm/identity/discovery.ts";
import { loginPages } from "../http/dialects/ibm/identity/pages.ts";
import { nativeDialect, nativeRoutes } from "../http/dialects/native/dialect.ts";
import { identityRoutes } from "../http/dialects/native/identity.ts";
import { openapiSurface } from "../http/dialects/native/openapi.ts";
import { Tails } from "../http/dialects/native/tail.ts";
import { Exchanges } from "../http/exchange.ts";
import type { Metrics } from "../http/metrics.ts";
import { createServer, DRAIN_TIMEOUT_MS } from "../http/server.ts";
import { EngineGate } from "../http/surfaces/engine-connections.ts";
import { heartbeatSurface } from "../http/surfaces/heartbeat.ts";
import { healthSurface, type DeliveryHealth } from "../http/surfaces/health.ts";
import { logSurface } from "../http/surfaces/log.ts";
import { metricsSurface } from "../http/surfaces/metrics.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Core } from "./core.ts";
import type { DemoClock } from "./demo-clock.ts";
import type { WriteLog } from "./log.ts";
import { tlsMaterial } from "./tls.ts";
import { packageVersion } from "./version.ts";

export interface HttpPorts {
  readonly config: ServeConfig;
  readonly keysFolder: string;
  readonly clock: Clock;
  /** While a demonstration lives through its hour, its callers may come from wherever they say. */
  readonly demoClock: DemoClock | null;
  readonly ledger: Ledger;
  readonly core: Core;
  readonly metrics: Metrics;
  readonly log: WriteLog;
  readonly deliveryHealth: () => DeliveryHealth;
}

export interface Listening {
  readonly url: string;
  /** What a client of this machine has to trust, if the certificate was made here. */
  readonly certificate: string | undefined;
  /** Takes no more, waits for what is under way as long as DRAIN_TIMEOUT_MS, then cuts it off. */
  close(): Promise<void>;
}

export async function listen(ports: HttpPorts): Promise<Listening> {
  const { config, core, metrics, log, ledger } = ports;
  const { regions } = core.capabilities;
  const authentication = {
    state: core.state,
    tokens: core.capabilities.tokens,
    credentials: core.capabilities.credentials,
    clock: ports.clock,
  };
  const authenticate = (authorization: string | undefined) =>
    authenticateBearer(authorization, authentication);
  const tails = new Tails();
  const { engines } = core.capabilities;
  const gate = new EngineGate({ ...core, engines, clock: ports.clock, log });
  const native = nativeRoutes({
    trail: core.capabilities.trail,
    authenticate,
    tails,
    routes: identityRoutes,
  });
  const tls = await tlsMaterial(config.tls, ports.keysFolder, ports.clock);
  const server = createServer({
    dialects: [
      ...ibmDialects({ ...authentication, regions }),
      awsDialect({ ...authentication, vault: core.capabilities.vault }),
      nativeDialect({ authenticate }, native),
      dsvDialect(authentication),
    ],
    performer: core.performer,
    exchanges: new Exchanges({
      performer: core.performer,
      metrics,
      log,
      receiptOf: (index) => core.capabilities.trail.receiptText(index),
    }),
    surfaces: [
      tails.surface,
      gate.surface,
      tokenDiscovery(core.capabilities.tokens),
      loginPages(core.state),
      openapiSurface(native, packageVersion()),
      logSurface({
        checkpoint: () => core.witnessing.checkpoint(),
        tile: (level, index, width) => ledger.tile(level, index, width),
      }),
      metricsSurface(metrics),
      heartbeatSurface,
      healthSurface({
        trail: () => ledger.status,
        vault: () => core.capabilities.vault.status.kind,
        size: () => ledger.size,
        indexed: () => core.indexer.lag.indexed,
        delivery: ports.deliveryHealth,
      }),
    ],
    tls,
    trustedProxies: trustOf(ports),
  });
  await server.listen({ host: config.host, port: config.port });
  return {
    url: urlOf(server, config, tls ? "https" : "http"),
    certificate: config.tls?.kind === "self-signed" ? tls?.certificate : undefined,
    close: () => close(server, log),
  };
}

function trustOf({ config, demoClock }: HttpPorts): readonly string[] | (() => boolean) {
  return demoClock ? () => demoClock.isBehind : config.trustedProxies;
}

function urlOf(server: FastifyInstance, config: ServeConfig, scheme: string): string {
  const address = server.addresses()[0];
  const host = isIPv6(config.host) ? `[${config.host}]` : config.host;
  return `${scheme}://${host}:${address?.port ?? config.port}`;
}

async function close(server: FastifyInstance, log: WriteLog): Promise<void> {
  const timer = setTimeout(() => {
    log({ level: "warn", message: "Requests under way took too long to end and were cut off." });
    server.server.closeAllConnections();
  }, DRAIN_TIMEOUT_MS);
  await server.close();
  clearTimeout(timer);
}
