/**
 * A whole application for tests: the real performer over SQLite and an entry log, both in memory;
 * time stands still.
 */
import { parseEvent, type AuditEvent } from "../../audit/event.ts";
import type { Trail } from "../../audit/trail.ts";
import type { Place } from "../../audit/crn.ts";
import type { PolicyResource } from "../../identity/authorize.ts";
import type { Regions } from "../../identity/region.ts";
import type { RoleName } from "../../identity/roles.ts";
import { ManualClock } from "../../kernel/clock.ts";
import type { Refusal } from "../../kernel/errors.ts";
import { randomId } from "../../kernel/ids.ts";
import type { RootKeySource } from "../../secrets/root-key.ts";
import { RootKeysInMemory } from "../../storage/memory/root-keys.ts";
import { MemoryEntryLog } from "../../storage/memory/entry-log.ts";
import type { Database } from "../../storage/sqlite/database.ts";
import type { Call, Caller } from "../call.ts";
import { assemble, openTestDatabase } from "./assembly.ts";
import type { NoticeSender } from "../notifications/notice-sender.ts";
import type { Operation } from "../operation.ts";
import type { Performed, Performer } from "../perform.ts";
import type { Acme } from "../secrets/acme.ts";
import type { Rotators } from "../secrets/rotators.ts";
import type { Capabilities } from "../capabilities.ts";
import type { State } from "../state.ts";

export const START = Date.UTC(2026, 10, 21, 9, 0, 0);
export const ACCOUNT = "0123456789abcdef0123456789abcdef";
export const PLACE = {
  account: ACCOUNT,
  region: "us-south",
  instance: "11111111-2222-4333-8444-555555555555",
} as const satisfies Place;

export const NOBODY: Caller = { kind: "anonymous", refusal: null };
export const SCHEDULE: Caller = { kind: "internal", job: "schedule" };

export interface TestApp {
  readonly clock: ManualClock;
  readonly log: MemoryEntryLog;
  readonly database: Database;
  readonly state: State;
  readonly trail: Trail;
  readonly capabilities: Capabilities;
  readonly performer: Performer;
  /** Every event recorded so far, in order. */
  events(): readonly AuditEvent[];
  lastEvent(): AuditEvent;
  /**
   * A new identity that has been given these roles on a resource; without one, on the whole
   * account.
   */
  callerWith(roles: readonly RoleName[], resource?: PolicyResource): Promise<Caller>;
  call(caller: Caller, place?: Place): Call;
  perform<I extends object, S, O extends object>(
    operation: Operation<I, S, O>,
    caller: Caller,
    input: I,
  ): Promise<Performed<O>>;
  /** Performs, and throws the refusal if there is one. */
  done<I extends object, S, O extends object>(
    operation: Operation<I, S, O>,
    caller: Caller,
    input: I,
  ): Promise<O>;
  /** Performs, and throws unless it was refused. */
  refused<I extends object, S, O extends object>(
    operation: Operation<I, S, O>,
    caller: Caller,
    input: I,
  ): Promise<Refusal>;
  close(): Promise<void>;
}

export interface TestAppOptions {
  readonly rootKeys?: RootKeySource;
  readonly log?: MemoryEntryLog;
  readonly database?: Database;
  readonly clock?: ManualClock;
  /** IBM's, if nothing else is said. */
  readonly regions?: Regions;
  readonly publicDomain?: string;
  /** Certificate authorities; nobody there, if nothing else is said. */
  readonly acme?: Acme;
  /** Nobody to be called, if nothing else is said. */
  readonly rotators?: Rotators;
  /** Nowhere, if nothing else is said. */
  readonly notices?: NoticeSender;
  /** Without the account and the instance: for what makes them. */
  readonly isEmpty?: true;
}

export async function openTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const { clock = new ManualClock(START), log = new MemoryEntryLog() } = options;
  const { database = openTestDatabase() } = options;
  const { rootKeys = new RootKeysInMemory() } = options;
  const { regions, publicDomain, acme, rotators } = options;
  const outside = { regions, publicDomain, acme, rotators, notices: options.notices };
  const assembly = await assemble({ log, database, clock, rootKeys, ...outside });
  const { state, trail, capabilities, performer } = assembly;
  if (!options.isEmpty) await settle(state);
  const events = (): readonly AuditEvent[] => log.lines.map(parseEvent);

  const app: TestApp = {
    clock,
    log,
    database,
    state,
    trail,
    capabilities,
    performer,
    events,
    lastEvent: () => events().at(-1) as AuditEvent,
    callerWith: (roles, resource = {}) => grant(state, clock, { roles, resource }),
    call,
    perform: (operation, caller, input) => performer.perform(operation, call(caller), () => input),
    async done(operation, caller, input) {
      const performed = await app.perform(operation, caller, input);
      if (performed.kind === "refused") throw performed.refusal;
      return performed.output;
    },
    async refused(operation, caller, input) {
      const performed = await app.perform(operation, caller, input);
      if (performed.kind === "done") throw new Error("it was not refused");
      return performed.refusal;
    },
    async close() {
      await assembly.close();
      database.close();
    },
  };
  return app;
}

/** The account and the instance that calls are about. */
async function settle(state: State): Promise<void> {
  await state.transact(async ({ identity }) => {
    const createdAt = START;
    await identity.putAccount({ id: ACCOUNT, name: "Test", createdAt, isHandedOver: true });
    const { instance: id, account, region } = PLACE;
    await identity.putInstance({ id, account, region, name: "test", createdAt });
  });
}

function call(caller: Caller, place: Place = PLACE): Call {
  return {
    caller,
    dialect: caller.kind === "internal" ? "internal" : "ibm",
    place,
    host: { address: "192.0.2.7", addressType: "IPv4", agent: "test" },
    requestId: "request",
    correlationId: "correlation",
    about: null,
  };
}

async function grant(
  state: State,
  clock: ManualClock,
  { roles, resource }: { roles: readonly RoleName[]; resource: PolicyResource },
): Promise<Caller> {
  const id = `iam-ServiceId-${randomId()}`;
  await state.transact(async ({ identity }) => {
    await identity.putPolicy({
      id: randomId(),
      account: ACCOUNT,
      subject: id,
      roles,
      resource,
      description: "",
      state: "active",
      entityTag: "1-0",
      createdAt: clock.now(),
      createdBy: "test",
      modifiedAt: clock.now(),
      modifiedBy: "test",
    });
  });
  return {
    kind: "identity",
    id,
    name: roles.join("-"),
    account: ACCOUNT,
    typeURI: "service/security/account/serviceid",
    credentialType: "apikey-serviceid",
    credentialId: "ApiKey-test",
  };
}
