/**
 * The engine itself: holds a connection to its server, shows its key, answers pings, gives signs of life, and comes again
 * when the connection is lost, later and later. It listens nowhere.
 */
import { setTimeout as delay } from "node:timers/promises";
import { getCACertificates } from "node:tls";
import { WebSocket } from "ws";
import type { ConnectionEnd } from "./engine.ts";
import { proofOf, type EngineKeyFile } from "./engine-key.ts";
import {
  encodeFrame,
  MAX_FRAME_BYTES,
  serverFrame,
  SILENCE_MS,
  SUBPROTOCOL,
  type ServerFrame,
} from "./frames.ts";

/** From the look-up of the name to the welcome. */
export const CONNECT_TIMEOUT_MS = 15_000;
export const FIRST_BACKOFF_MS = 1_000;
export const MAX_BACKOFF_MS = 60_000;
/** Answers that a server that reads nothing may leave unread. */
const MAX_UNSENT_BYTES = 64 * 1_024;

export interface AgentOptions {
  /** Of the server: `https://…`. */
  readonly url: URL;
  /** The engine's name, or its id. */
  readonly name: string;
  readonly key: EngineKeyFile;
  /** Of certificate authorities besides those that everybody trusts, in PEM. */
  readonly ca?: string | undefined;
  readonly userAgent: string;
  /** Ends it in good order. */
  readonly signal: AbortSignal;
  readonly tell: (news: AgentNews) => void;
  readonly firstBackoffMs?: number;
}

export type AgentNews =
  | { readonly event: "connected"; readonly name: string; readonly server: string }
  | { readonly event: "pinged" }
  | { readonly event: "lost"; readonly because: string; readonly retryInMs: number };

/** Why it has ended. */
export type AgentEnd =
  | { readonly kind: "stopped" }
  /** Not to be tried again: there is no such engine, or this is not its key. */
  | { readonly kind: "refused"; readonly message: string };

/** How one connection ended. */
type Ended = AgentEnd | { readonly kind: "lost"; readonly because: string };

/** Runs until it is told to stop, or its server will have it no more. */
export async function runAgent(options: AgentOptions): Promise<AgentEnd> {
  const { signal, tell, firstBackoffMs = FIRST_BACKOFF_MS } = options;
  let backoffMs = firstBackoffMs;
  for (;;) {
    if (signal.aborted) return { kind: "stopped" };
    const connection = new AgentConnection(options);
    const ended = await connection.over;
    if (ended.kind !== "lost") return ended;
    if (connection.wasWelcome) backoffMs = firstBackoffMs;
    // Half to all of it: engines that a server has lost together do not come back together.
    const retryInMs = Math.round(backoffMs * (0.5 + Math.random() / 2));
    tell({ event: "lost", because: ended.because, retryInMs });
    await delay(retryInMs, undefined, { signal }).catch(() => undefined);
    backoffMs = Math.min(backoffMs * 2, MAX_BACKOFF_MS);
  }
}

class AgentConnection {
  /** Never rejects. */
  readonly over: Promise<Ended>;
  readonly #options: AgentOptions;
  readonly #socket: WebSocket;
  readonly #stop = (): void => this.#finish({ kind: "stopped" });
  #settle: (ended: Ended) => void = () => undefined;
  #ended: Ended | undefined;
  #isWelcome = false;
  #silence: NodeJS.Timeout;
  #heartbeat: NodeJS.Timeout | undefined;

