#!/usr/bin/env node
/** The `keytrail` command: finds the subcommand, gives it the process's world, and exits with its code. */
import { packageVersion } from "./compose/version.ts";
import { EXIT, runCommand, type Command, type CommandIo } from "./cli/command.ts";

/** Each is loaded only when it is called: searching needs no server, and verifying no database. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => {
    const [{ serveCommand }, { startServer }] = await Promise.all([
      import("./cli/serve.ts"),
      import("./compose/server.ts"),
    ]);
    // A clone runs its sources by the script at its root; the published package has the command on the path.
    return serveCommand(startServer, import.meta.url.endsWith(".ts") ? "./keytrail" : "keytrail");
  },
  events: async () => (await import("./cli/events.ts")).eventsCommand,
  verify: async () => (await import("./compose/offline.ts")).verifyCommand,
  export: async () => (await import("./cli/export.ts")).exportCommand,
  index: async () => (await import("./compose/offline.ts")).indexCommand,
  keys: async () => (await import("./cli/keys.ts")).keysCommand,
  "who-can": async () => (await import("./cli/who-can.ts")).whoCanCommand,
  exposure: async () => (await import("./cli/exposure.ts")).exposureCommand,
  instances: async () => (await import("./cli/instances.ts")).instancesCommand,
  destinations: async () => (await import("./cli/destinations.ts")).destinationsCommand,
  "access-keys": async () => (await import("./cli/access-keys.ts")).accessKeysCommand,
  "recover-administrator": async () => (await import("./compose/offline.ts")).recoverCommand,
  engine: async () => (await import("./cli/engine.ts")).engineCommand(packageVersion()),
  witness: async () => (await import("./compose/offline.ts")).witnessCommand,
};

/** Signals within this time of the first are the same one. */
const SIGNAL_ECHO_MS = 1_000;

async function main(args: readonly string[]): Promise<number> {
  const [name = "--help", ...rest] = args;
  const load = commands[name];
  if (load) return runCommand(await load(), rest, processIo());
  if (name === "--version") {
    process.stdout.write(`${packageVersion()}\n`);
    return EXIT.ok;
  }
  const isAsked = name === "--help" || name === "-h" || name === "help";
  (isAsked ? process.stdout : process.stderr).write(await overview(isAsked ? undefined : name));
  return isAsked ? EXIT.ok : EXIT.usage;
}

async function overview(unknown: string | undefined): Promise<string> {
  const loaded = await Promise.all(Object.values(commands).map((load) => load()));
  const width = Math.max(...loaded.map(({ name }) => name.length)) + 2;
  const lines = loaded.map(({ name, summary }) => `  ${name.padEnd(width)}${summary}`);
  const problem = unknown === undefined ? [] : [`keytrail: there is no command "${unknown}".`, ""];
  return [
    ...problem,
    "keytrail - a secrets manager whose audit trail is the product",
    "",
    ...lines,
    "",
    'Run "keytrail COMMAND --help" for the options and examples of one.',
    "",
  ].join("\n");
}

function processIo(): CommandIo {
  const stopping = new AbortController();
  let firstSignalMs = Infinity;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      // One Ctrl-C can arrive twice, from the terminal and from npm. A later one means now: what is not durable was
      // not answered.
      if (performance.now() - firstSignalMs > SIGNAL_ECHO_MS) process.exit(130);
      firstSignalMs = Math.min(firstSignalMs, performance.now());
      stopping.abort();
    });
  }
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    // Opened where it is wanted: a command that never looks at it does not wait for it either.
    get stdin() {
      return process.stdin;
    },
    isTty: process.stderr.isTTY,
    env: process.env,
    signal: stopping.signal,
  };
}

process.exitCode = await main(process.argv.slice(2));
