/** The parts between the ledger and the wires: state, vault, trail, index, operations, schedule. */
import { join } from "node:path";
import { AcmeClient } from "../acme/acme-client.ts";
import { DeliveryDesk } from "../app/destinations/desk.ts";
import { EngineConnections } from "../app/engines/connections.ts";
import { drainOutbox } from "../app/outbox.ts";
import { Performer } from "../app/perform.ts";
import { RootKeyRotation } from "../app/rotate-root-key.ts";
import { Schedule, type Job, type PassResult } from "../app/schedule.ts";
import { issuanceJob } from "../app/secrets/issuance-job.ts";
import { rootKeyJob, secretJobs } from "../app/secrets/jobs.ts";
import { rotatorJobs } from "../app/secrets/rotation-job.ts";
import { retrievalStoreOn } from "../app/secrets/retrieval-store.ts";
import type { Capabilities } from "../app/capabilities.ts";
import type { State } from "../app/state.ts";
import { TrailReader } from "../app/trail/trail-reader.ts";
import { Trail } from "../audit/trail.ts";
import { catalogueVocabulary } from "../audit/vocabulary.ts";
import type { ServeConfig } from "../config.ts";
import type { Definition } from "../delivery/definition.ts";
import { openQuotas } from "./quotas.ts";
import { CredentialKeeper } from "../identity/credentials.ts";
import { TokenIssuer } from "../identity/tokens.ts";
import type { Clock } from "../kernel/clock.ts";
import { TimeOrderedIds } from "../kernel/ids.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Sender } from "../notifications/ports.ts";
import { OpenIdFederation } from "../openid/openid-federation.ts";
import { Indexer } from "../search/indexer.ts";
import type { KnownRotators } from "../rotators/known-rotators.ts";
import { Retrievals } from "../secrets/retrievals.ts";
import { DuckDbEventIndex } from "../storage/duckdb/event-index.ts";
import { TokenKeyFile } from "../storage/files/token-key.ts";
import type { DataFolder } from "./data-folder.ts";
import type { WriteLog } from "./log.ts";
import { openWebhooks } from "./notices.ts";
import { openVault, type OpenedState } from "./open-state.ts";
import { assertPlaced, readPinned } from "./pinned-destinations.ts";
import { reachability } from "./reachability.ts";
import { openRegions } from "./regions.ts";
import { openRotators } from "./rotators.ts";
import { packageVersion } from "./version.ts";
import { startWitnessing, type Witnessing } from "./witnessing.ts";

export interface Core {
  readonly state: State;
  readonly trail: Trail;
  readonly capabilities: Capabilities;
  readonly acme: AcmeClient;
  readonly rotators: KnownRotators;
  readonly performer: Performer;
  readonly rotation: RootKeyRotation;
  readonly indexer: Indexer;
  readonly witnessing: Witnessing;
  readonly webhooks: Sender;
  /** Where operations ask after the delivery, which begins when everything stands. */
  readonly desk: DeliveryDesk;
  /** Destinations that the operator has pinned. */
  readonly pinned: readonly Definition[];
  /** Events of committed changes that a crash had kept from the ledger, and that stand in it now. */
  readonly drainedEvents: number;
}

export interface CorePorts {
  readonly config: ServeConfig;
  readonly folder: DataFolder;
  readonly stores: OpenedState;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly log: WriteLog;
  /** Whatever is opened is put here, to be closed in reverse. */
  readonly open: AsyncDisposableStack;
}

