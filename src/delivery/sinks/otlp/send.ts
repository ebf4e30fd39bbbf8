/** A batch is an export; its answer says what of it was taken. */
import type { Message } from "../../entry.ts";
import type { Handed, Link, LinkPorts } from "../../sink.ts";
import { batchId, WebSender } from "../../transports/web-sender.ts";
import type { OtlpSettings } from "./config.ts";
import { otlpRequest } from "./encode.ts";
import { assertTaken } from "./retry.ts";

/** OTLP 1.10, "OTLP/HTTP Request": where the URL has no path of its own. */
const USUAL_PATH = "/v1/logs";

export class OtlpLink implements Link {
  readonly #ports: LinkPorts;
  readonly #url: URL;
  readonly #sender: WebSender;

  constructor(settings: OtlpSettings, ports: LinkPorts) {
    this.#ports = ports;
    this.#url = new URL(settings.url);
    if (this.#url.pathname === "/") this.#url.pathname = USUAL_PATH;
    this.#sender = new WebSender(settings, ports);
  }

  async send(messages: readonly Message[], signal: AbortSignal): Promise<Handed> {
    if (messages.length === 0) {
      await this.#sender.reach(this.#url, signal);
    } else {
      const headers = { "content-type": "application/json", accept: "application/json" };
      const posting = { url: this.#url, headers, body: otlpRequest(messages) };
      const answer = await this.#sender.post({ ...posting, id: batchId(messages) }, signal);
      assertTaken(answer, this.#ports.now());
    }
    return { isAcknowledged: true, rejected: [] };
  }

  async confirm(): Promise<void> {
    // Each answer was the receiver's word.
  }

  async close(): Promise<void> {
    this.#sender.close();
  }
}
