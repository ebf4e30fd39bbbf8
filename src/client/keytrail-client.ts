/** The typed client of the native API: finds, follows and proves events, answers who could and who did, runs the installation. */
import { setTimeout as delay } from "node:timers/promises";
import {
  access,
  accessKeys,
  createdAccessKey,
  destination,
  destinationReplay,
  destinations,
  destinationTest,
  exposure,
  facets,
  foundEvents,
  histogram,
  instance,
  instances,
  placedEvent,
  receipt,
  rootKey,
  rootKeyRotation,
  type Access,
  type AccessKey,
  type CreatedAccessKey,
  type Destination,
  type DestinationReplay,
  type DestinationTest,
  type EventReceipt,
  type Exposure,
  type Facets,
  type FoundEvents,
  type Histogram,
  type Instance,
  type Instances,
  type PlacedEvent,
  type RootKey,
  type RootKeyRotation,
} from "./answers.ts";
import { RefusedByServer, ServerUnreachable } from "./client-error.ts";
import { readServerSentEvents } from "./server-sent-events.ts";
import { Transport, type RequestOptions, type TransportOptions } from "./transport.ts";

/** A page of the server's at most. */
export const MAX_PAGE = 1_000;
/** Between attempts to take up a broken tail again; doubled each time, up to the second number. */
export const TAIL_RETRY_MS = 1_000;
export const MAX_TAIL_RETRY_MS = 15_000;

const INSTANCES = "trail/v1/instances";
const ACCESS_KEYS = "trail/v1/access-keys";
const DESTINATIONS = "trail/v1/destinations";

/** Which events: the query language, and event times as the server reads them (`2026-11-21`, `now-2h`). */
export interface Asked {
  readonly query?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

export interface SearchOptions extends Asked {
  readonly order?: "newest" | "oldest" | undefined;
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

export interface TailOptions {
  readonly query?: string | undefined;
  /** The index of the last entry seen, -1 for all there is; without it, what comes from now on. */
  readonly after?: number | undefined;
  /** Told when the connection broke and will be taken up again. */
  readonly onInterrupted?: (error: unknown) => void;
}

/** Where events are sent, and which. */
export interface NewDestination {
  readonly name: string;
  /** Of one of the kinds: `{kind: "syslog", transport: "tls", host: …, port: …}`. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** By the names of the kind: `token`, `client_key`, `header:X-Name`. */
  readonly credentials?: Readonly<Record<string, string>> | undefined;
  readonly filter?: string | undefined;
  /** Also what belongs to no account; wherever the caller may see that, unless something else is said. */
  readonly includes_installation?: boolean | undefined;
  readonly is_routed?: boolean | undefined;
  /** Nothing is done any more while it is further behind. */
  readonly required?: { readonly max_backlog: number } | null | undefined;
  /** An index, a time, `now-2h` or `beginning`; from now on, unless something else is said. */
  readonly from?: string | number | undefined;
}

/** What is left out stays; a credential that is null is taken away. */
export interface DestinationChanges extends Partial<Omit<NewDestination, "credentials" | "from">> {
  readonly credentials?: Readonly<Record<string, string | null>> | undefined;
}

export interface ClientOptions extends TransportOptions {
  readonly tailRetryMs?: number;
}

export class KeytrailClient {
  readonly #transport: Transport;
  readonly #signal: AbortSignal | undefined;
  readonly #tailRetryMs: number;

  constructor(options: ClientOptions) {
    this.#transport = new Transport(options);
    this.#signal = options.signal;
    this.#tailRetryMs = options.tailRetryMs ?? TAIL_RETRY_MS;
  }

  get url(): string {
    return this.#transport.url;
  }

  searchEvents(options: SearchOptions): Promise<FoundEvents> {
    return this.#transport.json(foundEvents, `trail/v1/events${parameters({ ...options })}`);
  }

  /** Pages until there are no more, or `limit` events have been given; each page is one request. */
  async *pages(options: SearchOptions): AsyncGenerator<FoundEvents> {
    let wanted = options.limit ?? Infinity;
    let { cursor } = options;
    do {
      const limit = Math.min(wanted, MAX_PAGE);
      const page = await this.searchEvents({ ...options, limit, cursor });
      yield page;
      wanted -= page.events.length;
      cursor = page.next_cursor;
    } while (cursor !== undefined && wanted > 0);
  }

  readEvent(id: string): Promise<PlacedEvent> {
    return this.#transport.json(placedEvent, `trail/v1/events/${encodeURIComponent(id)}`);
  }

