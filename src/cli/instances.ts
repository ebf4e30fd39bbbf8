/** `keytrail instances`: which instances there are, in which regions; makes, renames and deletes them. */
import { parseArgs } from "node:util";
import type { Instance, Instances } from "../client/answers.ts";
import { RefusedByServer } from "../client/client-error.ts";
import type { KeytrailClient } from "../client/keytrail-client.ts";
import { CLIENT_OPTIONS, CLIENT_USAGE, clientFor, explainClientError } from "./client-options.ts";
import {
  CommandError,
  EXIT,
  printable,
  UsageError,
  type Command,
  type CommandIo,
} from "./command.ts";
import { cellText, joinCells, layOut, tableLine, type Column } from "./format-table.ts";
import { terminalOf } from "./terminal.ts";

const USAGE = `Usage: keytrail instances list|regions|create|rename|delete [options]

An instance holds secrets of its own, in a region. All of its events are found by its CRN: app:CRN.

list                           the instances that you may see, the first one first
regions                        the regions, and in which of them there may be instances
create NAME --region REGION    make an instance
rename INSTANCE NAME           give it another name; its CRN stays
delete INSTANCE                delete it, when no secret, group or configuration is left in it

INSTANCE is the id of an instance, or its CRN. Programs call it by the host name {id}.{region}.…, on
this machine {id}.localhost; any other name leads to the first instance.

Options:
  --region REGION      with create
  --json               the answer as JSON
${CLIENT_USAGE}  --help               this text

It takes the role Operator; list and regions any role on secrets.

Ends with 1 when the server says no: there is no such instance, it is not empty, the region takes none.

Examples:
  keytrail instances list
  keytrail instances create payments --region eu-de --json | jq -r .crn
  keytrail instances rename 11111111-2222-4333-8444-555555555555 'payments, production'
  keytrail instances delete 11111111-2222-4333-8444-555555555555
`;

export const instancesCommand: Command = {
  name: "instances",
  summary: "instances and their regions: list, create, rename, delete",
  usage: USAGE,
  run,
};

type Action = (client: KeytrailClient, io: CommandIo) => Promise<Result>;
type MakeAction = (given: readonly string[], region: string | undefined) => Action;

/** The text is for people, the value for `--json`. */
interface Result {
  readonly value: object;
  readonly text: string;
}

async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      ...CLIENT_OPTIONS,
      region: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const act = actionOf(positionals, values.region);
  const client = await clientFor(values, io);
  let result: Result;
  try {
    result = await act(client, io);
  } catch (error) {
    throw explained(error, client);
  }
  io.stdout.write(values.json ? `${JSON.stringify(result.value)}\n` : result.text);
  return EXIT.ok;
}

/** How many arguments each takes, what is said where there are more or fewer, and what it does with them. */
const actions: Readonly<
  Record<string, { readonly takes: number; readonly usage: string; readonly act: MakeAction }>
> = {
  list: { takes: 0, usage: "list takes no arguments", act: () => list },
  regions: { takes: 0, usage: "regions takes no arguments", act: () => regions },
  create: {
    takes: 1,
    usage: "say how it is called: create NAME --region REGION",
    act: ([name = ""], region = "") => {
      if (region === "") throw new UsageError("say where: --region REGION");
      return (client) => create(client, { name, region });
    },
  },
  rename: {
    takes: 2,
    usage: "say which one, and how it is called from now on: rename INSTANCE NAME",
    act: ([instance = "", name = ""]) => {
      const id = idIn(instance);
      return (client) => rename(client, id, name);
    },
  },
  delete: {
    takes: 1,
    usage: "say which one: delete INSTANCE",
    act: ([instance = ""]) => {
      const id = idIn(instance);
      return (client) => remove(client, id);
    },
  },
};

