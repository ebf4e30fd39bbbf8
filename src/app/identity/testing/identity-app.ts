/** A whole application over SQLite and an entry log in memory, as far as identities go. */
import { parseEvent, type AuditEvent } from "../../../audit/event.ts";
import { Trail } from "../../../audit/trail.ts";
import { accountPlace } from "../../../identity/account.ts";
import type { PolicyResource } from "../../../identity/authorize.ts";
import { CredentialKeeper } from "../../../identity/credentials.ts";
import { TokenIssuer } from "../../../identity/tokens.ts";
import type { User } from "../../../identity/user.ts";
import { ManualClock } from "../../../kernel/clock.ts";
import { TimeOrderedIds } from "../../../kernel/ids.ts";
import type { Sensitive } from "../../../kernel/sensitive.ts";
import { MemoryEntryLog } from "../../../storage/memory/entry-log.ts";
import { TokenKeyInMemory } from "../../../storage/memory/token-key.ts";
import { countersSchema, SqliteCounterStore } from "../../../storage/sqlite/counters.ts";
import { Database } from "../../../storage/sqlite/database.ts";
import { identitySchema } from "../../../storage/sqlite/identity-schema.ts";
import { SqliteIdentityStore } from "../../../storage/sqlite/identity.ts";
import { outboxSchema } from "../../../storage/sqlite/outbox.ts";
import { SqliteState } from "../../../storage/sqlite/state.ts";
import { bootstrap, type Bootstrapped } from "../../bootstrap.ts";
import type { Call, Caller } from "../../call.ts";
import type { Operation } from "../../operation.ts";
import { Performer, type Performed } from "../../perform.ts";
import type { Services } from "../../services.ts";
import type { Transaction } from "../../state.ts";
import { createApiKey, type CreatedApiKey } from "../api-keys.ts";
import { authenticateBearer } from "../authenticate.ts";
import { API_KEY_GRANT, issueToken, type IssuedTokens } from "../issue-token.ts";
import { createPolicy } from "../policies.ts";
import { createUser } from "../users.ts";

export const ISSUER = "https://keytrail.test/identity";
export const START = Date.UTC(2026, 10, 21, 9, 0, 0);
export const NOBODY: Caller = { kind: "anonymous", refusal: null };

export interface IdentityApp {
  readonly clock: ManualClock;
  readonly log: MemoryEntryLog;
  readonly database: Database;
  readonly state: SqliteState;
  readonly tokens: TokenIssuer;
  readonly performer: Performer;
  readonly first: Bootstrapped;
  /** Every event recorded so far. */
  events(): readonly AuditEvent[];
  last(): AuditEvent;
  call(caller: Caller, account?: string): Call;
  /** Performs, and expects no refusal. */
  done<I extends object, O extends object>(
    operation: Operation<I, unknown, O>,
    caller: Caller,
    input: I,
  ): Promise<O>;
  /** Performs, and expects a refusal: its code and its sentence. */
  refused<I extends object, O extends object>(
    operation: Operation<I, unknown, O>,
    caller: Caller,
    input: I,
  ): Promise<string>;
  login(apiKey: Sensitive<string>, clientId?: string): Promise<IssuedTokens>;
  /** The caller that a token makes of a request. */
  authenticated(token: Sensitive<string> | string): Promise<Caller>;
  administrator(): Promise<Caller>;
  /** A user with an API key and, if roles are named, a policy. */
  user(email: string, roles?: readonly string[], resource?: PolicyResource): Promise<TestUser>;
  close(): Promise<void>;
}

export interface TestUser {
  readonly user: User;
  readonly key: CreatedApiKey;
  readonly caller: Caller;
}

export async function openIdentityApp(): Promise<IdentityApp> {
  const clock = new ManualClock(START);
  const log = new MemoryEntryLog();
  const database = Database.open(":memory:", [outboxSchema, countersSchema, identitySchema]);
  const identity = new SqliteIdentityStore(database);
  // Nothing here speaks of secrets, nor of searching the trail.
  const stores = (): Pick<Transaction, "secrets" | "identity"> =>
    ({ identity }) as unknown as Transaction;
  const state = new SqliteState({ reader: database, writer: database }, stores);
  const trail = await Trail.open(log, new SqliteCounterStore(database));
  const tokens = await TokenIssuer.open({ issuer: ISSUER, store: new TokenKeyInMemory() });
  const services = { credentials: new CredentialKeeper(), tokens } as unknown as Services;
  const performer = new Performer({
    state,
    trail,
    services,
    clock,
    ids: new TimeOrderedIds(clock),
  });
  const first = await bootstrap({ state, performer, region: "us-south" });
  if (!first) throw new Error("an empty state bootstraps");
  await first.handedOver();

  const events = (): readonly AuditEvent[] => log.lines.map(parseEvent);
  const call = (caller: Caller, account: string = first.account.id): Call => ({
    caller,
    dialect: "native",
    place: accountPlace(account),
    host: { address: "192.0.2.7", addressType: "IPv4", agent: "test" },
    requestId: "request",
    correlationId: "correlation",
    about: null,
  });
  function perform<I extends object, O extends object>(
    operation: Operation<I, unknown, O>,
    caller: Caller,
    input: I,
  ): Promise<Performed<O>> {
    return performer.perform(operation, call(caller), () => input);
  }
  const app: IdentityApp = {
    clock,
    log,
    database,
    state,
    tokens,
    performer,
    first,
    events,
    last: () => events().at(-1) as AuditEvent,
    call,
    async done(operation, caller, input) {
      const performed = await perform(operation, caller, input);
      if (performed.kind === "refused") throw performed.refusal;
      return performed.output;
    },
    async refused(operation, caller, input) {
      const performed = await perform(operation, caller, input);
      if (performed.kind === "done") throw new Error("it was not refused");
      return `${performed.refusal.code}: ${performed.refusal.message}`;
    },
    login: (apiKey, client_id = "default") =>
      app.done(issueToken, NOBODY, { client_id, grant_type: API_KEY_GRANT, apiKey }),
    authenticated: (token) =>
      authenticateBearer(`Bearer ${typeof token === "string" ? token : token.reveal()}`, {
        state,
        tokens,
        clock,
      }),
    administrator: async () => app.authenticated((await app.login(first.apiKey)).accessToken),
    async user(email, roles = [], resource = {}) {
      const admin = await app.administrator();
      const user = await app.done(createUser, admin, { email, name: email });
      const key = await app.done(createApiKey, admin, { iamId: user.iamId, name: "key" });
      if (roles.length > 0) {
        await app.done(createPolicy, admin, { subject: user.iamId, roles, resource });
      }
      return {
        user,
        key,
        caller: await app.authenticated((await app.login(key.value)).accessToken),
      };
    },
    async close() {
      await trail.close();
      await state.close();
      database.close();
    },
  };
  return app;
}
