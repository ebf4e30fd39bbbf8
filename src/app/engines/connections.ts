/** The connections that engines hold to this server: one of each engine, and what is heard over it. */
import { parseCrn } from "../../audit/crn.ts";
import type { RecordedEvents } from "../../audit/trail.ts";
import type { ConnectionEnd } from "../../engines/engine.ts";
import type { Millis } from "../../kernel/clock.ts";

/** A connection, as far as operations use it. */
export interface EngineLink {
  /** By its id. */
  readonly engine: string;
  /** Has the engine answer, and resolves to whether it did, in time. */
  ping(): Promise<"answered" | "silent" | "busy">;
  /** Says why, and closes. */
  end(because: ConnectionEnd): void;
}

export class EngineConnections {
  /** By which engines know this server: their keys name it. */
  readonly serverName: string;
  readonly #links = new Map<string, EngineLink>();
  /** Of engines whose last sign of life is not written down yet. */
  readonly #heard = new Map<string, { readonly account: string; readonly at: Millis }>();

  constructor(serverName: string) {
    this.serverName = serverName;
  }

  of(engine: string): EngineLink | undefined {
    return this.#links.get(engine);
  }

  /** The newest connection of an engine is the one that counts. */
  join(link: EngineLink): void {
    const before = this.#links.get(link.engine);
    this.#links.set(link.engine, link);
    before?.end("replaced");
  }

  leave(link: EngineLink): void {
    if (this.#links.get(link.engine) === link) this.#links.delete(link.engine);
  }

  heard(engine: string, account: string, at: Millis): void {
    this.#heard.set(engine, { account, at });
  }

  /** What is known ahead of the state. */
  lastHeard(engine: string): Millis | undefined {
    return this.#heard.get(engine)?.at;
  }

  /** What has been heard, to be written down; `settled` forgets what was. */
  unwritten(): readonly HeardOf[] {
    return [...this.#heard].map(([engine, heard]) => ({ engine, ...heard }));
  }

  settled(written: readonly HeardOf[]): void {
    for (const { engine, at } of written) {
      if (this.#heard.get(engine)?.at === at) this.#heard.delete(engine);
    }
  }

  /** Told of everything that is recorded: an engine that was deleted is cut off then. Never throws. */
  onRecorded({ events }: RecordedEvents): void {
    for (const { operation, outcome, target } of events) {
      if (operation !== "engine.delete" || outcome !== "success") continue;
      const engine = parseCrn(target.id)?.id ?? "";
      this.#heard.delete(engine);
      this.of(engine)?.end("deleted");
    }
  }
}

/** When an engine was last heard of. */
export interface HeardOf {
  readonly engine: string;
  readonly account: string;
  readonly at: Millis;
}
