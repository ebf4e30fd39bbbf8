import { describe, expect, it } from "vitest";
import { run } from "../../test/support/run.ts";
import { Outage } from "../kernel/errors.ts";
import { recoverCommand } from "./recover.ts";

function recording(): {
  readonly asked: unknown[];
  readonly command: ReturnType<typeof recoverCommand>;
} {
  const asked: unknown[] = [];
  return { asked, command: recoverCommand(async (...request) => void asked.push(request)) };
}

describe("keytrail recover-administrator", () => {
  it("asks for it in the data folder, and says what comes next", async () => {
    const { asked, command } = recording();
    const ran = await run(command, ["--email", "ada@example.com"], { env: { KEYTRAIL_DATA: "d" } });
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    expect(ran.stdout).toContain("The next start of the server on d recovers ada@example.com");
    expect(asked).toEqual([["d", "ada@example.com"]]);
  });

  it("tells programs, too", async () => {
    const { command } = recording();
    const { stdout } = await run(command, ["--data", "d", "--json"]);
    expect(JSON.parse(stdout)).toEqual({ data: "d", email: null, requested: true });
  });

  it("says to stop the server when the folder is in use", async () => {
    const command = recoverCommand(async () => {
      throw new Outage("another process has the ledger open (x)");
    });
    const { code, stdout, stderr } = await run(command, []);
    expect([code, stdout, stderr]).toEqual([3, "", expect.stringContaining("Stop the server")]);
  });

  it.each([[["--email", "ada"]], [["--email", `${"a".repeat(250)}@x.yz`]], [["now"]]])(
    "called with %j asks for nothing",
    async (args) => {
      const { asked, command } = recording();
      expect((await run(command, args)).code).toBe(2);
      expect(asked).toEqual([]);
    },
  );
});
