/** `keytrail access-keys`: keys for AWS's command line and SDKs; makes, lists, disables, enables and deletes them. */
import { parseArgs } from "node:util";
import type { AccessKey } from "../client/answers.ts";
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

const USAGE = `Usage: keytrail access-keys create|list|delete|enable|disable [options]

An access key signs the requests of AWS's command line and SDKs: an id, and a secret that the server shows once.

create           make one; standard output gets its id and its secret, for a shell to export
list             the keys there are, without their secrets
disable KEY      it is no good from now on, and the sessions that were opened with it are over
enable KEY       it is good again
delete KEY       delete it

KEY is the id of an access key: AKIA…

Options:
  --user EMAIL     of this user; without it, the caller's own
  --service-id ID  of this service ID, by its id or its name
  --json           the answer as JSON
${CLIENT_USAGE}  --help           this text

Your own keys take no role; those of others Administrator, those of service IDs Editor.

Ends with 1 when the server says no: there is no such key, it is locked, there are as many as there may be.

Examples:
  eval "$(keytrail access-keys create)"
  aws --endpoint-url http://127.0.0.1:8420 --region us-east-1 secretsmanager list-secrets
  keytrail access-keys create --user ada@example.com --json
  keytrail access-keys list --service-id deploy
  keytrail access-keys disable AKIAIOSFODNN7EXAMPLE
`;

export const accessKeysCommand: Command = {
  name: "access-keys",
  summary: "access keys, for AWS's command line and SDKs: create, list, disable, delete",
  usage: USAGE,
  run,
};

/** The text is for people and shells, the value for `--json`; the note for people only. */
interface Result {
  readonly value: object;
  readonly text: string;
  readonly note?: string;
}

interface Asked {
  readonly client: KeytrailClient;
  readonly io: CommandIo;
  /** Of whom; undefined: the caller's own. */
  readonly user: string | undefined;
  /** `AKIA…`, where the action takes one. */
  readonly key: string;
}

interface Action {
  readonly takesKey: boolean;
  readonly act: (asked: Asked) => Promise<Result>;
}

const actions: Readonly<Record<string, Action>> = {
  create: { takesKey: false, act: create },
  list: { takesKey: false, act: list },
  delete: {
    takesKey: true,
    act: ({ client, key, user }) => done(client.deleteAccessKey(key, user), key, "deleted"),
  },
  disable: {
    takesKey: true,
    act: ({ client, key, user }) => done(client.disableAccessKey(key, user), key, "disabled"),
  },
  enable: {
    takesKey: true,
    act: ({ client, key, user }) => done(client.enableAccessKey(key, user), key, "enabled"),
  },
};

async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      ...CLIENT_OPTIONS,
      user: { type: "string" },
      "service-id": { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const { act, key } = actionOf(positionals);
  if (values.user !== undefined && values["service-id"] !== undefined) {
    throw new UsageError("say whose: --user or --service-id, not both");
  }
  const user = values.user ?? values["service-id"];
  const client = await clientFor(values, io);
  let result: Result;
  try {
    result = await act({ client, io, user, key });
  } catch (error) {
    throw explained(error, client);
  }
  io.stdout.write(values.json ? `${JSON.stringify(result.value)}\n` : result.text);
  if (result.note !== undefined) io.stderr.write(result.note);
  return EXIT.ok;
}

const KEY = /^A[KS]IA[A-Z2-7]{16}$/;

/** Looked at here, so that a secret in the place of an id is sent nowhere. */
function actionOf([name = "", ...given]: readonly string[]): {
  readonly act: Action["act"];
  readonly key: string;
} {
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (!action) throw new UsageError("say what to do: create, list, delete, enable or disable");
  if (given.length !== (action.takesKey ? 1 : 0)) {
    throw new UsageError(
      action.takesKey ? `say which one: ${name} KEY` : `${name} takes no arguments`,
    );
  }
  const [key = ""] = given;
  if (action.takesKey && !KEY.test(key)) throw new UsageError("KEY is the id of one: AKIA…");
  return { act: action.act, key };
}

async function create({ client, user }: Asked): Promise<Result> {
  const value = await client.createAccessKey(user);
  const { access_key_id: id, secret_access_key: secret } = value;
  return {
    value,
    text: exported({ AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret }),
    note: `An access key of ${printable(value.user)}. Its secret is not shown again.\n`,
  };
}

/** What both have are letters, digits and `+/`; anything else would be the shell's to read. */
const HARMLESS = /^[A-Za-z0-9+/]{1,128}$/;

function exported(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => {
      if (HARMLESS.test(value)) return `export ${name}=${value}\n`;
      const hint = "Is this a Keytrail server? What it gave is not shown.";
      throw new CommandError(EXIT.unavailable, "the server gave a key of no known form", hint);
    })
    .join("");
}

const COLUMNS: readonly Column[] = [
  { title: "KEY", min: 20, max: 20, cut: "end" },
  { title: "OF", min: 8, good: 24, max: 48, cut: "end" },
  { title: "STATE", min: 8, max: 8, cut: "end" },
  { title: "CREATED", min: 20, max: 24, cut: "end", rank: 1 },
];

async function list({ client, io, user }: Asked): Promise<Result> {
  const keys = await client.accessKeys(user);
  const text = keys.length === 0 ? "There is no access key.\n" : tableOf(keys, io);
  return { value: keys, text };
}

function tableOf(keys: readonly AccessKey[], io: CommandIo): string {
  const given = keys.map((key) => [
    key.access_key_id,
    key.user,
    key.disabled ? "disabled" : "enabled",
    key.created_at,
  ]);
  const rows = [COLUMNS.map(({ title }) => title), ...given.map((row) => row.map(cellText))];
  const widths = layOut(COLUMNS, rows, terminalOf(io).width);
  return rows.map((row) => `${joinCells(tableLine(row, COLUMNS, widths))}\n`).join("");
}

async function done(change: Promise<void>, key: string, what: string): Promise<Result> {
  await change;
  return { value: { access_key_id: key, [what]: true }, text: `${key} is ${what}.\n` };
}

/** The server understood, and the answer is no. */
function explained(error: unknown, client: KeytrailClient): unknown {
  const isNo = error instanceof RefusedByServer && ["locked", "limit_reached"].includes(error.code);
  if (!isNo) return explainClientError(error, client);
  return new CommandError(EXIT.failed, error.message, "Nothing has been changed.");
}
