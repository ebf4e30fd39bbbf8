/** What the check of evidence found, said to a person or to a program. */
import { printable } from "../command.ts";
import { headJson, witnessedLine } from "../head.ts";
import type { EvidenceReport } from "./check.ts";
import type { History, Range } from "./histories.ts";

/** More histories, or gaps in one, than these are counted instead of listed. */
const MAX_LISTED_HISTORIES = 20;
const MAX_LISTED_RANGES = 8;

/** Lines for a person. The first says whether it verifies. */
export function describeEvidence(report: EvidenceReport, name: string): string {
  const { problems, events, checkpoint } = report;
  const lines =
    problems.length > 0
      ? [
          `${name}: DOES NOT VERIFY`,
          ...problems.map((p) => `  ${printable(p.file)}: ${printable(p.message)}`),
        ]
      : [`${name}: verified, ${events} ${events === 1 ? "event" : "events"}`];
  if (checkpoint !== undefined) lines.push(...describeHead(report));
  if (problems.length === 0) lines.push(...describeExport(report), ...describeHistories(report));
  return `${lines.join("\n")}\n`;
}

/** The same for programs. Stable. */
export function evidenceJson(report: EvidenceReport): object {
  const { checkpoint, exportRecord } = report;
  return {
    verified: report.problems.length === 0,
    problems: report.problems,
    events: report.events,
    log: checkpoint && headJson(checkpoint),
    key_source: report.keySource,
    policy_source: report.policySource ?? null,
    export: exportRecord && {
      index: exportRecord.index,
      query: exportRecord.query ?? null,
      from: exportRecord.from ?? null,
      to: exportRecord.to ?? null,
      by: exportRecord.exportedBy,
      at: exportRecord.exportedAt,
    },
    histories: report.histories.map((history) => ({ ...history, total: history.total ?? null })),
  };
}

function describeHead({ checkpoint, keySource, policySource }: EvidenceReport): string[] {
  if (checkpoint === undefined) return [];
  const { origin, size, logVkey, witnessedBy } = checkpoint;
  const lines = [
    `log        ${printable(origin)}, ${size} entries`,
    `key        ${printable(logVkey)}`,
  ];
  if (keySource === "evidence") {
    lines.push(
      "           taken from the evidence itself: compare it with one known from elsewhere,",
    );
    lines.push("           or give that with --log-key");
  }
  lines.push(witnessedLine(witnessedBy));
  if (witnessedBy.length > 0 && policySource === "evidence") {
    lines.push("           witnesses named by the evidence itself; give your own with --policy");
  }
  return lines;
}

function describeExport({ exportRecord }: EvidenceReport): string[] {
  if (exportRecord === undefined) return [];
  const { query, from, to, exportedBy, exportedAt, index } = exportRecord;
  const asked = [query, from && `from ${from}`, to && `to ${to}`].filter(Boolean).join(" ");
  return [
    `asked      ${printable(asked) || "everything"}`,
    `exported   by ${printable(exportedBy)} at ${printable(exportedAt)}, recorded as entry ${index}`,
  ];
}

function describeHistories({ histories }: EvidenceReport): string[] {
  // Whole ones first: they are what an owner exports to show.
  const sorted = histories.toSorted((a, b) => Number(b.isComplete) - Number(a.isComplete));
  const listed = sorted.slice(0, MAX_LISTED_HISTORIES).map(describeHistory);
  const rest = histories.length - listed.length;
  if (rest > 0) listed.push(`           and ${rest} more: --json lists them all`);
  return listed;
}

function describeHistory(history: History): string {
  const { part, id, name, isComplete } = history;
  const label = isComplete ? "complete " : "part     ";
  const head = `${label}  ${part} ${printable(name || id)}: ${extentOf(history)}`;
  return name === "" || name === id ? head : `${head}\n           ${printable(id)}`;
}

function extentOf({ present, total, missing, isComplete }: History): string {
  if (isComplete)
    return total === 1 ? "event 1, the only one" : `events 1 to ${total}, all present`;
  const missed = missing.length > 0 ? `; missing ${rangesText(missing)}` : "";
  if (total !== undefined) return `${present} of ${total} events${missed}`;
  const some = present === 1 ? "1 event" : `${present} events`;
  return `${some}; the log's total is not stated${missed}`;
}

function rangesText(ranges: readonly Range[]): string {
  const shown = ranges
    .slice(0, MAX_LISTED_RANGES)
    .map(({ from, to }) => (from === to ? String(from) : `${from} to ${to}`));
  const rest = ranges.length - shown.length;
  return shown.join(", ") + (rest > 0 ? ` and ${rest} more ranges` : "");
}
