/** Which addresses an account lets calls come from: a list of addresses and CIDR ranges (RFC 4632, RFC 4291). */
import { BlockList, isIP, isIPv6 } from "node:net";
import { MAX_RECORDED_ITEMS } from "../audit/redaction.ts";

/** As many as the record of a change names: none is let in that the trail does not show. */
export const MAX_ALLOWED_ADDRESSES = MAX_RECORDED_ITEMS;

/** Built once for each list as it is remembered; forgotten with it. */
const built = new WeakMap<readonly string[], BlockList>();

/** Whether a call from the address may be: every one may when the list is empty, and none from no address. */
export function isAddressAllowed(allowed: readonly string[], address: string): boolean {
  if (allowed.length === 0) return true;
  let ranges = built.get(allowed);
  if (!ranges) {
    ranges = rangesOf(allowed);
    built.set(allowed, ranges);
  }
  if (isIP(address) === 0) return false;
  return ranges.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}

/** Whether the text is an address or a range of them. */
export function isAddressRange(text: string): boolean {
  const [address = "", prefix, ...more] = text.split("/");
  const version = isIP(address);
  if (version === 0 || more.length > 0) return false;
  if (prefix === undefined) return true;
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128);
}

function rangesOf(allowed: readonly string[]): BlockList {
  const ranges = new BlockList();
  for (const one of allowed) {
    const [address = "", prefix] = one.split("/");
    const family = isIPv6(address) ? "ipv6" : "ipv4";
    if (prefix === undefined) ranges.addAddress(address, family);
    else ranges.addSubnet(address, Number(prefix), family);
  }
  return ranges;
}
