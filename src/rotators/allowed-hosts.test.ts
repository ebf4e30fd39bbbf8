import { describe, expect, it } from "vitest";
import { RotatorFault } from "../app/secrets/rotators.ts";
import { isReachable } from "../openid/guarded-fetch.ts";
import { AllowedHosts } from "./allowed-hosts.ts";
import { KnownRotators } from "./known-rotators.ts";

const hosts = new AllowedHosts(
  ["hooks.example.com", "db.example.com:6432", "[fd12::1]", "10.1.2.3:443"],
  isReachable,
);

describe("the hosts that rotators may reach", () => {
  it.each([
    ["hooks.example.com", 443, true],
    ["HOOKS.example.com", 443, true],
    ["hooks.example.com", 8443, false],
    ["sub.hooks.example.com", 443, false],
    ["hooks.example.com.evil.example", 443, false],
    ["db.example.com", 6432, true],
    ["db.example.com", 443, false],
    ["[fd12::1]", 443, true],
    ["fd12::1", 443, true],
    ["10.1.2.3", 443, true],
    ["10.1.2.3", 8443, false],
  ])("%s at %d: %s", (host, port, is) => {
    expect(hosts.has(host, port, 443)).toBe(is);
  });

  it("are looked up to none of the addresses that only this machine answers at", async () => {
    const looked = await new Promise((resolve) => {
      // The name is this machine's, though nobody has said so.
      const lookup = hosts.lookup("hooks.example.com");
      lookup("localhost", { all: true }, (error) => resolve(error?.message));
    });
    expect(looked).toMatch(/none that requests leave for/);
    for (const address of ["169.254.169.254", "[fd00:ec2::254]", "0.0.0.0", "[::ffff:127.0.0.1]"]) {
      expect(() => hosts.assertReachable(address)).toThrow(RotatorFault);
    }
    expect(() => hosts.assertReachable("10.1.2.3")).not.toThrow();
  });
});

describe("the rotators that are known", () => {
  const known = new KnownRotators({
    hooks: new Map([["mine", new URL("https://elsewhere.example/x")]]),
    hosts,
    sign: () => ({}),
  });

  it.each([
    ["mine", "hook"],
    ["https://hooks.example.com/rotate", "hook"],
    ["keytrail:random-password", "built-in"],
    ["arn:aws:lambda:eu-west-1:123456789012:function:keytrail-postgresql-user", "built-in"],
    ["arn:aws:lambda:eu-west-1:123456789012:function:keytrail-other", undefined],
    ["arn:aws:lambda:eu-west-1:123456789012:function:x-keytrail-random-password", undefined],
    ["https://elsewhere.example/x", undefined],
    ["http://hooks.example.com/rotate", undefined],
    ["https://hooks.example.com:8443/rotate", undefined],
    ["https://ada@hooks.example.com/rotate", undefined],
    ["https://:secret@hooks.example.com/rotate", undefined],
    ["https://hooks.example.com/rotate?code=secret", undefined],
    ["https://hooks.example.com@evil.example/rotate", undefined],
    ["https://", undefined],
    ["", undefined],
  ])("%j is a %s", (named, kind) => {
    expect(known.find(named)?.kind).toBe(kind);
  });
});
