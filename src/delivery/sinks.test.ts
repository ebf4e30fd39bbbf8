import { describe, expect, it } from "vitest";
import { Refusal } from "../kernel/errors.ts";
import { checkSink } from "./sinks.ts";

function sentenceOf(settings: unknown): string {
  try {
    checkSink(settings);
    return "it is taken";
  } catch (error) {
    if (error instanceof Refusal) return `${String(error.details["field"])}: ${error.message}`;
    throw error;
  }
}

describe("settings that are not taken", () => {
  const wire = { kind: "syslog", transport: "tcp", host: "siem", port: 601 };

  it.each([
    [{ ...wire, port: undefined }, "port: The port of a syslog destination: is missing."],
    [{ ...wire, port: "601" }, "port: The port of a syslog destination: is a number."],
    [{ ...wire, port: 70_000 }, "port: The port of a syslog destination: is 65535 at most."],
    [{ ...wire, port: 0 }, "port: The port of a syslog destination: is 1 at least."],
    [
      { ...wire, transport: "tcpp" },
      "transport: The transport of a syslog destination: is one of udp, tcp, tls.",
    ],
    [
      { ...wire, transport: undefined },
      "transport: The transport of a syslog destination: is one of udp, tcp, tls.",
    ],
    [
      { kind: "json", host: "siem", port: 1 },
      "transport: The transport of a json destination: is one of udp, tcp, http, https.",
    ],
    [
      { ...wire, facility: "x" },
      "facility: The facility of a syslog destination: is none of what it takes.",
    ],
    [
      { kind: "https", url: "https://siem", shape: "bulk" },
      "shape: The shape of a https destination: is one of ndjson, array, object, elastic-bulk, datadog, sentinel, secops.",
    ],
    [
      { kind: "otlp", url: "https://siem", gzip: "yes" },
      "gzip: The gzip of a otlp destination: is true or false.",
    ],
    [
      { kind: "otlp", url: "https://siem", authorization: { kind: "token" } },
      "authorization.kind: The authorization.kind of a otlp destination: is one of none, bearer, basic, header, oauth2.",
    ],
  ])("are told in words, and what would be: %j", (settings, sentence) => {
    expect(sentenceOf(settings)).toBe(sentence);
  });
});
