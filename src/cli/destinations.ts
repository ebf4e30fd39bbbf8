/** `keytrail destinations`: where the trail goes: makes, changes, tries, watches and proves deliveries. */
import { writeFile } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { Destination } from "../client/answers.ts";
import { RefusedByServer } from "../client/client-error.ts";
import type { KeytrailClient } from "../client/keytrail-client.ts";
import { saidOf } from "../delivery/said.ts";
import { CLIENT_OPTIONS, CLIENT_USAGE, clientFor, explainClientError } from "./client-options.ts";
import {
  CommandError,
  EXIT,
  printable,
  UsageError,
  type Command,
  type CommandIo,
} from "./command.ts";
import { describe, isInTrouble, listTable, statusTable } from "./destinations-format.ts";
import { INPUT_OPTIONS, readInput, readLineOrAll, startOf } from "./destinations-input.ts";
import { terminalOf } from "./terminal.ts";
import { DELIVERY_EXTENSION } from "./verify-delivery.ts";

/** Between two looks of `--watch`. Each is recorded, as every look at a destination is. */
export const WATCH_INTERVAL_MS = 5_000;

const USAGE = `Usage: keytrail destinations ACTION [NAME] [options]

A destination is a receiver of the trail: a SIEM, a collector, a bucket. Each is delivered to by itself, in
the log's order, from its own place in it, which moves on when the receiver has acknowledged.

list              which there are, and what each gets
status [NAME]     how far each has come
show NAME         everything about one
add NAME          make one: --kind with --host and --port, or with --set url=…, or --file
set NAME          change one: what is not said stays, and so does its place in the log
remove NAME       delete one, and its credentials
test NAME         send it the newest event that it would get, once more
pause NAME        deliver nothing there, and keep its place; resume NAME goes on from it
replay NAME       deliver once more, from --from on; receivers tell repetitions by the events' ids
proof NAME        what it has, signed by the log: "keytrail verify" checks it

NAME is a destination's name, or its id.

Options of add and set:
  --kind KIND          syslog, cef, json, splunk, https, otlp, cloudevents, bucket (docs/destinations.md)
  --host H --port P --transport T   where; the same as --set host=H, and so on
  --set KEY=VALUE      a setting: framing=lf, tls.server_name=siem, tls.ca=@ca.pem (a file); repeatable
  --file FILE          all settings, as YAML or JSON
  --credential NAME=@FILE   token, client_key, password, …: from a file, with NAME=- from standard input,
                       with NAME=env:VARIABLE from the environment; NAME=none takes it away; repeatable
  --filter QUERY       only what the query finds
  --required N         no operation is done any more while it is more than N entries behind; none ends that
  --routed             only what the account's routes send there (--no-routed)
  --no-installation    nothing of what belongs to no account: failed logins, the server's own doings

Other options:
  --from PLACE         with add and replay: an index, a time (2h, 2026-11-01), or beginning
  --yes                with replay: do not ask
  --out FILE           with proof: write it there
  --watch              with status: look again every ${WATCH_INTERVAL_MS / 1_000} seconds until interrupted
  --json               the answer as JSON
${CLIENT_USAGE}  --help               this text

It takes the role Operator; for list, status, show and proof Auditor does.

Ends with 1 when the server says no, a test does not arrive, or status finds one that fails or is overdue.

Examples:
  keytrail destinations add siem --kind syslog --host siem.example.com --port 6514 --transport tls \\
    --set tls.ca=@ca.pem --set tls.certificate=@us.pem --credential client_key=@us.key
  keytrail destinations add splunk --kind splunk --host hec.example.com --set acknowledgement=true \\
    --credential token=@hec-token --filter 'outcome:failure'
  keytrail destinations test siem && keytrail destinations status
  keytrail destinations replay siem --from 2d --yes
  keytrail destinations proof siem --out siem.delivery
`;

export const destinationsCommand: Command = {
  name: "destinations",
  summary: "receivers of the trail: list, add, test, watch, replay and prove deliveries",
  usage: USAGE,
  run,
};

const OPTIONS = {
  ...CLIENT_OPTIONS,
  ...INPUT_OPTIONS,
  yes: { type: "boolean", default: false },
  out: { type: "string" },
  watch: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
} as const;

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    allowNegative: true,
    options: OPTIONS,
  });
}

type Values = ReturnType<typeof parse>["values"];

interface Asked {
  readonly client: KeytrailClient;
  readonly io: CommandIo;
  readonly values: Values;
  /** Empty where the action takes none. */
  readonly name: string;
}

