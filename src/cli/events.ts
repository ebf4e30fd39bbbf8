/** `keytrail events`: finds events, and follows them as they happen. */
import { parseArgs } from "node:util";
import { RefusedByServer } from "../client/client-error.ts";
import type { FoundEvents, PlacedEvent } from "../client/answers.ts";
import type { KeytrailClient, SearchOptions } from "../client/keytrail-client.ts";
import { renderCaret } from "../search/query-error.ts";
import { CLIENT_OPTIONS, CLIENT_USAGE, clientFor, explainClientError } from "./client-options.ts";
import { CommandError, EXIT, UsageError, printable } from "./command.ts";
import type { Command, CommandIo } from "./command.ts";
import { csvFormat, jsonFormat, tableFormat, type EventFormat } from "./format-events.ts";
import { momentOf } from "./moment.ts";
import { terminalOf } from "./terminal.ts";

const DEFAULT_LIMIT = 50;
/** What a live view begins with, so that it is not empty. */
const FOLLOW_LIMIT = 10;

const USAGE = `Usage: keytrail events [QUERY] [options]

Finds events, newest first; without a query, all that you may see. What you just did is among them.

Options:
  --since TIME         from then on: 2h, 7d, 2026-11-01 or 2026-11-01T09:00:00Z
  --until TIME         before then
  --limit N            at most so many (${DEFAULT_LIMIT}); "all" for every one
  --oldest             oldest first
  --follow, -f         the last ${FOLLOW_LIMIT}, then each as it happens, until interrupted
  --json               a JSON object on each line: {"index":…,"event":{…}}
  --csv                comma-separated values (RFC 4180); a cell that would begin a formula gets a '
  --fields A,B         these fields only, by path: action,initiator.name,requestData.name
${CLIENT_USAGE}  --help               this text

Queries:
  severity:critical                                 a field; a value matches from its beginning
  action:secrets-manager.secret.read -outcome:success
  initiator.name:"ci" (target.name:db-* OR reason.reasonCode:>=400)
  eventTime:[now-2h TO now]                         ranges; words without a field match anywhere

Examples:
  keytrail events 'host:secrets-manager reason.reasonType:Unauthorized' --since 2h
  keytrail events --follow severity:critical
  keytrail events action:secrets-manager.secret.read --csv --limit all > reads.csv
  keytrail events --json --fields eventTime,initiator.id,target.id
`;

export const eventsCommand: Command = {
  name: "events",
  summary: "find events, and follow them as they happen",
  usage: USAGE,
  run,
};

async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      ...CLIENT_OPTIONS,
      since: { type: "string" },
      until: { type: "string" },
      limit: { type: "string" },
      fields: { type: "string" },
      oldest: { type: "boolean", default: false },
      follow: { type: "boolean", short: "f", default: false },
      json: { type: "boolean", default: false },
      csv: { type: "boolean", default: false },
    },
  });
  if (values.json && values.csv) throw new UsageError("--json and --csv exclude each other");
  if (values.follow && (values.until !== undefined || values.oldest)) {
    throw new UsageError("--follow has no end and one order: leave --until and --oldest out");
  }
  const query = positionals.join(" ");
  const fields = fieldsOf(values.fields);
  const format = values.json
    ? jsonFormat(fields)
    : values.csv
      ? csvFormat(fields)
      : tableFormat(terminalOf(io), fields);
  const client = await clientFor(values, io);
  const asked: SearchOptions = {
    query,
    from: momentOf(values.since),
    to: momentOf(values.until),
    order: values.oldest ? "oldest" : "newest",
    limit: limitOf(values.limit, values.follow ? FOLLOW_LIMIT : DEFAULT_LIMIT),
  };
  try {
    if (values.follow) await follow(client, { asked, format, io });
    else await list(client, { asked, format, io });
    return EXIT.ok;
  } catch (error) {
    if (io.signal.aborted) return EXIT.ok;
    throw explained(error, client, query);
  }
}

interface Showing {
  readonly asked: SearchOptions;
  readonly format: EventFormat;
  readonly io: CommandIo;
}

async function list(client: KeytrailClient, { asked, format, io }: Showing): Promise<void> {
  let isFirst = true;
  for await (const page of client.pages(asked)) {
    warnIfIncomplete(page, io);
    if (isFirst && page.events.length === 0) io.stderr.write("No events match.\n");
    if (isFirst && (page.events.length > 0 || !io.isTty))
      io.stdout.write(format.begin(page.events));
    isFirst = false;
    await write(io, page.events.map((placed) => format.event(placed)).join(""));
  }
}

/**
 * The last ones, then live. The tail begins at the end of what the search had looked at, so nothing falls between;
 * events that the search showed already are not shown again.
 */
async function follow(client: KeytrailClient, { asked, format, io }: Showing): Promise<void> {
  const page = await client.searchEvents(asked);
  warnIfIncomplete(page, io);
  const last = page.events.toReversed();
  const shown = new Set(last.map(({ index }) => index));
  io.stdout.write(format.begin(last));
  await write(io, last.map((placed) => format.event(placed)).join(""));
  const tail = client.tail({
    query: asked.query,
    after: page.index.indexed - 1,
    onInterrupted: () => io.stderr.write("The connection broke; taking it up again.\n"),
  });
  for await (const placed of tail) {
    if (!shown.has(placed.index) && isSince(placed, asked.from))
      await write(io, format.event(placed));
  }
}

function isSince({ event }: PlacedEvent, from: string | undefined): boolean {
  return from === undefined || event.eventTime >= from;
}

/** Waits for a reader that is slower than the server; a pipe that closed ends the command quietly. */
async function write({ stdout, signal }: CommandIo, text: string): Promise<void> {
  if (text === "" || stdout.write(text)) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      stdout.off("drain", done).off("close", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    stdout.once("drain", done).once("close", done);
    signal.addEventListener("abort", done, { once: true });
  });
}

function warnIfIncomplete({ complete, index }: FoundEvents, io: CommandIo): void {
  if (complete) return;
  io.stderr.write(
    `The search index is behind: ${index.indexed} of ${index.size} entries could be searched.\n`,
  );
}

function fieldsOf(text: string | undefined): readonly string[] | undefined {
  const fields = text?.split(",").map((field) => field.trim());
  if (fields?.includes("")) throw new UsageError("--fields are names separated by commas");
  return fields;
}

function limitOf(text: string | undefined, otherwise: number): number | undefined {
  if (text === undefined) return otherwise;
  if (text === "all") return undefined;
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new UsageError('--limit is a number from 1, or "all"');
  return Number(text);
}

/** A query that is none: its line, and a caret where it goes wrong. */
function explained(error: unknown, client: KeytrailClient, query: string): unknown {
  if (error instanceof RefusedByServer && error.column !== undefined) {
    const [line = "", caret = ""] = renderCaret(query, error.column).split("\n");
    const hint = `\n  ${printable(line)}\n  ${caret}`;
    return new CommandError(EXIT.usage, printable(error.message), hint);
  }
  return explainClientError(error, client);
}
