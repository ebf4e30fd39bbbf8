/** Which addresses deliveries leave for: a request forged by a destination reaches nothing that stands on this host. */
import type { IsReachable } from "../delivery/transports/address-guard.ts";
import { isAddressAllowed, NOBODYS_RANGES } from "../identity/addresses.ts";

/** Where whoever may set up a destination could not go by themselves: this host, and what is no server of anybody's. */
const FORBIDDEN: readonly string[] = [...NOBODYS_RANGES, "127.0.0.0/8", "::1/128"];

export interface Reachability {
  /** Of those that the operator has pinned: anywhere. */
  readonly pinned: IsReachable;
  readonly others: IsReachable;
}

/** `ranges`: what the operator opens besides, as `--destination-addresses` has it. */
export function reachability(ranges: readonly string[]): Reachability {
  const isOpened = (address: string): boolean =>
    ranges.length > 0 && isAddressAllowed(ranges, address);
  return {
    pinned: () => true,
    others: (address) => !isAddressAllowed(FORBIDDEN, address) || isOpened(address),
  };
}
