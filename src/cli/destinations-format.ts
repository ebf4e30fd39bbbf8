/** Destinations as people read them: where the trail goes, and how far it has come. */
import type { Destination } from "../client/answers.ts";
import { printable, type CommandIo } from "./command.ts";
import { cellText, joinCells, layOut, tableLine, type Column } from "./format-table.ts";
import { terminalOf } from "./terminal.ts";

/** Those set aside that are shown by name; the API has more of them. */
const MAX_ASIDE_SHOWN = 10;

const LIST_COLUMNS: readonly Column[] = [
  { title: "NAME", min: 8, good: 16, max: 40, cut: "end" },
  { title: "KIND", min: 5, max: 12, cut: "end" },
  { title: "WHERE", min: 12, good: 24, max: 60, cut: "end" },
  { title: "STATE", min: 10, max: 10, cut: "end" },
  { title: "FORM", min: 4, max: 12, cut: "end", rank: 2 },
  { title: "FILTER", min: 8, good: 16, max: 60, cut: "end", rank: 1 },
];

/** Which there are, and what of the trail each gets. */
export function listTable(destinations: readonly Destination[], io: CommandIo): string {
  const rows = destinations.map((one) => [
    one.name + (one.is_pinned ? " (pinned)" : ""),
    one.settings.kind,
    whereOf(one),
    stateOf(one),
    formOf(one),
    one.filter === "" ? "everything" : one.filter,
  ]);
  return tableOf(LIST_COLUMNS, rows, io);
}

const STATUS_COLUMNS: readonly Column[] = [
  { title: "NAME", min: 8, good: 16, max: 40, cut: "end" },
  { title: "KIND", min: 5, max: 12, cut: "end", rank: 2 },
  { title: "WHERE", min: 12, good: 20, max: 48, cut: "end", rank: 1 },
  { title: "STATE", min: 10, max: 10, cut: "end" },
  { title: "LAG", min: 3, max: 10, cut: "end" },
  { title: "ASIDE", min: 5, max: 8, cut: "end", rank: 3 },
  { title: "LAST SUCCESS", min: 20, max: 24, cut: "end" },
  { title: "LAST ERROR", min: 10, good: 24, max: 80, cut: "end" },
];

/** How far each has come. */
export function statusTable(destinations: readonly Destination[], io: CommandIo): string {
  const rows = destinations.map((one) => {
    const { status } = one;
    return [
      one.name,
      one.settings.kind,
      whereOf(one),
      stateOf(one),
      status.lag === null ? "?" : String(status.lag),
      String(status.set_aside.count),
      status.last_success_at ?? "never",
      status.last_error === null ? "none" : status.last_error.problem,
    ];
  });
  return tableOf(STATUS_COLUMNS, rows, io);
}

/** Whether somebody should look: nothing arrives there, or so little that operations are refused. */
export function isInTrouble(destination: Destination): boolean {
  return destination.status.state === "failing" || isOverdue(destination);
}

function isOverdue({ required, status }: Destination): boolean {
  return required !== null && status.lag !== null && status.lag > required.max_backlog;
}

function stateOf(destination: Destination): string {
  return isOverdue(destination) ? "OVERDUE" : destination.status.state;
}

/** Of a URL the host alone: its path may hold a token. */
function whereOf({ settings, address: { transport, host, port } }: Destination): string {
  if (host === "") return typeof settings["path"] === "string" ? settings["path"] : transport;
  const name = host.includes(":") ? `[${host}]` : host;
  return `${transport}://${name}:${port}`;
}

/** All of one, a line for each thing. */
export function describe(destination: Destination): string {
  const { settings, status, required } = destination;
  const { last_error: error, set_aside: aside } = status;
  const lines = [
    ["name", `${destination.name}, ${destination.id}`],
    ["where", `${whereOf(destination)}, ${settings.kind}, ${formOf(destination)}`],
    ["gets", getsOf(destination)],
    ["required", required === null ? "no" : `yes, within ${required.max_backlog} entries`],
    ["state", stateOf(destination)],
    ["has", hasOf(destination)],
    ["set aside", `${aside.count}`],
    ["last success", status.last_success_at ?? "never"],
    ["last error", error === null ? "none" : `${error.at} ${error.problem} (${error.kind})`],
    ...(status.retry_at === null
      ? []
      : [["next try", `${status.retry_at}, after ${status.attempts} that came to nothing`]]),
    ["credentials", destination.credentials.join(", ") || "none"],
    ["settings", JSON.stringify(settings)],
  ].map(([title = "", text = ""]) => `${title.padEnd(14)}${printable(text)}\n`);
  const named = aside.latest.slice(-MAX_ASIDE_SHOWN).map(({ index, event_id: id, reason, at }) => {
    return `  entry ${index}, event ${id}: ${reason}, ${at}`;
  });
  return [...lines, ...named.map((line) => `${printable(line)}\n`)].join("");
}

/** Of a kind that has one form only nothing is said. */
function formOf({ settings }: Destination): string {
  return typeof settings["form"] === "string" ? settings["form"] : "its own form";
}

function getsOf({ filter, is_routed: isRouted, includes_installation: includes }: Destination) {
  const what = filter === "" ? "everything" : filter;
  const routed = isRouted ? ", of what routes send there" : "";
  return `${what}${routed}${includes ? ", failed logins and the server's own doings too" : ""}`;
}

function hasOf({ status: { acknowledged, sent, lag, delivered } }: Destination): string {
  if (acknowledged === null) return "nothing yet";
  const waiting = lag === null || lag === 0 ? "nothing waits" : `${lag} entries wait`;
  const handed = sent !== null && sent > acknowledged ? `, handed over up to ${sent}` : "";
  return `every entry before ${acknowledged}${handed}; ${waiting}; ${delivered} events delivered`;
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
