/** Runs the real server as a process of its own, with the command of a clone, on a data folder of its own. */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const root = join(import.meta.dirname, "..", "..");
const START_TIMEOUT_MS = 60_000;

export interface Bootstrap {
  readonly url: string;
  readonly account_id: string;
  readonly instance_crn: string;
  readonly api_key: string;
  readonly log_vkey: string;
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), "keytrail-e2e-"));
}

export class RunningServer {
  readonly url: string;
  readonly data: string;
  /** Everything the process has printed, both streams. */
  readonly printed: () => string;
  readonly #process: ChildProcess;

  private constructor(
    process: ChildProcess,
    facts: Pick<RunningServer, "url" | "data" | "printed">,
  ) {
    this.#process = process;
    this.url = facts.url;
    this.data = facts.data;
    this.printed = facts.printed;
  }

  static async start(data: string, options: readonly string[] = []): Promise<RunningServer> {
    const child = spawn(
      join(root, "keytrail"),
      ["serve", "--data", data, "--port", "0", ...options],
      {
        stdio: ["ignore", "pipe", "pipe"],
        env: { ...process.env, KEYTRAIL_ROOT_KEY: "" },
      },
    );
    let printed = "";
    const url = await new Promise<string>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`the server did not start:\n${printed}`)),
        START_TIMEOUT_MS,
      );
      const take = (chunk: Buffer): void => {
        printed += chunk.toString("utf8");
        const listening = /listens on (\S+)/.exec(printed);
        if (!listening?.[1]) return;
        clearTimeout(timer);
        resolve(listening[1]);
      };
      child.stdout.on("data", take);
      child.stderr.on("data", take);
      child.once("exit", (code) => {
        clearTimeout(timer);
        reject(new Error(`the server ended with ${code}:\n${printed}`));
      });
    });
    return new RunningServer(child, { url, data, printed: () => printed });
  }

  get bootstrap(): Bootstrap {
    return JSON.parse(readFileSync(join(this.data, "bootstrap.json"), "utf8")) as Bootstrap;
  }

  /** Asks it to stop and waits for its exit code. */
  stop(): Promise<number | null> {
    return this.#end("SIGTERM");
  }

  /** As a crash has it: no handler runs, nothing is flushed. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  #end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) {
      return Promise.resolve(this.#process.exitCode);
    }
    return new Promise((resolve) => {
      this.#process.once("exit", (code) => resolve(code));
      this.#process.kill(signal);
    });
  }
}

export async function tokenOf(url: string, apiKey: string): Promise<string> {
  const response = await fetch(`${url}/identity/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "urn:ibm:params:oauth:grant-type:apikey",
      apikey: apiKey,
    }),
  });
  const body = (await response.json()) as { access_token?: string };
  if (!body.access_token) throw new Error(`no token: ${response.status} ${JSON.stringify(body)}`);
  return body.access_token;
}

/** Runs the keytrail command to its end. */
export function keytrail(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = spawn(join(root, "keytrail"), [...args], { env: { ...process.env, ...env } });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString("utf8")));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString("utf8")));
    child.once("close", (code) => resolve({ code, stdout, stderr }));
  });
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}
