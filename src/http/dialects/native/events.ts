/** Routes that find, read and count events. */
import { z } from "zod";
import { readEvent } from "../../../app/trail/read-event.ts";
import { readCatalogue } from "../../../app/trail/read-catalogue.ts";
import { searchEvents } from "../../../app/trail/search-events.ts";
import { DEFAULT_FACET_VALUES, summarizeEvents } from "../../../app/trail/summarize-events.ts";
import { toRfc3339 } from "../../../kernel/clock.ts";
import { MAX_FACET_FIELDS, MAX_FACET_VALUES } from "../../../search/event-index.ts";
import { completenessOf, jsonText, placedText, type VocabularyName } from "./encode-events.ts";
import {
  asked,
  catalogueAnswer,
  eventId,
  facetsAnswer,
  histogramAnswer,
  placedEvent,
  searchAnswer,
  searchQuery,
  vocabulary,
} from "./event-shapes.ts";
import { nativeRoute, type NativeRoute } from "./native-route.ts";
import { read } from "./read.ts";
import type { FastifyRequest } from "fastify";
import { isUuid } from "../../../kernel/ids.ts";

const MAX_FIELD_LIST_CHARS = 2_048;
const MAX_INTERVAL_CHARS = 8;

const search = nativeRoute({
  method: "GET",
  url: "/trail/v1/events",
  operationId: "searchEvents",
  summary: "Find events, newest first; what you just did is always among them.",
  operation: searchEvents,
  query: searchQuery,
  answer: {
    status: 200,
    description: "A page of events.",
    content: { "application/json": searchAnswer },
  },
  decode: ({ query }) => query,
  encode({ entries, next, index }, { request }) {
    const words = vocabularyOf(request);
    const events = entries.map((entry) => placedText(entry, words)).join(",");
    const rest = JSON.stringify({ next_cursor: next, ...completenessOf(index) });
    return jsonText(`{"events":[${events}],${rest.slice(1)}`);
  },
});

const single = nativeRoute({
  method: "GET",
  url: "/trail/v1/events/:id",
  operationId: "readEvent",
  summary: "Read one event by its id.",
  operation: readEvent,
  params: eventId,
  query: z.strictObject({ vocabulary }),
  answer: {
    status: 200,
    description: "The event and where it stands.",
    content: { "application/json": placedEvent },
  },
  about: aboutEvent,
  decode: ({ params }) => params,
  encode: (entry, { request }) => jsonText(placedText(entry, vocabularyOf(request))),
});

const histogram = nativeRoute({
  method: "GET",
  url: "/trail/v1/histogram",
  operationId: "countEventsOverTime",
  summary: "Count events, and failures among them, over time.",
  operation: summarizeEvents,
  query: z.strictObject({
    ...asked,
    interval: z.string().max(MAX_INTERVAL_CHARS).default("auto").meta({
      description: "The width of a bucket: 30s, 5m, 1h, 1d, 1w; auto chooses by from and to.",
    }),
  }),
  answer: {
    status: 200,
    description: "Buckets, oldest first.",
    content: { "application/json": histogramAnswer },
  },
  decode: ({ query }) => query,
  encode({ totalCount, histogram: counted, index }) {
    const buckets = (counted?.buckets ?? []).map(({ start, ...counts }) => ({
      start: toRfc3339(start),
      ...counts,
    }));
    const body = { total_count: totalCount, interval_ms: counted?.intervalMs, buckets };
    return { status: 200, body: { ...body, ...completenessOf(index) } };
  },
});

const facets = nativeRoute({
  method: "GET",
  url: "/trail/v1/facets",
  operationId: "countEventsByField",
  summary: "Count events by the values of fields, most frequent first.",
  operation: summarizeEvents,
  query: z.strictObject({
    ...asked,
    fields: z
      .string()
      .min(1)
      .max(MAX_FIELD_LIST_CHARS)
      .meta({
        description: `Names or paths, separated by commas; at most ${MAX_FACET_FIELDS}.`,
        examples: ["action,initiator.name"],
      }),
    limit: z.coerce.number().int().min(1).max(MAX_FACET_VALUES).default(DEFAULT_FACET_VALUES),
  }),
  answer: {
    status: 200,
    description: "Values and their counts.",
    content: { "application/json": facetsAnswer },
  },
  decode: ({ query: { fields, ...input } }) => ({
    ...input,
    fields: fields.split(",").map((field) => field.trim()),
  }),
  encode: ({ totalCount, facets: counted, index }) => ({
    status: 200,
    body: { total_count: totalCount, facets: counted, ...completenessOf(index) },
  }),
});

const catalogue = nativeRoute({
  method: "GET",
  url: "/trail/v1/catalogue",
  operationId: "readCatalogue",
  summary: "What can happen here, in the words of every vocabulary, and which roles may do it.",
  operation: readCatalogue,
  answer: {
    status: 200,
    description: "One entry for each operation.",
    content: { "application/json": catalogueAnswer },
  },
  decode: () => ({}),
  encode: ({ entries }) => ({
    status: 200,
    body: {
      operations: entries.map(({ operation, row, roles }) => ({
        operation,
        action: row.action,
        also_known_as: row.alsoKnownAs ?? [],
        aws_event_name: row.aws,
        dsv: { path: row.dsv[0], method: row.dsv[1] },
        kind: row.kind,
        data_event: row.dataEvent,
        severity: row.severity,
        request_fields: row.request,
        response_fields: row.response,
        roles,
      })),
    },
  }),
});

export const eventRoutes: readonly NativeRoute[] = [search, single, histogram, facets, catalogue];

/** What the path names, for the record of a request that is refused before it is understood. */
export function aboutEvent(request: FastifyRequest): { kind: string; id: string } | null {
  const { id } = request.params as { readonly id: string };
  return isUuid(id) ? { kind: "event", id: id.toLowerCase() } : null;
}

function vocabularyOf(request: FastifyRequest): VocabularyName {
  return read(z.looseObject({ vocabulary }), request.query).vocabulary;
}