/** The outbox is drained before anything else may record, or be asked for. */
export async function openCore(ports: CorePorts): Promise<Core> {
  const { config, folder, stores, ledger, clock, log, open } = ports;
  const { state } = stores;
  const notices = openWebhooks(config, clock);
  const rotators = openRotators(config, clock);
  const pinned = await openPinned(ports);
  const regions = await openRegions(config, state);
  const trail = await Trail.open(ledger, stores.counters);
  open.defer(() => trail.close());
  const drainedEvents = await drainOutbox(state, trail);

  const { vault, rootKeys } = await openVault(state, folder, config);
  const retrievals = await Retrievals.open(ledger, retrievalStoreOn(state));
  open.defer(() => retrievals.close());
  open.defer(trail.onRecorded((events) => retrievals.onRecorded(events)));

  const index = await DuckDbEventIndex.open(folder.index);
  open.defer(() => index.close());
  const indexer = await Indexer.start(index, ledger);
  open.defer(() => indexer.stop());
  const witnessing = startWitnessing(ledger, {
    policyFile: config.witnessPolicy,
    folder: folder.ledger,
    clock,
    log,
  });
  open.defer(async () => {
    await ledger.publish();
    await witnessing.stop();
  });

  const engines = openEngines(ledger, trail, open);
  const desk = openDesk(ports, trail, pinned);
  const acme = openAcme(config, clock);
  const capabilities: Capabilities = {
    vault,
    rootKeys,
    retrievals,
    credentials: new CredentialKeeper(),
    tokens: await openTokens(ledger, folder),
    federation: new OpenIdFederation(clock),
    regions,
    publicDomain: config.publicDomain,
    notices,
    acme,
    rotators,
    engines,
    deliveries: desk,
    trail: new TrailReader({
      log: ledger,
      index,
      follower: indexer,
      totals: (keys) => trail.totals(keys),
      vocabulary: catalogueVocabulary,
      cosigned: () => witnessing.cosigned(),
      cosign: (size) => witnessing.cosign(size),
    }),
  };
  const performer = new Performer({
    state,
    trail,
    capabilities,
    clock,
    ids: new TimeOrderedIds(clock),
    quotas: openQuotas(config, clock),
  });
  const rotation = new RootKeyRotation({ state, vault, rootKeys });
  const readers = { indexer, witnessing, webhooks: notices, desk, pinned };
  const outside = { acme, rotators };
  return { state, trail, capabilities, ...outside, performer, rotation, ...readers, drainedEvents };
}

/** Before anything else is opened, so that a file that is of no use is said at once. */
async function openPinned({ config, stores, ledger, log }: CorePorts) {
  const warn = (message: string) => log({ level: "warn", message });
  const pinned = await readPinned(config, warn);
  const accounts = await stores.state.read(({ identity }) => identity.accounts());
  assertPlaced(pinned, { accounts: accounts.map(({ id }) => id), size: ledger.size }, warn);
  return pinned;
}

function openAcme({ acmeDirectories: directories }: ServeConfig, clock: Clock): AcmeClient {
  return new AcmeClient({ directories, userAgent: `keytrail/${packageVersion()}`, clock });
}

/** Told of what is recorded: an engine that was deleted is cut off. */
function openEngines(ledger: Ledger, trail: Trail, open: AsyncDisposableStack): EngineConnections {
  const engines = new EngineConnections(ledger.origin);
  open.defer(trail.onRecorded((events) => engines.onRecorded(events)));
  return engines;
}

/** Told of what is recorded: destinations that are changed are delivered to as they are now. */
function openDesk(
  { config, ledger, clock, open }: CorePorts,
  trail: Trail,
  pinned: readonly Definition[],
): DeliveryDesk {
  const desk = new DeliveryDesk({
    // What they are known by there is nothing to any operation.
    pinned: pinned.map(({ credentials: _credentials, ...shown }) => shown),
    isReachable: reachability(config.destinationAddresses).others,
    attest: (size, statement) => ledger.attest(size, statement),
    clock,
  });
  open.defer(trail.onRecorded((events) => desk.onRecorded(events)));
  return desk;
}

function openTokens({ origin }: Ledger, { keys }: DataFolder): Promise<TokenIssuer> {
  const store = new TokenKeyFile(join(keys, "token.key"));
  return TokenIssuer.open({ issuer: `https://${origin}/identity`, store });
}

/**
 * Starts the scheduled work; each pass that did something is told to `onPass`. What waits for a certificate authority,
 * or for a rotator, has a schedule of its own: nothing else is late because somebody outside is.
 */
export function startSchedule(
  { state, performer, rotation, acme, rotators }: Core,
  ports: CorePorts,
  onPass: (pass: PassResult) => void,
): void {
  run([...secretJobs({ state, performer }), rootKeyJob(rotation)], ports, onPass);
  run([issuanceJob({ state, performer })], ports, onPass);
  // Before that schedule is waited for: whom it asks is not waited for any more.
  ports.open.defer(() => acme.stop());
  run(rotatorJobs({ state, performer }), ports, onPass);
  ports.open.defer(() => rotators.stop());
}

function run(
  jobs: readonly Job[],
  { clock, log, open }: CorePorts,
  onPass: (pass: PassResult) => void,
): void {
  const schedule = new Schedule({
    jobs,
    clock,
    onPass: (pass) => {
      onPass(pass);
      log({ level: "info", message: `Job ${pass.job}: ${pass.done} done, ${pass.failed} failed.` });
    },
    onError: (job, error) => log({ level: "error", message: `Job ${job} failed.`, error }),
  });
  schedule.start();
  open.defer(() => schedule.stop());
}
