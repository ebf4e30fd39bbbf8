import { networkInterfaces } from "node:os";
import { describe, expect, it } from "vitest";
import { KNOWN_MS, reachability } from "./reachability.ts";

const HERE = ["127.0.0.1", "127.9.9.9", "::1", "0.0.0.0", "::ffff:127.0.0.1", "::ffff:7f00:1"];
/** Ways of writing 127.0.0.1 within IPv6 that some network may undo (RFC 4291, section 2.5.5.1; RFC 2765). */
const HERE_SOMEHOW = ["::127.0.0.1", "::7f00:1", "::ffff:0:7f00:1", "64:ff9b::7f00:1", "::1%lo"];
const NOBODYS = ["169.254.169.254", "fe80::1", "fe80::1%eth0", "224.0.0.1", "fd00:ec2::254"];
const SERVERS = ["203.0.113.9", "10.1.2.3", "192.168.0.7", "2001:db8::1", "fd12:3456::1"];

describe("where deliveries go", () => {
  it("is no address of this host, nor one that is nobody's, unless the operator says so", () => {
    const { pinned, others } = reachability([]);
    expect([...HERE, ...HERE_SOMEHOW, ...NOBODYS].filter(others)).toEqual([]);
    expect(SERVERS.filter(others)).toEqual(SERVERS);
    expect([...HERE, ...NOBODYS, ...SERVERS].every(pinned)).toBe(true);
  });

  it("is opened by address or range, and by nothing more than that", () => {
    const { others } = reachability(["127.0.0.1", "fe80::/10"]);
    expect([...HERE, ...NOBODYS].filter(others)).toEqual([
      "127.0.0.1",
      "::ffff:127.0.0.1",
      "::ffff:7f00:1",
      "fe80::1",
      "fe80::1%eth0",
    ]);
    expect(SERVERS.filter(others)).toEqual(SERVERS);
  });

  it("is no address that this host has on a network, also one that it has got meanwhile", () => {
    const own = ["203.0.113.9"];
    let now = 0;
    const { pinned, others } = reachability([], { own: () => own, now: () => now });
    expect([...SERVERS, "::ffff:203.0.113.9"].filter((one) => !others(one))).toEqual([
      "203.0.113.9",
      "::ffff:203.0.113.9",
    ]);
    expect(pinned("203.0.113.9")).toBe(true);
    own.push("2001:db8::1");
    now += KNOWN_MS;
    expect(SERVERS.filter((one) => !others(one))).toEqual(["203.0.113.9", "2001:db8::1"]);
    const opened = reachability(["203.0.113.0/24"], { own: () => own, now: () => now });
    expect(SERVERS.filter((one) => !opened.others(one))).toEqual(["2001:db8::1"]);
  });

  it("knows by itself which addresses this host has", () => {
    const { others } = reachability([]);
    const here = Object.values(networkInterfaces()).flatMap((all = []) => all);
    expect(here.filter(({ address }) => others(address))).toEqual([]);
  });
});
