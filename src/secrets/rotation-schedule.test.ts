import { describe, expect, it } from "vitest";
import { Refusal } from "../kernel/errors.ts";
import { nextOfCron, parseCron } from "./cron.ts";
import {
  checkRotationRules,
  openingAfterValue,
  openingFor,
  rotatedBy,
  windowAfter,
} from "./rotation-schedule.ts";
import type { RotationRules } from "./rotator.ts";

const at = (text: string): number => Date.parse(text.length === 10 ? `${text}T00:00:00Z` : text);
const shown = (millis: number | null | undefined): string | null =>
  millis === null || millis === undefined
    ? null
    : new Date(millis).toISOString().replace(":00.000Z", "").replace("T", " ");

function next(expression: string, from: string, count = 3): readonly (string | null)[] {
  const cron = parseCron(expression);
  if (!cron) throw new Error(`${expression} is none`);
  const found: (string | null)[] = [];
  let after: number | null = at(from);
  for (let i = 0; i < count && after !== null; i += 1) {
    after = nextOfCron(cron, after);
    found.push(shown(after));
  }
  return found;
}

describe("a cron expression", () => {
  it.each([
    ["0 8 1 * ? *", "2026-11-21", ["2026-12-01 08:00", "2027-01-01 08:00", "2027-02-01 08:00"]],
    [
      "0 10 * * ? *",
      "2026-11-21T10:00:00Z",
      ["2026-11-22 10:00", "2026-11-23 10:00", "2026-11-24 10:00"],
    ],
    ["0 4/12 * * ? *", "2026-11-21", ["2026-11-21 04:00", "2026-11-21 16:00", "2026-11-22 04:00"]],
    [
      "0 /8 * * ? *",
      "2026-11-21T20:00:00Z",
      ["2026-11-22 00:00", "2026-11-22 08:00", "2026-11-22 16:00"],
    ],
    [
      "0 18 ? * SUN-MON,SAT *",
      "2026-11-21",
      ["2026-11-21 18:00", "2026-11-22 18:00", "2026-11-23 18:00"],
    ],
    ["0 0 L * ? *", "2026-11-21", ["2026-11-30 00:00", "2026-12-31 00:00", "2027-01-31 00:00"]],
    [
      "30 16 ? * MON,WED,FRI *",
      "2026-11-21",
      ["2026-11-23 16:30", "2026-11-25 16:30", "2026-11-27 16:30"],
    ],
    ["0 1 ? * SAT#3 *", "2026-11-21", ["2026-11-21 01:00", "2026-12-19 01:00", "2027-01-16 01:00"]],
    ["0 1 ? 6 6#5 *", "2026-11-21", ["2028-06-30 01:00", "2029-06-29 01:00", "2034-06-30 01:00"]],
    ["0 1 ? * 6L *", "2026-11-21", ["2026-11-27 01:00", "2026-12-25 01:00", "2027-01-29 01:00"]],
    [
      "0 1 ? * L *",
      "2026-11-21T02:00:00Z",
      ["2026-11-28 01:00", "2026-12-05 01:00", "2026-12-12 01:00"],
    ],
    ["0 9 1W * ? *", "2026-07-02", ["2026-08-03 09:00", "2026-09-01 09:00", "2026-10-01 09:00"]],
    ["0 9 15W 8 ? *", "2026-07-02", ["2026-08-14 09:00", "2027-08-16 09:00", "2028-08-15 09:00"]],
    ["0 9 31W * ? *", "2026-05-01", ["2026-05-29 09:00", "2026-07-31 09:00", "2026-08-31 09:00"]],
    ["0 9 LW * ? *", "2026-05-01", ["2026-05-29 09:00", "2026-06-30 09:00", "2026-07-31 09:00"]],
    ["0 0 29 2 ? *", "2026-11-21", ["2028-02-29 00:00", "2032-02-29 00:00", "2036-02-29 00:00"]],
    [
      "0 0 1 JAN/6 ? 2027-2028",
      "2026-11-21",
      ["2027-01-01 00:00", "2027-07-01 00:00", "2028-01-01 00:00"],
    ],
    // Where clocks are put forward and back, UTC is not.
    ["0 2 28-29 MAR ? 2027", "2027-01-01", ["2027-03-28 02:00", "2027-03-29 02:00", null]],
  ])("%s after %s", (expression, from, times) => {
    expect(next(expression, from)).toEqual(times);
  });

  it.each([
    "",
    "* * * * * *",
    "0 8 1 * * *",
    "0 8 ? * ? *",
    "60 8 1 * ? *",
    "0 24 1 * ? *",
    "0 8 0 * ? *",
    "0 8 32 * ? *",
    "0 8 1 13 ? *",
    "0 8 1 FOO ? *",
    "0 8 ? * 8 *",
    "0 8 ? * MON#6 *",
    "0 8 ? * MON#0 *",
    "0 8 5-1 * ? *",
    "0 8/0 1 * ? *",
    "0 8 1 * ?",
    "0 8 1 * ? * *",
    "0 8 1 * ? 1969",
    "*/5 8 1 * ? *",
    "0 8, 1 * ? *",
    "0 8 0W * ? *",
    `0 8 ${"1,".repeat(70)}1 * ? *`,
  ])("is not %j", (text) => {
    expect(parseCron(text)).toBeUndefined();
  });
});

