import { describe, expect, it } from "vitest";
import { ManualClock } from "../kernel/clock.ts";
import { Refusal } from "../kernel/errors.ts";
import type { Call, Identity } from "./call.ts";
import { Performer } from "./perform.ts";
import { MAX_BUCKETS, Quotas } from "./quotas.ts";
import { listSecrets } from "./secrets/list-secrets.ts";
import { NOBODY, openTestApp, PLACE, SCHEDULE } from "./testing/test-app.ts";
import { TimeOrderedIds } from "../kernel/ids.ts";

const TWICE = { operation: "event.search", calls: 2, perMs: 1_000 } as const;

function callOf(account: string): Call {
  const caller = { kind: "identity", account } as Identity;
  return { caller, place: PLACE } as Call;
}

function open() {
  const clock = new ManualClock(1_000_000);
  const quotas = new Quotas([TWICE], clock);
  const mayAsk = (call: Call, operation: "event.search" | "event.read" = "event.search") => {
    try {
      quotas.spend(operation, call);
      return true;
    } catch (error) {
      expect(error).toBeInstanceOf(Refusal);
      expect(error).toMatchObject({ code: "rate_limited", message: "Rate exceeded" });
      return false;
    }
  };
  return { clock, mayAsk };
}

describe("a quota", () => {
  it("lets so many come at once, and as many again when the time has passed", () => {
    const { clock, mayAsk } = open();
    const asked = () => [1, 2, 3].map(() => mayAsk(callOf("a")));
    expect(asked()).toEqual([true, true, false]);
    clock.advance(500);
    expect(asked()).toEqual([true, false, false]);
    clock.advance(60_000);
    expect(asked()).toEqual([true, true, false]);
  });

  it("is not filled by a clock that goes backwards", () => {
    const { clock, mayAsk } = open();
    expect([1, 2, 3].map(() => mayAsk(callOf("a")))).toEqual([true, true, false]);
    clock.set(0);
    expect(mayAsk(callOf("a"))).toBe(false);
  });

  it("is each account's own, and of its operation alone; the server has none", () => {
    const { mayAsk } = open();
    for (let i = 0; i < 3; i++) mayAsk(callOf("a"));
    expect(mayAsk(callOf("a"))).toBe(false);
    expect(mayAsk(callOf("b"))).toBe(true);
    expect(mayAsk(callOf("a"), "event.read")).toBe(true);
    const internal = { caller: SCHEDULE, place: PLACE } as Call;
    expect([1, 2, 3].map(() => mayAsk(internal))).toEqual([true, true, true]);
    const nobodys = { caller: NOBODY, place: { ...PLACE, account: "c" } } as Call;
    expect([1, 2, 3].map(() => mayAsk(nobodys))).toEqual([true, true, false]);
  });

  it("is held for the accounts that have used it last", () => {
    const { mayAsk } = open();
    for (let i = 0; i < 3; i++) mayAsk(callOf("a"));
    for (let i = 0; i < MAX_BUCKETS - 1; i++) mayAsk(callOf(`other ${i}`));
    expect(mayAsk(callOf("a"))).toBe(false);
    for (let i = 0; i < MAX_BUCKETS; i++) mayAsk(callOf(`another ${i}`));
    expect(mayAsk(callOf("a"))).toBe(true);
  });

  it("that is used up refuses what is asked, and has that recorded", async () => {
    const app = await openTestApp();
    const quotas = new Quotas([{ operation: "secret.list", calls: 1, perMs: 1_000 }], app.clock);
    const performer = new Performer({ ...app, ids: new TimeOrderedIds(app.clock), quotas });
    const caller = await app.callerWith(["Manager"]);
    const list = () =>
      performer.perform(listSecrets, app.call(caller), () => ({ offset: 0, limit: 10 }));
    expect((await list()).kind).toBe("done");
    expect(await list()).toMatchObject({ kind: "refused", refusal: { code: "rate_limited" } });
    expect(app.lastEvent()).toMatchObject({
      operation: "secret.list",
      outcome: "failure",
      reason: { reasonCode: 429, code: "rate_limited", cause: "quota" },
      requestData: {},
    });
    await app.close();
  });
});
