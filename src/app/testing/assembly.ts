/** The road over any log and any database: what a test, or the simulation after a crash, opens as a start does. */
import { AcmeClient } from "../../acme/acme-client.ts";
import { drainOutbox } from "../outbox.ts";
import type { CounterStore } from "../../audit/counters.ts";
import { Trail, type EntryLog } from "../../audit/trail.ts";
import { catalogueVocabulary } from "../../audit/vocabulary.ts";
import { isAddressAllowed, NOBODYS_RANGES } from "../../identity/addresses.ts";
import { CredentialKeeper } from "../../identity/credentials.ts";
import { Regions } from "../../identity/region.ts";
import { TokenIssuer } from "../../identity/tokens.ts";
import type { Clock } from "../../kernel/clock.ts";
import { Outage } from "../../kernel/errors.ts";
import { TimeOrderedIds } from "../../kernel/ids.ts";
import { Webhooks } from "../../notifications/webhooks.ts";
import { OpenIdFederation } from "../../openid/openid-federation.ts";
import { Retrievals } from "../../secrets/retrievals.ts";
import type { RootKeySource } from "../../secrets/root-key.ts";
import { TokenKeyInMemory } from "../../storage/memory/token-key.ts";
import { countersSchema, SqliteCounterStore } from "../../storage/sqlite/counters.ts";
import { Database } from "../../storage/sqlite/database.ts";
import { stateMigrations } from "../../storage/sqlite/migrations.ts";
import { identitySchema } from "../../storage/sqlite/identity-schema.ts";
import { outboxSchema } from "../../storage/sqlite/outbox.ts";
import { secretsSchema } from "../../storage/sqlite/secrets-schema.ts";
import { SqliteState } from "../../storage/sqlite/state.ts";
import { storesOn } from "../../storage/sqlite/stores.ts";
import type { Deliveries } from "../destinations/deliveries.ts";
import { DeliveryDesk } from "../destinations/desk.ts";
import { EngineConnections } from "../engines/connections.ts";
import type { NoticeSender } from "../notifications/notice-sender.ts";
import { Performer } from "../perform.ts";
import { retrievalStoreOn } from "../secrets/retrieval-store.ts";
import type { Acme } from "../secrets/acme.ts";
import type { Rotators } from "../secrets/rotators.ts";
import type { Capabilities } from "../capabilities.ts";
import type { TrailReader } from "../trail/trail-reader.ts";
import { unseal } from "../unseal.ts";

/** The state of an installation that has just been made. */
export function openTestDatabase(path = ":memory:"): Database {
  const schema = [outboxSchema, countersSchema, identitySchema, secretsSchema];
  return Database.open(path, schema, stateMigrations);
}

export interface AssemblyParts {
  readonly log: EntryLog;
  readonly database: Database;
  readonly clock: Clock;
  readonly rootKeys: RootKeySource;
  /** IBM's, if nothing else is said. */
  readonly regions?: Regions | undefined;
  readonly publicDomain?: string | null | undefined;
  /** Nowhere, if nothing else is said. */
  readonly notices?: NoticeSender | undefined;
  /** Certificate authorities, and nobody there if nothing else is said. */
  readonly acme?: Acme | undefined;
  /** Nobody to be called, if nothing else is said. */
  readonly rotators?: Rotators | undefined;
  /** None under way, if nothing else is said. */
  readonly deliveries?: Deliveries | undefined;
  /** Where events are counted, if not simply in the database. */
  readonly counters?: CounterStore;
}

export interface Assembly {
  readonly state: SqliteState;
  readonly trail: Trail;
  readonly capabilities: Capabilities;
  readonly performer: Performer;
  /** Events that a crash had kept from the log and that were recorded now. */
  readonly drainedEvents: number;
  close(): Promise<void>;
}

/** A port of this machine that answers nobody. */
const NOBODY = "http://127.0.0.1:1/directory";
const NOBODY_THERE = { production: NOBODY, staging: NOBODY };

/** In the order of a real start: the outbox is drained before anything may be asked for. */
export async function assemble({
  log,
  database,
  clock,
  rootKeys,
  regions = Regions.default,
  publicDomain = null,
  counters = new SqliteCounterStore(database),
  acme = new AcmeClient({ directories: NOBODY_THERE, userAgent: "keytrail/test", clock }),
  rotators = { find: () => undefined },
  notices = new Webhooks({ destinations: [], signingKeys: [], clock }),
  deliveries = noDeliveries(clock),
}: AssemblyParts): Promise<Assembly> {
  const state = new SqliteState({ reader: database, writer: database }, storesOn);
  const trail = await Trail.open(log, counters);
  const drainedEvents = await drainOutbox(state, trail);
  const retrievals = await Retrievals.open(log, retrievalStoreOn(state));
  const engines = new EngineConnections("keytrail.test");
  const forget = trail.onRecorded((events) => {
    retrievals.onRecorded(events);
    engines.onRecorded(events);
  });
  const capabilities: Capabilities = {
    vault: await unseal(state, rootKeys),
    rootKeys,
    retrievals,
    credentials: new CredentialKeeper(),
    tokens: await TokenIssuer.open({
      issuer: "https://keytrail.test/identity",
      store: new TokenKeyInMemory(),
    }),
    federation: new OpenIdFederation(clock),
    notices,
    acme,
    rotators,
    regions,
    publicDomain,
    engines,
    deliveries,
    // Operations that search the trail are tested beside their index.
    trail: { log, vocabulary: catalogueVocabulary } as unknown as TrailReader,
  };
  const ids = new TimeOrderedIds(clock);
  const performer = new Performer({ state, trail, capabilities, clock, ids });
  return {
    state,
    trail,
    capabilities,
    performer,
    drainedEvents,
    async close() {
      forget();
      await retrievals.close();
      await trail.close();
      await state.close();
    },
  };
}

/** Destinations are kept, and nobody is sent to them. */
function noDeliveries(clock: Clock): Deliveries {
  return new DeliveryDesk({
    pinned: [],
    isReachable: (address) => !isAddressAllowed(NOBODYS_RANGES, address),
    attest: () => Promise.reject(new Outage("no log signs here")),
    clock,
  });
}