/** The text is for people, the value for `--json`. */
interface Result {
  readonly value: unknown;
  readonly text: string;
  /** `failed` where the answer is no. */
  readonly code?: typeof EXIT.ok | typeof EXIT.failed;
}

interface Action {
  readonly name: "needed" | "possible" | "none";
  /** Options that are for this action; those of the server and of the output are for all. */
  readonly options: readonly (keyof Values)[];
  readonly act: (asked: Asked) => Promise<Result>;
}

const INPUT = Object.keys(INPUT_OPTIONS).filter(
  (name): name is keyof typeof INPUT_OPTIONS => name !== "from",
);

const actions: Readonly<Record<string, Action>> = {
  list: { name: "none", options: [], act: list },
  status: { name: "possible", options: ["watch"], act: status },
  show: { name: "needed", options: [], act: show },
  add: { name: "needed", options: [...INPUT, "from"], act: add },
  set: { name: "needed", options: INPUT, act: change },
  remove: { name: "needed", options: [], act: remove },
  test: { name: "needed", options: [], act: test },
  pause: { name: "needed", options: [], act: pause },
  resume: { name: "needed", options: [], act: resume },
  replay: { name: "needed", options: ["from", "yes"], act: replay },
  proof: { name: "needed", options: ["out"], act: proof },
};

const FOR_ALL: ReadonlySet<string> = new Set([...Object.keys(CLIENT_OPTIONS), "json"]);

async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parse(args);
  const [what = "", name = "", ...more] = positionals;
  const action = Object.hasOwn(actions, what) ? actions[what] : undefined;
  if (!action) {
    throw new UsageError(`say what to do: ${Object.keys(actions).join(", ")}`);
  }
  assertFitting(what, action, values);
  if (more.length > 0 || (action.name === "none" && name !== "")) {
    throw new UsageError(`${what} takes ${action.name === "none" ? "no name" : "one name"}`);
  }
  if (action.name === "needed" && name === "") throw new UsageError(`say which: ${what} NAME`);
  const client = await clientFor(values, io);
  try {
    const result = await action.act({ client, io, values, name });
    write(result, values, io);
    return result.code ?? EXIT.ok;
  } catch (error) {
    throw explained(error, client);
  }
}

/** Looked at before anything is done, so that a command line that went wrong changes nothing. */
function assertFitting(what: string, { options }: Action, values: Values): void {
  for (const [option, value] of Object.entries(values)) {
    const isSaid = value !== undefined && (value !== false || option in INPUT_OPTIONS);
    const isKnown = FOR_ALL.has(option) || options.some((one) => one === option);
    if (isSaid && !isKnown) throw new UsageError(`--${option} is not for ${what}`);
  }
}

function write({ value, text }: Result, { json: isJson }: Values, io: CommandIo): void {
  io.stdout.write(isJson ? `${JSON.stringify(value)}\n` : text);
}

const NOBODY = "There is no destination: the trail goes nowhere but into the log.\n";

async function list({ client, io }: Asked): Promise<Result> {
  const value = await client.destinations();
  return { value, text: value.length === 0 ? NOBODY : listTable(value, io) };
}

async function status(asked: Asked): Promise<Result> {
  const { io, values } = asked;
  let result = await statusNow(asked);
  while (values.watch && !io.signal.aborted) {
    write({ ...result, text: redrawn(result.text, io) }, values, io);
    await wait(WATCH_INTERVAL_MS, undefined, { signal: io.signal }).catch(() => undefined);
    if (io.signal.aborted) return { ...result, text: "" };
    result = await statusNow(asked);
  }
  return result;
}

async function statusNow({ client, io, name }: Asked): Promise<Result> {
  const value = name === "" ? await client.destinations() : [await client.destination(name)];
  const code = value.some(isInTrouble) ? EXIT.failed : EXIT.ok;
  return { value, text: value.length === 0 ? NOBODY : statusTable(value, io), code };
}

/** In the place of the last one on a terminal; beneath it in a file. */
function redrawn(text: string, io: CommandIo): string {
  return terminalOf(io).width === undefined ? `${text}\n` : `\u001b[H\u001b[J${text}`;
}

async function show({ client, name }: Asked): Promise<Result> {
  const value = await client.destination(name);
  return { value, text: describe(value) };
}

