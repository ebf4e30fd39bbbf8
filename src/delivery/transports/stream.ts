/**
 * Bytes to a receiver over TCP or TLS that answers nothing: syslog, CEF, and lines of JSON. What the other side has read
 * is known by closing: ours is closed first, and a receiver closes its own side in turn when it has read everything up to
 * there. One that dies with something unread has its kernel say so (RST), and one that hangs says nothing.
 */
import { z } from "zod";
import type { AddressGuard } from "./address-guard.ts";
import { StreamConnection } from "./stream-connection.ts";
import type { TlsSettings } from "./tls.ts";

/**
 * `close`: by the receiver's own closing, see above. `written`: by the kernel's having taken it, and a second without an
 * error; for receivers that never close. What these had not read when they died is lost.
 */
export const confirmation = z.enum(["close", "written"]).default("close");

export type Confirmation = z.output<typeof confirmation>;

export const CONNECT_TIMEOUT_MS = 10_000;
/**
 * What a receiver has read it works off a moment later. One that dies before that takes it along, so it has to be there
 * for this long after it has closed: on the connection that the next bytes go by.
 */
export const WORKED_OFF_MS = 250;
/** How long a connection has to hold after the last byte that the kernel has taken, when nothing else is waited for. */
export const WRITTEN_MS = 1_000;

export interface StreamTarget {
  readonly host: string;
  readonly port: number;
  /** Undefined for plain TCP. */
  readonly tls: TlsSettings | undefined;
  readonly clientKey: string | undefined;
  readonly confirm: Confirmation;
  readonly guard: AddressGuard;
}

/** One connection at a time, made anew after each confirmation by closing. One call at a time. */
export class StreamTransport {
  readonly #target: StreamTarget;
  #connection: StreamConnection | undefined;
  /** Something has been written, or at least connected for, that the receiver has not been asked about. */
  #isUnconfirmed = false;

  constructor(target: StreamTarget) {
    this.#target = target;
  }

  /**
   * Resolves when the kernel has them; connects first, also for no bytes. Throws a DeliveryFault, also when a connection
   * has ended on which something was written and not confirmed; when there was nothing, a new one is made.
   */
  async write(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    if (this.#isUnconfirmed) this.#connection?.assertOpen();
    const held = this.#connection?.isOpen ? this.#connection : undefined;
    const connection = held ?? (await this.#connect(signal));
    this.#isUnconfirmed = true;
    await connection.write(bytes, signal);
  }

  /** Resolves when the receiver has read everything that was written. Throws a DeliveryFault. */
  async confirm(signal: AbortSignal): Promise<void> {
    const connection = this.#connection;
    if (!connection || !this.#isUnconfirmed) return;
    if (this.#target.confirm === "written") {
      await connection.held(WRITTEN_MS, signal);
    } else {
      await connection.end(signal);
      const next = await this.#connect(signal);
      await next.held(WORKED_OFF_MS, signal);
    }
    this.#isUnconfirmed = false;
  }

  /** Never rejects. */
  close(): Promise<void> {
    this.#connection?.close();
    this.#connection = undefined;
    this.#isUnconfirmed = false;
    return Promise.resolve();
  }

  async #connect(signal: AbortSignal): Promise<StreamConnection> {
    this.#connection?.close();
    this.#connection = undefined;
    const limit = AbortSignal.any([signal, AbortSignal.timeout(CONNECT_TIMEOUT_MS)]);
    this.#connection = await StreamConnection.open(this.#target, limit);
    return this.#connection;
  }
}
