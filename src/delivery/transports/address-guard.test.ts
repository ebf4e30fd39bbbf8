import { describe, expect, it } from "vitest";
import { AddressGuard } from "./address-guard.ts";

describe("an address", () => {
  it.each([
    ["127.0.0.1", "127.0.0.1"],
    ["::ffff:127.0.0.1", "127.0.0.1"],
    ["::FFFF:7f00:1", "127.0.0.1"],
    ["0:0:0:0:0:ffff:a9fe:a9fe", "169.254.169.254"],
    ["::ffff:0:0", "0.0.0.0"],
    ["[::1]", "::1"],
    ["2001:db8::1", "2001:db8::1"],
  ])("is judged without the form of IPv4 within IPv6: %s as %s", (written, judged) => {
    const asked: string[] = [];
    const guard = new AddressGuard((address) => {
      asked.push(address);
      return false;
    });
    expect(() => guard.assertReachable(written)).toThrow("none that deliveries leave for");
    expect(asked).toEqual([judged]);
  });

  it("is not looked for in a name, which is looked up where a connection is made", () => {
    const guard = new AddressGuard(() => false);
    expect(() => guard.assertReachable("siem.example.com")).not.toThrow();
  });
});

describe("a look-up", () => {
  const names = (isReachable: (address: string) => boolean, all: boolean) =>
    new Promise<unknown>((resolve) => {
      new AddressGuard(isReachable).lookup("localhost", { all, family: 4 }, (error, found) =>
        resolve(error ?? found),
      );
    });

  it("finds only what is allowed", async () => {
    expect(await names(() => true, true)).toEqual([{ address: "127.0.0.1", family: 4 }]);
    expect(await names(() => true, false)).toBe("127.0.0.1");
    const denied = { kind: "denied", message: "its address is none that deliveries leave for" };
    expect(await names(() => false, true)).toMatchObject(denied);
    expect(await names(() => false, false)).toMatchObject(denied);
  });
});
