/** The HTTP server over an application after its first start, as far as identities go. */
import type { FastifyInstance } from "fastify";
import { IdentityApp } from "../../app/identity/testing/identity-app.ts";
import type { TestAppOptions } from "../../app/testing/test-app.ts";
import { awsDialect } from "../dialects/aws/dialect.ts";
import { dsvDialect } from "../dialects/dsv/dialect.ts";
import { ibmDialects } from "../dialects/ibm/dialects.ts";
import { tokenDiscovery } from "../dialects/ibm/identity/discovery.ts";
import { loginPages } from "../dialects/ibm/identity/pages.ts";
import { nativeDialect } from "../dialects/native/dialect.ts";
import { destinationRoutes } from "../dialects/native/destinations.ts";
import { identityRoutes } from "../dialects/native/identity.ts";
import { Exchanges, type LogEntry } from "../exchange.ts";
import { Metrics } from "../metrics.ts";
import { heartbeatSurface } from "../surfaces/heartbeat.ts";
import { createServer, type ServerOptions } from "../server.ts";
import { EngineGate } from "../surfaces/engine-connections.ts";
import { SOCKET_TIMES, type SocketTimes } from "../surfaces/engine-socket.ts";

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  // oxlint-disable-next-line typescript/no-explicit-any -- bodies are compared, not trusted
  readonly body: any;
}

export class IdentityServer {
  readonly app: IdentityApp;
  readonly server: FastifyInstance;

  private constructor(app: IdentityApp, server: FastifyInstance) {
    this.app = app;
    this.server = server;
  }

  static async open(
    options: TestAppOptions = {},
    {
      trustedProxies,
      times = SOCKET_TIMES,
    }: Pick<ServerOptions, "trustedProxies"> & { readonly times?: SocketTimes } = {},
  ): Promise<IdentityServer> {
    const app = await IdentityApp.open(options);
    const { performer, log } = app.parts;
    const metrics = new Metrics({
      ledgerEntries: () => log.size,
      checkpointSize: () => 0,
      indexedEntries: () => 0,
    });
    const fail = ({ error }: LogEntry): never => {
      throw error;
    };
    const exchanges = new Exchanges({ performer, metrics, receiptOf: async () => "", log: fail });
    const { state, clock, capabilities } = app.parts;
    const { engines } = capabilities;
    const gate = new EngineGate({ performer, state, engines, clock, log: fail, times });
    const { tokens, credentials, regions, vault } = capabilities;
    const ports = { state, clock, tokens, credentials, regions };
    const authenticate = (header: string | undefined) => app.whoSends(header);
    const server = createServer({
      dialects: [
        ...ibmDialects(ports),
        awsDialect({ ...ports, vault }),
        nativeDialect({ authenticate }, [...identityRoutes, ...destinationRoutes]),
        dsvDialect(ports),
      ],
      exchanges,
      performer,
      surfaces: [tokenDiscovery(app.tokens), loginPages(state), gate.surface, heartbeatSurface],
      ...(trustedProxies ? { trustedProxies } : {}),
    });
    await server.ready();
    return new IdentityServer(app, server);
  }

  /** `POST /identity/token` with this form; `basic` is `client:secret`. */
  token(form: Readonly<Record<string, string>> | string, basic?: string): Promise<Answered> {
    return this.send({
      method: "POST",
      url: "/identity/token",
      type: "application/x-www-form-urlencoded",
      payload: typeof form === "string" ? form : new URLSearchParams(form).toString(),
      ...(basic === undefined
        ? {}
        : { authorization: `Basic ${Buffer.from(basic).toString("base64")}` }),
    });
  }

  async send(request: {
    readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
    readonly url: string;
    readonly type?: string;
    readonly payload?: string | object;
    readonly authorization?: string;
  }): Promise<Answered> {
    const { method, url, type, payload, authorization } = request;
    const response = await this.server.inject({
      method,
      url,
      headers: {
        "user-agent": "test/1.0",
        ...(type === undefined ? {} : { "content-type": type }),
        ...(authorization === undefined ? {} : { authorization }),
      },
      ...(payload === undefined ? {} : { payload }),
    });
    return {
      status: response.statusCode,
      headers: response.headers,
      body: response.body === "" ? null : response.json(),
    };
  }

  async close(): Promise<void> {
    await this.server.close();
    await this.app.close();
  }
}