async function add({ client, io, values, name }: Asked): Promise<Result> {
  const from = startOf(values.from);
  const { settings, credentials = {}, ...input } = await readInput(values, {}, io);
  if (!settings) throw new UsageError("say what it is: --kind with --host and --port, or --file");
  const given = Object.entries(credentials).filter((one): one is [string, string] => !!one[1]);
  const value = await client.createDestination({
    name,
    ...input,
    settings,
    credentials: Object.fromEntries(given),
    ...(from === undefined ? {} : { from }),
  });
  return { value, text: `Added ${printable(value.name)}.\n${describe(value)}` };
}

async function change({ client, io, values, name }: Asked): Promise<Result> {
  const before: Readonly<Record<string, unknown>> =
    values.file === undefined ? saidOf((await client.destination(name)).settings) : {};
  // Of another kind nothing of what there is holds.
  const isSameKind = values.kind === undefined || values.kind === before["kind"];
  const input = await readInput(values, isSameKind ? before : {}, io);
  if (Object.keys(input).length === 0) throw new UsageError("say what is to be changed");
  const value = await client.updateDestination(name, input);
  return { value, text: `Changed ${printable(value.name)}.\n${describe(value)}` };
}

async function remove({ client, name }: Asked): Promise<Result> {
  await client.deleteDestination(name);
  const text = `Removed ${printable(name)}: nothing more is sent there.\n`;
  return { value: { name, deleted: true }, text };
}

async function test({ client, name }: Asked): Promise<Result> {
  const value = await client.testDestination(name);
  const what = value.index === null ? "a connection was made" : `entry ${value.index} was sent`;
  if (value.is_reached) return { value, text: `${printable(name)} is reached: ${what}.\n` };
  const problem = printable(value.problem ?? "nobody knows why");
  return { value, text: `${printable(name)} is NOT reached: ${problem}.\n`, code: EXIT.failed };
}

async function pause({ client, name }: Asked): Promise<Result> {
  const value = await client.pauseDestination(name);
  const text = `${printable(name)} is paused: its place in the log is kept, and it falls behind.\n`;
  return { value, text };
}

async function resume({ client, name }: Asked): Promise<Result> {
  const value = await client.resumeDestination(name);
  return { value, text: `${printable(name)} goes on from where it was.\n` };
}

async function replay({ client, io, values, name }: Asked): Promise<Result> {
  const from = startOf(values.from);
  if (from === undefined) throw new UsageError("say from where: --from INDEX, a time or beginning");
  if (!values.yes) await confirmReplay(await client.destination(name), from, io);
  const value = await client.replayDestination(name, from);
  const text = `${printable(name)} gets everything from entry ${value.index} on once more.\n`;
  return { value, text };
}

/** What it would mean, and whether that is meant. */
async function confirmReplay(
  { name, status: { acknowledged } }: Destination,
  from: string | number,
  io: CommandIo,
): Promise<void> {
  const what = againOf(acknowledged ?? 0, from);
  const isPerson = (io.stdin as { readonly isTTY?: boolean } | undefined)?.isTTY === true;
  if (!isPerson) throw new UsageError(`this sends ${printable(name)} ${what} once more: say --yes`);
  io.stderr.write(`This sends ${printable(name)} ${what} once more. Go on? [y/N] `);
  const answer = await readLineOrAll(io);
  if (/^y(?:es)?$/i.test(answer.trim())) return;
  throw new CommandError(EXIT.failed, "not confirmed", "Nothing is sent again.");
}

function againOf(acknowledged: number, from: string | number): string {
  if (typeof from === "number") return entries(Math.max(0, acknowledged - from));
  if (from === "beginning") return `everything, ${entries(acknowledged)},`;
  return `what was recorded since ${from}, of ${entries(acknowledged)},`;
}

function entries(count: number): string {
  return `up to ${count} entries`;
}

async function proof({ client, values, name }: Asked): Promise<Result> {
  const note = await client.destinationProof(name);
  const value = { name, proof: note };
  if (values.out === undefined) return { value, text: note };
  await writeFile(values.out, note);
  const hint = values.out.endsWith(DELIVERY_EXTENSION)
    ? ""
    : `, best called *${DELIVERY_EXTENSION}`;
  const text = `Wrote ${printable(values.out)}${hint}. Check it: keytrail verify ${printable(values.out)} --log-key KEY\n`;
  return { value: { name, file: values.out }, text };
}

/** The server understood, and the answer is no. */
function explained(error: unknown, client: KeytrailClient): unknown {
  const noes = ["conflict", "limit_reached", "locked", "precondition_failed"];
  const isNo = error instanceof RefusedByServer && noes.includes(error.code);
  if (!isNo) return explainClientError(error, client);
  return new CommandError(EXIT.failed, printable(error.message), "Nothing has been changed.");
}
