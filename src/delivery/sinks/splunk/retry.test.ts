import { describe, expect, it } from "vitest";
import type { Message } from "../../entry.ts";
import type { DeliveryFault } from "../../fault.ts";
import type { HttpAnswer } from "../../transports/http.ts";
import { acknowledgedBy, assertReady, takenBy } from "./retry.ts";

const NOW = Date.UTC(2026, 10, 21);
const messages: Message[] = [100, 101, 105].map((index) => ({
  index,
  id: `id-${index}`,
  bytes: Buffer.from("{}"),
}));

function answer(status: number, body: unknown, headers: object = {}): HttpAnswer {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { status, headers: { ...headers }, body: Buffer.from(text) };
}

function faultOf(given: HttpAnswer): Partial<DeliveryFault> {
  try {
    takenBy(given, messages, NOW);
  } catch (error) {
    return error as DeliveryFault;
  }
  throw new Error("it was taken");
}

/** Splunk, "Troubleshoot HTTP Event Collector": possible error codes. */
describe("the collector's codes", () => {
  it.each([
    [403, 1, "denied"],
    [401, 2, "denied"],
    [401, 3, "denied"],
    [403, 4, "denied"],
    [400, 5, "rejected"],
    [400, 6, "rejected"],
    [400, 7, "denied"],
    [500, 8, "unavailable"],
    [503, 9, "unavailable"],
    [400, 10, "denied"],
    [400, 11, "denied"],
    [400, 12, "rejected"],
    [400, 13, "rejected"],
    [400, 14, "denied"],
    [400, 15, "rejected"],
    [400, 16, "denied"],
    [503, 18, "unavailable"],
    [503, 19, "unavailable"],
    [503, 20, "unavailable"],
    [400, 21, "denied"],
    [400, 22, "denied"],
    [503, 23, "unavailable"],
    [429, 26, "unavailable"],
    [429, 27, "unavailable"],
  ])("%i with code %i is %s", (status, code, kind) => {
    expect(faultOf(answer(status, { text: "said with a secret", code }))).toMatchObject({
      kind,
      message: expect.stringMatching(
        new RegExp(String.raw`^the collector answered ${status}: (?!.*secret)`),
      ),
    });
  });

  it("name the event at fault by its place in the log, where they do", () => {
    const said = (place: unknown) =>
      faultOf(answer(400, { text: "", code: 6, "invalid-event-number": place })).index;
    expect([0, 1, 2].map(said)).toEqual([100, 101, 105]);
    expect([3, -1, "x", null, undefined].map(said)).toEqual(Array(5).fill(undefined));
    const busy = answer(503, { code: 9, "invalid-event-number": 1 });
    expect(faultOf(busy).index).toBeUndefined();
  });

  it("leave the word to the status where they are unknown, or none is said", () => {
    expect(faultOf(answer(400, { code: 999 })).kind).toBe("rejected");
    expect(faultOf(answer(502, "<html>")).kind).toBe("unavailable");
    expect(faultOf(answer(404, "")).kind).toBe("denied");
    expect(faultOf(answer(413, { code: 6 })).kind).toBe("too-large");
    const later = answer(429, { code: 26 }, { "retry-after": "30" });
    expect(faultOf(later).retryAfterMs).toBe(30_000);
  });

  it("are what says that something was taken: nothing else that is 2xx does", () => {
    expect(takenBy(answer(200, { text: "Success", code: 0 }), messages, NOW)).toBeUndefined();
    for (const body of ["", "ok", "<html>", "{}", "[]", "null", { code: "0" }]) {
      expect(faultOf(answer(200, body))).toMatchObject({
        kind: "denied",
        message: "what answers there is no HTTP Event Collector",
      });
    }
    expect(faultOf(answer(500, { code: 0 })).kind).toBe("unavailable");
  });
});

describe("numbers of acknowledgement", () => {
  it.each([
    [0, 0],
    [17, 17],
    ["17", 17],
    [null, undefined],
    [-1, undefined],
    [1.5, undefined],
    ["x", undefined],
    [undefined, undefined],
  ])("%j is %j", (ackId, expected) => {
    expect(takenBy(answer(200, { code: 0, ackId }), messages, NOW)).toBe(expected);
  });

  it("are acknowledged where the collector says true of them", () => {
    const said = answer(200, { acks: { "0": true, "1": false, "12": true } });
    expect(acknowledgedBy(said, NOW)).toEqual([0, 12]);
    expect(() => acknowledgedBy(answer(200, { acks: { "0": "true" } }), NOW)).toThrow("no HTTP");
    expect(() => acknowledgedBy(answer(400, { code: 14 }), NOW)).toThrow("set acknowledgement");
    expect(() => acknowledgedBy(answer(503, ""), NOW)).toThrow("503");
  });
});

describe("a request without an event", () => {
  it("shows that the token is good by what is missing", () => {
    expect(() => assertReady(answer(400, { text: "No data", code: 5 }), NOW)).not.toThrow();
    expect(() => assertReady(answer(200, { text: "Success", code: 0 }), NOW)).not.toThrow();
    expect(() => assertReady(answer(403, { code: 4 }), NOW)).toThrow("not one of its own");
    expect(() => assertReady(answer(400, "bad request"), NOW)).toThrow("400");
    expect(() => assertReady(answer(200, "welcome"), NOW)).toThrow("no HTTP Event Collector");
  });
});
