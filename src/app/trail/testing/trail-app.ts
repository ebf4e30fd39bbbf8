/** An application whose trail can be read: the real ledger, index and performer, all in memory. */
import { catalogueVocabulary } from "../../../audit/vocabulary.ts";
import { describe, type Happening } from "../../../audit/describe.ts";
import type { AuditEvent } from "../../../audit/event.ts";
import { parseEvent } from "../../../audit/event.ts";
import type { OperationName } from "../../../audit/catalogue.ts";
import { Trail, type Recorded } from "../../../audit/trail.ts";
import type { Place } from "../../../audit/crn.ts";
import { isAddressAllowed, NOBODYS_RANGES } from "../../../identity/addresses.ts";
import { invariant } from "../../../kernel/errors.ts";
import { TimeOrderedIds } from "../../../kernel/ids.ts";
import type { SignedCheckpoint } from "../../../ledger/checkpoint.ts";
import type { Ledger } from "../../../ledger/ledger.ts";
import type { EventIndex } from "../../../search/event-index.ts";
import { Indexer } from "../../../search/indexer.ts";
import { MemoryEventIndex } from "../../../storage/memory/event-index.ts";
import { openMemoryLedger } from "../../../storage/memory/ledger-fixture.ts";
import { MemoryLedgerStore } from "../../../storage/memory/ledger-store.ts";
import { countersSchema, SqliteCounterStore } from "../../../storage/sqlite/counters.ts";
import { Database } from "../../../storage/sqlite/database.ts";
import type { Call, Caller } from "../../call.ts";
import type { Pinned } from "../../destinations/deliveries.ts";
import { DeliveryDesk } from "../../destinations/desk.ts";
import type { Operation } from "../../operation.ts";
import { Performer, type Performed } from "../../perform.ts";
import { openTestApp, PLACE, type TestApp } from "../../testing/test-app.ts";
import { TrailReader } from "../trail-reader.ts";

/** What of an event a test may choose; the rest is as an operation would have it. */
export interface Planted {
  readonly operation?: OperationName;
  readonly place?: Place;
  readonly targetId?: string;
  readonly initiatorId?: string;
  readonly input?: object;
  readonly status?: number;
}

export interface TrailApp {
  readonly base: TestApp;
  readonly ledger: Ledger;
  readonly trail: Trail;
  readonly index: EventIndex;
  readonly indexer: Indexer;
  readonly reader: TrailReader;
  readonly performer: Performer;
  /** Nobody delivers until a delivery joins it. */
  readonly desk: DeliveryDesk;
  /** Stands in for the witnesses: what they have cosigned. */
  cosigned: SignedCheckpoint | undefined;
  /** Records an event that no operation of the test made: someone else's. */
  plant(planted?: Planted): Promise<Recorded>;
  perform<I extends object, S, O extends object>(
    operation: Operation<I, S, O>,
    caller: Caller,
    input: I,
  ): Promise<Performed<O>>;
  done<I extends object, S, O extends object>(
    operation: Operation<I, S, O>,
    caller: Caller,
    input: I,
  ): Promise<O>;
  events(): Promise<readonly AuditEvent[]>;
  close(): Promise<void>;
}

/** The index, if it is given, is closed by whoever made it. */
export async function openTrailApp(
  index: EventIndex = new MemoryEventIndex(),
  { pinned = [] }: { readonly pinned?: readonly Pinned[] } = {},
): Promise<TrailApp> {
  const base = await openTestApp();
  const ledger = await openMemoryLedger(new MemoryLedgerStore());
  const counters = Database.open(":memory:", [countersSchema]);
  const trail = await Trail.open(ledger, new SqliteCounterStore(counters));
  const indexer = await Indexer.start(index, ledger, { gatherMs: 0, minBackoffMs: 1 });
  const reader = new TrailReader({
    log: ledger,
    index,
    follower: indexer,
    totals: (keys) => trail.totals(keys),
    vocabulary: catalogueVocabulary,
    cosigned: () => app.cosigned,
  });
  const ids = new TimeOrderedIds(base.clock);
  const desk = new DeliveryDesk({
    pinned,
    isReachable: (address) => !isAddressAllowed(NOBODYS_RANGES, address),
    attest: (size, statement) => ledger.attest(size, statement),
    clock: base.clock,
  });
  trail.onRecorded((events) => desk.onRecorded(events));
  const capabilities = { ...base.capabilities, trail: reader, deliveries: desk };
  const performer = new Performer({ ...base, trail, capabilities, ids });
  const app: TrailApp = {
    base,
    ledger,
    trail,
    index,
    indexer,
    reader,
    performer,
    desk,
    cosigned: undefined,
    async plant(planted = {}) {
      const [recorded] = await trail.record([describe(happening(planted, base, ids))]);
      invariant(recorded !== undefined, "a planted event is recorded");
      return recorded;
    },
    perform: (operation, caller, input) =>
      performer.perform(operation, nativeCall(base, caller), () => input),
    async done(operation, caller, input) {
      const performed = await app.perform(operation, caller, input);
      if (performed.kind === "refused") throw performed.refusal;
      return performed.output;
    },
    async events() {
      const found: AuditEvent[] = [];
      for await (const { lines } of ledger.read(0, ledger.size))
        found.push(...lines.map(parseEvent));
      return found;
    },
    async close() {
      await indexer.stop();
      await trail.close();
      await ledger.close();
      counters.close();
      await base.close();
    },
  };
  return app;
}

/** As the native dialect makes it: at home in the account, in no instance. */
function nativeCall(base: TestApp, caller: Caller): Call {
  return {
    ...base.call(caller, { ...PLACE, region: "global", instance: null }),
    dialect: "native",
  };
}

function happening(planted: Planted, base: TestApp, ids: TimeOrderedIds): Happening {
  const { operation = "secret.read", place = PLACE, targetId = "s1", status } = planted;
  const { initiatorId = "IBMid-someone", input = { id: targetId } } = planted;
  return {
    id: ids.next(),
    at: base.clock.now(),
    operation,
    initiator: {
      id: initiatorId,
      name: initiatorId === "" ? "" : `name of ${initiatorId}`,
      typeURI: "service/security/account/user",
      credential: { type: "token" },
      host: { address: "192.0.2.1", addressType: "IPv4", agent: "test" },
    },
    target: { place, kind: "secret", id: targetId, name: `name of ${targetId}` },
    input,
    ending:
      status === undefined
        ? { kind: "success", output: {} }
        : { kind: "failure", status, sentence: "No." },
    dialect: "ibm",
    requestId: "request",
    correlationId: "correlation",
  };
}
