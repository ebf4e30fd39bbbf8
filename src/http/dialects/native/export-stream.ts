/**
 * The export as a stream of JSON lines: a header with the checkpoint that everything is proven against, each event
 * with its inclusion proof, and a footer with the event that recorded this export.
 */
import { Readable } from "node:stream";
import { z } from "zod";
import { exportEvents, type EventExport } from "../../../app/trail/export-events.ts";
import type { Asked } from "../../../app/trail/selection.ts";
import type { ProvenEntry, TrailReader } from "../../../app/trail/trail-reader.ts";
import { fromUtf8, toBase64 } from "../../../kernel/bytes.ts";
import { Outage } from "../../../kernel/errors.ts";
import { asked } from "./event-shapes.ts";
import { nativeRoute, type NativeRoute } from "./native-route.ts";
import { read } from "./read.ts";

const exportQuery = z.strictObject(asked);

export function exportRoute(trail: TrailReader): NativeRoute {
  return nativeRoute({
    method: "GET",
    url: "/trail/v1/export",
    operationId: "exportEvents",
    summary: "Export events with their proofs, oldest first.",
    operation: exportEvents,
    query: exportQuery,
    answer: {
      status: 200,
      description: "JSON lines: header, events, footer. Without the footer it is not whole.",
      content: {
        "application/x-ndjson":
          'Lines of kind "header" (checkpoint, log_vkey, query, events), then {index, line, proof}, then kind "footer" (events, export_event).',
      },
    },
    decode: ({ query }) => query,
    encode: (output, { request, recorded }) => ({
      status: 200,
      headers: { "content-type": "application/x-ndjson" },
      // Read as fast as the client takes it. If it fails midway the connection breaks: there is no footer.
      body: Readable.from(
        exportLines({ trail, output, at: recorded.index, asked: read(exportQuery, request.query) }),
        { objectMode: false },
      ),
    }),
  });
}

interface Exporting {
  readonly trail: TrailReader;
  readonly output: EventExport;
  /** The index of the event that recorded this export. */
  readonly at: number;
  readonly asked: Asked;
}

async function* exportLines({ trail, output, at, asked: what }: Exporting): AsyncGenerator<string> {
  // Of the log as it is after the export was recorded, so that it covers that event too.
  const checkpoint = await trail.checkpointOver(at);
  const { exportedCount: events } = output;
  yield json({
    kind: "header",
    checkpoint: checkpoint.text,
    log_vkey: trail.log.vkey,
    ...what,
    events,
  });
  for await (const entry of trail.prove(output.entries(), checkpoint.size)) yield json(wire(entry));
  const own = trail.prove(one(await trail.entries([at])), checkpoint.size);
  const { value: exportEvent } = await own.next();
  if (exportEvent === undefined) throw new Outage("the event of an export is not in the log");
  yield json({ kind: "footer", events, export_event: wire(exportEvent) });
}

function wire({ index, line, proof }: ProvenEntry): object {
  return { index, line: fromUtf8(line), proof: proof.map(toBase64) };
}

async function* one<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

function json(value: object): string {
  return `${JSON.stringify(value)}\n`;
}
