/** Events as text: a table for people, JSON lines and CSV for programs. */
import { parseCrn } from "../audit/crn.ts";
import type { PlacedEvent } from "../client/answers.ts";
import { textAt, valueAt } from "./format-fields.ts";
import { cellText, joinCells, layOut, tableLine, type Column } from "./format-table.ts";

/** Writes events as they come; what it writes is whole lines. */
export interface EventFormat {
  /** Before the first event. A table takes its widths from the first page; a live one has none yet. */
  begin(first: readonly PlacedEvent[]): string;
  event(placed: PlacedEvent): string;
}

export interface Terminal {
  /** Undefined when the output is not read on a terminal: nothing is cut then. */
  readonly width: number | undefined;
  readonly hasColour: boolean;
}

/** JSON lines: `{"index":…,"event":{…}}`, or with fields an object of exactly those. Stable; scripts rely on it. */
export function jsonFormat(fields: readonly string[] | undefined): EventFormat {
  return {
    begin: () => "",
    event(placed) {
      const { index, event } = placed;
      const value =
        fields === undefined
          ? { index, event }
          : Object.fromEntries(fields.map((path) => [path, valueAt(placed, path) ?? null]));
      return `${JSON.stringify(value)}\n`;
    },
  };
}

export const CSV_FIELDS = [
  "index",
  "eventTime",
  "severity",
  "outcome",
  "reason.reasonCode",
  "action",
  "initiator.name",
  "initiator.id",
  "target.name",
  "target.id",
  "initiator.host.address",
  "id",
] as const;

/** RFC 4180, with a header line. */
export function csvFormat(fields: readonly string[] = CSV_FIELDS): EventFormat {
  const line = (cells: readonly string[]): string => `${cells.map(csvCell).join(",")}\r\n`;
  return {
    begin: () => line(fields),
    event: (placed) => line(fields.map((path) => textAt(placed, path))),
  };
}

/** Spreadsheets run what begins like a formula, and names in events are other people's: a `'` stops that. */
function csvCell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

interface EventColumn extends Column {
  readonly text: (placed: PlacedEvent) => string;
}

const at =
  (path: string) =>
  (placed: PlacedEvent): string =>
    textAt(placed, path);

const WIDE: readonly EventColumn[] = [
  { title: "TIME", min: 19, max: 19, cut: "end", text: timeText },
  { title: "SEVERITY", min: 8, max: 8, cut: "end", text: at("severity") },
  { title: "OUTCOME", min: 7, max: 11, cut: "end", text: outcomeText },
  { title: "ACTION", min: 14, good: 22, max: 60, cut: "start", text: at("action") },
  { title: "INITIATOR", min: 8, good: 11, max: 40, cut: "end", text: named("initiator") },
  { title: "TARGET", min: 8, good: 13, max: 48, cut: "end", text: named("target") },
  { title: "FROM", min: 15, max: 39, cut: "end", rank: 2, text: at("initiator.host.address") },
];

/** The same where there is little room: no year, the first letters of severities, the code of a failure. */
const NARROW: readonly EventColumn[] = [
  { title: "TIME", min: 14, max: 14, cut: "end", text: (placed) => timeText(placed).slice(5) },
  { title: "SEV", min: 4, max: 4, cut: "end", rank: 1, text: severityText },
  { title: "RESULT", min: 6, max: 7, cut: "end", text: resultText },
  ...WIDE.slice(3),
];

/** From here on there is room for the wide form. */
const WIDE_FROM = 110;

/** What a live table is laid out for before anything has come: the events of an ordinary day. */
const TYPICAL: readonly string[] = [
  "2026-11-21 09:31:07",
  "critical",
  "failure 403",
  "secrets-manager.secret-version.create",
  "somebody@example.com",
  "a-secret-of-some-name",
  "203.0.113.200",
];

/** A table: the columns above, or the fields that were asked for. */
export function tableFormat(terminal: Terminal, fields?: readonly string[]): EventFormat {
  const columns =
    fields?.map((path): EventColumn => ({
      title: path,
      min: Math.min(path.length, 8),
      max: 200,
      cut: "end",
      text: path === "eventTime" ? timeText : at(path),
    })) ?? (isNarrow(terminal) ? NARROW : WIDE);
  const rowOf = (placed: PlacedEvent): string[] =>
    columns.map(({ text }) => cellText(text(placed)));
  let widths: readonly number[] = [];
  return {
    begin(first) {
      const rows = first.length > 0 ? first.map(rowOf) : fields ? [] : [TYPICAL];
      widths = layOut(columns, rows, terminal.width);
      const titles = tableLine(
        columns.map(({ title }) => title),
        columns,
        widths,
      );
      return `${paint(joinCells(titles), "dim", terminal)}\n`;
    },
    event(placed) {
      const line = joinCells(tableLine(rowOf(placed), columns, widths));
      return `${paint(line, colourOf(placed), terminal)}\n`;
    },
  };
}

/** UTC, as everything in the trail is. */
function timeText(placed: PlacedEvent): string {
  return placed.event.eventTime.slice(0, 19).replace("T", " ");
}

function outcomeText({ event }: PlacedEvent): string {
  const { outcome } = event;
  const code = textAt({ index: 0, event }, "reason.reasonCode");
  return outcome === "success" || code === "" ? outcome : `${outcome} ${code}`;
}

function isNarrow({ width }: Terminal): boolean {
  return width !== undefined && width < WIDE_FROM;
}

function severityText({ event }: PlacedEvent): string {
  return event.severity.slice(0, 4);
}

/** `ok`, or the code of what went wrong, or the outcome where there is none. */
function resultText({ event }: PlacedEvent): string {
  if (event.outcome === "success") return "ok";
  return textAt({ index: 0, event }, "reason.reasonCode") || event.outcome;
}

/** The name, or the id of what has none; of a CRN its end, which tells it from others: `secret:6ebf8b8d-…`. */
function named(part: "initiator" | "target"): (placed: PlacedEvent) => string {
  return (placed) => {
    const id = textAt(placed, `${part}.id`);
    const crn = parseCrn(id);
    const short = crn === undefined ? id : crn.id === "" ? crn.service : `${crn.kind}:${crn.id}`;
    return textAt(placed, `${part}.name`) || short || "-";
  };
}

const COLOURS = { dim: 2, red: 31, yellow: 33 } as const;

function colourOf({ event }: PlacedEvent): keyof typeof COLOURS | undefined {
  if (event.severity === "critical") return "red";
  return event.severity === "warning" ? "yellow" : undefined;
}

function paint(
  text: string,
  colour: keyof typeof COLOURS | undefined,
  { hasColour }: Terminal,
): string {
  if (colour === undefined || !hasColour) return text;
  return `\u001b[${COLOURS[colour]}m${text}\u001b[0m`;
}
