import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run } from "../../test/support/run.ts";
import { ToyLog } from "../../test/support/toy-log.ts";
import { edit, verify } from "../../test/support/verify-command.ts";
import { systemClock } from "../kernel/clock.ts";
import { CosignatureSigner, withCosignatures } from "../ledger/cosignature.ts";
import { parseNote, parseSignatureLine } from "../ledger/note.ts";
import { formatReceipt } from "../ledger/receipt.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "keytrail-verify-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe("keytrail verify of a receipt", () => {
  const log = new ToyLog("log.example/toy").grow(9);
  const witness = CosignatureSigner.generate("witness.example/w", systemClock);

  async function files(event = "entry 5") {
    const dir = await mkdtemp(join(root, "receipt-"));
    const plain = await log.checkpoint();
    const line = await witness.sign(parseNote(plain.text).text);
    const checkpoint = withCosignatures(plain, [parseSignatureLine(line.slice(0, -1))]).text;
    const receipt = formatReceipt({ index: 5, proof: await log.inclusionProof(5), checkpoint });
    const paths = {
      receipt: join(dir, "r.tlog-proof"),
      event: join(dir, "event.json"),
      policy: join(dir, "policy"),
    };
    await writeFile(paths.receipt, receipt);
    await writeFile(paths.event, event);
    await writeFile(paths.policy, `log ${log.signer.vkey}\nwitness w ${witness.vkey}\nquorum w\n`);
    return paths;
  }

  test("shows that the event is in the log, with or without a newline at its end", async () => {
    for (const event of ["entry 5", "entry 5\n"]) {
      const paths = await files(event);
      const ran = await run(verify, [
        paths.receipt,
        "--event",
        paths.event,
        "--log-key",
        log.signer.vkey,
      ]);
      expect(ran.stdout).toContain("is entry 5 of log.example/toy");
      expect(ran.code).toBe(0);
    }
  });

  test("shows who witnessed it, by a policy, also as JSON", async () => {
    const paths = await files();
    const args = [paths.receipt, "--event", paths.event, "--policy", paths.policy];
    expect((await run(verify, args)).stdout).toMatch(/witnessed {2}by w at/);
    const json = JSON.parse((await run(verify, [...args, "--json"])).stdout);
    expect(json).toMatchObject({
      verified: true,
      index: 5,
      log: { size: 9, witnessed_by: [{ name: "w" }] },
    });
  });

  test.each<[string, RegExp, (paths: { receipt: string; event: string }) => Promise<void>]>([
    [
      "another event",
      /not entry 5 of the log, or was changed/,
      ({ event }) => writeFile(event, "entry 6"),
    ],
    [
      "another index",
      /not entry 4 of the log/,
      ({ receipt }) => edit(receipt, (text) => text.replace("index 5", "index 4")),
    ],
    [
      "another size",
      /signature .* is not valid/,
      ({ receipt }) => edit(receipt, (text) => text.replace("\n9\n", "\n8\n")),
    ],
    [
      "another header",
      /first line/,
      ({ receipt }) => edit(receipt, (text) => text.replace("@v1", "@v2")),
    ],
  ])("with %s does not verify", async (_, message, change) => {
    const paths = await files();
    await change(paths);
    const args = [paths.receipt, "--event", paths.event, "--log-key", log.signer.vkey];
    const { code, stdout } = await run(verify, args);
    expect(stdout).toContain("DOES NOT VERIFY");
    expect(stdout).toMatch(message);
    expect(code).toBe(1);
    expect(JSON.parse((await run(verify, [...args, "--json"])).stdout)).toMatchObject({
      verified: false,
    });
  });

  test("asks for what it needs", async () => {
    const paths = await files();
    expect((await run(verify, [paths.receipt])).stderr).toContain("--event");
    const keyless = await run(verify, [paths.receipt, "--event", paths.event]);
    expect([keyless.code, keyless.stderr]).toEqual([
      2,
      expect.stringContaining("--log-key or --policy"),
    ]);
    const eventless = await run(verify, [
      paths.receipt,
      "--event",
      "nowhere.json",
      "--log-key",
      log.signer.vkey,
    ]);
    expect([eventless.code, eventless.stderr]).toEqual([
      2,
      expect.stringContaining("does not exist"),
    ]);
  });

  test("is known by its first line, whatever it is called", async () => {
    const paths = await files();
    const renamed = `${paths.receipt}.txt`;
    await rename(paths.receipt, renamed);
    expect(
      (await run(verify, [renamed, "--event", paths.event, "--log-key", log.signer.vkey])).code,
    ).toBe(0);
  });
});
