import { describe, expect, it } from "vitest";
import { run } from "../../test/support/run.ts";
import { Outage } from "../kernel/errors.ts";
import { indexCommand, type OfflineIndex } from "./index.ts";

function over(rebuild: OfflineIndex["rebuild"]) {
  const opened: string[] = [];
  const closed: string[] = [];
  const command = indexCommand(async (folder) => {
    opened.push(folder);
    return { rebuild, close: async () => void closed.push(folder) };
  });
  return { command, opened, closed };
}

describe("keytrail index rebuild", () => {
  it("makes the index of the folder anew, telling how far it is", async () => {
    const { command, opened, closed } = over(async (onProgress) => {
      onProgress(5, 10);
      return { size: 10 };
    });
    const { code, stdout } = await run(command, ["rebuild", "--data", "/d"]);
    expect([code, stdout]).toEqual([0, "The index of /d has 10 entries now.\n"]);
    expect([opened, closed]).toEqual([["/d"], ["/d"]]);
    const { stdout: json } = await run(command, ["rebuild", "--json"], {
      env: { KEYTRAIL_DATA: "/e" },
    });
    expect(JSON.parse(json)).toEqual({ data: "/e", entries: 10 });
  });

  it("on a folder that a server has open says to stop that first", async () => {
    const command = indexCommand(() =>
      Promise.reject(new Outage("another process has the ledger open")),
    );
    const { code, stderr } = await run(command, ["rebuild"]);
    expect(code).toBe(3);
    expect(stderr).toMatch(/another process has the ledger open\n.*stop it first/);
  });

  it("that fails leaves everything closed and says that the ledger is untouched", async () => {
    const { command, closed } = over(() => Promise.reject(new Error("disk full")));
    const { code, stderr } = await run(command, ["rebuild", "--data", "/d"]);
    expect(code).toBe(3);
    expect(stderr).toMatch(/disk full\nThe ledger is untouched/);
    expect(closed).toEqual(["/d"]);
  });

  it.each([[[]], [["build"]], [["rebuild", "now"]]])(
    "called with %j does nothing",
    async (args) => {
      const { command, opened } = over(async () => ({ size: 0 }));
      expect((await run(command, args)).code).toBe(2);
      expect(opened).toEqual([]);
    },
  );
});
