/**
 * Splunk's HTTP Event Collector as its documentation has it: tokens, channels, events one after the other in a body,
 * acknowledgements that become true when an event is indexed and are said once. What it has taken and not indexed is
 * lost when it starts anew.
 */
import { z } from "zod";
import {
  HttpReceiver,
  type Misconduct,
  type Received,
  type ReceiverOptions,
  type Reply,
} from "./http-receiver.ts";

export interface HecToken {
  readonly hasAcknowledgement?: boolean;
  readonly isDisabled?: boolean;
  /** Where it may write; anywhere when undefined. */
  readonly indexes?: readonly string[];
}

const hecEvent = z.strictObject({
  time: z.number().optional(),
  host: z.string().optional(),
  source: z.string().optional(),
  sourcetype: z.string().optional(),
  index: z.string().optional(),
  event: z.unknown(),
  fields: z.record(z.string(), z.unknown()).optional(),
});

export type HecEvent = z.output<typeof hecEvent>;

/** Of codes of the collector. `lost`: it takes what came, and its answer gets lost. */
export type HecTrouble = Misconduct | "lost" | "busy" | "full" | "error" | "too-large" | Reply;

export interface HecOptions extends ReceiverOptions {
  readonly tokens: Readonly<Record<string, HecToken>>;
  /** Indexes what it takes at once; else only by the time that it is asked a second time. */
  readonly isPrompt?: boolean;
  /** Of the n-th request with events, from 0: what befalls it. */
  trouble?: (n: number) => HecTrouble | undefined;
  /** The same of the n-th that asks for acknowledgements. */
  ackTrouble?: (n: number) => HecTrouble | undefined;
  /** A code that it refuses this event with. */
  refuses?: (event: HecEvent) => number | undefined;
  /** What it says of the place of such an event, which it counts from 0. */
  numbered?: (place: number) => number | undefined;
}

interface Taken {
  readonly event: HecEvent;
  /** Where its acknowledgement is awaited. */
  readonly request: { isIndexed: boolean };
}

export class HecReceiver {
  readonly options: HecOptions;
  /** What is searched. */
  readonly indexed: HecEvent[] = [];
  /** In the order in which it came, indexed or not. */
  readonly arrived: HecEvent[] = [];
  /** Acknowledgements, besides, do not become true. */
  isStuck = false;
  #receiver: HttpReceiver | undefined;
  #port = 0;
  #taken: Taken[] = [];
  #channels = new Map<string, Map<number, { isIndexed: boolean }>>();
  #numbers = new Map<string, number>();
  #requests = 0;
  #polls = 0;

  private constructor(options: HecOptions) {
    this.options = options;
  }

  static async start(options: HecOptions): Promise<HecReceiver> {
    const receiver = new HecReceiver(options);
    await receiver.begin();
    return receiver;
  }

  get port(): number {
    return this.#port;
  }

  get requests(): readonly Received[] {
    return this.#receiver?.requests ?? [];
  }

