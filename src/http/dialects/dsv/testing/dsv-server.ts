/**
 * The HTTP server after its first start, as DSV's clients meet it: users with tokens, and calls under `/v1`. The other
 * wires stand beside it, over the same state.
 */
import type { TestUser } from "../../../../app/identity/testing/identity-app.ts";
import type { TestApp, TestAppOptions } from "../../../../app/testing/test-app.ts";
import type { AuditEvent } from "../../../../audit/event.ts";
import { renderDsv, type DsvRecord } from "../../../../audit/render/dsv.ts";
import type { RoleName } from "../../../../identity/roles.ts";
import { IdentityServer } from "../../../testing/identity-server.ts";

export interface DsvUser extends TestUser {
  /** Good for an hour. */
  readonly token: string;
}

export interface DsvAnswered {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  /** JSON; null where there is no body, and the bytes of what is no JSON. */
  // oxlint-disable-next-line typescript/no-explicit-any -- bodies are compared, not trusted
  readonly body: any;
  readonly text: string;
  /** What the call has recorded, in order; and the first of it as a record of DSV's. */
  readonly events: readonly AuditEvent[];
  readonly record: DsvRecord | undefined;
}

export interface DsvCallOptions {
  readonly body?: object | string;
  /** The server's administrator, if nobody else is named; null sends no token. */
  readonly as?: DsvUser | string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

export type DsvMethod = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

const HOST = "tenant.keytrail.test";

export class DsvServer {
  readonly http: IdentityServer;
  /** The owner of the account, who has every role. */
  readonly admin: DsvUser;

  private constructor(http: IdentityServer, admin: DsvUser) {
    this.http = http;
    this.admin = admin;
  }

  static async open(options: TestAppOptions = {}): Promise<DsvServer> {
    const http = await IdentityServer.open(options);
    const admin = await userWithToken(http, "admin@example.com", [
      "Manager",
      "Administrator",
      "Auditor",
      "Operator",
    ]);
    return new DsvServer(http, admin);
  }

  get app(): TestApp {
    return this.http.app.parts;
  }

  get account(): string {
    return this.http.app.first.account.id;
  }

  /** A user with a token and, if roles are named, a policy of IBM's kind. */
  user(email: string, roles: readonly RoleName[] = []): Promise<DsvUser> {
    return userWithToken(this.http, email, roles);
  }

  /** `call("GET", "/secrets/db")`, under `/v1`; a body that is text is sent as a form. */
  async call(
    method: DsvMethod,
    path: string,
    { body, as = this.admin, headers = {} }: DsvCallOptions = {},
  ): Promise<DsvAnswered> {
    const before = this.app.events().length;
    const token = as === null || typeof as === "string" ? as : as.token;
    const type =
      typeof body === "string" ? "application/x-www-form-urlencoded" : "application/json";
    const answer = await this.http.server.inject({
      method,
      url: `/v1${path}`,
      headers: {
        host: HOST,
        "user-agent": "dsv-1.41.0-linux-amd64",
        ...(body === undefined ? {} : { "content-type": type }),
        ...(token === null ? {} : { authorization: token }),
        ...headers,
      },
      ...(body === undefined
        ? {}
        : { payload: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const events = this.app.events().slice(before);
    const isJson = String(answer.headers["content-type"]).includes("json");
    return {
      status: answer.statusCode,
      headers: answer.headers,
      body: answer.body === "" ? null : isJson ? answer.json() : answer.rawPayload,
      text: answer.body,
      events,
      record: events[0] && renderDsv(events[0]),
    };
  }

  async close(): Promise<void> {
    await this.http.close();
  }
}

async function userWithToken(
  { app }: IdentityServer,
  email: string,
  roles: readonly RoleName[],
): Promise<DsvUser> {
  const made = await app.user(email, roles);
  const { accessToken } = await app.login(made.key.value);
  return { ...made, token: accessToken.reveal() };
}
