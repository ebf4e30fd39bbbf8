/** The log's own record of an export: an event like any other, which says what was asked and what there was. */
import { z } from "zod";
import { PARTS } from "./histories.ts";
import type { CountedEvent, Totals } from "./histories.ts";
import { parseJson } from "./layout.ts";

const totals = z.record(z.string(), z.int().nonnegative());
const exportEvent = z.looseObject({
  operation: z.literal("event.export"),
  outcome: z.literal("success"),
  eventTime: z.string(),
  initiator: z.looseObject({ id: z.string(), name: z.string().optional() }),
  // The log may have had to leave these out (an entry is at most 65,535 bytes), so none is relied upon.
  requestData: z.looseObject({
    query: z.string().optional(),
    from: z.string().optional(),
    to: z.string().optional(),
  }),
  responseData: z.looseObject({
    exportedCount: z.int().nonnegative().optional(),
    size: z.int().nonnegative().optional(),
    counts: z.looseObject({ targets: totals.optional(), initiators: totals.optional() }).optional(),
  }),
});

/** Fields are undefined where the record does not say. */
export class ExportRecord {
  /** The record's own place in the log. */
  readonly index: number;
  readonly query: string | undefined;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly exportedCount: number | undefined;
  readonly exportedBy: string;
  readonly exportedAt: string;
  readonly totals: Totals;
  /** Entries that the totals count. */
  readonly #size: number;

  private constructor(index: number, event: z.infer<typeof exportEvent>) {
    const { requestData, responseData, initiator } = event;
    this.index = index;
    this.query = requestData.query;
    this.from = requestData.from;
    this.to = requestData.to;
    this.exportedCount = responseData.exportedCount;
    this.exportedBy = initiator.name ?? initiator.id;
    this.exportedAt = event.eventTime;
    this.totals = {
      target: new Map(Object.entries(responseData.counts?.targets ?? {})),
      initiator: new Map(Object.entries(responseData.counts?.initiators ?? {})),
    };
    this.#size = responseData.size ?? index;
  }

  /** Undefined when the line is not the event of a successful export. */
  static parse(index: number, line: Uint8Array): ExportRecord | undefined {
    const parsed = exportEvent.safeParse(parseJson(line));
    return parsed.success ? new ExportRecord(index, parsed.data) : undefined;
  }

  /** What is wrong with an event's counts by the totals, or undefined. */
  contradiction(index: number, event: CountedEvent): string | undefined {
    if (index >= this.#size) return undefined;
    for (const part of PARTS) {
      const count = event[part];
      const stated = count && this.totals[part].get(count.id);
      if (count && stated !== undefined && count.n > stated) {
        return `it is number ${count.n} of ${part} ${count.id}, of which the log counted ${stated}`;
      }
    }
    return undefined;
  }
}
