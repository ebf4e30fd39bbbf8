import { describe, expect, test } from "vitest";
import { run } from "../../test/support/run.ts";
import { ManualClock } from "../kernel/clock.ts";
import { Outage, Refusal } from "../kernel/errors.ts";
import { CommandError, EXIT, UsageError, printable } from "./command.ts";
import type { Command } from "./command.ts";
import { momentOf } from "./moment.ts";

function commandThat(run_: Command["run"]): Command {
  return { name: "try", summary: "", usage: "Usage: keytrail try\n", run: run_ };
}

function failing(error: unknown): Command {
  return commandThat(async () => {
    throw error;
  });
}

describe("a command", () => {
  test("gives the shell the code it resolves to", async () => {
    expect(
      (
        await run(
          commandThat(async () => 1),
          [],
        )
      ).code,
    ).toBe(1);
  });

  test("answers --help without doing anything, wherever it stands, but not behind --", async () => {
    const command = commandThat(async () => 7);
    for (const args of [["--help"], ["x", "-h"]]) {
      expect(await run(command, args)).toEqual({
        code: 0,
        stdout: "Usage: keytrail try\n",
        stderr: "",
      });
    }
    expect((await run(command, ["--", "--help"])).code).toBe(7);
  });

  test.each<[string, unknown, { code: number; hint: string }]>([
    [
      "called wrongly",
      new UsageError("no such thing"),
      { code: EXIT.usage, hint: "keytrail try --help" },
    ],
    [
      "that finds nothing",
      new Refusal("not_found", "no event"),
      { code: EXIT.failed, hint: "not_found" },
    ],
    [
      "without its trail",
      new Outage("disk", { cause: new Error("ENOSPC") }),
      { code: EXIT.unavailable, hint: "ENOSPC" },
    ],
    [
      "where something listens already",
      Object.assign(new Error("listen EADDRINUSE"), { syscall: "listen" }),
      { code: EXIT.unavailable, hint: "another address or port" },
    ],
    [
      "with advice",
      new CommandError(EXIT.failed, "no", "Try yes."),
      { code: EXIT.failed, hint: "Try yes." },
    ],
  ])("%s says so on stderr and in its code", async (_, error, { code, hint }) => {
    const ran = await run(failing(error), []);
    expect(ran.code).toBe(code);
    expect(ran.stdout).toBe("");
    expect(ran.stderr).toContain(hint);
  });

  test("with a bug lets it through", async () => {
    await expect(run(failing(new TypeError("undefined is not a function")), [])).rejects.toThrow(
      TypeError,
    );
  });
});

test("printable text cannot move the cursor, hide, or begin a line", () => {
  expect(printable("a\u001b[2Jb\u0007c\nd\u202ee\u2028f")).toBe("ab c d e f");
  expect(printable("Ünïcödé — 🙂")).toBe("Ünïcödé — 🙂");
});

describe("a moment", () => {
  const clock = new ManualClock(Date.UTC(2026, 10, 21, 12));
  test.each([
    ["90s", "2026-11-21T11:58:30.000Z"],
    ["2h", "2026-11-21T10:00:00.000Z"],
    ["7d", "2026-11-14T12:00:00.000Z"],
    ["1w", "2026-11-14T12:00:00.000Z"],
    ["2026-11-01", "2026-11-01T00:00:00.000Z"],
    ["2026-11-01T09:00Z", "2026-11-01T09:00:00.000Z"],
    ["2026-11-01T09:00:00.5+02:00", "2026-11-01T07:00:00.500Z"],
  ])("%s is %s", (text, moment) => {
    expect(momentOf(text, clock)).toBe(moment);
  });

  test.each([
    "",
    "yesterday",
    "2",
    "2y",
    "-2h",
    "2026-13-01",
    "2026-11-01T09:00:00",
    "1e3s",
    "9999999d",
  ])("%j is none", (text) => {
    expect(() => momentOf(text, clock)).toThrow(UsageError);
  });
});
