import { describe, expect, it } from "vitest";
import type { Definition } from "../delivery/definition.ts";
import type { Happening } from "../delivery/delivery.ts";
import type { CourierReport, Progress } from "../delivery/progress.ts";
import type { LogEntry } from "../http/exchange.ts";
import { callOf, noticeOf, sayHappening } from "./delivery-notices.ts";

const definition: Definition = {
  id: "0198c5f2-7d4e-7cc1-8a51-0b6a6f5d3c11",
  name: "siem",
  sink: {
    kind: "json",
    transport: "http",
    host: "siem.example.com",
    port: 8_088,
    path: "/of-the-receiver",
  } as Definition["sink"],
  credentials: { token: "of-the-receiver" },
  selection: { account: "a1", includesOperators: false, filter: "", routing: null },
  isPaused: false,
  isPinned: false,
  maxBacklog: null,
  start: { id: "first", index: 0 },
};
const aside = { index: 17, eventId: "0198c5f2-0000", at: 1, reason: "status 400" };
const report: CourierReport = {
  id: definition.id,
  progress: {
    acknowledged: 40,
    setAsideCount: 3,
    lastTrouble: { at: 1, kind: "denied", problem: "status 401" },
  } as Progress,
  sent: 40,
  attempts: 1,
  retryAt: null,
};

const failing: Happening = { kind: "failing", definition, report };
const recovered: Happening = { kind: "recovered", definition, report };
const setAside: Happening = { kind: "set-aside", definition, report, aside };

describe("what the trail is told of a destination", () => {
  it("says what has happened, where, and how much is waiting", () => {
    const facts = {
      name: "siem",
      kind: "json",
      host: "siem.example.com",
      port: 8_088,
      acknowledged: 40,
      waiting: 60,
    };
    const sentence = "Nothing arrives there: status 401.";
    expect(noticeOf(failing, 100)).toEqual({
      operation: "destination.fail",
      facts: { ...facts, ending: { kind: "failure", status: 503, sentence } },
    });
    expect(noticeOf(recovered, 100)).toEqual({ operation: "destination.recover", facts });
    expect(noticeOf(setAside, 100)).toEqual({
      operation: "destination.set-aside",
      facts: {
        name: "siem",
        kind: "json",
        index: 17,
        eventId: "0198c5f2-0000",
        count: 3,
        ending: { kind: "failure", status: 503, sentence: "It was set aside: status 400." },
      },
    });
  });

  it("is the account's whose destination it is, and the operator's of what is pinned", () => {
    expect(callOf(definition)).toMatchObject({
      caller: { kind: "internal", job: "delivery" },
      place: { account: "a1", instance: null },
      about: { kind: "destination", id: definition.id, name: "siem" },
    });
    expect(callOf({ ...definition, isPinned: true }).place.account).toBe("operator");
  });

  it("can be said of settings that are no longer understood", () => {
    const odd = { ...definition, sink: { kind: "pigeon" } };
    expect(noticeOf({ ...failing, definition: odd }, 40).facts).toMatchObject({
      kind: "pigeon",
      host: "",
      port: 0,
    });
  });

  it("is in the log as well, without anything that may be secret", () => {
    const entries: LogEntry[] = [];
    for (const one of [failing, recovered, setAside]) {
      sayHappening(one, (entry) => entries.push(entry));
    }
    const which = `The destination siem (${definition.id})`;
    expect(entries).toEqual([
      { level: "warn", message: `${which} gets nothing: status 401.` },
      { level: "info", message: `${which} gets its events again.` },
      { level: "warn", message: `${which} does not take entry 17: status 400.` },
    ]);
    const notices = [failing, recovered, setAside].map((one) => noticeOf(one, 100));
    expect(JSON.stringify([entries, notices])).not.toContain("of-the-receiver");
  });
});
