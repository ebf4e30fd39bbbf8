import { describe, expect, it } from "vitest";
import { ConfigError } from "../config.ts";
import { ManualClock } from "../kernel/clock.ts";
import { openQuotas } from "./quotas.ts";

describe("quotas of an installation", () => {
  it("are of operations that there are", () => {
    const open = (operation: string) =>
      openQuotas({ quotas: [{ operation, calls: 1, perMs: 1_000 }] }, new ManualClock(0));
    expect(() => open("event.search")).not.toThrow();
    expect(() => open("event.serach")).toThrow(ConfigError);
  });
});
