/**
 * The delivery of the trail, as the rest of the server sees it: which destinations there are, how far each has come and
 * what became of it. The couriers themselves may run on a thread of their own; recording never waits for any of them.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { Millis } from "../kernel/clock.ts";
import type { EntrySource } from "../ledger/entry-source.ts";
import { withoutAlias, withoutAliases } from "./aliases.ts";
import type { Tested } from "./couriers.ts";
import type { Definition } from "./definition.ts";
import type { CourierReport, Progress, ProgressStore, SetAside } from "./progress.ts";

/** How long the receivers' word may wait before it is kept: so much is delivered again after a crash. */
export const SAVE_INTERVAL_MS = 1_000;
/** After a failure to learn which destinations there are. */
export const RELOAD_RETRY_MS = 1_000;
/** Events that are set aside and told of one by one, of one destination in a minute; the rest is counted. */
export const MAX_ASIDE_TOLD_PER_MINUTE = 10;

/** The couriers, wherever they run. */
export interface Crew {
  set(definitions: readonly Definition[], known: ReadonlyMap<string, Progress>): Promise<void>;
  grown(size: number): void;
  test(definition: Definition): Promise<Tested>;
  /** By then everything that they had to report has been reported. */
  stop(): Promise<void>;
}

/** What the trail is to be told of. */
export type Happening =
  | {
      readonly kind: "failing" | "recovered";
      readonly definition: Definition;
      readonly report: CourierReport;
    }
  | {
      readonly kind: "set-aside";
      readonly definition: Definition;
      readonly report: CourierReport;
      readonly aside: SetAside;
    };

export interface DeliveryPorts {
  readonly source: EntrySource;
  readonly progress: ProgressStore;
  readonly crew: (report: (report: CourierReport) => void) => Crew;
  /** Which there are now, also those that the operator has pinned. */
  readonly definitions: () => Promise<readonly Definition[]>;
  /** Resolves once the trail has it. */
  readonly tell: (happening: Happening) => Promise<unknown>;
  /** The destinations, or how far they have come, cannot be read or kept at the moment. */
  readonly onTrouble: (error: unknown) => void;
  readonly now: () => Millis;
}

export class Delivery {
  readonly #ports: DeliveryPorts;
  readonly #crew: Crew;
  readonly #stopping = new AbortController();
  readonly #reports = new Map<string, CourierReport>();
  readonly #unsaved = new Set<string>();
  readonly #told = new Map<string, { isFailing: boolean; setAsideCount: number }>();
  readonly #asideTimes = new Map<string, Millis[]>();
  #definitions: ReadonlyMap<string, Definition> = new Map();
  #required: readonly Definition[] = [];
  #saved = new Map<string, Progress>();
  #telling: Promise<unknown> = Promise.resolve();
  #reloading: Promise<void> = Promise.resolve();
  #wantsReload = false;
  #isDueAgain = false;
  #saveTimer: NodeJS.Timeout | undefined;
  #saving: Promise<void> = Promise.resolve();
  #stopListening = (): void => {};

  private constructor(ports: DeliveryPorts) {
    this.#ports = ports;
    this.#crew = ports.crew((report) => this.#reported(report));
  }

