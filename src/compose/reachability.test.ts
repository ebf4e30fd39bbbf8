import { describe, expect, it } from "vitest";
import { reachability } from "./reachability.ts";

const HERE = ["127.0.0.1", "127.9.9.9", "::1", "0.0.0.0", "::ffff:127.0.0.1", "::ffff:7f00:1"];
const NOBODYS = ["169.254.169.254", "fe80::1", "fe80::1%eth0", "224.0.0.1", "fd00:ec2::254"];
const SERVERS = ["203.0.113.9", "10.1.2.3", "192.168.0.7", "2001:db8::1", "fd12:3456::1"];

describe("where deliveries go", () => {
  it("is no address of this host, nor one that is nobody's, unless the operator says so", () => {
    const { pinned, others } = reachability([]);
    expect([...HERE, ...NOBODYS].filter(others)).toEqual([]);
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
});
