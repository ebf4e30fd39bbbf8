/** What is said of a destination on a command line: settings, where credentials are, where in the log to begin. */
import { parseDocument } from "yaml";
import { UsageError, type CommandIo } from "./command.ts";
import { momentOf } from "./moment.ts";
import { readNamed } from "./read-file.ts";

/** A private key, or what a pipe brings in its place. */
export const MAX_CREDENTIAL_BYTES = 16 * 1_024;
export const MAX_SETTINGS_BYTES = 256 * 1_024;

/** For parseArgs. */
export const INPUT_OPTIONS = {
  kind: { type: "string" },
  host: { type: "string" },
  port: { type: "string" },
  transport: { type: "string" },
  set: { type: "string", multiple: true },
  file: { type: "string" },
  credential: { type: "string", multiple: true },
  filter: { type: "string" },
  required: { type: "string" },
  from: { type: "string" },
  routed: { type: "boolean" },
  installation: { type: "boolean" },
} as const;

type Given<Type> = Type extends { multiple: true }
  ? readonly string[]
  : Type extends { type: "boolean" }
    ? boolean
    : string;

export type InputValues = {
  readonly [Name in keyof typeof INPUT_OPTIONS]?: Given<(typeof INPUT_OPTIONS)[Name]> | undefined;
};

type Settings = Readonly<Record<string, unknown>>;

/** As the native API has it; what is not said is not there. */
export interface DestinationInput {
  readonly settings?: Settings;
  readonly credentials?: Readonly<Record<string, string | null>>;
  readonly filter?: string;
  readonly required?: { readonly max_backlog: number } | null;
  readonly is_routed?: boolean;
  readonly includes_installation?: boolean;
}

/** What is to be kept of what there is: `--set` says one setting anew, `--file` all of them. */
export async function readInput(
  values: InputValues,
  before: Settings,
  io: CommandIo,
): Promise<DestinationInput> {
  const settings = await settingsOf(values, before);
  const credentials = await credentialsOf(values.credential ?? [], io);
  return {
    ...(settings ? { settings } : {}),
    ...(credentials ? { credentials } : {}),
    ...(values.filter === undefined ? {} : { filter: values.filter }),
    ...(values.required === undefined ? {} : { required: requiredOf(values.required) }),
    ...(values.routed === undefined ? {} : { is_routed: values.routed }),
    ...(values.installation === undefined ? {} : { includes_installation: values.installation }),
  };
}

/** An index, `beginning`, or a time; undefined from now on. Throws a UsageError for anything else. */
export function startOf(text: string | undefined): string | number | undefined {
  if (text === undefined || text === "now") return undefined;
  if (text === "beginning") return text;
  return /^\d{1,15}$/.test(text) ? Number(text) : momentOf(text);
}

async function settingsOf(values: InputValues, before: Settings): Promise<Settings | undefined> {
  const short = Object.entries({
    kind: values.kind,
    host: values.host,
    port: values.port === undefined ? undefined : portOf(values.port),
    transport: values.transport,
  }).filter(([, value]) => value !== undefined);
  const said = values.set ?? [];
  if (short.length === 0 && said.length === 0 && values.file === undefined) return undefined;
  const settings = structuredClone(
    values.file === undefined ? before : await settingsIn(values.file),
  ) as Record<string, unknown>;
  for (const [key, value] of short) settings[key] = value;
  for (const text of said) await say(settings, text);
  return settings;
}

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new UsageError("--port is a number from 1 to 65535");
}

const SETTING = /^([a-z_]{1,50}(?:\.[a-z_]{1,50}){0,3})=(.*)$/s;

/** `key=value`, `key=@file`, `key=` to have it not said: `tls.ca=@ca.pem`. */
async function say(settings: Record<string, unknown>, text: string): Promise<void> {
  const [, path = "", value = ""] = SETTING.exec(text) ?? [];
  if (path === "") {
    throw new UsageError("--set is key=value, or key=@file: framing=lf, tls.ca=@ca.pem");
  }
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  let within = settings;
  for (const key of keys) {
    const inner = within[key];
    const next: Record<string, unknown> =
      typeof inner === "object" && inner !== null ? { ...inner } : {};
    within[key] = next;
    within = next;
  }
  if (value === "") delete within[last];
  else within[last] = value.startsWith("@") ? await textIn(value.slice(1)) : wordOf(value);
}

