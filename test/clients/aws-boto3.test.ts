/** The same wire by AWS's SDK for Python, as Debian packages it: `aws-story.py` is a program of the owner's. */
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { removeFolder, RunningServer, temporaryFolder } from "../e2e/running-server.ts";
import { debian, environmentOf, ownersKey, run } from "./aws-wire.ts";

let folder: string;
let server: RunningServer;

beforeAll(async () => {
  folder = temporaryFolder();
  server = await RunningServer.start(folder);
}, 60_000);

afterAll(async () => {
  await server.stop();
  removeFolder(folder);
});

it("is boto3's: secrets, users, keys, roles, sessions, and the records of all of them", async () => {
  const story = join(import.meta.dirname, "aws-story.py");
  const env = environmentOf(await ownersKey(server));
  const { code, stdout, stderr } = await run(debian("python3"), [story, server.url], env);
  expect([code, stderr]).toEqual([0, expect.not.stringContaining("Traceback")]);
  const { secrets, records, ...seen } = JSON.parse(stdout) as Record<string, unknown> & {
    readonly secrets: readonly string[];
    readonly records: string;
  };
  expect(seen).toEqual({
    binary: true,
    previous: '{"password": "first"}',
    unknown: "ResourceNotFoundException",
    listed: ["app/db"],
    before: "AccessDeniedException",
    after: '{"password": "first"}',
    arn: true,
    inactive: "UnrecognizedClientException",
    bySession: [["UpdateSecret", "AssumedRole", "release-7"]],
    // The newest first. What came with a key that was no good is nobody's.
    byReader: [
      ["AssumeRole", null],
      ["GetSecretValue", null],
      ["GetSecretValue", "AccessDeniedException"],
    ],
    assumed: ["release-7"],
  });
  for (const secret of secrets) expect(records).not.toContain(secret);
}, 120_000);
