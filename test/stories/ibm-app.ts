/** The IBM wire over the whole stack: HTTP server, performer, SQLite and an entry log, the last two in memory. */
import type { FastifyInstance, InjectOptions } from "fastify";
import type { Call } from "../../src/app/call.ts";
import { createApiKey } from "../../src/app/identity/api-keys.ts";
import { createPolicy } from "../../src/app/identity/policies.ts";
import { createUser } from "../../src/app/identity/users.ts";
import type { Operation } from "../../src/app/operation.ts";
import {
  ACCOUNT,
  openTestApp,
  PLACE,
  type TestApp,
  type TestAppOptions,
} from "../../src/app/testing/test-app.ts";
import { crn } from "../../src/audit/crn.ts";
import type { AuditEvent } from "../../src/audit/event.ts";
import { accountPlace } from "../../src/identity/account.ts";
import type { PolicyResource } from "../../src/identity/authorize.ts";
import type { RoleName } from "../../src/identity/roles.ts";
import { ibmDialects } from "../../src/http/dialects/ibm/dialects.ts";
import { Exchanges, type LogEntry } from "../../src/http/exchange.ts";
import { Metrics } from "../../src/http/metrics.ts";
import { createServer } from "../../src/http/server.ts";

/** Sends JSON (a merge patch with PATCH) with one credential, or with none, and reads JSON. */
export interface Client {
  get(url: string): Promise<IbmAnswer>;
  post(url: string, body: object): Promise<IbmAnswer>;
  patch(url: string, body: object): Promise<IbmAnswer>;
  delete(url: string): Promise<IbmAnswer>;
  call(call: JsonCall): Promise<IbmAnswer>;
  send(request: InjectOptions): Promise<IbmAnswer>;
}

export interface Person extends Client {
  readonly iamId: string;
  readonly name: string;
  readonly apiKey: string;
}

export interface IbmAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON, or an empty object where the answer has no body. */
  // oxlint-disable-next-line typescript/no-explicit-any -- bodies are compared, not trusted
  readonly body: any;
  /** The body as it came. */
  readonly text: string;
}

export interface JsonCall {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly url: string;
  readonly body?: object | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface IbmApp {
  readonly test: TestApp;
  readonly server: FastifyInstance;
  readonly account: string;
  readonly region: string;
  readonly instance: string;
  readonly instanceCrn: string;
  /** What the server's own log was told. */
  readonly logged: readonly LogEntry[];
  /** A user of the account with an API key, a token got with it, and a policy if roles are named. */
  person(email: string, roles: readonly RoleName[], resource?: PolicyResource): Promise<Person>;
  /** Brings no credential. */
  readonly nobody: Client;
  events(): readonly AuditEvent[];
  /** The ledger's lines, as they would be on disk. */
  lines(): readonly Uint8Array[];
  /** Listens on a free port of loopback; its URL. */
  listen(): Promise<string>;
  close(): Promise<void>;
}

export async function openIbmApp(options: TestAppOptions = {}): Promise<IbmApp> {
  const test = await openTestApp(options);
  const { performer } = test;
  const logged: LogEntry[] = [];
  const server = serverOf(test, logged);
  let url: Promise<string> | undefined;

  const done = async <I extends object, O extends object>(
    operation: Operation<I, unknown, O>,
    input: I,
  ): Promise<O> => {
    const performed = await performer.perform(operation, internalCall(), () => input);
    if (performed.kind === "refused") throw performed.refusal;
    return performed.output;
  };
  const app: IbmApp = {
    test,
    server,
    account: ACCOUNT,
    region: PLACE.region,
    instance: PLACE.instance,
    instanceCrn: crn("secrets-manager", PLACE),
    logged,
    async person(email, roles, resource = {}) {
      const user = await done(createUser, { email, name: email });
      const key = await done(createApiKey, { iamId: user.iamId, name: "key" });
      if (roles.length > 0) await done(createPolicy, { subject: user.iamId, roles, resource });
      const apiKey = key.value.reveal();
      const token = await tokenOf(server, apiKey);
      return { iamId: user.iamId, name: email, apiKey, ...clientOf(server, token) };
    },
    nobody: clientOf(server, null),
    events: () => test.events(),
    lines: () => test.log.lines,
    listen: () => (url ??= server.listen({ host: "127.0.0.1", port: 0 })),
    async close() {
      await server.close();
      await test.close();
    },
  };
  await server.ready();
  return app;
}

function serverOf(test: TestApp, logged: LogEntry[]): FastifyInstance {
  const { performer, state, capabilities, clock } = test;
  const metrics = new Metrics({
    ledgerEntries: () => test.log.size,
    checkpointSize: () => 0,
    indexedEntries: () => 0,
  });
  const exchanges = new Exchanges({
    performer,
    metrics,
    receiptOf: () => Promise.reject(new Error("there are no checkpoints in these stories")),
    log: (entry) => void logged.push(entry),
  });
  const { tokens, credentials, regions } = capabilities;
  const dialects = ibmDialects({ state, tokens, credentials, clock, regions });
  return createServer({ dialects, exchanges, performer, surfaces: [] });
}

function clientOf(server: FastifyInstance, token: string | null): Client {
  const authorization = token === null ? {} : { authorization: `Bearer ${token}` };
  const client: Client = {
    get: (url) => client.call({ method: "GET", url }),
    post: (url, body) => client.call({ method: "POST", url, body }),
    patch: (url, body) => client.call({ method: "PATCH", url, body }),
    delete: (url) => client.call({ method: "DELETE", url }),
    call({ method, url, body, headers = {} }) {
      if (!body) return client.send({ method, url, headers });
      const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
      const payload = JSON.stringify(body);
      return client.send({ method, url, headers: { "content-type": type, ...headers }, payload });
    },
    async send(request) {
      const headers = { ...authorization, ...request.headers };
      const response = await server.inject({ ...request, headers });
      return {
        status: response.statusCode,
        headers: response.headers as Readonly<Record<string, string>>,
        body: response.body === "" ? {} : response.json(),
        text: response.body,
      };
    },
  };
  return client;
}

async function tokenOf(server: FastifyInstance, apiKey: string): Promise<string> {
  const form = new URLSearchParams({
    grant_type: "urn:ibm:params:oauth:grant-type:apikey",
    apikey: apiKey,
  });
  const response = await server.inject({
    method: "POST",
    url: "/identity/token",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    payload: form.toString(),
  });
  const { access_token: token } = response.json<{ access_token?: string }>();
  if (token === undefined) throw new Error(`no token: ${response.body}`);
  return token;
}

/** The server's own doing, as at the first start: what prepares a story needs no caller. */
function internalCall(): Call {
  return {
    caller: { kind: "internal", job: "bootstrap" },
    dialect: "internal",
    place: accountPlace(ACCOUNT),
    host: { address: "", addressType: "", agent: "" },
    requestId: "story",
    correlationId: "story",
    about: null,
  };
}
