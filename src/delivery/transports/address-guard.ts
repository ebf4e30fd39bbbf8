/**
 * Where deliveries may go, looked at where a connection is made: a name cannot mean another address by then. Which
 * addresses those are is said by whoever makes the guard.
 */
import { lookup as resolve } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { DeliveryFault } from "../fault.ts";

/** Whether deliveries leave for this address at all; without the form of IPv4 within IPv6. */
export type IsReachable = (address: string) => boolean;

export class AddressGuard {
  readonly #isReachable: IsReachable;

  constructor(isReachable: IsReachable) {
    this.#isReachable = isReachable;
  }

  /** Of a host that is written as an address, which nobody looks up. Throws a DeliveryFault `denied`. */
  assertReachable(host: string): void {
    const bare = bareHost(host);
    if (isIP(bare) !== 0 && !this.#allows(bare)) throw notAllowed();
  }

  readonly lookup: LookupFunction = (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, []);
      const within = addresses.filter(({ address }) => this.#allows(address));
      const [first] = within;
      if (!first) return callback(notAllowed(), []);
      if (options.all) return callback(null, within);
      return callback(null, first.address, first.family);
    });
  };

  #allows(address: string): boolean {
    return this.#isReachable(plainAddress(address));
  }
}

/** Of an address of IPv4 within IPv6 that of IPv4, however it is written: also `::ffff:7f00:1` is 127.0.0.1. */
function plainAddress(address: string): string {
  if (isIP(address) !== 6) return address;
  const { hostname = "" } = URL.parse(`http://[${address}]`) ?? {};
  const [, high, low] = /^\[::ffff:([\da-f]+):([\da-f]+)\]$/.exec(hostname) ?? [];
  if (high === undefined || low === undefined) return address;
  const bits = Number.parseInt(high, 16) * 65_536 + Number.parseInt(low, 16);
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join(".");
}

/** Without the brackets that an address of IPv6 has in a URL. */
export function bareHost(host: string): string {
  return host.replaceAll(/^\[|\]$/g, "");
}

function notAllowed(): DeliveryFault {
  return new DeliveryFault("denied", "its address is none that deliveries leave for");
}
