import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { CourierReport, Progress } from "../progress.ts";
import { REPORT_INTERVAL_MS, ReportBox } from "./report-box.ts";

const progress = {
  acknowledged: 0,
  startId: "s",
  setAsideCount: 0,
  failingSince: null,
} as Progress;

function report(acknowledged: number, over: Partial<Progress> = {}): CourierReport {
  return {
    id: "a",
    progress: { ...progress, acknowledged, ...over },
    sent: acknowledged,
    attempts: 0,
    retryAt: null,
  };
}

function box(): { readonly box: ReportBox; readonly posted: number[][] } {
  const posted: number[][] = [];
  const made = new ReportBox((reports) =>
    posted.push(reports.map(({ progress: { acknowledged } }) => acknowledged)),
  );
  return { box: made, posted };
}

describe("reports of couriers", () => {
  it("of mere progress wait a little, and only the latest is told", async () => {
    const { box: reports, posted } = box();
    reports.put(report(0));
    for (let i = 1; i <= 50; i += 1) reports.put(report(i));
    expect(posted).toEqual([[0]]);
    await wait(2 * REPORT_INTERVAL_MS);
    expect(posted).toEqual([[0], [50]]);
  });

  it.each<[string, CourierReport]>([
    ["that a receiver fails", report(1, { failingSince: 5 })],
    ["that an event was set aside", report(1, { setAsideCount: 1 })],
    ["that it begins somewhere else", report(1, { startId: "other" })],
    ["that an attempt has failed", { ...report(1), attempts: 1 }],
  ])("%s are told at once", (_what, news) => {
    const { box: reports, posted } = box();
    reports.put(report(0));
    reports.put(news);
    expect(posted).toEqual([[0], [1]]);
    reports.flush();
    expect(posted).toHaveLength(2);
  });

  it("that still wait are told when they are asked for", () => {
    const { box: reports, posted } = box();
    reports.put(report(0));
    reports.put(report(1));
    reports.flush();
    expect(posted).toEqual([[0], [1]]);
  });
});
