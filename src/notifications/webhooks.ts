/**
 * Sends a CloudEvent to the webhook of an instance of Event Notifications, once (CloudEvents 1.0, HTTP protocol binding,
 * structured mode). Which webhook that is the operator says; redirects are not followed.
 */
import { request as requestPlain, type IncomingMessage } from "node:http";
import { request as requestTls } from "node:https";
import type { Clock, Millis } from "../kernel/clock.ts";
import { signatureHeaders, type SigningKey } from "../kernel/standard-webhooks.ts";

export interface Destination {
  /** The CRN by which the owners of instances name it. */
  readonly crn: string;
  /** May hold a secret of the receiver's: never logged, never recorded. */
  readonly url: URL;
}

/** What became of one attempt. Only a status of 2xx is an acceptance; an answer's body is not looked at. */
export type Sent =
  | { readonly kind: "accepted"; readonly status: number }
  | {
      readonly kind: "refused";
      readonly status: number;
      /** How long the receiver asks to wait (RFC 9110, section 10.2.3). */
      readonly retryAfterMs: Millis | null;
    }
  | { readonly kind: "unreachable"; readonly problem: "timeout" | "connection" | "stopped" };

export interface Sending {
  readonly timeoutMs: Millis;
  readonly signal?: AbortSignal;
}

export interface WebhooksOptions {
  readonly destinations: readonly Destination[];
  readonly signingKeys: readonly SigningKey[];
  readonly clock: Clock;
}

export class Webhooks {
  readonly #urls: ReadonlyMap<string, URL>;
  readonly #options: WebhooksOptions;

  constructor(options: WebhooksOptions) {
    this.#options = options;
    this.#urls = new Map(options.destinations.map(({ crn, url }) => [crn, url]));
  }

  /** Whether this installation has been told where that is. */
  knows(crn: string): boolean {
    return this.#urls.has(crn);
  }

  /** Never rejects for what the other side does, or does not. A destination that is not known is unreachable. */
  async send(crn: string, message: { readonly id: string }, sending: Sending): Promise<Sent> {
    const url = this.#urls.get(crn);
    if (!url) return { kind: "unreachable", problem: "connection" };
    const { clock, signingKeys } = this.#options;
    const body = JSON.stringify(message);
    const headers = {
      "content-type": "application/cloudevents+json; charset=utf-8",
      "content-length": String(Buffer.byteLength(body)),
      "user-agent": "keytrail",
      ...signatureHeaders({ id: message.id, at: clock.now(), body }, signingKeys),
    };
    const timeout = AbortSignal.timeout(sending.timeoutMs);
    const signal = sending.signal ? AbortSignal.any([sending.signal, timeout]) : timeout;
    try {
      return sentOf(await post(url, { headers, body, signal }), clock.now());
    } catch {
      // Whatever a connection fails by is no concern of ours: what counts is that nobody has accepted.
      if (sending.signal?.aborted) return { kind: "unreachable", problem: "stopped" };
      return { kind: "unreachable", problem: timeout.aborted ? "timeout" : "connection" };
    }
  }
}

interface Posting {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
}

/** The answer's head. Its body is thrown away as it comes, for as long as the signal lets it. */
function post(url: URL, { headers, body, signal }: Posting): Promise<IncomingMessage> {
  const request = url.protocol === "https:" ? requestTls : requestPlain;
  return new Promise((fulfil, reject) => {
    const outgoing = request(url, { method: "POST", headers, signal, agent: false });
    outgoing.once("response", (incoming) => {
      incoming.on("error", () => {}).resume();
      fulfil(incoming);
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

function sentOf({ statusCode: status = 0, headers }: IncomingMessage, now: Millis): Sent {
  if (status >= 200 && status < 300) return { kind: "accepted", status };
  return { kind: "refused", status, retryAfterMs: retryAfterOf(headers["retry-after"], now) };
}

/** Seconds, or a date. */
function retryAfterOf(text: string | undefined, now: Millis): Millis | null {
  if (text === undefined) return null;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}
