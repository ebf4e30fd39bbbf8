/**
 * The destinations that the operator pins: read at the start from the file of `--destinations`, and changed by nothing
 * else. YAML, in the words of the native API:
 *
 *     destinations:
 *       - name: siem
 *         settings: { kind: syslog, host: siem.example.com, port: 6514, transport: tls }
 *         required: { max_backlog: 100000 }
 */
import { readFile, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import {
  assertHost,
  MAX_BACKLOG,
  MAX_FILTER_CHARS,
  MAX_NAME_CHARS,
  MIN_BACKLOG,
} from "../app/destinations/terms.ts";
import { catalogueVocabulary } from "../audit/vocabulary.ts";
import { ConfigError, type ServeConfig } from "../config.ts";
import type { Definition } from "../delivery/definition.ts";
import { compileSelection } from "../delivery/selected.ts";
import { checkSink } from "../delivery/sinks.ts";
import { systemClock } from "../kernel/clock.ts";
import { Refusal } from "../kernel/errors.ts";
import { CREDENTIAL_SOURCE, readCredentials } from "./pinned-credentials.ts";

export const MAX_PINNED_DESTINATIONS = 50;
export const MAX_DESTINATIONS_FILE_BYTES = 1_024 * 1_024;
/** Others than the owner may write: whoever may, chooses where the trail goes. */
const OTHERS_MAY_WRITE = 0o022;

export type PinnedConfig = Pick<ServeConfig, "destinationsFile" | "credentialNamed">;

/**
 * None without a file. Throws a ConfigError that names the file, the destination and the field: a server that does not
 * deliver as it was told to does not start. Neither a value of the file nor a credential stands in the message.
 */
export async function readPinned(
  { destinationsFile, credentialNamed }: PinnedConfig,
  warn: (line: string) => void,
): Promise<readonly Definition[]> {
  if (destinationsFile === null) return [];
  const entries = await readEntries(destinationsFile, warn);
  const pinned: Definition[] = [];
  for (const [at, entry] of entries.entries()) {
    const name = nameIn(entry);
    const where = `${destinationsFile}, destination ${name ?? `number ${at + 1}`}`;
    const problem = (what: string): ConfigError => new ConfigError(`${where}: ${what}`);
    const sources = { folder: dirname(resolve(destinationsFile)), credentialNamed, problem, warn };
    const one = await definitionOf(entry, sources);
    if (pinned.some((other) => other.name === one.name)) {
      throw problem("name: another one of the file has it too.");
    }
    if (one.crn !== undefined && pinned.some((other) => other.crn === one.crn)) {
      throw problem("crn: another one of the file has it too.");
    }
    pinned.push(one);
  }
  return pinned;
}

/**
 * Once it is known what there is. Throws a ConfigError for an account that is not there: nothing would ever be sent. A
 * place that the log has not come to, as after it was put back from a copy, is said.
 */
export function assertPlaced(
  pinned: readonly Definition[],
  there: { readonly accounts: readonly string[]; readonly size: number },
  warn: (line: string) => void,
): void {
  for (const { name, selection, start: from } of pinned) {
    const { account } = selection;
    if (account !== null && !there.accounts.includes(account)) {
      throw new ConfigError(`The pinned destination ${name}: account: there is no such account.`);
    }
    if (from.index !== null && from.index > there.size) {
      warn(
        `The pinned destination ${name} begins with what is recorded next: its from is not yet there.`,
      );
    }
  }
}

const start = z.union([z.enum(["now", "beginning"]), z.int().min(0)], {
  error: "is now, beginning, or the index of an entry",
});

const entrySchema = z.strictObject({
  name: z
    .string({ error: "is missing" })
    .max(MAX_NAME_CHARS, { error: `has at most ${MAX_NAME_CHARS} characters` })
    .regex(/^[A-Za-z0-9_-]+$/, { error: "has letters, digits, - and _" }),
  settings: z.looseObject({}, { error: "is missing: what kind it is, and where" }),
  credentials: z.record(z.string(), CREDENTIAL_SOURCE).default({}),
  filter: z.string().max(MAX_FILTER_CHARS).default(""),
  account: z
    .string()
    .regex(/^[\w.-]{1,100}$/, { error: "is the id of an account" })
    .optional(),
  includes_installation: z.boolean().optional(),
  required: z.strictObject({ max_backlog: z.int().min(MIN_BACKLOG).max(MAX_BACKLOG) }).optional(),
  from: start.default("now"),
  paused: z.boolean().default(false),
  crn: z
    .string()
    .regex(/^crn:v\d:\S{3,500}$/, { error: "is a CRN" })
    .optional(),
});

interface Sources {
  /** Of the file: what it names is found from there. */
  readonly folder: string;
  readonly credentialNamed: PinnedConfig["credentialNamed"];
  readonly problem: (what: string) => ConfigError;
  readonly warn: (line: string) => void;
}

async function definitionOf(given: unknown, sources: Sources): Promise<Definition> {
  const { problem } = sources;
  const parsed = entrySchema.safeParse(given);
  if (!parsed.success) throw problem(sentenceOf(parsed.error));
  const { name, settings, filter, account = null, required, from, paused, crn } = parsed.data;
  const includesOperators = parsed.data.includes_installation ?? account === null;
  const selection = { account, includesOperators, filter, routing: null };
  try {
    const sink = checkSink(settings);
    if (sink.address.host !== "") assertHost(sink.address.host);
    compileSelection(selection, { vocabulary: catalogueVocabulary, now: systemClock.now() });
    return {
      // The name makes it: after a restart it is the same one, and goes on where it was.
      id: `pinned:${name}`,
      name,
      sink: sink.settings,
      credentials: await readCredentials(sink, parsed.data.credentials, sources),
      selection,
      isPaused: paused,
      isPinned: true,
      maxBacklog: required?.max_backlog ?? null,
      // Said anew it is the same start; another one is a wish to begin there.
      start: { id: `pinned:${name}:${from}`, index: indexOf(from) },
      ...(crn === undefined ? {} : { crn }),
    };
  } catch (error) {
    if (error instanceof Refusal) throw problem(error.message);
    throw error;
  }
}

function indexOf(from: "now" | "beginning" | number): number | null {
  if (from === "now") return null;
  return from === "beginning" ? 0 : from;
}

async function readEntries(
  file: string,
  warn: (line: string) => void,
): Promise<readonly unknown[]> {
  const problem = (what: string): ConfigError =>
    new ConfigError(`The file of destinations ${file} is of no use: ${what}.`);
  let text: string;
  try {
    const { size, mode } = await stat(file);
    if (size > MAX_DESTINATIONS_FILE_BYTES) {
      throw problem(`it has more than ${MAX_DESTINATIONS_FILE_BYTES} bytes`);
    }
    if ((mode & OTHERS_MAY_WRITE) !== 0) {
      warn(`Others than its owner may write ${file}, and so choose where the trail goes.`);
    }
    text = await readFile(file, "utf8");
  } catch (error) {
    throw error instanceof ConfigError ? error : problem("it cannot be read");
  }
  const parsed = fileSchema.safeParse(yamlOf(text, problem));
  if (!parsed.success) throw problem(sentenceOf(parsed.error).replace(/\.$/, ""));
  return parsed.data.destinations;
}

const fileSchema = z.strictObject(
  {
    destinations: z
      .array(z.unknown(), { error: "is a list" })
      .max(MAX_PINNED_DESTINATIONS, { error: `has at most ${MAX_PINNED_DESTINATIONS} entries` }),
  },
  { error: (issue) => (issue.code === "invalid_type" ? "it has no destinations" : undefined) },
);

/** What YAML's parser says of an error quotes the text, which may hold what should not be in it. */
function yamlOf(text: string, problem: (what: string) => ConfigError): unknown {
  const lineCounter = new LineCounter();
  const options = { schema: "core", logLevel: "silent", prettyErrors: false } as const;
  const document = parseDocument(text, { ...options, lineCounter });
  const [fault] = [...document.errors, ...document.warnings];
  if (fault) {
    const { line } = lineCounter.linePos(fault.pos[0]);
    const what = fault.code === "DUPLICATE_KEY" ? "a key stands there twice" : "it is not YAML";
    throw problem(`line ${line}: ${what}`);
  }
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch {
    throw problem("it has an alias, which is not allowed");
  }
}

function nameIn(entry: unknown): string | undefined {
  return z.looseObject({ name: z.string().regex(/^[\w-]{1,100}$/) }).safeParse(entry).data?.name;
}

/** The first thing that is wrong, and where. */
function sentenceOf({ issues: [issue] }: z.ZodError): string {
  const field = issue?.path.join(".") ?? "";
  if (issue?.code === "unrecognized_keys") {
    const within = field === "" ? "" : `${field}: `;
    return `${within}there is no field ${issue.keys.join(", ")}.`;
  }
  const what = issue?.message ?? "it is not understood";
  return field === "" ? `${what}.` : `${field}: ${what}.`;
}