describe("rotation rules", () => {
  const window = (rules: RotationRules, from: string) => {
    const found = windowAfter(rules, at(from));
    return [shown(found?.opensAt), shown(found?.closesAt)];
  };

  it("open a window at midnight, so many days after the last rotation, and close it with the day", () => {
    expect(window({ automaticallyAfterDays: 30 }, "2026-01-31T13:45:00Z")).toEqual([
      "2026-03-02 00:00",
      "2026-03-02 23:59:59.000Z",
    ]);
    expect(window({ scheduleExpression: "rate(10 days)" }, "2026-12-25T23:59:00Z")[0]).toBe(
      "2027-01-04 00:00",
    );
  });

  it("of hours open it on the hour, for an hour", () => {
    expect(window({ scheduleExpression: "rate(12 hours)" }, "2026-11-21T13:45:07Z")).toEqual([
      "2026-11-22 01:00",
      "2026-11-22 02:00",
    ]);
    expect(window({ scheduleExpression: "cron(0 /8 * * ? *)" }, "2026-11-21T13:45:07Z")).toEqual([
      "2026-11-21 16:00",
      "2026-11-21 17:00",
    ]);
  });

  it("say how long it is open", () => {
    const rules = { scheduleExpression: "cron(0 16 ? * SAT *)", duration: "6h" };
    expect(window(rules, "2026-11-21T16:00:00Z")).toEqual(["2026-11-28 16:00", "2026-11-28 22:00"]);
  });

  it.each<RotationRules>([
    { automaticallyAfterDays: 1 },
    { automaticallyAfterDays: 1_000, duration: "24h" },
    { scheduleExpression: "rate(4 hours)", duration: "4h" },
    { scheduleExpression: "rate(999 days)" },
    { scheduleExpression: "cron(0 16 1,15 * ? *)", duration: "8h" },
  ])("may be %j", (rules) => {
    expect(() => checkRotationRules(rules)).not.toThrow();
  });

  it.each<RotationRules>([
    {},
    { duration: "3h" },
    { automaticallyAfterDays: 3, scheduleExpression: "rate(3 days)" },
    { automaticallyAfterDays: 0 },
    { automaticallyAfterDays: 1_001 },
    { scheduleExpression: "rate(3 hours)" },
    { scheduleExpression: "rate(0 days)" },
    { scheduleExpression: "rate(1000 days)" },
    { scheduleExpression: "rate(5 minutes)" },
    { scheduleExpression: "every day" },
    { scheduleExpression: "cron(0 * * * ? *)" },
    { scheduleExpression: "cron(0 1,3 * * ? *)" },
    { scheduleExpression: "cron(0 1 31 FEB ? *)" },
    { scheduleExpression: "cron(0 1 1 * ? 2020)" },
    { scheduleExpression: "cron(0 16 1 * ? *)", duration: "9h" },
    { scheduleExpression: "rate(4 hours)", duration: "5h" },
    { scheduleExpression: "cron(0 /8 * * ? *)", duration: "9h" },
    { automaticallyAfterDays: 3, duration: "25h" },
    { automaticallyAfterDays: 3, duration: "0h" },
    { automaticallyAfterDays: 3, duration: "1d" },
  ])("may not be %j", (rules) => {
    expect(() => checkRotationRules(rules)).toThrow(Refusal);
  });
});

describe("the next rotation", () => {
  const rotator = (rules: RotationRules | null, isEnabled = true) => ({
    rotator: { lambdaArn: "x", isEnabled, rules },
  });
  const noon = at("2026-11-21T12:00:00Z");

  it("is nothing without rules, and while the rotator is off", () => {
    expect(openingFor({ rotator: null }, noon)).toBeNull();
    expect(openingFor(rotator(null), noon)).toBeNull();
    expect(openingFor(rotator({ automaticallyAfterDays: 2 }, false), noon)).toBeNull();
  });

  it("is counted anew from a value that somebody gives, where days are counted", () => {
    const nextRotationAt = at("2026-11-22");
    const byDays = { ...rotator({ automaticallyAfterDays: 2 }), nextRotationAt };
    expect(shown(openingAfterValue(byDays, noon))).toBe("2026-11-23 00:00");
    const byRate = { ...rotator({ scheduleExpression: "rate(2 days)" }), nextRotationAt };
    expect(openingAfterValue(byRate, noon)).toBe(nextRotationAt);
  });

  it("is shown as the end of its window", () => {
    const planned = {
      ...rotator({ automaticallyAfterDays: 2, duration: "3h" }),
      nextRotationAt: at("2026-11-23"),
    };
    expect(shown(rotatedBy(planned))).toBe("2026-11-23 03:00");
    expect(rotatedBy({ rotator: null, nextRotationAt: noon })).toBe(noon);
  });
});
