/** Which addresses deliveries leave for: a request forged by a destination reaches nothing that stands on this host. */
import { networkInterfaces } from "node:os";
import type { IsReachable } from "../delivery/transports/address-guard.ts";
import { isAddressAllowed, NOBODYS_RANGES } from "../identity/addresses.ts";
import { systemClock, type Millis } from "../kernel/clock.ts";

/** Where whoever may set up a destination could not go by themselves: this host, and what is no server of anybody's. */
const FORBIDDEN: readonly string[] = [...NOBODYS_RANGES, "127.0.0.0/8", "::1/128"];

/** Which addresses this host has on its networks is looked up anew after that. */
export const KNOWN_MS = 5_000;

export interface Reachability {
  /** Of those that the operator has pinned: anywhere. */
  readonly pinned: IsReachable;
  readonly others: IsReachable;
}

interface Host {
  readonly own: () => readonly string[];
  readonly now: () => Millis;
}

const HOST: Host = { own: ownAddresses, now: () => systemClock.now() };

/** `ranges`: what the operator opens besides, as `--destination-addresses` has it. */
export function reachability(ranges: readonly string[], host: Host = HOST): Reachability {
  const own = remembered(host);
  const isOpened = (address: string): boolean =>
    ranges.length > 0 && isAddressAllowed(ranges, address);
  const isHere = (address: string): boolean =>
    isAddressAllowed(FORBIDDEN, address) || isAddressAllowed(own(), address);
  return {
    pinned: () => true,
    others: (address) => !isHere(address) || isOpened(address),
  };
}

function ownAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((all = []) =>
    all.map(({ address }) => address),
  );
}

/** Never empty, which would mean every address. */
function remembered({ own, now }: Host): () => readonly string[] {
  let known: { readonly addresses: readonly string[]; readonly at: Millis } | undefined;
  return () => {
    if (!known || now() - known.at >= KNOWN_MS) {
      known = { addresses: ["127.0.0.1", ...own()], at: now() };
    }
    return known.addresses;
  };
}
