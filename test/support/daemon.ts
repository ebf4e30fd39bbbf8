/** A receiver as a process of its own, in a folder of its own, without rights: ended, killed, frozen and started again. */
import { spawn, type ChildProcess } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

const START_TIMEOUT_MS = 30_000;
const NOBODY = 65_534;

export interface DaemonPlan {
  /** Where its program may be; the first that is there. */
  readonly programs: readonly string[];
  /** What Debian calls it, for whoever lacks it. */
  readonly package: string;
  readonly args: (folder: string) => readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly files: (folder: string) => Readonly<Record<string, string>>;
  /** It is there when it listens on this port (TCP). */
  readonly port: number;
}

export class Daemon {
  readonly #plan: DaemonPlan;
  readonly folder: string;
  #process: ChildProcess | undefined;
  #said = "";

  private constructor(plan: DaemonPlan, folder: string) {
    this.#plan = plan;
    this.folder = folder;
  }

  static async start(plan: DaemonPlan): Promise<Daemon> {
    const folder = mkdtempSync(join(tmpdir(), "keytrail-receiver-"));
    chmodSync(folder, 0o700);
    own(folder);
    for (const [name, text] of Object.entries(plan.files(folder))) {
      writeFileSync(join(folder, name), text, { mode: 0o600 });
      own(join(folder, name));
    }
    const daemon = new Daemon(plan, folder);
    await daemon.start();
    return daemon;
  }

  /** What it has written to a file of its folder, line by line; the last one only when it is whole. */
  lines(name: string): readonly string[] {
    const path = join(this.folder, name);
    if (!existsSync(path)) return [];
    const text = readFileSync(path, "utf8");
    return text
      .slice(0, text.lastIndexOf("\n") + 1)
      .split("\n")
      .slice(0, -1);
  }

  /** After it was killed in the middle of a line: what it writes next does not continue that one. */
  endLine(name: string): void {
    const path = join(this.folder, name);
    if (existsSync(path) && !readFileSync(path, "utf8").endsWith("\n")) appendFileSync(path, "\n");
  }

  /** Everything that it has complained of. */
  get said(): string {
    return this.#said;
  }

  async start(): Promise<void> {
    const { programs, args, env = {}, port } = this.#plan;
    const program = programs.find((path) => existsSync(path));
    if (!program) throw new Error(`the tests need ${this.#plan.package} (see .ci/run)`);
    const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
    const started = spawn(program, [...args(this.folder)], {
      ...user,
      cwd: this.folder,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#process = started;
    for (const stream of [started.stdout, started.stderr]) {
      stream.on("data", (chunk: Buffer) => (this.#said += chunk.toString("utf8")));
    }
    const giveUp = AbortSignal.timeout(START_TIMEOUT_MS);
    while (!(await isListening(port))) {
      if (started.exitCode !== null || giveUp.aborted) {
        throw new Error(`${program} did not start:\n${this.#said}`);
      }
      await wait(20);
    }
  }

  async kill(signal: "SIGKILL" | "SIGTERM" = "SIGKILL"): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const ended = new Promise((resolve) => running.once("exit", resolve));
    running.kill("SIGCONT");
    running.kill(signal);
    await ended;
  }

  freeze(): void {
    this.#process?.kill("SIGSTOP");
  }

  thaw(): void {
    this.#process?.kill("SIGCONT");
  }

  async close(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true });
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function own(path: string): void {
  if (process.getuid?.() === 0) chownSync(path, NOBODY, NOBODY);
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.end();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
