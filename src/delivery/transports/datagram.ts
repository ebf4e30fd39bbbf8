/**
 * Datagrams to a receiver over UDP. Nobody says that they have arrived: what can be known is that nothing listens there
 * (ICMP), and what can be done is not to send faster than a receiver with ordinary buffers takes them in.
 */
import { createSocket, type Socket } from "node:dgram";
import type { LookupAddress } from "node:dns";
import { isIP } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import type { DeliveryFault } from "../fault.ts";
import type { Rejection } from "../sink.ts";
import { bareHost, type AddressGuard } from "./address-guard.ts";
import { brokenOff, codeOf, networkFault } from "./network-fault.ts";

/** RFC 768 and RFC 791: what a datagram of IPv4 has room for. */
export const MAX_DATAGRAM_BYTES = 65_507;
/** How long news that nothing listens is waited for after the last datagram. */
export const SETTLE_MS = 250;
/** What a packet of Ethernet has room for. A longer datagram is cut into several, and counts as so many. */
export const PACKET_BYTES = 1_472;
/** Packets at once, so that a buffer of 200 KB holds them: the kernel counts more than twice the bytes of each. */
export const MAX_BURST = 32;

export interface DatagramTarget {
  readonly host: string;
  readonly port: number;
  readonly datagramsPerSecond: number;
  readonly guard: AddressGuard;
}

export interface Datagram {
  readonly index: number;
  readonly bytes: Uint8Array;
}

export class DatagramTransport {
  readonly #target: DatagramTarget;
  #socket: Socket | undefined;
  /** Of what was sent since the last confirmation. */
  #fault: DeliveryFault | undefined;

  constructor(target: DatagramTarget) {
    this.#target = target;
  }

  /** Hands them to the kernel, paced. What is too long for the way there is rejected. Throws a DeliveryFault. */
  async send(datagrams: readonly Datagram[], signal: AbortSignal): Promise<readonly Rejection[]> {
    const socket = await this.#connected(signal);
    const rejected: Rejection[] = [];
    const { burst, packetMs } = paceOf(this.#target.datagramsPerSecond);
    let packets = 0;
    for (const datagram of datagrams) {
      const more = packetsOf(datagram.bytes);
      if (packets > 0 && packets + more > burst) {
        await pause(packets * packetMs, signal);
        packets = 0;
      }
      packets += more;
      if (this.#fault) throw this.#fault;
      if (!(await isTaken(socket, datagram.bytes))) {
        rejected.push({ index: datagram.index, reason: "longer than a datagram can be" });
      }
    }
    // So that the next ones do not follow at once either.
    await pause(packets * packetMs, signal);
    return rejected;
  }

  /** Resolves when nothing has been heard against it for a moment. Throws a DeliveryFault otherwise. */
  async confirm(signal: AbortSignal): Promise<void> {
    if (!this.#socket) return;
    await pause(SETTLE_MS, signal);
    if (this.#fault) throw this.#fault;
  }

  /** Never rejects. */
  close(): Promise<void> {
    this.#socket?.removeAllListeners("close").close();
    this.#socket = undefined;
    this.#fault = undefined;
    return Promise.resolve();
  }

  async #connected(signal: AbortSignal): Promise<Socket> {
    if (this.#socket) return this.#socket;
    const { address, family } = await addressOf(this.#target);
    if (signal.aborted) throw brokenOff(signal);
    const socket = createSocket(family === 6 ? "udp6" : "udp4");
    // Connected: the kernel then tells this socket of what comes back by ICMP.
    const connected = Promise.withResolvers<void>();
    socket.on("error", (error) => {
      this.#fault ??= networkFault(error);
      connected.reject(networkFault(error));
    });
    socket.connect(this.#target.port, address, () => connected.resolve());
    try {
      await connected.promise;
    } catch (error) {
      socket.close();
      this.#fault = undefined;
      throw error;
    }
    this.#socket = socket;
    return socket;
  }
}

/** Of so many packets a second: how many at once, and how long a pause there is for each of them then. */
export function paceOf(perSecond: number): { readonly burst: number; readonly packetMs: number } {
  const burst = Math.max(1, Math.min(MAX_BURST, Math.floor(perSecond / 50)));
  return { burst, packetMs: 1_000 / perSecond };
}

export function packetsOf({ length }: Uint8Array): number {
  return Math.max(1, Math.ceil(length / PACKET_BYTES));
}

async function addressOf({ host, guard }: DatagramTarget): Promise<LookupAddress> {
  const bare = bareHost(host);
  const family = isIP(bare);
  if (family !== 0) {
    guard.assertReachable(bare);
    return { address: bare, family };
  }
  const looked = Promise.withResolvers<LookupAddress>();
  guard.lookup(bare, { all: true }, (error, addresses) => {
    const [first] = typeof addresses === "string" ? [] : addresses;
    if (error || !first) looked.reject(networkFault(error));
    else looked.resolve(first);
  });
  return looked.promise;
}

/** False for what is longer than the way there allows. */
function isTaken(socket: Socket, bytes: Uint8Array): Promise<boolean> {
  return new Promise((resolve, reject) => {
    socket.send(bytes, (error) => {
      if (!error) resolve(true);
      else if (codeOf(error) === "EMSGSIZE") resolve(false);
      else reject(networkFault(error));
    });
  });
}

async function pause(forMs: number, signal: AbortSignal): Promise<void> {
  await wait(forMs, undefined, { signal }).catch(() => undefined);
  if (signal.aborted) throw brokenOff(signal);
}