  constructor(options: AgentOptions) {
    this.#options = options;
    this.over = new Promise((resolve) => (this.#settle = resolve));
    this.#silence = setTimeout(() => this.#lost("no welcome in time"), CONNECT_TIMEOUT_MS);
    this.#socket = new WebSocket(addressOf(options), SUBPROTOCOL, {
      ...(options.ca === undefined ? {} : { ca: [...getCACertificates("default"), options.ca] }),
      headers: { "user-agent": options.userAgent },
      handshakeTimeout: CONNECT_TIMEOUT_MS,
      maxPayload: MAX_FRAME_BYTES,
      perMessageDeflate: false,
    });
    this.#socket.on("message", (data, isBinary) => {
      const text = Buffer.isBuffer(data) && !isBinary ? data.toString("utf8") : "";
      this.#take(serverFrame(text));
    });
    this.#socket.on("error", ({ message }) => this.#lost(message));
    this.#socket.on("close", () => this.#lost("the connection was closed"));
    options.signal.addEventListener("abort", this.#stop, { once: true });
  }

  get wasWelcome(): boolean {
    return this.#isWelcome;
  }

  #take(frame: ServerFrame | undefined): void {
    if (this.#ended) return;
    switch (frame?.type) {
      case "challenge":
        return this.#prove(frame);
      case "welcome":
        return this.#welcomed(frame);
      case "ping":
        this.#listen();
        this.#send(encodeFrame({ type: "pong", nonce: frame.nonce }));
        return this.#options.tell({ event: "pinged" });
      case "heartbeat":
        return this.#listen();
      case "refused":
        return frame.isFinal
          ? this.#finish({ kind: "refused", message: frame.message })
          : this.#lost(frame.message);
      case "end":
        return this.#endedBy(frame.because);
      case undefined:
        return this.#lost("the server sent what is no frame that is known here");
    }
  }

  #prove({ nonce, server }: { readonly nonce: string; readonly server: string }): void {
    const { key } = this.#options;
    if (server !== key.server) {
      // Whatever it is that answers here, it is not to have anything signed.
      return this.#finish({
        kind: "refused",
        message: `The key is for the server ${key.server}, and this is another one.`,
      });
    }
    this.#send(encodeFrame({ type: "hello", proof: proofOf(key, nonce) }));
  }

  #welcomed({ name, heartbeatMs }: { readonly name: string; readonly heartbeatMs: number }): void {
    if (this.#isWelcome) return;
    this.#isWelcome = true;
    this.#listen();
    const beat = (): void => this.#send(encodeFrame({ type: "heartbeat" }));
    this.#heartbeat = setInterval(beat, heartbeatMs);
    this.#options.tell({ event: "connected", name, server: this.#options.key.server });
  }

  #endedBy(because: ConnectionEnd): void {
    const message = FINAL_ENDS[because];
    if (message === undefined) this.#lost(`the server ended the connection: ${because}`);
    else this.#finish({ kind: "refused", message });
  }

  #send(text: string): void {
    if (this.#socket.bufferedAmount > MAX_UNSENT_BYTES) return this.#lost("nothing is read there");
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(text);
  }

  #listen(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#lost("nothing was heard of the server"), SILENCE_MS);
  }

  #lost(because: string): void {
    this.#finish({ kind: "lost", because });
  }

  #finish(ended: Ended): void {
    if (this.#ended) return;
    this.#ended = ended;
    clearTimeout(this.#silence);
    clearInterval(this.#heartbeat);
    this.#options.signal.removeEventListener("abort", this.#stop);
    const settle = this.#settle;
    if (this.#socket.readyState === WebSocket.CLOSED) return settle(ended);
    // The server has its close, and so knows that this was meant; but it is not waited for without end.
    const timer = setTimeout(() => this.#socket.terminate(), FAREWELL_MS);
    this.#socket.once("close", () => {
      clearTimeout(timer);
      settle(ended);
    });
    this.#socket.close();
  }
}

const FAREWELL_MS = 2_000;

/** After which coming again makes no sense. */
const FINAL_ENDS: Readonly<Partial<Record<ConnectionEnd, string>>> = {
  deleted: "The engine was deleted.",
  replaced: "Another process has connected as this engine.",
};

function addressOf({ url, name }: AgentOptions): URL {
  const base = url.href.endsWith("/") ? url.href : `${url.href}/`;
  const address = new URL(`v1/engines/${encodeURIComponent(name)}/connection`, base);
  address.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return address;
}
