/** Who came to know a value: the events that say so, gathered by identity. */
import type { AuditEvent, Dialect, InitiatorType } from "../../audit/event.ts";

/** Events that are listed of one identity, and of all; beyond that they are counted only, and the count says so. */
export const MAX_EVENTS_PER_IDENTITY = 100;
export const MAX_EVENTS_LISTED = 10_000;
/** Addresses, agents and versions of one identity that are listed. */
export const MAX_LISTED = 50;

export interface DisclosingEvent {
  readonly id: string;
  readonly index: number;
  readonly at: string;
  readonly versionId: string | null;
}

export interface Disclosed {
  readonly id: string;
  readonly name: string;
  readonly typeURI: InitiatorType;
  /** Who applied it, where the identity is a trusted profile: each of them stands by itself. */
  readonly authnId: string | null;
  readonly authnName: string | null;
  /** Whether it was the server itself, by its schedule: the value was generated, and shown to nobody. */
  readonly isInternal: boolean;
  readonly count: number;
  readonly first: string;
  readonly last: string;
  /** Each list in the order of appearance, at most MAX_LISTED long. */
  readonly addresses: readonly string[];
  readonly agents: readonly string[];
  readonly dialects: readonly Dialect[];
  readonly versions: readonly string[];
  /** The oldest of `count`: at most MAX_EVENTS_PER_IDENTITY, and MAX_EVENTS_LISTED in one answer. */
  readonly events: readonly DisclosingEvent[];
}

interface Gathered {
  event: AuditEvent;
  count: number;
  first: string;
  readonly addresses: Set<string>;
  readonly agents: Set<string>;
  readonly dialects: Set<Dialect>;
  readonly versions: Set<string>;
  readonly events: DisclosingEvent[];
}

export class Disclosures {
  readonly #versionId: string | undefined;
  readonly #gathered = new Map<string, Gathered>();
  #count = 0;
  #listed = 0;

  /** Of one version of the secret, or of all. */
  constructor(versionId: string | undefined) {
    this.#versionId = versionId;
  }

  get count(): number {
    return this.#count;
  }

  /** A success of an operation that discloses. An event that does not say which version it was counts for each. */
  add(index: number, event: AuditEvent): void {
    const versionId = textOf(event.responseData["versionId"]);
    if (event.responseData["payloadAvailable"] === false) return;
    if (this.#versionId !== undefined && (versionId ?? this.#versionId) !== this.#versionId) return;
    this.#count += 1;
    const one = this.#of(event);
    one.event = event;
    one.count += 1;
    const { address, agent } = event.initiator.host;
    addTo(one.addresses, address);
    addTo(one.agents, agent);
    addTo(one.dialects, event.dialect);
    addTo(one.versions, versionId);
    if (one.events.length < MAX_EVENTS_PER_IDENTITY && this.#listed < MAX_EVENTS_LISTED) {
      this.#listed += 1;
      one.events.push({ id: event.id, index, at: event.eventTime, versionId });
    }
  }

  /** In the order in which they came to know it. */
  identities(): readonly Disclosed[] {
    return Array.from(this.#gathered.values(), disclosedOf);
  }

  /** By who acted and, of a trusted profile, who applied it. */
  #of(event: AuditEvent): Gathered {
    const key = JSON.stringify([event.initiator.id, event.initiator.authnId]);
    let one = this.#gathered.get(key);
    if (!one) {
      one = {
        event,
        count: 0,
        first: event.eventTime,
        addresses: new Set(),
        agents: new Set(),
        dialects: new Set(),
        versions: new Set(),
        events: [],
      };
      this.#gathered.set(key, one);
    }
    return one;
  }
}

/** Named as the last of the events names it. */
function disclosedOf({ event, count, first, events, ...sets }: Gathered): Disclosed {
  const { id, name, typeURI, authnId = null, authnName = null } = event.initiator;
  return {
    id,
    name,
    typeURI,
    authnId,
    authnName,
    isInternal: event.dialect === "internal",
    count,
    first,
    last: event.eventTime,
    addresses: [...sets.addresses],
    agents: [...sets.agents],
    dialects: [...sets.dialects],
    versions: [...sets.versions],
    events,
  };
}

function addTo<T extends string>(set: Set<T>, value: T | null): void {
  if (value !== null && value !== "" && set.size < MAX_LISTED) set.add(value);
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
