/** The answer about an exposure, as a person reads it. */
import type { Exposed, Exposure } from "../client/answers.ts";
import { printable } from "./command.ts";
import type { Terminal } from "./format-events.ts";
import { cellText, joinCells, layOut, tableLine, type Column } from "./format-table.ts";

/** Addresses that one line names; how many more there are is said. */
const MAX_ADDRESSES = 2;

const COLUMNS: readonly Column[] = [
  { title: "IDENTITY", min: 12, good: 18, max: 48, cut: "end" },
  { title: "NOW", min: 10, max: 10, cut: "end" },
  { title: "TIMES", min: 5, max: 7, cut: "end" },
  { title: "FIRST", min: 19, max: 19, cut: "end", rank: 1 },
  { title: "LAST", min: 19, max: 19, cut: "end" },
  { title: "FROM", min: 12, good: 15, max: 48, cut: "end", rank: 2 },
];

export function describeExposure(found: Exposure, terminal: Terminal): string {
  const { secret, received, supplied, disclosures, complete } = found;
  const title = `${secret.name || secret.id}${secret.deleted ? " (deleted)" : ""}`;
  const times = disclosures === 1 ? "once" : `${disclosures} times`;
  const given =
    received.length === 0
      ? "its value was given to nobody"
      : `its value was given out ${times}, to ${received.length === 1 ? "1 identity" : `${received.length} identities`}`;
  const lines = [
    `${printable(title)}: ${given}`,
    ...table("Received", received, terminal),
    ...table("Knew it from the beginning", supplied, terminal),
  ];
  if (complete.complete) lines.push("", wholeness(found));
  return `${lines.join("\n")}\n`;
}

function table(title: string, exposed: readonly Exposed[], { width }: Terminal): readonly string[] {
  if (exposed.length === 0) return [];
  const rows = exposed.map(rowOf);
  const widths = layOut(COLUMNS, rows, width);
  const titles = COLUMNS.map((column) => column.title);
  const shown = [titles, ...rows].map((row) => joinCells(tableLine(row, COLUMNS, widths)));
  return ["", `${title}:`, ...shown];
}

function rowOf(one: Exposed): readonly string[] {
  const name = one.name || one.iam_id;
  const more = one.addresses.length - MAX_ADDRESSES;
  const addresses = one.addresses.slice(0, MAX_ADDRESSES).join(", ");
  return [
    cellText(one.applied_by ? `${name} (${one.applied_by.name || one.applied_by.iam_id})` : name),
    standing(one),
    String(one.count),
    moment(one.first),
    moment(one.last),
    cellText(more > 0 ? `${addresses} and ${more} more` : addresses),
  ];
}

function standing({ state, has_access: hasAccess, generated }: Exposed): string {
  if (generated) return "the server";
  if (state !== "active") return cellText(state ?? "-");
  return hasAccess ? "has access" : "no access";
}

function wholeness({ complete: { events, first, last, counter } }: Exposure): string {
  if (events === 0)
    return `Complete: none of the ${counter} events on the secret is from this time.`;
  return `Complete: ${events} events on the secret, numbers ${first} to ${last} of ${counter}, were looked at, and none is missing.`;
}

/** UTC, as everything in the trail is. */
function moment(text: string): string {
  return text.slice(0, 19).replace("T", " ");
}
