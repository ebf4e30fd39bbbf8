/** Runs a command as the shell would, with its output caught. */
import { PassThrough, Readable } from "node:stream";
import { runCommand } from "../../src/cli/command.ts";
import type { Command } from "../../src/cli/command.ts";

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly done: Promise<Ran>;
  /** What an interrupt does. */
  stop(): Promise<Ran>;
  /** Resolves to the first line of output. */
  readonly firstLine: Promise<string>;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly isTty?: boolean;
  /** What is typed, or piped in. */
  readonly stdin?: string;
}

export function start(
  command: Command,
  args: readonly string[],
  options: RunOptions = {},
): Running {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const [out, err]: [string[], string[]] = [[], []];
  const firstLine = new Promise<string>((resolve) => {
    stdout.setEncoding("utf8").on("data", (chunk: string) => {
      out.push(chunk);
      const text = out.join("");
      if (text.includes("\n")) resolve(text.slice(0, text.indexOf("\n")));
    });
  });
  stderr.setEncoding("utf8").on("data", (chunk: string) => err.push(chunk));
  const stopping = new AbortController();
  const io = {
    stdout,
    stderr,
    stdin: Object.assign(Readable.from(options.stdin === undefined ? [] : [options.stdin]), {
      isTTY: options.isTty ?? false,
    }),
    isTty: options.isTty ?? false,
    env: options.env ?? {},
    signal: stopping.signal,
  };
  const done = runCommand(command, args, io).then((code) => ({
    code,
    stdout: out.join(""),
    stderr: err.join(""),
  }));
  return {
    done,
    firstLine,
    stop: () => {
      stopping.abort();
      return done;
    },
  };
}

export function run(
  command: Command,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ran> {
  return start(command, args, options).done;
}
