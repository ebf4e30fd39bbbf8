import { describe, expect, it } from "vitest";
import { saidOf } from "./said.ts";
import { checkSink } from "./sinks.ts";

/** As a server shows them: with every default filled in. */
const shown = (settings: object) => ({ ...checkSink(settings).settings });

describe("what was said of a destination", () => {
  it.each([
    [{ kind: "json", transport: "udp", host: "siem", port: 514 }, { transport: "tcp" }],
    [{ kind: "json", transport: "tcp", host: "siem", port: 514 }, { transport: "https" }],
    [{ kind: "cef", transport: "udp", host: "siem", port: 514 }, { transport: "tls" }],
    [{ kind: "syslog", transport: "udp", host: "siem", port: 514 }, { format: "rfc3164" }],
    [
      { kind: "https", shape: "elastic-bulk", url: "https://siem", index: "x" },
      { shape: "ndjson", index: undefined },
    ],
    [{ kind: "https", shape: "ndjson", url: "https://siem" }, { shape: "elastic-bulk" }],
    [{ kind: "cloudevents", url: "https://siem" }, { mode: "batch" }],
  ])("is what is left without defaults, and holds with another variant: %j, %j", (said, change) => {
    expect(saidOf(shown(said))).toEqual(said);
    const whole = Object.entries({ ...said, ...change }).filter(([, value]) => value !== undefined);
    expect(() => shown(Object.fromEntries(whole))).not.toThrow();
  });

  it("has what is no default, and what no kind here takes as it is", () => {
    const said = { kind: "syslog", transport: "udp", host: "siem", port: 514, facility: 16 };
    expect(saidOf(shown(said))).toEqual(said);
    expect(saidOf({ kind: "tomorrow", x: 1 })).toEqual({ kind: "tomorrow", x: 1 });
  });
});
