/** A receiver of lines that can be killed, frozen and begun again: what it has taken stands in a file. */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

export class LineReceiver {
  readonly #kind: "tcp" | "http";
  readonly #file: string;
  #process: ChildProcess | undefined;
  port = 0;

  private constructor(kind: "tcp" | "http", file: string) {
    this.#kind = kind;
    this.#file = file;
  }

  static async start(kind: "tcp" | "http", file: string): Promise<LineReceiver> {
    const receiver = new LineReceiver(kind, file);
    await receiver.start();
    return receiver;
  }

  /** On the port that it had before. */
  async start(): Promise<void> {
    const program = join(import.meta.dirname, "line-receiver-process.ts");
    const args = [program, this.#kind, String(this.port), this.#file];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    this.#process = child;
    this.port = await new Promise<number>((resolve, reject) => {
      let said = "";
      child.stdout.on("data", (chunk: Buffer) => {
        said += chunk.toString("utf8");
        if (said.endsWith("\n")) resolve((JSON.parse(said) as { port: number }).port);
      });
      child.once("exit", (code) => reject(new Error(`the receiver ended with ${code}`)));
    });
  }

  /** What it has taken, in order; a line that was cut off by its death is none. */
  get lines(): readonly string[] {
    if (!existsSync(this.#file)) return [];
    return readFileSync(this.#file, "utf8").split("\n").slice(0, -1);
  }

  freeze(): void {
    this.#process?.kill("SIGSTOP");
  }

  thaw(): void {
    this.#process?.kill("SIGCONT");
  }

  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    await new Promise((resolve) => {
      child.once("exit", resolve);
      child.kill("SIGKILL");
    });
  }
}
