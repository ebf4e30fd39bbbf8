/** The composition root of the server: opens every part in order, joins them, and closes them in reverse. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { bootstrap, type Bootstrapped } from "../app/bootstrap.ts";
import type { Call } from "../app/call.ts";
import { crn, operatorPlace } from "../audit/crn.ts";
import type { FirstStart, RunningServer, ServeHooks } from "../cli/serve.ts";
import type { ServeConfig } from "../config.ts";
import { liveThroughAnHour } from "../demo/hour.ts";
import { Metrics } from "../http/metrics.ts";
import { instancePlace } from "../identity/account.ts";
import { systemClock } from "../kernel/clock.ts";
import { randomId } from "../kernel/ids.ts";
import { openCore, startSchedule, type Core, type CorePorts } from "./core.ts";
import { replacePrivateFile } from "../storage/files/private-file.ts";
import { openDataFolder, type DataFolder } from "./data-folder.ts";
import { healthOf, startDelivery } from "./delivery.ts";
import { DemoClock } from "./demo-clock.ts";
import { listen } from "./http.ts";
import { logTo } from "./log.ts";
import { startNotices } from "./notices.ts";
import { openLedger, type OpenedLedger } from "./open-ledger.ts";
import { openState } from "./open-state.ts";
import { recoverIfAsked } from "./recovery.ts";
import { packageVersion } from "./version.ts";

const DEMO_SPAN_MS = 3_600_000;

/** Resolves once requests are taken. What was opened is closed again when a later part cannot be. */
export async function startServer(config: ServeConfig, hooks: ServeHooks): Promise<RunningServer> {
  const open = new AsyncDisposableStack();
  try {
    return await start(config, hooks, open);
  } catch (error) {
    await open.disposeAsync();
    throw error;
  }
}

async function start(
  config: ServeConfig,
  { say }: ServeHooks,
  open: AsyncDisposableStack,
): Promise<RunningServer> {
  const isNew = !existsSync(resolve(config.data, "state", "state.db"));
  const folder = openDataFolder(resolve(config.data));
  const demoClock = config.demo && isNew ? new DemoClock(DEMO_SPAN_MS) : null;
  if (config.demo && !isNew) say("--demo acts on a first start only: this data folder is in use.");
  const clock = demoClock ?? systemClock;
  const log = logTo(say, clock);
  const { opened, core, metrics, ports } = await openParts({
    config,
    folder,
    clock,
    log,
    say,
    open,
  });
  const { ledger } = opened;

  const { state, performer } = core;
  const first = await bootstrap({ state, performer, region: config.region });
  const recovered = await recoverIfAsked({ folder, core, host: config.host, say });
  startSchedule(core, ports, (pass) => metrics.scheduled(pass));
  startNotices({ state, sender: core.webhooks }, ports, metrics);
  const delivery = await startDelivery(core, ports, metrics);
  const keysFolder = folder.keys;
  const deliveryHealth = () => healthOf(delivery);
  const wires = {
    config,
    keysFolder,
    clock,
    demoClock,
    ledger,
    core,
    metrics,
    log,
    deliveryHealth,
  };
  const listening = await listen(wires);
  open.defer(() => listening.close());

  const firstStart =
    first && (await handOver(first, folder, { url: listening.url, vkey: ledger.vkey }));
  await recovered?.handOver({ url: listening.url, vkey: ledger.vkey });
  const { status } = core.capabilities.vault;
  if (status.kind === "sealed") say(`SEALED, no secret can be read or written: ${status.reason}`);
  if (demoClock && first && firstStart) {
    const { apiKey } = firstStart;
    const instance = first.instance.id;
    await liveThroughAnHour({ ...listening, apiKey, instance, clock: demoClock, say });
    demoClock.catchUp();
  }
  return {
    url: listening.url,
    dataFolder: config.data,
    logVkey: ledger.vkey,
    ledgerSize: ledger.size,
    firstStart,
    hasBootstrapFile: existsSync(folder.bootstrap),
    ownCertificate: listening.certificate && join(folder.keys, "tls.crt"),
    failed: opened.failed,
    stop: () => open.disposeAsync(),
  };
}

interface Opening extends Pick<CorePorts, "config" | "folder" | "clock" | "log" | "open"> {
  readonly say: (line: string) => void;
}

/** Everything that stands before the first request: stores, ledger, operations; and the record that it does. */
async function openParts(opening: Opening): Promise<{
  readonly opened: OpenedLedger;
  readonly core: Core;
  readonly metrics: Metrics;
  readonly ports: CorePorts;
}> {
  const { config, folder, log, say, open } = opening;
  const stores = openState(folder);
  open.defer(() => stores.close());
  const knownEntries = await stores.counters.position();
  const opened = await openLedger(folder, { logName: config.logName, knownEntries, log, say });
  open.defer(() => opened.close());
  const { ledger } = opened;
  const ports = { ...opening, stores, ledger };
  const core = await openCore(ports);
  const metrics = new Metrics({
    ledgerEntries: () => ledger.size,
    checkpointSize: () => ledger.checkpoint().size,
    indexedEntries: () => core.indexer.lag.indexed,
  });
  open.defer(ledger.onGroup((group) => metrics.appended(group)));
  await noticeStart(core, { size: ledger.size, cutBytes: opened.cutBytes });
  open.defer(() => noticeStop(core, ledger.size));
  return { opened, core, metrics, ports };
}

async function noticeStart(core: Core, found: { size: number; cutBytes: number }): Promise<void> {
  const facts = { version: packageVersion(), ...found, drainedEvents: core.drainedEvents };
  await core.performer.notice("server.start", serverCall(), facts);
}

async function noticeStop(core: Core, size: number): Promise<void> {
  await core.performer.notice("server.stop", serverCall(), { size });
}

function serverCall(): Call {
  const requestId = randomId();
  return {
    caller: { kind: "internal", job: "server" },
    dialect: "internal",
    place: operatorPlace(),
    host: { address: "", addressType: "", agent: "" },
    requestId,
    correlationId: requestId,
    about: null,
  };
}

/** The credentials are durable in the data folder before the state says that they have been handed over. */
async function handOver(
  first: Bootstrapped,
  folder: DataFolder,
  { url, vkey }: { readonly url: string; readonly vkey: string },
): Promise<FirstStart> {
  const made: FirstStart = {
    accountId: first.account.id,
    instanceCrn: crn("secrets-manager", instancePlace(first.instance)),
    apiKey: first.apiKey.reveal(),
  };
  const file = {
    url,
    account_id: made.accountId,
    instance_crn: made.instanceCrn,
    api_key: made.apiKey,
    log_vkey: vkey,
  };
  await replacePrivateFile(folder.bootstrap, `${JSON.stringify(file, null, 2)}\n`);
  await first.handedOver();
  return made;
}