  histogram(options: Asked & { readonly interval?: string }): Promise<Histogram> {
    return this.#transport.json(histogram, `trail/v1/histogram${parameters({ ...options })}`);
  }

  facets(
    options: Asked & { readonly fields: readonly string[]; readonly limit?: number },
  ): Promise<Facets> {
    const query = parameters({ ...options, fields: options.fields.join(",") });
    return this.#transport.json(facets, `trail/v1/facets${query}`);
  }

  /** The receipt of an event: a C2SP tlog-proof. */
  async receipt(id: string): Promise<string> {
    const path = `trail/v1/receipts/${encodeURIComponent(id)}`;
    const response = await this.#transport.request(path, { headers: { accept: "text/plain" } });
    return response.text();
  }

  /** The same with the event itself: all that is needed to check it offline. */
  eventReceipt(id: string): Promise<EventReceipt> {
    const headers = { accept: "application/json" };
    return this.#transport.json(receipt, `trail/v1/receipts/${encodeURIComponent(id)}`, {
      headers,
    });
  }

  /** Who may do an operation, named in any vocabulary, on a target: an id, a CRN, or the account as a whole. */
  whoCan(operation: string, target?: string): Promise<Access> {
    return this.#transport.json(access, `trail/v1/access${parameters({ operation, target })}`);
  }

  /** Who has received a secret's value, or one version's. */
  exposure(options: {
    readonly secret: string;
    readonly version?: string | undefined;
    readonly since?: string | undefined;
  }): Promise<Exposure> {
    return this.#transport.json(exposure, `trail/v1/exposure${parameters({ ...options })}`);
  }

  /** Which root key is in use, and how many data keys a rotation has yet to seal anew. */
  rootKey(): Promise<RootKey> {
    return this.#transport.json(rootKey, "trail/v1/root-key");
  }

  /** Begins a rotation, which goes on by itself. Not repeated when it fails: look first, then ask again. */
  rotateRootKey(): Promise<RootKeyRotation> {
    const options = { method: "POST" } as const;
    return this.#transport.json(rootKeyRotation, "trail/v1/root-key/rotate", options);
  }

  /** The instances that may be seen, and the regions in which there may be any. */
  instances(): Promise<Instances> {
    return this.#transport.json(instances, INSTANCES);
  }

  /** Not repeated when it fails: look first, then ask again. */
  createInstance(made: { readonly name: string; readonly region: string }): Promise<Instance> {
    return this.#transport.json(instance, INSTANCES, withJson("POST", made));
  }

  renameInstance(id: string, name: string): Promise<Instance> {
    return this.#transport.json(instance, instancePath(id), withJson("PATCH", { name }));
  }

  /** Refused with the code `conflict` as long as anything is left in it. */
  async deleteInstance(id: string): Promise<void> {
    await this.#transport.request(instancePath(id), { method: "DELETE" });
  }

  /** Of a user by the e-mail address, a service ID by its name or id, or the caller's own. Not repeated when it fails. */
  createAccessKey(user?: string): Promise<CreatedAccessKey> {
    const body = user === undefined ? {} : { user };
    return this.#transport.json(createdAccessKey, ACCESS_KEYS, withJson("POST", body));
  }

