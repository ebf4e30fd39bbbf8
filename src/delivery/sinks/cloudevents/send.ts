/** By the binding to HTTP, in one of its three content modes. */
import type { Message } from "../../entry.ts";
import type { Handed, Link, LinkPorts } from "../../sink.ts";
import { batchId, WebSender } from "../../transports/web-sender.ts";
import type { CloudEventsSettings } from "./config.ts";
import { binaryRequest, cloudEventsBatch } from "./encode.ts";
import { assertTaken } from "./retry.ts";

export class CloudEventsLink implements Link {
  readonly #mode: CloudEventsSettings["mode"];
  readonly #ports: LinkPorts;
  readonly #url: URL;
  readonly #sender: WebSender;

  constructor(settings: CloudEventsSettings, ports: LinkPorts) {
    this.#mode = settings.mode;
    this.#ports = ports;
    this.#url = new URL(settings.url);
    this.#sender = new WebSender(settings, ports);
  }

  async send(messages: readonly Message[], signal: AbortSignal): Promise<Handed> {
    const [first] = messages;
    if (!first) await this.#sender.reach(this.#url, signal);
    else if (this.#mode === "batch") await this.#post(messages, batchRequest(messages), signal);
    // One at a time by this sink's limits; a test has one as well.
    else for (const message of messages) await this.#post([message], this.#single(message), signal);
    return { isAcknowledged: true, rejected: [] };
  }

  async confirm(): Promise<void> {
    // Each answer was the receiver's word.
  }

  async close(): Promise<void> {
    this.#sender.close();
  }

  #single(message: Message): Request {
    if (this.#mode === "binary") return binaryRequest(message);
    return { headers: { "content-type": `${STRUCTURED}; charset=utf-8` }, body: message.bytes };
  }

  async #post(messages: readonly Message[], request: Request, signal: AbortSignal): Promise<void> {
    const posting = { ...request, url: this.#url, id: batchId(messages) };
    const answer = await this.#sender.post(posting, signal);
    assertTaken(answer, messages.length, this.#ports.now());
  }
}

interface Request {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

const STRUCTURED = "application/cloudevents+json";
const BATCH = "application/cloudevents-batch+json";

function batchRequest(messages: readonly Message[]): Request {
  return {
    headers: { "content-type": `${BATCH}; charset=utf-8` },
    body: cloudEventsBatch(messages),
  };
}
