/**
 * `keytrail witness`: a process of its own, best on a machine of its own, that cosigns the checkpoints of logs it was
 * told about, and refuses a head that contradicts one it has cosigned.
 */
import { mkdir, open, rename, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { systemClock } from "../kernel/clock.ts";
import { CosignatureSigner } from "../ledger/cosignature.ts";
import { KeyError } from "../ledger/vkey.ts";
import { Witness, originHashOf } from "../ledger/witness.ts";
import type { WitnessState } from "../ledger/witness.ts";
import { CommandError, EXIT, UsageError } from "./command.ts";
import type { Command, CommandIo } from "./command.ts";
import { readIfThere } from "./read-file.ts";
import { listenWitness } from "./witness-server.ts";

const DEFAULT_LISTEN = "127.0.0.1:8470";
const KEY_FILE = "witness.key";
const VKEY_FILE = "witness.vkey";
const HEADS_FOLDER = "heads";

const USAGE = `Usage: keytrail witness --state DIR --log VKEY [--log VKEY ...] [options]

Cosigns the checkpoints of the given logs by the C2SP witness protocol, and refuses any that does
not extend what it has cosigned before. Runs until interrupted. Its key is made at the first start.

Options:
  --state DIR          where the witness keeps its key and what it has cosigned; never restore this
                       folder from a backup: the witness would forget what it has vouched for
  --log VKEY           verifier key of a log to witness (the server prints its own at start, and has
                       it in <data>/ledger/log.vkey); may be repeated
  --listen HOST:PORT   where to listen (default ${DEFAULT_LISTEN}); put TLS in front for other machines
  --name NAME          name of the witness, used when its key is made (default <hostname>/witness)
  --json               print where it listens and its key as one line of JSON
  --help               this text

Examples:
  keytrail witness --state ./witness --log "$(cat data/ledger/log.vkey)"
  keytrail witness --state /var/lib/witness --listen 0.0.0.0:8470 --name witness.example.com/w1 \\
    --log "audit.example.com/log+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
  curl http://127.0.0.1:8470/$(printf %s audit.example.com/log | sha256sum | cut -d' ' -f1)/checkpoint
`;

/** The command, with the state it is to keep: `openState` is given a folder of the witness's own. */
export function witnessCommand(openState: (dir: string) => WitnessState): Command {
  return {
    name: "witness",
    summary: "cosign the checkpoints of other logs, and refuse contradicting ones",
    usage: USAGE,
    run: (args, io) => run(args, io, openState),
  };
}

async function run(
  args: readonly string[],
  io: CommandIo,
  openState: (dir: string) => WitnessState,
): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      state: { type: "string" },
      log: { type: "string", multiple: true },
      listen: { type: "string", default: DEFAULT_LISTEN },
      name: { type: "string", default: `${hostname()}/witness` },
      json: { type: "boolean", default: false },
    },
  });
  if (values.state === undefined) throw new UsageError("--state is missing: the witness's folder");
  if (values.log === undefined) throw new UsageError("--log is missing: a log to witness");
  const { host, port } = parseListen(values.listen);
  await mkdir(join(values.state, HEADS_FOLDER), { recursive: true, mode: 0o700 });
  const witness = await openWitness({ ...values, state: values.state, log: values.log }, openState);

  const served = await listenWitness(witness, {
    host,
    port,
    onFailure: (error) => io.stderr.write(`keytrail witness: ${error.message}\n`),
  }).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new CommandError(
      EXIT.unavailable,
      `cannot listen on ${values.listen}: ${why}`,
      "Choose another place with --listen.",
    );
  });
  announce(io, { witness, url: served.url, isJson: values.json });
  await stopped(io.signal);
  await served.close();
  return EXIT.ok;
}

async function openWitness(
  values: { readonly state: string; readonly name: string; readonly log: readonly string[] },
  openState: (dir: string) => WitnessState,
): Promise<Witness> {
  try {
    return new Witness({
      signer: await loadOrMakeKey(values.state, values.name),
      state: openState(join(values.state, HEADS_FOLDER)),
      logs: values.log.map((vkey) => vkey.trim()),
    });
  } catch (error) {
    if (error instanceof KeyError) throw new UsageError(error.message);
    throw error;
  }
}

function announce(
  io: CommandIo,
  about: { readonly witness: Witness; readonly url: string; readonly isJson: boolean },
): void {
  const { witness, url } = about;
  const logs = witness.origins.map((origin) => ({ origin, hash: originHashOf(origin) }));
  if (about.isJson) {
    io.stdout.write(`${JSON.stringify({ url, vkey: witness.vkey, logs })}\n`);
    return;
  }
  const lines = [
    `witness    ${witness.vkey}`,
    `listening  ${url}/add-checkpoint`,
    ...logs.map(({ origin, hash }) => `log        ${origin}  ${url}/${hash}/checkpoint`),
  ];
  io.stdout.write(`${lines.join("\n")}\n`);
}

function parseListen(text: string): { readonly host: string; readonly port: number } {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined || port > 65_535) {
    throw new UsageError(
      `--listen ${text} is not HOST:PORT, such as ${DEFAULT_LISTEN} or [::1]:8470`,
    );
  }
  return { host, port };
}

/** The key in the folder, or one made now. The name matters only then: it is part of the key. */
async function loadOrMakeKey(dir: string, name: string): Promise<CosignatureSigner> {
  const path = join(dir, KEY_FILE);
  const existing = await readIfThere(path);
  if (existing !== undefined) {
    return CosignatureSigner.fromPrivate(
      Buffer.from(existing).toString("utf8").trim(),
      systemClock,
    );
  }
  const made = CosignatureSigner.generate(name, systemClock);
  // Written aside and renamed: a crash leaves no key or a whole one.
  const file = await open(`${path}.new`, "w", 0o600);
  try {
    await file.writeFile(`${made.toPrivate()}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
  await writeFile(join(dir, VKEY_FILE), `${made.vkey}\n`);
  return made;
}

function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
