/** A batch is a request; a 2xx to it is the receiver's word. */
import type { Message } from "../../entry.ts";
import type { Handed, Link, LinkPorts } from "../../sink.ts";
import { below } from "../../transports/web-url.ts";
import { batchId, WebSender } from "../../transports/web-sender.ts";
import type { HttpsSettings } from "./config.ts";
import { datedNow, requestBody } from "./encode.ts";
import { handedBy } from "./retry.ts";

export class HttpsLink implements Link {
  readonly #settings: HttpsSettings;
  readonly #ports: LinkPorts;
  readonly #url: URL;
  readonly #sender: WebSender;

  constructor(settings: HttpsSettings, ports: LinkPorts) {
    this.#settings = settings;
    this.#ports = ports;
    this.#url = urlOf(settings);
    this.#sender = new WebSender(settings, ports);
  }

  async send(messages: readonly Message[], signal: AbortSignal): Promise<Handed> {
    if (messages.length === 0) {
      await this.#sender.reach(this.#url, signal);
      return { isAcknowledged: true, rejected: [] };
    }
    const { shape } = this.#settings;
    const { type, body } = requestBody(shape, this.#dated(messages));
    const answer = await this.#sender.post(
      {
        url: this.#url,
        headers: { "content-type": type, accept: "application/json" },
        body,
        id: batchId(messages),
      },
      signal,
    );
    return handedBy(shape, { answer, messages, now: this.#ports.now() });
  }

  async confirm(): Promise<void> {
    // Each answer was the receiver's word.
  }

  async close(): Promise<void> {
    this.#sender.close();
  }

  #dated(messages: readonly Message[]): readonly Message[] {
    if (this.#settings.shape !== "datadog") return messages;
    const now = this.#ports.now();
    return messages.map((message) => datedNow(message, now));
  }
}

/** Of Azure's API: the version whose shapes these are. */
const SENTINEL_API = "2023-01-01";
/** All that is read of the answer of `_bulk`: it would repeat a good part of what was sent. */
const BULK_ANSWER = "errors,items.*.status,items.*.error.type";

function urlOf(settings: HttpsSettings): URL {
  switch (settings.shape) {
    case "elastic-bulk":
      return below(settings.url, `/${settings.index}/_bulk`, { filter_path: BULK_ANSWER });
    case "sentinel": {
      const { url, dcr_immutable_id: rule, stream } = settings;
      return below(url, `/dataCollectionRules/${rule}/streams/${stream}`, {
        "api-version": SENTINEL_API,
      });
    }
    case "ndjson":
    case "array":
    case "object":
    case "datadog":
    case "secops":
      return new URL(settings.url);
  }
}