  /** All of them: an identity has few. */
  async accessKeys(user?: string): Promise<readonly AccessKey[]> {
    const path = `${ACCESS_KEYS}${parameters({ user })}`;
    return (await this.#transport.json(accessKeys, path)).access_keys;
  }

  async deleteAccessKey(id: string, user?: string): Promise<void> {
    await this.#transport.request(accessKeyPath(id, "", user), { method: "DELETE" });
  }

  async disableAccessKey(id: string, user?: string): Promise<void> {
    await this.#transport.request(accessKeyPath(id, "/disable", user), { method: "POST" });
  }

  async enableAccessKey(id: string, user?: string): Promise<void> {
    await this.#transport.request(accessKeyPath(id, "/disable", user), { method: "DELETE" });
  }

  /** Those of the account, and those that the operator has pinned if the caller may see them. */
  async destinations(): Promise<readonly Destination[]> {
    return (await this.#transport.json(destinations, DESTINATIONS)).destinations;
  }

  /** By its name or its id. */
  destination(name: string): Promise<Destination> {
    return this.#transport.json(destination, destinationPath(name));
  }

  /** Not repeated when it fails: look first, then ask again. */
  createDestination(made: NewDestination): Promise<Destination> {
    return this.#transport.json(destination, DESTINATIONS, withJson("POST", made));
  }

  updateDestination(name: string, changes: DestinationChanges): Promise<Destination> {
    return this.#transport.json(destination, destinationPath(name), withJson("PATCH", changes));
  }

  async deleteDestination(name: string): Promise<void> {
    await this.#transport.request(destinationPath(name), { method: "DELETE" });
  }

  /** Has the newest event that it gets sent there once more. Resolves also if it is not reached, and says why. */
  testDestination(name: string): Promise<DestinationTest> {
    const options = { method: "POST" } as const;
    return this.#transport.json(destinationTest, `${destinationPath(name)}/test`, options);
  }

  pauseDestination(name: string): Promise<Destination> {
    const options = { method: "POST" } as const;
    return this.#transport.json(destination, `${destinationPath(name)}/pause`, options);
  }

  resumeDestination(name: string): Promise<Destination> {
    const options = { method: "POST" } as const;
    return this.#transport.json(destination, `${destinationPath(name)}/resume`, options);
  }

  /** Has it sent again what it has had, from an index, a time, `now-2h` or `beginning` on. */
  replayDestination(name: string, from: string | number): Promise<DestinationReplay> {
    const path = `${destinationPath(name)}/replay`;
    return this.#transport.json(destinationReplay, path, withJson("POST", { from }));
  }

  /** How much of the log it has: a checkpoint that says so, signed by the log. */
  async destinationProof(name: string): Promise<string> {
    const options = { headers: { accept: "text/plain" } };
    return (await this.#transport.request(`${destinationPath(name)}/proof`, options)).text();
  }

  /**
   * Events as they become durable, each once and in the log's order, across broken connections: taken up again from
   * the last index seen, until the client's signal is aborted. Throws RefusedByServer when the server says no.
   */
  async *tail({ query, after, onInterrupted }: TailOptions): AsyncGenerator<PlacedEvent> {
    let seen = after;
    let retryMs = this.#tailRetryMs;
    const isAborted = () => this.#signal?.aborted === true;
    while (!isAborted()) {
      try {
        for await (const { index, placed } of this.#tailOnce(query, seen)) {
          seen = index;
          retryMs = this.#tailRetryMs;
          if (placed) yield placed;
        }
      } catch (error) {
        if (isAborted()) return;
        if (error instanceof RefusedByServer && error.status !== 503) throw error;
        onInterrupted?.(error);
      }
      await delay(retryMs, undefined, this.#signal ? { signal: this.#signal } : {}).catch(() => {});
      retryMs = Math.min(retryMs * 2, MAX_TAIL_RETRY_MS);
    }
  }

  /** One connection: every place the server says it has come to, with the event that stands there if it matches. */
  async *#tailOnce(
    query: string | undefined,
    seen: number | undefined,
  ): AsyncGenerator<{ readonly index: number; readonly placed: PlacedEvent | undefined }> {
    const headers = {
      accept: "text/event-stream",
      ...(seen === undefined ? {} : { "last-event-id": String(seen) }),
    };
    const response = await this.#transport.request(`trail/v1/tail${parameters({ query })}`, {
      headers,
    });
    if (response.body === null) throw new ServerUnreachable("the tail has no body");
    for await (const { type, data, id } of readServerSentEvents(response.body)) {
      const index = Number(id);
      if (!Number.isSafeInteger(index)) throw new ServerUnreachable("the tail has no place");
      if (type === "end") return;
      yield { index, placed: data === "" ? undefined : placedOf(index, data) };
    }
  }
}

function instancePath(id: string): string {
  return `${INSTANCES}/${encodeURIComponent(id)}`;
}

function accessKeyPath(id: string, part: "" | "/disable", user: string | undefined): string {
  return `${ACCESS_KEYS}/${encodeURIComponent(id)}${part}${parameters({ user })}`;
}

function destinationPath(name: string): string {
  return `${DESTINATIONS}/${encodeURIComponent(name)}`;
}

function withJson(method: "POST" | "PATCH", body: object): RequestOptions {
  const headers = { "content-type": "application/json" };
  return { method, headers, body: JSON.stringify(body) };
}

function placedOf(index: number, data: string): PlacedEvent {
  const placed: unknown = { index, event: JSON.parse(data) };
  if (placedEvent.safeParse(placed).success) return placed as PlacedEvent;
  throw new ServerUnreachable("the tail gave something that is no event");
}

function parameters(values: Readonly<Record<string, unknown>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === "string" || typeof value === "number") query.set(name, String(value));
  }
  return query.size === 0 ? "" : `?${query.toString()}`;
}
