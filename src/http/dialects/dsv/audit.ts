/**
 * The trail as DSV shows it: `GET /audit`, newest first, and `GET /download/audit`. Everything that is recorded is shown,
 * also what DSV does not log; `strict=true` leaves that out.
 */
import { Readable } from "node:stream";
import type { FastifyRequest } from "fastify";
import yazl from "yazl";
import { z } from "zod";
import { parseEvent } from "../../../audit/event.ts";
import { renderDsv, type DsvRecord } from "../../../audit/render/dsv.ts";
import { downloadRecords, type DownloadedRecords } from "../../../app/trail/download-records.ts";
import {
  findRecords,
  type FindRecordsInput,
  type FoundRecords,
  type WhichRecords,
} from "../../../app/trail/find-records.ts";
import type { TrailEntry } from "../../../app/trail/trail-reader.ts";
import type { Millis } from "../../../kernel/clock.ts";
import { Refusal } from "../../../kernel/errors.ts";
import { parseTime } from "../../../search/time-literal.ts";
import type { Answer, Route } from "../../route.ts";
import { flag, queryAs, wholeNumber } from "./fields.ts";
import { line, ok } from "./line.ts";
import { DEFAULT_LIMIT, MAX_LIMIT } from "./lists.ts";
import { withColons } from "./tails.ts";

export const MAX_FILTER_CHARS = 1_024;
const filter = z.string().max(MAX_FILTER_CHARS).optional();

const times = { startDate: filter, endDate: filter, strict: flag.optional() };
const searched = z.object({
  ...times,
  principal: filter,
  action: filter,
  path: filter,
  limit: wholeNumber.optional(),
  cursor: z.string().max(128).optional(),
  sort: z
    .string()
    .toLowerCase()
    .pipe(z.enum(["asc", "desc"]))
    .optional(),
});
const downloaded = z.object(times);

export const auditRoutes: readonly Route[] = [
  line("GET /audit", findRecords, { decode: decodeSearch, encode: ok(encodeSearch) }),
  line("GET /download/audit", downloadRecords, { decode: decodeDownload, encode: encodeDownload }),
];

function decodeSearch(request: FastifyRequest): FindRecordsInput {
  const { principal, action, path, limit, cursor, sort, ...when } = queryAs(searched, request);
  return {
    ...decodeTimes(when),
    principal,
    actions: action
      ?.toUpperCase()
      .split(/[\s,|]+/)
      .filter(Boolean),
    // As DSV's clients write paths, with a slash before them or between their parts, one or several.
    path:
      withColons(path?.replace(/^[/:]+|[/:]+$/g, "").replaceAll(/\/+/g, "/") ?? "") || undefined,
    order: sort === "asc" ? "oldest" : "newest",
    limit: limitOf(limit),
    cursor,
  };
}

function limitOf(limit = DEFAULT_LIMIT): number {
  return Math.min(Math.max(limit, 1), MAX_LIMIT);
}

/** A file has a beginning and an end, as DSV asks for. */
function decodeDownload(request: FastifyRequest): WhichRecords {
  const { startDate, endDate, ...rest } = queryAs(downloaded, request);
  for (const [field, given] of Object.entries({ startDate, endDate })) {
    if (given === undefined) {
      throw new Refusal("invalid_request", `The field ${field} is missing.`, { field });
    }
  }
  return decodeTimes({ startDate, endDate, ...rest });
}

/** A date without a time is the beginning of that day: DSV's command line adds a day to the end that it was given. */
function decodeTimes({
  startDate,
  endDate,
  strict,
}: z.infer<typeof downloaded>): Pick<WhichRecords, "startDate" | "endDate" | "strict"> {
  return {
    startDate: startDate === undefined ? undefined : momentOf("startDate", startDate),
    endDate: endDate === undefined ? undefined : momentOf("endDate", endDate),
    strict,
  };
}

const DATE = /^\d{4}-\d{2}-\d{2}/;

function momentOf(field: string, written: string): Millis {
  const span = DATE.test(written) ? parseTime(written, 0) : undefined;
  if (span) return span.start;
  const sentence = `The field ${field} is no date: write 2026-11-21 or 2026-11-21T09:31:07Z.`;
  throw new Refusal("invalid_request", sentence, { field });
}

function encodeSearch(
  { entries, next, totalCount }: FoundRecords,
  request: FastifyRequest,
): object {
  const data = entries.map(recordOf);
  return {
    cursor: next ?? "",
    data,
    length: data.length,
    limit: limitOf(queryAs(searched, request).limit),
    totalItems: totalCount,
  };
}

function recordOf({ line: bytes }: TrailEntry): DsvRecord {
  return renderDsv(parseEvent(bytes));
}

const FILE = "audit.json";

/** One file in the archive: a JSON array of records, oldest first. If it fails midway, the archive has no end. */
function encodeDownload({ entries }: DownloadedRecords): Answer {
  const archive = new yazl.ZipFile();
  const records = Readable.from(jsonArray(entries()), { objectMode: false });
  const out = archive.outputStream as Readable;
  records.on("error", (error) => out.destroy(error));
  archive.addReadStream(records, FILE);
  archive.end();
  return {
    status: 200,
    headers: {
      "content-type": "application/zip",
      "content-disposition": 'attachment; filename="audit.zip"',
    },
    body: out,
  };
}

async function* jsonArray(entries: AsyncGenerator<TrailEntry>): AsyncGenerator<string> {
  let before = "[\n";
  for await (const entry of entries) {
    yield `${before}${JSON.stringify(recordOf(entry))}`;
    before = ",\n";
  }
  yield before === "[\n" ? "[]\n" : "\n]\n";
}
