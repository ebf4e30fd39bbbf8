/** The page on custom credentials: its commands do what it says, run by a shell against a server that listens. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openIbmApp, type IbmApp } from "../stories/ibm-app.ts";

const file = join(import.meta.dirname, "..", "..", "docs", "custom-credentials.md");
const page = readFileSync(file, "utf8");
const commands = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = ""]) => block);

let app: IbmApp;
beforeAll(async () => {
  app = await openIbmApp();
});
afterAll(() => app.close());

/** A token for the key of a new user with these roles. */
async function tokenOf(email: string, roles: Parameters<IbmApp["person"]>[1]): Promise<string> {
  const { apiKey } = await app.person(email, roles);
  const response = await fetch(`${await app.listen()}/identity/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "urn:ibm:params:oauth:grant-type:apikey",
      apikey: apiKey,
    }),
  });
  return ((await response.json()) as { readonly access_token: string }).access_token;
}

function bash(
  script: string,
  env: NodeJS.ProcessEnv,
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const shell = spawn("bash", ["-euo", "pipefail", "-c", script], { env });
    let output = "";
    for (const stream of [shell.stdout, shell.stderr]) {
      stream.on("data", (chunk: Buffer) => (output += chunk.toString("utf8")));
    }
    shell.once("close", (code) => resolve({ code, output }));
  });
}

describe("the page on custom credentials", () => {
  it("shows commands that do what it says of them", async () => {
    const { code, output } = await bash(commands.join("\n"), {
      ...process.env,
      KEYTRAIL_URL: await app.listen(),
      TOKEN: await tokenOf("manager@example.com", ["Manager"]),
      RUNNER: await tokenOf("runner@example.com", ["SecretTaskUpdater", "Reader"]),
    });
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(output).toContain('"token": "made by the runner"');
    const done = app
      .events()
      .filter(({ operation }) => /^secret(-task)?\.(?!list)/.test(operation));
    expect(done.map(({ operation, outcome }) => `${operation} ${outcome}`)).toEqual([
      "secret.create success",
      "secret-task.create success",
      "secret-task.update success",
      "secret-task.update success",
      "secret.read success",
      "secret-task.create success",
      "secret-task.update success",
      "secret.delete success",
    ]);
  });
});