function actionOf([name = "", ...given]: readonly string[], region: string | undefined): Action {
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (!action) throw new UsageError("say what to do: list, regions, create, rename or delete");
  if (region !== undefined && name !== "create") throw new UsageError("--region is for create");
  if (given.length !== action.takes) throw new UsageError(action.usage);
  return action.act(given, region);
}

const CRN_OF_INSTANCE = /^crn:.*:([0-9a-f-]{36})::$/i;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Looked at here, so that a command line that went wrong changes nothing. */
function idIn(text: string): string {
  const id = CRN_OF_INSTANCE.exec(text)?.[1] ?? text;
  if (!UUID.test(id)) throw new UsageError("INSTANCE is the id of an instance, or its CRN");
  return id.toLowerCase();
}

const INSTANCE_COLUMNS: readonly Column[] = [
  { title: "NAME", min: 8, good: 16, max: 48, cut: "end" },
  { title: "REGION", min: 8, max: 24, cut: "end" },
  { title: "ID", min: 36, max: 36, cut: "end" },
  { title: "CREATED", min: 20, max: 24, cut: "end", rank: 1 },
];

async function list(client: KeytrailClient, io: CommandIo): Promise<Result> {
  const { instances } = await client.instances();
  const rows = instances.map(({ name, region, id, created_at: at }) => [name, region, id, at]);
  const text = rows.length === 0 ? "There is no instance that you may see.\n" : undefined;
  return { value: instances, text: text ?? tableOf(INSTANCE_COLUMNS, rows, io) };
}

const REGION_COLUMNS: readonly Column[] = [
  { title: "REGION", min: 8, max: 24, cut: "end" },
  { title: "NAME", min: 8, good: 12, max: 32, cut: "end" },
  { title: "GEOGRAPHY", min: 9, max: 32, cut: "end", rank: 2 },
  { title: "EVENTS", min: 6, max: 6, cut: "end" },
  { title: "INSTANCES", min: 9, max: 9, cut: "end", rank: 1 },
];

async function regions(client: KeytrailClient, io: CommandIo): Promise<Result> {
  const known = await client.instances();
  const rows = known.regions.map(({ id, name, geography, events }) => [
    id,
    name,
    geography,
    events ? "Yes" : "No",
    events ? String(countIn(id, known)) : "none",
  ]);
  return { value: known.regions, text: tableOf(REGION_COLUMNS, rows, io) };
}

function countIn(region: string, { instances }: Instances): number {
  return instances.filter((instance) => instance.region === region).length;
}

async function create(
  client: KeytrailClient,
  made: { readonly name: string; readonly region: string },
): Promise<Result> {
  const value = await client.createInstance(made);
  return { value, text: `Created ${described(value)}.\n  ${printable(value.crn)}\n` };
}

async function rename(client: KeytrailClient, id: string, name: string): Promise<Result> {
  const value = await client.renameInstance(id, name);
  return { value, text: `Renamed: ${described(value)}.\n` };
}

async function remove(client: KeytrailClient, id: string): Promise<Result> {
  await client.deleteInstance(id);
  return { value: { id, deleted: true }, text: `Deleted ${id}. Its events stay.\n` };
}

function described({ name, region, id }: Instance): string {
  return printable(`${name} in ${region}, ${id}`);
}

function tableOf(
  columns: readonly Column[],
  given: readonly (readonly string[])[],
  io: CommandIo,
): string {
  const rows = [columns.map(({ title }) => title), ...given.map((row) => row.map(cellText))];
  const widths = layOut(columns, rows, terminalOf(io).width);
  return rows.map((row) => `${joinCells(tableLine(row, columns, widths))}\n`).join("");
}

/** The server understood, and the answer is no. */
function explained(error: unknown, client: KeytrailClient): unknown {
  const isNo =
    error instanceof RefusedByServer && ["conflict", "limit_reached"].includes(error.code);
  if (!isNo) return explainClientError(error, client);
  return new CommandError(EXIT.failed, error.message, "Nothing has been changed.");
}
