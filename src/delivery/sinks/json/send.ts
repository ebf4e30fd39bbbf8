/** Requests with objects of JSON; datagrams and lines go by the wire that syslog goes by. */
import type { Message } from "../../entry.ts";
import type { Handed, Link, LinkPorts } from "../../sink.ts";
import { urlOf } from "../../transports/place.ts";
import { batchId, WebSender } from "../../transports/web-sender.ts";
import { openWire } from "../../transports/wire.ts";
import { onWire, TOKEN, type JsonRequests, type JsonSettings } from "./config.ts";
import { CONTENT_TYPES, jsonBody } from "./encode.ts";
import { assertTaken } from "./retry.ts";

export function openJson(settings: JsonSettings, ports: LinkPorts): Link {
  const { transport } = settings;
  return transport === "udp" || transport === "tcp"
    ? openWire(onWire(settings), ports)
    : new JsonRequestLink(settings, ports);
}

/** Acknowledged by an answer of 2xx. */
class JsonRequestLink implements Link {
  readonly #settings: JsonRequests;
  readonly #ports: LinkPorts;
  readonly #url: URL;
  readonly #sender: WebSender;

  constructor(settings: JsonRequests, ports: LinkPorts) {
    const { transport, path, authorization: scheme } = settings;
    this.#settings = settings;
    this.#ports = ports;
    this.#url = urlOf(transport, settings, path);
    const hasToken = Object.hasOwn(ports.credentials, TOKEN);
    this.#sender = new WebSender(
      {
        url: this.#url.href,
        gzip: false,
        headers: [],
        authorization: hasToken
          ? { kind: "header", header: "Authorization", ...(scheme === "" ? {} : { scheme }) }
          : { kind: "none" },
        ...(transport === "https" ? { tls: settings.tls } : {}),
      },
      ports,
    );
  }

  async send(messages: readonly Message[], signal: AbortSignal): Promise<Handed> {
    if (messages.length === 0) {
      await this.#sender.reach(this.#url, signal);
      return { isAcknowledged: true, rejected: [] };
    }
    const { batch } = this.#settings;
    const posting = {
      url: this.#url,
      headers: { "content-type": CONTENT_TYPES[batch] },
      body: jsonBody(messages, batch),
      id: batchId(messages),
    };
    const answer = await this.#sender.post(posting, signal);
    assertTaken(answer, messages.length, this.#ports.now());
    return { isAcknowledged: true, rejected: [] };
  }

  confirm(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#sender.close();
    return Promise.resolve();
  }
}