  /** Resolves once couriers are on their way, or it is known that the state cannot say to whom: then it is asked again. */
  static async start(ports: DeliveryPorts): Promise<Delivery> {
    const delivery = new Delivery(ports);
    delivery.#stopListening = ports.source.onAppended(() =>
      delivery.#crew.grown(ports.source.size),
    );
    await delivery.reload();
    return delivery;
  }

  /** Destinations have changed. Calls made together share a reload; resolves when the couriers know. */
  reload(): Promise<void> {
    if (!this.#wantsReload) {
      this.#wantsReload = true;
      this.#reloading = this.#reloading.then(() => this.#reload());
    }
    return this.#reloading;
  }

  report(id: string): CourierReport | undefined {
    return this.#reports.get(id);
  }

  /** How far it has come, also before its courier has said so since the start. */
  progress(id: string): Progress | undefined {
    return this.#reports.get(id)?.progress ?? this.#saved.get(id);
  }

  get definitions(): readonly Definition[] {
    return [...this.#definitions.values()];
  }

  test(definition: Definition): Promise<Tested> {
    return this.#crew.test(withoutAlias(definition, this.definitions));
  }

  /** Of those without which nothing is to happen, those that are further behind than they may be. */
  get overdue(): readonly Definition[] {
    // Asked by every call: as a rule there are none.
    if (this.#required.length === 0) return this.#required;
    const { size } = this.#ports.source;
    return this.#required.filter(({ id, maxBacklog }) => {
      const acknowledged = this.progress(id)?.acknowledged ?? size;
      return size - acknowledged > (maxBacklog ?? size);
    });
  }

  /** The same, of one account's operations: those of everybody's destinations are among them. */
  overdueOf(account: string): readonly Definition[] {
    return this.overdue.filter(
      ({ selection }) => selection.account === null || selection.account === account,
    );
  }

  /** Ends what is under way and keeps how far everything has come. */
  async stop(): Promise<void> {
    this.#stopListening();
    this.#stopping.abort();
    // A reload may be waiting for a crew that answers nobody any more: its end ends that too.
    await this.#crew.stop();
    await this.#reloading;
    clearTimeout(this.#saveTimer);
    await this.#save();
  }

  async #reload(): Promise<void> {
    this.#wantsReload = false;
    if (this.#stopping.signal.aborted) return;
    try {
      const definitions = withoutAliases(await this.#ports.definitions());
      await this.#take(definitions);
      if (definitions.some(({ isWaiting, problem }) => isWaiting || problem)) void this.#again();
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      this.#ports.onTrouble(error);
      // Whoever waits for the start is not kept: it goes on by itself.
      void this.#again();
    }
  }

  async #again(): Promise<void> {
    if (this.#isDueAgain) return;
    this.#isDueAgain = true;
    const { signal } = this.#stopping;
    await wait(RELOAD_RETRY_MS, undefined, { signal, ref: false }).catch(() => undefined);
    this.#isDueAgain = false;
    if (!signal.aborted) await this.reload();
  }

  async #take(definitions: readonly Definition[]): Promise<void> {
    const known = await this.#ports.progress.load();
    if (this.#stopping.signal.aborted) return;
    const progress = new Map([...known].map(([id, saved]) => [id, this.progress(id) ?? saved]));
    for (const [id, { failingSince, setAsideCount }] of known) {
      if (this.#told.has(id)) continue;
      this.#told.set(id, { isFailing: failingSince !== null, setAsideCount });
    }
    this.#saved = progress;
    this.#definitions = new Map(definitions.map((one) => [one.id, one]));
    this.#required = definitions.filter(({ maxBacklog }) => maxBacklog !== null);
    await this.#crew.set(
      definitions.filter(({ isWaiting }) => isWaiting !== true),
      progress,
    );
    // From where one begins that nobody has sent to yet is kept at once: after a crash it is no other place.
    if (definitions.some(({ id }) => !known.has(id))) void this.#save();
    await this.#forget([...new Set([...progress.keys(), ...this.#reports.keys()])]);
  }

  /** What is known of destinations that are no more. */
  async #forget(ids: readonly string[]): Promise<void> {
    const gone = ids.filter((id) => !this.#definitions.has(id));
    for (const id of gone) {
      this.#reports.delete(id);
      this.#saved.delete(id);
      this.#unsaved.delete(id);
      this.#told.delete(id);
      this.#asideTimes.delete(id);
    }
    // What the operator has pinned may be pinned again: a configuration that was forgotten at a restart loses nothing.
    const forgotten = gone.filter((id) => !id.startsWith(PINNED));
    if (forgotten.length > 0) await this.#ports.progress.forget(forgotten);
  }

  #reported(report: CourierReport): void {
    const definition = this.#definitions.get(report.id);
    if (!definition) return;
    this.#reports.set(report.id, report);
    this.#unsaved.add(report.id);
    this.#tellOf(definition, report);
    this.#saveTimer ??= setTimeout(() => void this.#save(), SAVE_INTERVAL_MS).unref();
  }

  #tellOf(definition: Definition, report: CourierReport): void {
    const { failingSince, setAside, setAsideCount } = report.progress;
    const told = this.#told.get(report.id) ?? { isFailing: false, setAsideCount: 0 };
    const isFailing = failingSince !== null;
    this.#told.set(report.id, { isFailing, setAsideCount });
    if (isFailing !== told.isFailing) {
      this.#tell({ kind: isFailing ? "failing" : "recovered", definition, report });
    }
    const more = setAsideCount - told.setAsideCount;
    for (const aside of more > 0 ? setAside.slice(-more) : []) {
      if (this.#mayTellAside(report.id))
        this.#tell({ kind: "set-aside", definition, report, aside });
    }
  }

  /** An event about an event that was set aside may be set aside as well: that must not go on for ever. */
  #mayTellAside(id: string): boolean {
    const now = this.#ports.now();
    const recent = (this.#asideTimes.get(id) ?? []).filter((at) => Math.abs(now - at) < 60_000);
    const isAllowed = recent.length < MAX_ASIDE_TOLD_PER_MINUTE;
    this.#asideTimes.set(id, isAllowed ? [...recent, now] : recent);
    return isAllowed;
  }

  #tell(happening: Happening): void {
    this.#telling = this.#telling
      .then(() => this.#ports.tell(happening))
      .catch((error: unknown) => this.#ports.onTrouble(error));
  }

  /** Never rejects: a save that fails loses nothing, and is tried again. */
  #save(): Promise<void> {
    clearTimeout(this.#saveTimer);
    this.#saveTimer = undefined;
    this.#saving = this.#saving.then(() => this.#saveNow());
    return this.#saving;
  }

  async #saveNow(): Promise<void> {
    // The trail hears of a change of state before it is kept that there was one.
    await this.#telling;
    const ids = [...this.#unsaved];
    if (ids.length === 0) return;
    this.#unsaved.clear();
    try {
      await this.#ports.progress.save(
        new Map(
          ids.flatMap((id) => {
            const report = this.#reports.get(id);
            return report ? [[id, report.progress] as const] : [];
          }),
        ),
      );
    } catch (error) {
      for (const id of ids) this.#unsaved.add(id);
      this.#ports.onTrouble(error);
      if (this.#stopping.signal.aborted) return;
      this.#saveTimer ??= setTimeout(() => void this.#save(), SAVE_INTERVAL_MS).unref();
    }
  }
}

/** How the ids of what the operator has pinned begin. */
export const PINNED = "pinned:";
