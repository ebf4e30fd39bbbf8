import { describe, expect, it } from "vitest";
import { isAddressAllowed, isAddressRange } from "./addresses.ts";

describe("the addresses an account allows", () => {
  it("are all of them while there is no list", () => {
    expect(isAddressAllowed([], "")).toBe(true);
    expect(isAddressAllowed([], "192.0.2.1")).toBe(true);
  });

  it.each([
    ["192.0.2.1", true],
    ["192.0.2.2", false],
    ["198.51.100.77", true],
    ["198.51.101.1", false],
    ["2001:db8::1", true],
    ["2001:db9::1", false],
    ["", false],
    ["not an address", false],
  ])("with single ones and ranges: %j", (address, allowed) => {
    const list = ["192.0.2.1", "198.51.100.0/24", "2001:db8::/32"];
    expect(isAddressAllowed(list, address)).toBe(allowed);
    expect(isAddressAllowed(list, address)).toBe(allowed);
  });

  it.each([
    ["192.0.2.1", true],
    ["192.0.2.0/24", true],
    ["2001:db8::/128", true],
    ["192.0.2.0/33", false],
    ["192.0.2.0/", false],
    ["192.0.2.0/8/8", false],
    ["example.com", false],
    ["", false],
  ])("are written as %j: %j", (text, isOne) => {
    expect(isAddressRange(text)).toBe(isOne);
  });
});
