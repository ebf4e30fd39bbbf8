/** The whole application after its first start, with shorthands for logging in and for making identities. */
import assert from "node:assert/strict";
import { accountPlace } from "../../../identity/account.ts";
import type { PolicyResource } from "../../../identity/authorize.ts";
import { DEFAULT_CLIENT_ID } from "../../../identity/refresh-token.ts";
import type { TokenIssuer } from "../../../identity/tokens.ts";
import type { User } from "../../../identity/user.ts";
import type { Sensitive } from "../../../kernel/sensitive.ts";
import { bootstrap, type Bootstrapped } from "../../bootstrap.ts";
import type { Call, Caller } from "../../call.ts";
import type { Operation } from "../../operation.ts";
import type { Performed } from "../../perform.ts";
import { NOBODY, openTestApp, type TestApp, type TestAppOptions } from "../../testing/test-app.ts";
import { createApiKey, type CreatedApiKey } from "../api-keys.ts";
import { authenticateBearer, authenticateOverConnections } from "../authenticate.ts";
import { issueToken } from "../issue-token.ts";
import { API_KEY_GRANT, type IssuedTokens } from "../login.ts";
import { openSession } from "../open-session.ts";
import { createPolicy } from "../policies.ts";
import { createUser } from "../users.ts";

export { NOBODY, START } from "../../testing/test-app.ts";
/** Of the tokens of every test application. */
export const ISSUER = "https://keytrail.test/identity";

export interface TestUser {
  readonly user: User;
  readonly key: CreatedApiKey;
  readonly caller: Caller;
}

export class IdentityApp {
  readonly #app: TestApp;
  #overConnections: ReturnType<typeof authenticateOverConnections> | undefined;
  readonly first: Bootstrapped;

  private constructor(app: TestApp, first: Bootstrapped) {
    this.#app = app;
    this.first = first;
  }

  static async open(options: TestAppOptions = {}): Promise<IdentityApp> {
    const app = await openTestApp({ ...options, isEmpty: true });
    const first = await bootstrap({ ...app, region: "us-south" });
    if (!first) throw new Error("an empty state bootstraps");
    await first.handedOver();
    return new IdentityApp(app, first);
  }

  get parts(): TestApp {
    return this.#app;
  }

  get tokens(): TokenIssuer {
    return this.#app.capabilities.tokens;
  }

  call(caller: Caller, account: string = this.first.account.id): Call {
    return this.#app.call(caller, accountPlace(account));
  }

  perform<I extends object, O extends object>(
    operation: Operation<I, unknown, O>,
    caller: Caller,
    input: I,
  ): Promise<Performed<O>> {
    return this.#app.performer.perform(operation, this.call(caller), () => input);
  }

  /** Performs, and throws the refusal if there is one. */
  async done<I extends object, O extends object>(
    operation: Operation<I, unknown, O>,
    caller: Caller,
    input: I,
  ): Promise<O> {
    const performed = await this.perform(operation, caller, input);
    if (performed.kind === "refused") throw performed.refusal;
    return performed.output;
  }

  /** Performs, and throws unless it was refused; gives the code and the sentence. */
  async refused<I extends object, O extends object>(
    operation: Operation<I, unknown, O>,
    caller: Caller,
    input: I,
  ): Promise<string> {
    const performed = await this.perform(operation, caller, input);
    if (performed.kind === "done") throw new Error("it was not refused");
    return `${performed.refusal.code}: ${performed.refusal.message}`;
  }

  /** As the default client, or as one that names itself and so gets a refresh token. */
  login(apiKey: Sensitive<string>, client_id = DEFAULT_CLIENT_ID): Promise<IssuedTokens> {
    const operation = client_id === DEFAULT_CLIENT_ID ? issueToken : openSession;
    return this.done(operation, NOBODY, { client_id, grant_type: API_KEY_GRANT, apiKey });
  }

  /** Whom a request with this `Authorization` header comes from: by itself, and over a connection with others. */
  async whoSends(authorization: string | undefined): Promise<Caller> {
    const { state, clock } = this.#app;
    const ports = { state, clock, tokens: this.tokens };
    const caller = await authenticateBearer(authorization, ports);
    this.#overConnections ??= authenticateOverConnections(ports);
    assert.deepEqual(await this.#overConnections(authorization, this), caller);
    return caller;
  }

  authenticated(token: Sensitive<string> | string): Promise<Caller> {
    return this.whoSends(`Bearer ${typeof token === "string" ? token : token.reveal()}`);
  }

  async administrator(): Promise<Caller> {
    return this.authenticated((await this.login(this.first.apiKey)).accessToken);
  }

  /** A user with an API key and, if roles are named, a policy. */
  async user(
    email: string,
    roles: readonly string[] = [],
    resource: PolicyResource = {},
  ): Promise<TestUser> {
    const admin = await this.administrator();
    const user = await this.done(createUser, admin, { email, name: email });
    const key = await this.done(createApiKey, admin, { iamId: user.iamId, name: "key" });
    if (roles.length > 0) {
      await this.done(createPolicy, admin, { subject: user.iamId, roles, resource });
    }
    const { accessToken } = await this.login(key.value);
    return { user, key, caller: await this.authenticated(accessToken) };
  }

  close(): Promise<void> {
    return this.#app.close();
  }
}
