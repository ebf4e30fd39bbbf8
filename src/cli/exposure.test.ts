import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { run } from "../../test/support/run.ts";
import { randomId } from "../kernel/ids.ts";
import { Ed25519Signer } from "../ledger/note.ts";
import {
  openNativeServer,
  type NativeServer,
} from "../http/dialects/native/testing/native-server.ts";
import { exposureCommand } from "./exposure.ts";

const SECRET = "6ebf8b8d-1c5e-4d0c-8f0a-1f6d2a7e9b10";

let native: NativeServer;
let env: Record<string, string>;
let folder: string;

/** The API key stands for the caller, as it does in the bearer token of this server. */
beforeEach(async () => {
  native = await openNativeServer({
    surfaces: [
      (server) =>
        server.post("/identity/token", (request, reply) => {
          const form = new URLSearchParams(String(request.body));
          return reply.send({ access_token: form.get("apikey"), expires_in: 3_600 });
        }),
    ],
  });
  env = { KEYTRAIL_URL: await native.listen(), KEYTRAIL_API_KEY: "auditor" };
  folder = await mkdtemp(join(tmpdir(), "keytrail-exposure-"));
});
afterEach(async () => {
  await native.close();
  await rm(folder, { recursive: true });
});

const exposure = (...args: string[]) => run(exposureCommand, args, { env });

async function twoReadings(): Promise<void> {
  await native.app.plant({ operation: "secret.create", targetId: SECRET, initiatorId: "IBMid-A" });
  native.app.base.clock.advance(60_000);
  for (let i = 0; i < 2; i++) await native.app.plant({ targetId: SECRET, initiatorId: "IBMid-B" });
  await native.app.plant({ targetId: SECRET, initiatorId: "IBMid-C", status: 403 });
}

describe("keytrail exposure", () => {
  it("prints who received the value, who knew it, and that nothing is missing", async () => {
    await twoReadings();
    const { code, stdout, stderr } = await exposure(SECRET);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.split("\n")).toEqual([
      `name of ${SECRET} (deleted): its value was given out 2 times, to 1 identity`,
      "",
      "Received:",
      "IDENTITY         NOW      TIMES  FIRST                LAST                 FROM",
      "name of IBMid-B  deleted  2      2026-11-21 09:01:00  2026-11-21 09:01:00  192.0.2.1",
      "",
      "Knew it from the beginning:",
      "IDENTITY         NOW      TIMES  FIRST                LAST                 FROM",
      "name of IBMid-A  deleted  1      2026-11-21 09:00:00  2026-11-21 09:00:00  192.0.2.1",
      "",
      "Complete: 4 events on the secret, numbers 1 to 4 of 4, were looked at, and none is missing.",
      "",
    ]);
  });

  it("takes a CRN and a time, and says that nobody received it since", async () => {
    await twoReadings();
    const crn = `crn:v1:bluemix:public:secrets-manager:us-south:a/x:y:secret:${SECRET}`;
    const { code, stdout } = await exposure(crn, "--since", "2026-11-22");
    expect([code, stdout]).toEqual([
      0,
      expect.stringContaining("its value was given to nobody") as string,
    ]);
    expect(stdout).toContain("Complete: none of the 4 events on the secret is from this time.");
  });

  it("has no answer of a version that nobody has heard of", async () => {
    await twoReadings();
    const { code, stdout, stderr } = await exposure(SECRET, "--version", randomId());
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("no event on such a version");
  });

  it("keeps each event with its receipt, verified by the key that is known", async () => {
    await twoReadings();
    const dir = join(folder, "receipts");
    const { code, stderr } = await exposure(
      SECRET,
      "--receipts",
      dir,
      "--log-key",
      native.app.ledger.vkey,
    );
    expect([code, stderr]).toEqual([0, `3 receipts verified and kept in ${dir}.\n`]);
    expect((await readdir(dir)).toSorted()).toEqual(
      [0, 1, 2].flatMap((index) => [`${index}.json`, `${index}.tlog-proof`]),
    );
    const event = JSON.parse(await readFile(join(dir, "1.json"), "utf8"));
    expect(event).toMatchObject({ initiator: { id: "IBMid-B" } });
  });

  it("does not believe receipts that another key signed", async () => {
    await twoReadings();
    const other = Ed25519Signer.generate(native.app.ledger.origin).vkey;
    const { code, stderr } = await exposure(SECRET, "--receipts", folder, "--log-key", other);
    expect([code, stderr]).toEqual([1, expect.stringContaining("does not verify")]);
  });

  it("says when the answer is not whole, in words and in its code", async () => {
    await twoReadings();
    const { index } = native.app;
    const search = index.search.bind(index);
    index.search = async (selection, page) => {
      const { hits, next } = await search(selection, page);
      return { hits: page.order === "oldest" ? hits.toSpliced(1, 1) : hits, next };
    };
    const { code, stdout, stderr } = await exposure(SECRET);
    expect([code, stderr]).toEqual([
      1,
      "NOT WHOLE: 3 events were found, numbers 1 to 4, of 4 that the ledger has counted.\n",
    ]);
    expect(stdout).not.toContain("Complete");
  });

  it("has no answer for a secret that nobody has heard of, or without the role", async () => {
    expect((await exposure(SECRET)).code).toBe(1);
    env = { ...env, KEYTRAIL_API_KEY: "reader" };
    expect((await exposure(SECRET)).code).toBe(3);
  });

  it.each([
    [[]],
    [["db-prod"]],
    [[SECRET, "x"]],
    [[SECRET, "--receipts", "r"]],
    [[SECRET, "--since", "x"]],
  ])("called with %j asks nothing", async (args) => {
    expect((await exposure(...args)).code).toBe(2);
    expect(await native.app.events()).toEqual([]);
  });
});
