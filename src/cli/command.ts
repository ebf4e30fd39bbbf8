/** What a command is, what it is given, and what it may answer. */
import { Outage, Refusal } from "../kernel/errors.ts";
import { stripVTControlCharacters } from "node:util";

/** What a command tells the shell. Scripts rely on these: 1 is an answer ("no"), 2 and 3 are not. */
export const EXIT = {
  ok: 0,
  /** The command worked and the answer is no: it does not verify, there is no such thing. */
  failed: 1,
  /** It was called wrongly, and has done nothing. */
  usage: 2,
  /** The server or the trail could not be reached or read, so there is no answer. */
  unavailable: 3,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The world as a command sees it: nothing else of the process is touched. */
export interface CommandIo {
  /** The result, and nothing but it: what a pipe should get. */
  readonly stdout: NodeJS.WritableStream;
  /** Progress, warnings and errors. */
  readonly stderr: NodeJS.WritableStream;
  /** What a person types, or a pipe brings; looked at only by what is told to. */
  readonly stdin?: NodeJS.ReadableStream;
  /** Whether a person watches stderr: decides between a progress bar and lines, colour and none. */
  readonly isTty: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted when the command should stop (an interrupt): a command that waits or serves ends in good order. */
  readonly signal: AbortSignal;
}

export interface Command {
  readonly name: string;
  /** Half a line for the list of commands. */
  readonly summary: string;
  /** All of `--help`, with examples. */
  readonly usage: string;
  /** Resolves to the exit code. May throw what `runCommand` turns into one. */
  run(args: readonly string[], io: CommandIo): Promise<number>;
}

/** Called wrongly. The message says what was wrong; the usage is pointed to. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** A failure with its exit code, and a sentence on what to do next. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly exitCode: ExitCode;
  readonly hint: string;

  constructor(exitCode: ExitCode, message: string, hint: string) {
    super(message);
    this.exitCode = exitCode;
    this.hint = hint;
  }
}

/** Runs a command the way a shell expects: `--help` answered, every expected failure told on stderr and coded. */
export async function runCommand(
  command: Command,
  args: readonly string[],
  io: CommandIo,
): Promise<number> {
  const ownArgs = args.includes("--") ? args.slice(0, args.indexOf("--")) : args;
  if (ownArgs.includes("--help") || ownArgs.includes("-h")) {
    io.stdout.write(command.usage);
    return EXIT.ok;
  }
  try {
    return await command.run(args, io);
  } catch (error) {
    const { code, message, hint } = explain(command, error);
    io.stderr.write(`keytrail ${command.name}: ${printable(message)}\n${hint}\n`);
    return code;
  }
}

/**
 * Text from a file or a server, fit for a terminal: without escape sequences and control characters, which could
 * rewrite what the reader has already seen.
 */
export function printable(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, " ");
}

interface Explained {
  readonly code: ExitCode;
  readonly message: string;
  readonly hint: string;
}

function explain(command: Command, error: unknown): Explained {
  if (error instanceof CommandError) {
    return { code: error.exitCode, message: error.message, hint: error.hint };
  }
  if (error instanceof UsageError || isParseArgsError(error)) {
    const hint = `Run "keytrail ${command.name} --help" for its options and examples.`;
    return { code: EXIT.usage, message: error.message, hint };
  }
  if (error instanceof Refusal) {
    return { code: EXIT.failed, message: error.message, hint: `The answer was "${error.code}".` };
  }
  if (error instanceof Outage) {
    const cause = error.cause instanceof Error ? `Cause: ${printable(error.cause.message)}` : "";
    return { code: EXIT.unavailable, message: error.message, hint: cause };
  }
  if (error instanceof Error && "syscall" in error && error.syscall === "listen") {
    const hint = "Give another address or port, or stop what listens there.";
    return { code: EXIT.unavailable, message: error.message, hint };
  }
  if (error instanceof Error && "syscall" in error) {
    const hint = "Check that the path is right and that you may read and write there.";
    return { code: EXIT.unavailable, message: error.message, hint };
  }
  throw error;
}

function isParseArgsError(error: unknown): error is Error {
  return (
    error instanceof TypeError &&
    "code" in error &&
    String(error.code).startsWith("ERR_PARSE_ARGS_")
  );
}
