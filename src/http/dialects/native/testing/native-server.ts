/** The native dialect over a whole application in memory; `as` names a caller by the bearer token it was given. */
import type { FastifyInstance, LightMyRequestResponse } from "fastify";
import type { Caller } from "../../../../app/call.ts";
import type { Pinned } from "../../../../app/destinations/deliveries.ts";
import { openTrailApp, type TrailApp } from "../../../../app/trail/testing/trail-app.ts";
import { Refusal } from "../../../../kernel/errors.ts";
import { Exchanges } from "../../../exchange.ts";
import { Metrics } from "../../../metrics.ts";
import { createServer } from "../../../server.ts";
import { healthSurface } from "../../../surfaces/health.ts";
import { logSurface } from "../../../surfaces/log.ts";
import { metricsSurface } from "../../../surfaces/metrics.ts";
import { nativeDialect, nativeRoutes, type Authenticate } from "../dialect.ts";
import { openapiSurface } from "../openapi.ts";
import { TAIL_TIMES, type TailTimes } from "../tail-stream.ts";
import { Tails } from "../tail.ts";

export interface NativeServer {
  readonly app: TrailApp;
  readonly server: FastifyInstance;
  readonly tails: Tails;
  /** Gives a caller a token; taking it away ends the session. */
  readonly tokens: Map<string, Caller>;
  /** GET in process, as whoever has this token. */
  get(
    url: string,
    token?: string,
    headers?: Record<string, string>,
  ): Promise<LightMyRequestResponse>;
  /** Listens on loopback; resolves to the address. */
  listen(): Promise<string>;
  close(): Promise<void>;
}

export interface NativeServerOptions {
  readonly tailTimes?: Partial<TailTimes>;
  readonly surfaces?: readonly ((server: FastifyInstance) => void)[];
  /** Destinations in the operator's configuration. */
  readonly pinned?: readonly Pinned[];
}

export async function openNativeServer(options: NativeServerOptions = {}): Promise<NativeServer> {
  const app = await openTrailApp(undefined, { pinned: options.pinned ?? [] });
  const { reader: trail, performer, ledger, indexer } = app;
  const tokens = new Map<string, Caller>([
    ["auditor", await app.base.callerWith(["Auditor"])],
    ["operator", await app.base.callerWith(["Operator"])],
    ["reader", await app.base.callerWith(["Reader"])],
  ]);
  const authenticate: Authenticate = async (authorization) => {
    if (authorization === undefined) return { kind: "anonymous", refusal: null };
    const refusal = new Refusal("unauthenticated", "The access token is not one of ours.");
    return tokens.get(authorization.replace("Bearer ", "")) ?? { kind: "anonymous", refusal };
  };
  const tails = new Tails();
  const tailTimes = { ...TAIL_TIMES, ...options.tailTimes };
  const routes = nativeRoutes({ trail, authenticate, tails, tailTimes });
  const metrics = new Metrics({
    ledgerEntries: () => ledger.size,
    checkpointSize: () => ledger.checkpoint().size,
    indexedEntries: () => indexer.lag.indexed,
  });
  const exchanges = new Exchanges({
    performer,
    metrics,
    receiptOf: (index) => trail.receiptText(index),
    log: () => {},
  });
  const server = createServer({
    dialects: [nativeDialect({ authenticate }, routes)],
    exchanges,
    performer,
    surfaces: [
      tails.surface,
      openapiSurface(routes, "0.0.0"),
      logSurface(ledger),
      metricsSurface(metrics),
      healthSurface({
        trail: () => ledger.status,
        vault: () => app.base.capabilities.vault.status.kind,
        size: () => ledger.size,
        indexed: () => indexer.lag.indexed,
        delivery: () => ({ failing: 0, overdue: 0, isBlocking: false }),
      }),
      ...(options.surfaces ?? []),
    ],
  });
  return {
    app,
    server,
    tails,
    tokens,
    get: (url, token, headers = {}) =>
      server.inject({
        url,
        headers: {
          ...headers,
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
      }),
    listen: () => server.listen({ host: "127.0.0.1", port: 0 }),
    async close() {
      await server.close();
      await app.close();
    },
  };
}
