import { describe, expect, it } from "vitest";
import { ManualClock } from "../kernel/clock.ts";
import { Outage } from "../kernel/errors.ts";
import { describeError, logTo } from "./log.ts";

function thrown(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

describe("the server's log", () => {
  it("is one JSON object to a line, with its time", () => {
    const lines: string[] = [];
    logTo((line) => lines.push(line), new ManualClock(0))({ level: "info", message: "It starts." });
    expect(lines).toEqual([
      '{"time":"1970-01-01T00:00:00.000Z","level":"info","message":"It starts."}',
    ]);
  });

  it("never repeats the message of an error that is not ours, nor of its cause", () => {
    const parse = thrown(() => JSON.parse("hunter2"));
    expect(String(parse)).toContain("hunter2");
    const described = [
      parse,
      new Outage("the disk is full", { cause: parse }),
      new Error("hunter2"),
      "hunter2",
    ];
    expect(JSON.stringify(described.map(describeError))).not.toContain("hunter2");
  });

  it("repeats what this program itself says, and where an error came from", () => {
    expect(describeError(new Outage("the disk is full"))).toMatchObject({
      message: "the disk is full",
    });
    expect(JSON.stringify(describeError(new Error("x")))).toContain("log.test.ts");
  });
});
