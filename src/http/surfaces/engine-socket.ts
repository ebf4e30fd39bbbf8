/** One connection of an engine: the challenge and the hello that answers it, then pings, and signs of life both ways. */
import type { RawData, WebSocket } from "ws";
import type { EngineLink } from "../../app/engines/connections.ts";
import type { ConnectionEnd } from "../../engines/engine.ts";
import { newNonce } from "../../engines/engine-key.ts";
import { CLOSE_CODE, encodeFrame, engineFrame, SILENCE_MS } from "../../engines/frames.ts";
import { Refusal } from "../../kernel/errors.ts";
import { Sensitive } from "../../kernel/sensitive.ts";

/** From the upgrade to the proof. */
export const HELLO_TIMEOUT_MS = 10_000;
/** From a ping to its answer, which the engine itself gives. */
export const PING_TIMEOUT_MS = 5_000;
export const MAX_OPEN_PINGS = 8;
/** What an engine that reads nothing may leave unread. */
export const MAX_UNSENT_BYTES = 64 * 1_024;
/** How long the other side may take to say goodbye. */
const FAREWELL_MS = 2_000;

export interface SocketTimes {
  readonly helloMs: number;
  readonly pingMs: number;
  readonly silenceMs: number;
}

export const SOCKET_TIMES: SocketTimes = {
  helloMs: HELLO_TIMEOUT_MS,
  pingMs: PING_TIMEOUT_MS,
  silenceMs: SILENCE_MS,
};

/**
 * Asks for the proof. Nothing more is read from the socket until somebody resumes it. Rejects with the refusal that is to
 * be recorded: too late, gone, or no hello.
 */
export function proofOver(
  socket: WebSocket,
  { nonce, server, timeoutMs }: { nonce: string; server: string; timeoutMs: number },
): Promise<Sensitive<string>> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      socket.off("message", onMessage).off("close", onClose);
      settle();
    };
    const onMessage = (data: RawData, isBinary: boolean): void => {
      socket.pause();
      const frame = isBinary ? undefined : engineFrame(textOf(data));
      if (frame?.type === "hello") return end(() => resolve(new Sensitive(frame.proof)));
      end(() => reject(new Refusal("invalid_request", "What was sent is no hello of an engine.")));
    };
    const onClose = (): void => end(() => reject(unproven("The engine went away.")));
    const timer = setTimeout(
      () => end(() => reject(unproven("The engine has not shown its key in time."))),
      timeoutMs,
    );
    socket.on("message", onMessage).on("close", onClose);
    socket.send(encodeFrame({ type: "challenge", nonce, server }));
  });
}

function unproven(sentence: string): Refusal {
  return new Refusal("unauthenticated", sentence, { reason: "engine-key" });
}

/** Says why there is no connection, and closes. */
export function turnAway(
  socket: WebSocket,
  { message, isFinal }: { readonly message: string; readonly isFinal: boolean },
): void {
  socket.resume();
  farewell(socket, encodeFrame({ type: "refused", message, isFinal }), "refused");
}

export interface SocketPorts {
  /** By its id. */
  readonly engine: string;
  readonly times: SocketTimes;
  /** Told of every sign of life. */
  readonly heard: () => void;
}

/** The connection of an engine that has shown its key. */
export class EngineSocket implements EngineLink {
  readonly engine: string;
  /** Resolves once it is over, to why. Never rejects. */
  readonly over: Promise<ConnectionEnd>;
  readonly #socket: WebSocket;
  readonly #ports: SocketPorts;
  readonly #pings = new Map<string, (answer: "answered" | "silent") => void>();
  #because: ConnectionEnd | undefined;
  #silence: NodeJS.Timeout | undefined;

  constructor(socket: WebSocket, ports: SocketPorts) {
    this.engine = ports.engine;
    this.#socket = socket;
    this.#ports = ports;
    this.over = new Promise((resolve) => {
      const onClose = (): void => {
        clearTimeout(this.#silence);
        for (const settle of this.#pings.values()) settle("silent");
        resolve(this.#because ?? "closed");
      };
      if (socket.readyState === socket.CLOSED) onClose();
      else socket.once("close", onClose);
    });
    socket.on("message", (data, isBinary) => this.#take(data, isBinary));
    this.#listen();
  }

  /** From here on the engine is heard. */
  welcome(name: string, heartbeatMs: number): void {
    this.#send(encodeFrame({ type: "welcome", name, heartbeatMs }));
    this.#socket.resume();
  }

  ping(): Promise<"answered" | "silent" | "busy"> {
    if (this.#pings.size >= MAX_OPEN_PINGS) return Promise.resolve("busy");
    if (this.#because !== undefined || this.#socket.readyState !== this.#socket.OPEN) {
      return Promise.resolve("silent");
    }
    const nonce = newNonce();
    return new Promise((resolve) => {
      const timer = setTimeout(() => settle("silent"), this.#ports.times.pingMs);
      const settle = (answer: "answered" | "silent"): void => {
        clearTimeout(timer);
        this.#pings.delete(nonce);
        resolve(answer);
      };
      this.#pings.set(nonce, settle);
      this.#send(encodeFrame({ type: "ping", nonce }));
    });
  }

  end(because: ConnectionEnd): void {
    if (this.#because !== undefined) return;
    this.#because = because;
    this.#socket.resume();
    farewell(this.#socket, encodeFrame({ type: "end", because }), because);
  }

  #take(data: RawData, isBinary: boolean): void {
    if (this.#because !== undefined) return;
    const frame = isBinary ? undefined : engineFrame(textOf(data));
    if (!frame || frame.type === "hello") return this.end("protocol");
    this.#listen();
    this.#ports.heard();
    if (frame.type === "heartbeat") return this.#send(encodeFrame({ type: "heartbeat" }));
    // An answer that came too late is nobody's any more.
    this.#pings.get(frame.nonce)?.("answered");
  }

  #listen(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.end("silent"), this.#ports.times.silenceMs);
  }

  #send(text: string): void {
    if (this.#socket.bufferedAmount > MAX_UNSENT_BYTES) return this.end("silent");
    this.#socket.send(text);
  }
}

function farewell(socket: WebSocket, last: string, reason: string): void {
  const timer = setTimeout(() => socket.terminate(), FAREWELL_MS);
  socket.once("close", () => clearTimeout(timer));
  if (socket.readyState === socket.OPEN) socket.send(last);
  socket.close(CLOSE_CODE, reason);
}

/** The library gives text as one buffer, of UTF-8 that it has checked. */
function textOf(data: RawData): string {
  return Buffer.isBuffer(data) ? data.toString("utf8") : "";
}
