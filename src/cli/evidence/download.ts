/** An export as the server streams it (`GET /trail/v1/export`): NDJSON of a header, events with proofs, a footer. */
import { z } from "zod";
import { CommandError, EXIT } from "../command.ts";
import { parseJson, hashText } from "./layout.ts";

/** A line of the log is at most 65,535 bytes; written inside JSON each may become six, and a proof adds 3,000. */
export const MAX_EXPORT_LINE_BYTES = 512 * 1024;

const NEWLINE = 0x0a;

const entry = z.object({
  index: z.int().nonnegative(),
  line: z.string(),
  proof: z.array(hashText),
});
const header = z.object({
  kind: z.literal("header"),
  checkpoint: z.string(),
  log_vkey: z.string(),
  events: z.int().nonnegative(),
});
const footer = z.object({
  kind: z.literal("footer"),
  events: z.int().nonnegative(),
  export_event: entry,
});

export type ExportHeader = z.infer<typeof header>;
export type ExportFooter = z.infer<typeof footer>;
/** An entry of the log with its inclusion proof in the header's checkpoint. */
export type ExportedEntry = z.infer<typeof entry>;

/** What is done with the parts of an export, in their order. */
export interface ExportSink {
  header(header: ExportHeader): void;
  event(event: ExportedEntry): void;
}

/**
 * Reads an export to its end and hands on its parts; holds one of them in memory. Throws a CommandError when the
 * stream ends early or is not an export.
 */
export async function readExport(
  body: AsyncIterable<Uint8Array>,
  sink: ExportSink,
): Promise<ExportFooter> {
  const lines = jsonLines(body);
  const opening = header.safeParse((await lines.next()).value);
  if (!opening.success) throw garbled("it does not begin with a header");
  sink.header(opening.data);
  let events = 0;
  for await (const value of lines) {
    const end = footer.safeParse(value);
    if (end.success) {
      if (end.data.events !== events || opening.data.events !== events) {
        throw garbled(`it has ${events} events and says ${opening.data.events}`);
      }
      return end.data;
    }
    const event = entry.safeParse(value);
    if (!event.success) throw garbled(`after ${events} events comes something else`);
    sink.event(event.data);
    events += 1;
  }
  throw garbled(`it ended after ${events} of ${opening.data.events} events`);
}

async function* jsonLines(body: AsyncIterable<Uint8Array>): AsyncGenerator<unknown, undefined> {
  let rest: Uint8Array = new Uint8Array(0);
  for await (const chunk of body) {
    let bytes: Uint8Array = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE)) {
      yield parseJson(bytes.subarray(0, end));
      bytes = bytes.subarray(end + 1);
    }
    if (bytes.length > MAX_EXPORT_LINE_BYTES) throw garbled("a line is too long");
    rest = bytes;
  }
  if (rest.length > 0) yield parseJson(rest);
  return undefined;
}

function garbled(what: string): CommandError {
  return new CommandError(
    EXIT.unavailable,
    `the server's export cannot be used: ${what}`,
    "Nothing was written. Try again; if it happens again, the server's log says why.",
  );
}