  async begin(): Promise<void> {
    this.#receiver = await HttpReceiver.start((request) => this.#behave(request), {
      ...this.options,
      port: this.#port,
    });
    this.#port = this.#receiver.port;
  }

  /** As a process that is killed: what was not indexed is gone, and so is every channel. */
  async die(): Promise<void> {
    await this.#receiver?.close();
    this.#receiver = undefined;
    this.forget();
  }

  /** The same without a connection's breaking: behind a proxy, say. */
  forget(): void {
    this.#taken = [];
    this.#channels = new Map();
    this.#numbers = new Map();
  }

  async close(): Promise<void> {
    await this.#receiver?.close();
  }

  #behave(request: Received): Reply | Misconduct {
    const path = request.path.replace(/\?.*/, "");
    if (path.endsWith("/ack"))
      return this.#befall(this.options.ackTrouble?.(this.#polls++), () => this.#acks(request));
    if (!EVENT_PATHS.has(path)) return { status: 404, body: "" };
    const isProbe = request.body.length === 0;
    const trouble = isProbe ? undefined : this.options.trouble?.(this.#requests++);
    return this.#befall(trouble, () => this.#take(request));
  }

  #befall(trouble: HecTrouble | undefined, act: () => Reply): Reply | Misconduct {
    if (trouble === "lost") act();
    if (trouble === "lost") return "reset";
    if (typeof trouble === "string" && trouble in TROUBLES) {
      return TROUBLES[trouble as keyof typeof TROUBLES];
    }
    return (trouble as Reply | Misconduct | undefined) ?? act();
  }

  #take(request: Received): Reply {
    const refused = this.#refusedToken(request);
    if (refused) return refused;
    const token = this.#tokenOf(request);
    const channel = request.headers["x-splunk-request-channel"];
    const hasAcknowledgement = token?.hasAcknowledgement === true;
    if (hasAcknowledgement && typeof channel !== "string") return said(400, 10);
    if (typeof channel === "string" && !GUID.test(channel)) return said(400, 11);
    if (request.body.length === 0) return said(400, 5);
    const pending = { isIndexed: false };
    const { objects, isWhole } = objectsOf(request.body);
    for (const [place, text] of objects.entries()) {
      const [event, code] = this.#read(text, token);
      if (!event) return said(400, code, this.#numbered(place));
      this.arrived.push(event);
      this.#taken.push({ event, request: pending });
    }
    if (!isWhole) return said(400, 6, this.#numbered(objects.length));
    if (!hasAcknowledgement || typeof channel !== "string") {
      this.#indexAll();
      return said(200, 0);
    }
    const ackId = this.#numbers.get(channel) ?? 0;
    this.#numbers.set(channel, ackId + 1);
    if (this.options.isPrompt && !this.isStuck) this.#indexAll();
    this.#channels.set(channel, (this.#channels.get(channel) ?? new Map()).set(ackId, pending));
    return said(200, 0, { ackId });
  }

  #numbered(place: number): object {
    const { numbered = (n: number) => n } = this.options;
    return { "invalid-event-number": numbered(place) };
  }

  /** What it says now; what has come since becomes true by the next time. */
  #acks(request: Received): Reply {
    const refused = this.#refusedToken(request);
    if (refused) return refused;
    if (!this.#tokenOf(request)?.hasAcknowledgement) return said(400, 14);
    const channel = request.headers["x-splunk-request-channel"];
    if (typeof channel !== "string") return said(400, 10);
    const { acks } = ackRequest.parse(JSON.parse(request.body.toString("utf8")));
    const known = this.#channels.get(channel) ?? new Map<number, { isIndexed: boolean }>();
    const answer = acks.map((id) => [id, known.get(id)?.isIndexed === true] as const);
    for (const [id, isIndexed] of answer) if (isIndexed) known.delete(id);
    if (!this.isStuck) this.#indexAll();
    return json(200, { acks: Object.fromEntries(answer) });
  }

  #indexAll(): void {
    for (const { event, request } of this.#taken) {
      this.indexed.push(event);
      request.isIndexed = true;
    }
    this.#taken = [];
  }

  #tokenOf({ headers }: Received): HecToken | undefined {
    const [, name] = /^Splunk (.+)$/.exec(headers.authorization ?? "") ?? [];
    const { tokens } = this.options;
    return name !== undefined && Object.hasOwn(tokens, name) ? tokens[name] : undefined;
  }

  #refusedToken(request: Received): Reply | undefined {
    const { authorization } = request.headers;
    if (authorization === undefined) return said(401, 2);
    if (!authorization.startsWith("Splunk ")) return said(401, 3);
    const token = this.#tokenOf(request);
    if (!token) return said(403, 4);
    return token.isDisabled ? said(403, 1) : undefined;
  }

  #read(text: string, token: HecToken | undefined): [HecEvent | undefined, number] {
    const { data: event } = hecEvent.safeParse(parsed(text));
    if (!event) return [undefined, 6];
    if (event.event === undefined || event.event === null) return [undefined, 12];
    if (event.event === "") return [undefined, 13];
    const isFlat = Object.values(event.fields ?? {}).every((one) => typeof one === "string");
    if (!isFlat) return [undefined, 15];
    if (event.index && token?.indexes && !token.indexes.includes(event.index)) {
      return [undefined, 7];
    }
    const code = this.options.refuses?.(event);
    return code === undefined ? [event, 0] : [undefined, code];
  }
}

/** Of the tests' events: what they are told apart by. */
export function hecIds(events: readonly HecEvent[]): string[] {
  return events.map(({ fields }) => String(fields?.["id"]));
}

const EVENT_PATHS: ReadonlySet<string> = new Set([
  "/services/collector",
  "/services/collector/event",
  "/services/collector/event/1.0",
]);

const GUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

const ackRequest = z.strictObject({ acks: z.array(z.int()).min(1) });

const TEXTS: ReadonlyMap<number, string> = new Map([
  [0, "Success"],
  [1, "Token disabled"],
  [2, "Token is required"],
  [3, "Invalid authorization"],
  [4, "Invalid token"],
  [5, "No data"],
  [6, "Invalid data format"],
  [7, "Incorrect index"],
  [8, "Internal server error"],
  [9, "Server is busy"],
  [10, "Data channel is missing"],
  [11, "Invalid data channel"],
  [12, "Event field is required"],
  [13, "Event field cannot be blank"],
  [14, "ACK is disabled"],
  [15, "Error in handling indexed fields"],
  [26, "HEC queue at capacity"],
]);

function said(status: number, code: number, more: object = {}): Reply {
  return json(status, { text: TEXTS.get(code), code, ...more });
}

function json(status: number, body: object): Reply {
  return { status, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

const TROUBLES = {
  busy: said(503, 9),
  full: said(429, 26),
  error: said(500, 8),
  "too-large": { status: 413, body: "" },
} as const;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Objects one after the other, with any white space between them; an array is none. */
export function objectsOf(body: Buffer): { readonly objects: string[]; readonly isWhole: boolean } {
  const text = new TextDecoder("utf-8", { fatal: true }).decode(body);
  const objects: string[] = [];
  let [depth, start, isText] = [0, 0, false];
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? "";
    if (isText) {
      if (char === "\\") at += 1;
      else if (char === '"') isText = false;
    } else if (depth === 0) {
      if (/\s/.test(char)) continue;
      if (char !== "{") return { objects, isWhole: false };
      [depth, start] = [1, at];
    } else if (char === '"') isText = true;
    else if (char === "{") depth += 1;
    else if (char === "}") {
      depth -= 1;
      if (depth === 0) objects.push(text.slice(start, at + 1));
    }
  }
  return { objects, isWhole: depth === 0 };
}
