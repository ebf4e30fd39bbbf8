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
    // Each is a server of the settings before, but none that had the client's secret.
    oauth2({ token_url: "https://siem.example.com/token" }),
    { url: "https://siem.example.com:444/in" },
  ])("would come before somebody else with %j", (change) => {
    expect(isElsewhere(checkSink({ ...before, ...change }), checkSink(before))).toBe(true);
  });

  it.each([
    ["iam_url", "https:/iam.example.net/identity/token"],
    ["iam_url", "https:iam.example.net/identity/token"],
    ["iam_url", "https:\\\\iam.example.net/identity/token"],
    ["iam_url", "ht\ntps://iam.example.net/identity/token"],
    ["endpoint", "https://cos.example.net"],
  ])("would come before somebody else with the %s %j, or it is none", (field, url) => {
    const bucket = { kind: "bucket", endpoint: "cos.example.com", bucket: "audit-trail" };
    let isRefused = false;
    try {
      isRefused = isElsewhere(checkSink({ ...bucket, [field]: url }), checkSink(bucket));
    } catch {
      isRefused = true;
    }
    expect(isRefused).toBe(true);
  });

  it("were never sent to a receiver of syslog that is to get the token from now on", () => {
    const syslog = { kind: "syslog", transport: "tls", host: "siem.example.com", port: 6514 };
    const telling = { ...syslog, sends_token: true };
    expect(isElsewhere(checkSink(telling), checkSink(syslog))).toBe(true);
    expect(isElsewhere(checkSink(syslog), checkSink(telling))).toBe(false);
    expect(isElsewhere(checkSink({ ...telling, facility: 4 }), checkSink(telling))).toBe(false);
  });
});
