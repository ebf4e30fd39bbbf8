import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { Progress } from "./progress.ts";

function progressFor(isTty: boolean) {
  const stderr = new PassThrough({ encoding: "utf8" });
  let now = 0;
  const progress = new Progress({ stderr, isTty }, "verifying", () => now);
  return {
    at: (moment: number, done: number, total?: number) => {
      now = moment;
      progress.update(done, total);
    },
    end: () => progress.end(),
    written: (): string => stderr.read() ?? "",
  };
}

describe("progress", () => {
  test("for a person is a bar that begins at once, moves a few times a second, and goes away", () => {
    const { at, end, written } = progressFor(true);
    at(0, 0, 200);
    expect(written()).toBe(`\r\u001b[Kverifying ${"░".repeat(30)} 0 % (0 of 200)`);
    at(50, 60, 200);
    expect(written()).toBe("");
    at(100, 100, 200);
    expect(written()).toBe(
      `\r\u001b[Kverifying ${"█".repeat(15)}${"░".repeat(15)} 50 % (100 of 200)`,
    );
    end();
    expect(written()).toBe("\r\u001b[K");
    end();
    expect(written()).toBe("");
  });

  test("for a log file is a line every five seconds, and none for what is over sooner", () => {
    const { at, end, written } = progressFor(false);
    at(0, 0, 200);
    at(4_999, 100, 200);
    expect(written()).toBe("");
    at(5_000, 101, 200);
    at(5_001, 102, 200);
    expect(written()).toBe("verifying: 101 of 200\n");
    end();
    expect(written()).toBe("");
  });

  test("towards an end nobody knows counts", () => {
    const person = progressFor(true);
    person.at(0, 7);
    expect(person.written()).toBe("\r\u001b[Kverifying 7");
    const file = progressFor(false);
    file.at(5_000, 7);
    expect(file.written()).toBe("verifying: 7\n");
  });
});