/** Numbers, booleans, lists and objects as JSON has them; anything else is a text. */
function wordOf(value: string): unknown {
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

async function textIn(path: string): Promise<string> {
  const bytes = await readNamed(path);
  if (bytes.length > MAX_SETTINGS_BYTES) throw new UsageError(`${path} is too long for a setting`);
  return Buffer.from(bytes).toString("utf8");
}

/** YAML, of which JSON is a part. */
async function settingsIn(path: string): Promise<Settings> {
  const options = { schema: "core", logLevel: "silent", prettyErrors: false } as const;
  const document = parseDocument(await textIn(path), options);
  const value: unknown =
    document.errors.length + document.warnings.length > 0
      ? undefined
      : document.toJS({ maxAliasCount: 0 });
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Settings;
  }
  throw new UsageError(
    `${path} holds no settings: it is YAML or JSON with a kind and what it needs`,
  );
}

const MAX_REQUIRED = 10_000_000;

function requiredOf(text: string): (DestinationInput["required"] & {}) | null {
  if (text === "none") return null;
  const backlog = Number(text);
  if (/^\d{1,9}$/.test(text) && backlog >= 1 && backlog <= MAX_REQUIRED) {
    return { max_backlog: backlog };
  }
  throw new UsageError("--required is how many entries it may be behind, or none");
}

const CREDENTIAL =
  /^([A-Za-z_]\w{0,49}|header:[!#$%&'*+.^_`|~\w-]{1,100})=(@.+|-|env:[A-Za-z_]\w*|none)$/s;

/** Never from the command line itself: others see the arguments of a process. */
async function credentialsOf(
  given: readonly string[],
  io: CommandIo,
): Promise<DestinationInput["credentials"] | undefined> {
  if (given.length === 0) return undefined;
  if (given.filter((text) => text.endsWith("=-")).length > 1) {
    throw new UsageError("one credential is read from standard input, not two");
  }
  const read: [string, string | null][] = [];
  for (const text of given) {
    const [, name = "", where = ""] = CREDENTIAL.exec(text) ?? [];
    if (name === "") {
      throw new UsageError(
        "--credential is name=@FILE, name=env:VARIABLE, name=- for standard input, or name=none; " +
          "not the value itself, which others would see",
      );
    }
    read.push([name, where === "none" ? null : await credentialAt(name, where, io)]);
  }
  return Object.fromEntries(read);
}

async function credentialAt(name: string, where: string, io: CommandIo): Promise<string> {
  const text = await textAt(where, io);
  // Editors and shells end a file with a newline, which belongs to no token.
  const value = text.replace(/[\r\n]+$/, "");
  if (value === "") throw new UsageError(`the credential ${name} is empty`);
  if (Buffer.byteLength(value) > MAX_CREDENTIAL_BYTES) {
    throw new UsageError(`the credential ${name} is longer than any`);
  }
  return value;
}

async function textAt(where: string, io: CommandIo): Promise<string> {
  if (where.startsWith("@")) return Buffer.from(await readNamed(where.slice(1))).toString("utf8");
  if (where.startsWith("env:")) return io.env[where.slice("env:".length)] ?? "";
  return readLineOrAll(io);
}

/** All that a pipe brings; of a person the first line. */
export async function readLineOrAll({ stdin }: CommandIo): Promise<string> {
  if (!stdin) return "";
  const isPerson = (stdin as { readonly isTTY?: boolean }).isTTY === true;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk as string | Uint8Array);
    chunks.push(bytes);
    size += bytes.length;
    if (size > MAX_CREDENTIAL_BYTES || (isPerson && bytes.includes(0x0a))) break;
  }
  return Buffer.concat(chunks).toString("utf8");
}
