import { describe, expect, it } from "vitest";
import { ManualClock } from "../kernel/clock.ts";
import { Outage } from "../kernel/errors.ts";
import { describeError, logTo, sparingly } from "./log.ts";

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

  it("says sparingly what goes on being wrong", () => {
    const lines: string[] = [];
    const clock = new ManualClock(0);
    const log = sparingly(
      logTo((line) => lines.push(line), clock),
      clock,
    );
    const full = (message: string): void =>
      log({ level: "error", message, error: new Outage("the disk is full") });
    for (let i = 0; i < 90; i += 1) {
      full("It cannot be kept.");
      if (i === 0) full("Something else.");
      clock.advance(1_000);
    }
    const messages = lines.map((line) => (JSON.parse(line) as { message: string }).message);
    expect(messages).toEqual(["It cannot be kept.", "Something else.", "It cannot be kept."]);
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
