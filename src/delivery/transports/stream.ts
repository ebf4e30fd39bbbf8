/**
 * Bytes to a receiver over TCP or TLS that answers nothing: syslog, and lines of JSON. What was read by the other side is
 * known by closing: ours is closed first, and a receiver closes its own side in turn when it has read everything up to
 * there. One that dies with something unread has its kernel say so (RST), and one that goes on sleeping says nothing.
 */
import { z } from "zod";
import type { AddressGuard } from "./address-guard.ts";
import type { TlsSettings } from "./tls.ts";

/**
 * `close`: by the receiver's own closing, see above. `written`: by the kernel's having taken it, and a second without an
 * error; for receivers that never close. What they lose when they die is lost.
 */
export const confirmation = z.enum(["close", "written"]).default("close");

export type Confirmation = z.output<typeof confirmation>;

export interface StreamTarget {
  readonly host: string;
  readonly port: number;
  /** Undefined for plain TCP. */
  readonly tls: TlsSettings | undefined;
  readonly clientKey: string | undefined;
  readonly confirm: Confirmation;
  readonly guard: AddressGuard;
}

export class StreamTransport {
  readonly #target: StreamTarget;

  constructor(target: StreamTarget) {
    this.#target = target;
  }

  /** Resolves when the kernel has them; connects first, also for no bytes. Throws a DeliveryFault. */
  write(_bytes: Uint8Array, _signal: AbortSignal): Promise<void> {
    throw new Error(this.#target.host);
  }

  /** Resolves when the receiver has read everything that was written. Throws a DeliveryFault. */
  confirm(_signal: AbortSignal): Promise<void> {
    throw new Error(this.#target.host);
  }

  /** Never rejects. */
  close(): Promise<void> {
    throw new Error(this.#target.host);
  }
}
