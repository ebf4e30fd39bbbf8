import { describe, expect, it } from "vitest";
import { eventHost } from "./origin.ts";

describe("where a request comes from", () => {
  it.each([
    ["192.0.2.7", "192.0.2.7", "IPv4"],
    ["::ffff:192.0.2.7", "192.0.2.7", "IPv4"],
    ["192.0.2.7:5000", "192.0.2.7", "IPv4"],
    ["2001:db8::7", "2001:db8::7", "IPv6"],
    ["[2001:db8::7]:5000", "2001:db8::7", "IPv6"],
  ])("%s is recorded as %s", (ip, address, addressType) => {
    expect(eventHost(ip, "")).toMatchObject({ address, addressType });
  });

  it.each(["", "hunter2", "192.0.2.7.9", "192.0.2.7, 192.0.2.8", "[192.0.2.7", "<script>"])(
    "and not at all where it is no address: %j",
    (ip) => {
      expect(eventHost(ip, "")).toMatchObject({ address: "", addressType: "" });
    },
  );
});
