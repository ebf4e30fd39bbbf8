/** A table for people: as wide as the terminal, columns shortened where they say least. */
import { printable } from "./command.ts";

export interface Column {
  readonly title: string;
  /** No narrower than this while the column is shown at all. */
  readonly min: number;
  /** Columns with a rank make way before this one gets narrower than that; `min` unless given. */
  readonly good?: number;
  /** No wider than this when the table has to fit; natural width otherwise. */
  readonly max: number;
  /** Which end may go: `start` for names whose end tells them apart, as in `…manager.secret.read`. */
  readonly cut: "start" | "end";
  /** A column that may be left out; highest first. */
  readonly rank?: number;
}

const GAP = "  ";
const ELLIPSIS = "…";

/** The width of each column, 0 for those left out. `width` undefined: nobody reads it on a terminal, nothing is cut. */
export function layOut(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number | undefined,
): readonly number[] {
  const natural = columns.map(({ title, max }, i) => {
    const widest = Math.max(displayWidth(title), ...rows.map((row) => displayWidth(row[i] ?? "")));
    return width === undefined ? widest : Math.min(widest, max);
  });
  if (width === undefined) return natural;
  const shown = shownAt(columns, natural, width);
  const widths = natural.map((wide, i) => (shown[i] ? wide : 0));
  // First down to where every column is still good, then to where it can still be told what it is.
  shrink(widths, { to: width, floors: columns.map(({ min, good = min }) => good) });
  shrink(widths, { to: width, floors: columns.map(({ min }) => min) });
  return widths;
}

/** Takes from the widest, a cell at a time: the narrow ones say what they say in full. */
function shrink(
  widths: number[],
  { to, floors }: { readonly to: number; readonly floors: readonly number[] },
): void {
  while (total(widths) > to) {
    const widest = widths.reduce((best, wide, i) => {
      const isOver = wide > (floors[i] ?? 0);
      return isOver && wide > (widths[best] ?? 0) ? i : best;
    }, -1);
    if (widest < 0) return;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
}

function shownAt(columns: readonly Column[], natural: readonly number[], width: number): boolean[] {
  const shown = columns.map(() => true);
  const needed = () =>
    total(
      columns.map(({ min, good = min }, i) => (shown[i] ? Math.min(good, natural[i] ?? 0) : 0)),
    );
  const droppable = columns
    .map(({ rank }, i) => ({ rank: rank ?? 0, i }))
    .filter(({ rank }) => rank > 0)
    .toSorted((a, b) => b.rank - a.rank);
  for (const { i } of droppable) if (needed() > width) shown[i] = false;
  return shown;
}

function total(widths: readonly number[]): number {
  const shown = widths.filter((wide) => wide > 0);
  return shown.reduce((sum, wide) => sum + wide, 0) + GAP.length * Math.max(0, shown.length - 1);
}

/** Cells at their widths; the last one is not padded. */
export function tableLine(
  cells: readonly string[],
  columns: readonly Column[],
  widths: readonly number[],
): string[] {
  const shown = widths.flatMap((wide, i) => (wide > 0 ? [{ wide, i }] : []));
  return shown.map(({ wide, i }, at) => {
    const cell = fit(cells[i] ?? "", wide, columns[i]?.cut ?? "end");
    return at === shown.length - 1 ? cell : cell + " ".repeat(wide - displayWidth(cell));
  });
}

export function joinCells(cells: readonly string[]): string {
  return cells.join(GAP);
}

/** Text that may stand in a cell: one line, no control characters. */
export function cellText(text: string): string {
  return printable(text);
}

function fit(text: string, width: number, cut: Column["cut"]): string {
  if (displayWidth(text) <= width) return text;
  const chars = graphemes(text);
  if (cut === "start") chars.reverse();
  let kept = "";
  let used = displayWidth(ELLIPSIS);
  for (const char of chars) {
    used += displayWidth(char);
    if (used > width) break;
    kept = cut === "start" ? char + kept : kept + char;
  }
  return cut === "start" ? ELLIPSIS + kept : kept + ELLIPSIS;
}

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

function graphemes(text: string): string[] {
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** Unicode's East Asian Wide and emoji, which terminals give two cells. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
// oxlint-disable-next-line no-control-regex -- the range is the printable block of ASCII and below
const ASCII = /^[\u0000-\u007f]*$/;

/** Cells of a terminal that the text takes. */
export function displayWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  return graphemes(text).reduce((sum, char) => sum + (WIDE.test(char) ? 2 : 1), 0);
}
