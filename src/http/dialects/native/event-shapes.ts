/** What the native API takes and gives, as schemas: the decoder's, the document's and the tests'. */
import { z } from "zod";
import { renderingNames, renderings } from "../../../audit/renderings.ts";
import { MAX_PAGE } from "../../../search/event-index.ts";
import { MAX_QUERY_LENGTH } from "../../../search/parser.ts";

export const DEFAULT_PAGE = 50;
const MAX_TIME_CHARS = 64;
const MAX_CURSOR_CHARS = 64;

const time = z.string().min(1).max(MAX_TIME_CHARS);

/** Which events. */
export const asked = {
  query: z
    .string()
    .max(MAX_QUERY_LENGTH)
    .default("")
    .meta({
      description: "The query language; empty for everything.",
      examples: ["severity:critical"],
    }),
  from: time.optional().meta({
    description: "The earliest event time: RFC 3339, a date, epoch numbers, or now-2h.",
  }),
  to: time
    .optional()
    .meta({ description: "The event time before which to stop, in the same forms." }),
};

export const vocabulary = z
  .enum(["canonical", ...renderingNames])
  .default("canonical")
  .meta({
    description: [
      "canonical gives each event as the exact bytes of its ledger entry",
      ...renderingNames.map((name) => `${name} as ${renderings[name].description}`),
    ].join("; "),
  });

export const searchQuery = z.strictObject({
  ...asked,
  order: z.enum(["newest", "oldest"]).default("newest"),
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(DEFAULT_PAGE),
  cursor: z.string().max(MAX_CURSOR_CHARS).optional().meta({
    description: "next_cursor of the page before, with the same query.",
  }),
  vocabulary,
});

export const eventId = z.strictObject({
  id: z.uuid().meta({ description: "The event's id, as in the header Keytrail-Event." }),
});

/** An event as recorded; `audit/event.ts` is where it is defined. */
export const event = z
  .looseObject({
    id: z.string(),
    eventTime: z.string(),
    action: z.string(),
    outcome: z.enum(["success", "failure", "pending", "unknown"]),
    severity: z.enum(["normal", "warning", "critical"]),
    message: z.string(),
    reason: z.looseObject({ reasonCode: z.int(), reasonType: z.string() }),
    initiator: z.looseObject({ id: z.string(), name: z.string(), typeURI: z.string() }),
    target: z.looseObject({ id: z.string(), name: z.string(), typeURI: z.string() }),
    requestData: z.looseObject({}),
    responseData: z.looseObject({}),
  })
  .meta({ id: "Event", description: "An activity event: CADF in IBM's profile, with more." });

export const placedEvent = z
  .strictObject({
    index: z.int().meta({ description: "Where it stands in the log, from 0." }),
    event,
  })
  .meta({ id: "PlacedEvent" });

/** How far the search index had come: said with every answer that comes from it. */
export const completeness = {
  complete: z.boolean().meta({
    description:
      "Whether all that was durable when this was asked had been indexed when it was answered.",
  }),
  index: z.strictObject({
    size: z.int().meta({ description: "Durable entries of the log when this was asked." }),
    indexed: z.int().meta({ description: "Entries that could be searched." }),
  }),
};

export const searchAnswer = z
  .strictObject({
    events: z.array(placedEvent),
    next_cursor: z.string().optional(),
    ...completeness,
  })
  .meta({ id: "FoundEvents" });

export const histogramAnswer = z
  .strictObject({
    total_count: z.int(),
    interval_ms: z.int(),
    buckets: z.array(z.strictObject({ start: z.string(), count: z.int(), failures: z.int() })),
    ...completeness,
  })
  .meta({ id: "Histogram", description: "Empty buckets are left out." });

export const facetsAnswer = z
  .strictObject({
    total_count: z.int(),
    facets: z.array(
      z.strictObject({
        field: z.string(),
        values: z.array(z.strictObject({ value: z.string(), count: z.int() })),
      }),
    ),
    ...completeness,
  })
  .meta({ id: "Facets" });

export const receiptAnswer = z
  .strictObject({
    index: z.int(),
    checkpoint: z.string().meta({ description: "The signed note, with its cosignatures." }),
    proof: z
      .array(z.string())
      .meta({ description: "RFC 6962, 2.1.1, leaf's sibling first, base64." }),
    leaf: z.string().meta({ description: "The entry: what is hashed, as text." }),
  })
  .meta({ id: "Receipt" });

export const catalogueAnswer = z
  .strictObject({
    operations: z.array(
      z.strictObject({
        operation: z.string(),
        action: z.string(),
        also_known_as: z.array(z.string()),
        aws_event_name: z.string(),
        dsv: z.strictObject({ path: z.string(), method: z.string() }),
        kind: z.enum(["read", "change", "notice"]),
        data_event: z.boolean(),
        severity: z.enum(["normal", "warning", "critical"]),
        request_fields: z.array(z.string()),
        response_fields: z.array(z.string()),
        roles: z.array(z.string()),
      }),
    ),
  })
  .meta({ id: "Catalogue" });
