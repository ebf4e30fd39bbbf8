/** Which addresses an account lets calls come from: a list of addresses and CIDR ranges (RFC 4632, RFC 4291). */
import { BlockList, isIP, isIPv6 } from "node:net";
import { MAX_RECORDED_ITEMS } from "../audit/redaction.ts";

/** As many as the record of a change names: none is let in that the trail does not show. */
export const MAX_ALLOWED_ADDRESSES = MAX_RECORDED_ITEMS;

/**
 * What is no server of anybody's: this host, link-local addresses, multicast, their ways over IPv6 (NAT64, 6to4, Teredo),
 * and wherever else the machines of clouds are told their own credentials: Amazon's, Google's, Microsoft's and Alibaba's
 * have an address apart. Not the private ranges, where a company's own servers stand.
 */
export const NOBODYS_RANGES: readonly string[] = [
  "0.0.0.0/8",
  "169.254.0.0/16",
  "192.0.0.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
  "::/96",
  "::ffff:0:0:0/96",
  "fe80::/10",
  "ff00::/8",
  "100.100.100.200/32",
  "168.63.129.16/32",
  "fd00:ec2::254/128",
  "fd20:ce::254/128",
  "64:ff9b::/96",
  "64:ff9b:1::/48",
  "2001::/32",
  "2002::/16",
];

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
