/** One connection over TCP or TLS on which only we speak: whatever the receiver says is read and thrown away. */
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { setImmediate as looked } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { DeliveryFault } from "../fault.ts";
import { bareHost } from "./address-guard.ts";
import { brokenOff, networkFault } from "./network-fault.ts";
import type { StreamTarget } from "./stream.ts";
import { tlsOptions } from "./tls.ts";

/** Before anything is sent the kernel asks a silent receiver whether it is still there. */
export const KEEP_ALIVE_MS = 30_000;
/**
 * A client of TLS 1.3 is done before the server has looked at its certificate. A server that has taken it says so by a
 * session ticket; one that gives no tickets has this long to refuse it, before anything is sent.
 */
export const TICKET_WAIT_MS = 250;

export class StreamConnection {
  readonly #socket: Socket;
  readonly #listeners = new Set<() => void>();
  #fault: DeliveryFault | undefined;
  #hasTheirEnd = false;
  #isEnding = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("error", (error) => this.#over(networkFault(error)));
    socket.on("close", () => this.#over(ended()));
    socket.on("end", () => {
      this.#hasTheirEnd = true;
      if (!this.#isEnding) this.#over(ended());
    });
    socket.resume();
  }

  /** Throws a DeliveryFault. */
  static async open(target: StreamTarget, signal: AbortSignal): Promise<StreamConnection> {
    const host = bareHost(target.host);
    target.guard.assertReachable(host);
    const to = {
      host,
      port: target.port,
      lookup: target.guard.lookup,
      // Theirs ends, ours does not: whether what is on its way arrives is found out by writing, not assumed.
      allowHalfOpen: true,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_MS,
    };
    if (target.tls === undefined) {
      const connection = new StreamConnection(connectTcp(to));
      await connection.#reached("connect", signal);
      return connection;
    }
    const names = isIP(host) === 0 ? { servername: host } : {};
    const options = { ...names, ...tlsOptions(target.tls, target.clientKey), ...to };
    const socket = connectTls(options);
    const connection = new StreamConnection(socket);
    const ticket = new Promise<void>((resolve) => socket.once("session", () => resolve()));
    await connection.#reached("secureConnect", signal);
    if (socket.getProtocol() === "TLSv1.3") await connection.#accepted(ticket, signal);
    return connection;
  }

  get isOpen(): boolean {
    return this.#fault === undefined;
  }

  /** Throws the fault by which it has ended. */
  assertOpen(): void {
    if (this.#fault) throw this.#fault;
  }

  /** Resolves after this time; rejects when the connection ends before that. */
  held(forMs: number, signal: AbortSignal): Promise<void> {
    return this.#until(signal, (resolve) => void setTimeout(resolve, forMs));
  }

  /** Resolves when the kernel has taken every byte; a receiver that does not keep up is waited for. */
  write(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    if (bytes.length === 0) return Promise.resolve();
    return this.#until(signal, (resolve) => this.#socket.write(bytes, () => resolve()));
  }

  /** Closes our side, and resolves when the receiver has then closed its own, without a fault. */
  async end(signal: AbortSignal): Promise<void> {
    // Whether they have closed theirs before ours, which says nothing, is known once the socket has been looked at.
    await looked();
    this.assertOpen();
    this.#isEnding = true;
    try {
      await this.#until(signal, (resolve) => {
        this.#socket.once("close", resolve);
        this.#socket.end();
      });
    } catch (error) {
      if (!isTimeout(signal)) throw error;
      const advice = "if it never does, set confirm to written";
      throw new DeliveryFault("unavailable", `it did not close in time: ${advice}`);
    }
  }

  /** At once where something is stuck, else with a clean end. */
  close(): void {
    this.#over(ended());
    if (this.#socket.writableLength > 0 || this.#socket.connecting) this.#socket.destroy();
    else this.#socket.destroySoon();
  }

  #reached(event: "connect" | "secureConnect", signal: AbortSignal): Promise<void> {
    return this.#opening(
      this.#until(signal, (resolve) => void this.#socket.once(event, () => resolve())),
    );
  }

  #accepted(ticket: Promise<void>, signal: AbortSignal): Promise<void> {
    const isAccepted = this.#until(signal, (resolve) => {
      const timer = setTimeout(resolve, TICKET_WAIT_MS);
      const taken = () => {
        clearTimeout(timer);
        resolve();
      };
      void ticket.then(taken);
    });
    return this.#opening(isAccepted);
  }

  async #opening(step: Promise<void>): Promise<void> {
    try {
      await step;
    } catch (error) {
      this.#socket.destroy();
      throw error;
    }
  }

  /** Rejects with the connection's fault, or when the signal says so, whichever comes first. */
  #until(signal: AbortSignal, begin: (resolve: () => void) => void): Promise<void> {
    const waiting = Promise.withResolvers<void>();
    const fail = () => waiting.reject(this.#fault ?? brokenOff(signal));
    if (this.#fault || signal.aborted) {
      fail();
      return waiting.promise;
    }
    signal.addEventListener("abort", fail);
    this.#listeners.add(fail);
    begin(() => {
      // A write's callback is also called of a write that failed, and before the socket says why.
      const { errored } = this.#socket;
      if (errored) waiting.reject(networkFault(errored));
      else waiting.resolve();
    });
    return waiting.promise.finally(() => {
      signal.removeEventListener("abort", fail);
      this.#listeners.delete(fail);
    });
  }

  /** The first fault counts. A clean end on both sides is the end that was asked for. */
  #over(fault: DeliveryFault): void {
    if (this.#fault || (this.#isEnding && this.#hasTheirEnd)) return;
    this.#fault = fault;
    for (const listener of this.#listeners) listener();
    if (!this.#isEnding && this.#socket.writableLength === 0) this.#socket.destroySoon();
  }
}

function ended(): DeliveryFault {
  return new DeliveryFault("unavailable", "the receiver ended the connection");
}

function isTimeout({ reason }: AbortSignal): boolean {
  return reason instanceof Error && reason.name === "TimeoutError";
}
