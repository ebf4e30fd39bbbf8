import { describe, expect, it } from "vitest";
import { serve } from "../../test/support/serve.ts";
import { guardedFetch, isReachable, Unreachable } from "./guarded-fetch.ts";

const options = { method: "GET", headers: {}, body: undefined, redirect: "manual" } as const;

describe("requests to providers", () => {
  it.each([
    "8.8.8.8",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "2001:4860:4860::8888",
    "fd12:3456::1",
  ])("leave for %s, where a provider may stand", (address) => {
    expect(isReachable(address, { isLoopback: false })).toBe(true);
    expect(isReachable(address, { isLoopback: true })).toBe(false);
  });

  it.each([
    "169.254.169.254",
    "::ffff:169.254.169.254",
    "::ffff:a9fe:a9fe",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a9fe:a9fe",
    "100.100.100.200",
    "168.63.129.16",
    "fd00:ec2::254",
    "fd20:ce::254",
    "2001:0:a9fe:a9fe::1",
    "fe80::1",
    "0.0.0.0",
    "::",
    "224.0.0.1",
    "255.255.255.255",
    "ff02::1",
    "2002:a9fe:a9fe::1",
    "no address",
  ])("never leave for %s", (address) => {
    expect(isReachable(address, { isLoopback: false })).toBe(false);
    expect(isReachable(address, { isLoopback: true })).toBe(false);
  });

  it.each(["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1"])(
    "leave for %s only in development",
    (address) => {
      expect(isReachable(address, { isLoopback: false })).toBe(false);
      expect(isReachable(address, { isLoopback: true })).toBe(true);
    },
  );

  it.each([
    "https://127.0.0.1:9/",
    "https://[::1]:9/",
    "https://localhost:9/",
    "https://169.254.169.254/latest/meta-data",
    "https://2852039166/latest/meta-data",
    "https://[::ffff:a9fe:a9fe]/",
  ])("to %s are refused before a connection is made", async (url) => {
    const request = guardedFetch({ isLoopback: false })(url, options);
    const error: unknown = await request.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Unreachable);
    const { message, cause } = error as Unreachable;
    const said = [message, cause instanceof Error ? cause.message : ""].join();
    expect(said).toContain("none that requests leave for");
  });

  it("take whatever status comes back, are not redirected, and end when they are told to", async () => {
    const served = await serve((request, response) => {
      response.writeHead(Number(request.url?.slice(1)), { location: "/200" }).end();
    });
    const ask = async (status: number, more: object = {}): Promise<number> => {
      const url = `${served.url}/${status}`;
      return (await guardedFetch({ isLoopback: true })(url, { ...options, ...more })).status;
    };
    for (const status of [200, 204, 302, 304, 404, 503]) expect(await ask(status)).toBe(status);
    await expect(ask(999)).rejects.toThrow(Unreachable);
    await expect(ask(200, { signal: AbortSignal.abort() })).rejects.toThrow(Unreachable);
    await served.close();
  });
});
