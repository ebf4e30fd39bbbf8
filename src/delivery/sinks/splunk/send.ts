/**
 * Requests to the collector. Without acknowledgement its answer is what counts; with it, each answer bears a number, and
 * what counts is that the indexers have said of every number that they have it.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { utf8 } from "../../../kernel/bytes.ts";
import type { Message } from "../../entry.ts";
import { DeliveryFault } from "../../fault.ts";
import type { Handed, Link, LinkPorts } from "../../sink.ts";
import { credentialOf, headerValue } from "../../transports/headers.ts";
import { HttpClient, type HttpAnswer } from "../../transports/http.ts";
import { urlOf } from "../../transports/place.ts";
import { CLIENT_KEY } from "../../transports/tls.ts";
import { TOKEN, type SplunkSettings } from "./config.ts";
import { splunkBody } from "./encode.ts";
import { acknowledgedBy, assertReady, takenBy } from "./retry.ts";

/** With as many requests not acknowledged, that is waited for before the next one. */
export const MAX_OUTSTANDING_ACKS = 256;
/** Acknowledgements are asked for at once, then after this wait, then after twice as long, up to the most. */
export const FIRST_POLL_MS = 100;
export const MAX_POLL_MS = 2_000;

export class SplunkLink implements Link {
  readonly #settings: SplunkSettings;
  readonly #ports: LinkPorts;
  readonly #client: HttpClient;
  /** From one opening to the next: numbers given on another one are not mistaken for those of this one. */
  #channel: string = randomUUID();
  readonly #outstanding = new Set<number>();

  constructor(settings: SplunkSettings, ports: LinkPorts) {
    const { guard, credentials } = ports;
    this.#settings = settings;
    this.#ports = ports;
    this.#client = new HttpClient({ guard, tls: settings.tls, clientKey: credentials[CLIENT_KEY] });
  }

  async send(messages: readonly Message[], signal: AbortSignal): Promise<Handed> {
    if (this.#outstanding.size >= MAX_OUTSTANDING_ACKS) await this.confirm(signal);
    const { path, gzip, acknowledgement } = this.#settings;
    const body = messages.length === 0 ? NOTHING : await splunkBody(messages, this.#settings);
    const encoding = gzip && messages.length > 0 ? { "content-encoding": "gzip" } : {};
    const answer = await this.#posted(path, { headers: encoding, body, signal });
    if (messages.length === 0) {
      assertReady(answer, this.#ports.now());
      return { isAcknowledged: true, rejected: [] };
    }
    const ackId = takenBy(answer, messages, this.#ports.now());
    if (acknowledgement) this.#awaited(ackId);
    return { isAcknowledged: !acknowledgement, rejected: [] };
  }

  /** Asks until everything is indexed, or the signal says that it has taken too long. */
  async confirm(signal: AbortSignal): Promise<void> {
    for (let pauseMs = FIRST_POLL_MS; ; pauseMs = Math.min(pauseMs * 2, MAX_POLL_MS)) {
      if (this.#outstanding.size === 0) return;
      const body = utf8(JSON.stringify({ acks: [...this.#outstanding] }));
      const answer = await this.#posted(this.#settings.ack_path, { headers: {}, body, signal });
      // Of each it is said once; whoever asks again hears the contrary.
      for (const id of acknowledgedBy(answer, this.#ports.now())) this.#outstanding.delete(id);
      if (this.#outstanding.size > 0) await pause(pauseMs, signal);
    }
  }

  close(): Promise<void> {
    this.#client.close();
    this.#outstanding.clear();
    this.#channel = randomUUID();
    return Promise.resolve();
  }

  #awaited(ackId: number | undefined): void {
    if (ackId === undefined) {
      throw new DeliveryFault(
        "denied",
        "the collector gives no acknowledgements: enable them at the token, or set acknowledgement to false",
      );
    }
    // A collector that has started anew counts anew: what it says of this number is not about the earlier request.
    if (this.#outstanding.has(ackId)) {
      throw new DeliveryFault("unavailable", "the collector has lost count of what it was sent");
    }
    this.#outstanding.add(ackId);
  }

  #posted(
    path: string,
    asked: {
      readonly headers: Readonly<Record<string, string>>;
      readonly body: Uint8Array;
      readonly signal: AbortSignal;
    },
  ): Promise<HttpAnswer> {
    const token = headerValue(TOKEN, credentialOf(this.#ports.credentials, TOKEN));
    const { acknowledgement } = this.#settings;
    return this.#client.request({
      url: urlOf("https", this.#settings, path),
      headers: {
        ...asked.headers,
        "content-type": "application/json",
        authorization: `Splunk ${token}`,
        ...(acknowledgement ? { "x-splunk-request-channel": this.#channel } : {}),
      },
      body: asked.body,
      // A second copy has a number that nobody here knows of: see `#awaited`.
      isOnce: this.#outstanding.size > 0,
      signal: asked.signal,
    });
  }
}

const NOTHING = utf8("");

async function pause(forMs: number, signal: AbortSignal): Promise<void> {
  await wait(forMs, undefined, { signal }).catch(() => undefined);
  if (!signal.aborted) return;
  throw new DeliveryFault("unavailable", "not everything that was sent was indexed in time");
}
