/**
 * Completeness: every event says it is the n-th on its target and the m-th by its initiator, counted in the order of
 * the log. A whole log must count without gap or repeat; a part of it shows by the same numbers what it leaves out.
 */
import { z } from "zod";
import { fromUtf8 } from "../../kernel/bytes.ts";

/** Histories are of one secret or other target, or of one identity. */
export const PARTS = ["target", "initiator"] as const;
export type Part = (typeof PARTS)[number];

/** What an event says of its place in the two histories it belongs to. */
export interface CountedEvent {
  readonly target: Count | undefined;
  readonly initiator: Count | undefined;
}

/** Event number `n` (from 1) of the history of `id`. */
export interface Count {
  readonly id: string;
  readonly name: string;
  readonly n: number;
}

/** First and last, both included. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

export interface History {
  readonly part: Part;
  readonly id: string;
  readonly name: string;
  /** How many of its events are here. */
  readonly present: number;
  /** How many the log had, by its own record; undefined when it does not say. */
  readonly total: number | undefined;
  /** Those of 1 to `total`, or to the highest that is here, that are not here. */
  readonly missing: readonly Range[];
  /** Every event of it that the log had is here. Never true without a total. */
  readonly isComplete: boolean;
}

/** By part and id: how many events the log says the history had. */
export type Totals = Readonly<Record<Part, ReadonlyMap<string, number>>>;

const participant = z.object({ id: z.string(), name: z.string().optional() });
const position = z.int().positive().nullable();
const countedLine = z.object({
  id: z.string().min(1),
  target: participant,
  initiator: participant,
  counters: z.object({ target: position, initiator: position }),
});

/** Reads what is counted of an entry's line, or says why it is no event. */
export function readCounts(line: Uint8Array): CountedEvent | string {
  let value: unknown;
  try {
    value = JSON.parse(fromUtf8(line));
  } catch {
    return "it is not JSON";
  }
  const parsed = countedLine.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return `it is not an event: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`;
  }
  const { counters, ...event } = parsed.data;
  for (const part of PARTS) {
    if ((event[part].id === "") !== (counters[part] === null)) {
      return `its ${part} and its count by ${part} do not go together`;
    }
  }
  return {
    target: countOf(event.target, counters.target),
    initiator: countOf(event.initiator, counters.initiator),
  };
}

function countOf(
  { id, name }: { readonly id: string; readonly name?: string | undefined },
  n: number | null,
): Count | undefined {
  return n === null ? undefined : { id, name: name ?? "", n };
}

/** Counts a whole log from its beginning. Holds one number for each target and each initiator there is. */
export class WholeHistories {
  readonly #last = { target: new Map<string, number>(), initiator: new Map<string, number>() };

  /** Takes the next entry; answers what is wrong with its counts, or undefined. */
  take(line: Uint8Array): string | undefined {
    const event = readCounts(line);
    if (typeof event === "string") return event;
    return PARTS.map((part) => this.#count(part, event[part])).find((fault) => fault !== undefined);
  }

  #count(part: Part, count: Count | undefined): string | undefined {
    if (count === undefined) return undefined;
    const expected = (this.#last[part].get(count.id) ?? 0) + 1;
    this.#last[part].set(count.id, Math.max(count.n, expected));
    if (count.n === expected) return undefined;
    const what = count.n < expected ? "repeats a number" : "leaves a gap";
    return `it ${what}: it is number ${count.n} of ${part} ${count.id}, after number ${expected - 1}`;
  }
}

/** Gathers part of a log, in its order, and says what of each history is there. */
export class PartialHistories {
  readonly #found = {
    target: new Map<string, { name: string; numbers: number[] }>(),
    initiator: new Map<string, { name: string; numbers: number[] }>(),
  };

  /** Takes the next event, in the log's order; answers what is wrong with its counts, or undefined. */
  take(event: CountedEvent): string | undefined {
    return PARTS.map((part) => this.#note(part, event[part])).find((fault) => fault !== undefined);
  }

  #note(part: Part, count: Count | undefined): string | undefined {
    if (count === undefined) return undefined;
    const found = this.#found[part].get(count.id) ?? { name: count.name, numbers: [] };
    this.#found[part].set(count.id, found);
    const last = found.numbers.at(-1) ?? 0;
    if (count.n <= last) {
      return `it is number ${count.n} of ${part} ${count.id}, but stands after number ${last}`;
    }
    found.numbers.push(count.n);
    return undefined;
  }

  /** The histories met so far, those of targets first, each by the order in which it was met. */
  histories(totals: Totals): readonly History[] {
    return PARTS.flatMap((part) =>
      [...this.#found[part]].map(([id, { name, numbers }]) => {
        const total = totals[part].get(id);
        const missing = gapsIn(numbers, total ?? numbers.at(-1) ?? 0);
        const isComplete = total !== undefined && missing.length === 0;
        return { part, id, name, present: numbers.length, total, missing, isComplete };
      }),
    );
  }
}

/** The ranges of 1 to `end` that rising `numbers` leave out. */
function gapsIn(numbers: readonly number[], end: number): readonly Range[] {
  const gaps: Range[] = [];
  let next = 1;
  for (const number of [...numbers, end + 1]) {
    if (number > next) gaps.push({ from: next, to: number - 1 });
    next = number + 1;
  }
  return gaps;
}
