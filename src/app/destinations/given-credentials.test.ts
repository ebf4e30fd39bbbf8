import { describe, expect, it } from "vitest";
import { checkSink } from "../../delivery/sinks.ts";
import { isElsewhere } from "./given-credentials.ts";

const before = {
  kind: "https",
  shape: "ndjson",
  url: "https://siem.example.com/in",
  authorization: {
    kind: "oauth2",
    token_url: "https://login.example.com/token",
    client_id: "keytrail",
    tls: { server_name: "login.example.com" },
  },
};
const oauth2 = (change: object) => ({ authorization: { ...before.authorization, ...change } });

describe("credentials that are kept", () => {
  it.each([
    { url: "https://siem.example.com/elsewhere" },
    { shape: "array", gzip: false },
    oauth2({ scope: "siem" }),
  ])("stay with %j", (change) => {
    expect(isElsewhere(checkSink({ ...before, ...change }), checkSink(before))).toBe(false);
  });

  it.each([
    { url: "https://other.example.com/in" },
    { url: "http://siem.example.com/in" },
    { tls: { allow_self_signed: true } },
    oauth2({ token_url: "https://login.example.net/token" }),
    oauth2({ tls: { server_name: "login.example.com", allow_self_signed: true } }),
    oauth2({ tls: {} }),
  ])("would come before somebody else with %j", (change) => {
    expect(isElsewhere(checkSink({ ...before, ...change }), checkSink(before))).toBe(true);
  });
});
