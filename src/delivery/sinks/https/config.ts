/**
 * What may be said of a receiver of requests: where it is and who asks (`web-receiver.ts`), and the shape of what it
 * takes. A URL of http is a choice that its settings and the record of them show.
 */
import { z } from "zod";
import type { Form } from "../../form.ts";
import { FORMS } from "../../form.ts";
import type { BatchLimits } from "../../sink.ts";
import { webReceiver } from "../../transports/web-receiver.ts";

/** What a request of a shape that nobody has set limits for may hold, and what settings may allow it to. */
export const MAX_BATCH_EVENTS = 10_000;
export const DEFAULT_BATCH_EVENTS = 500;
export const MAX_BATCH_BYTES = 16 * 1_024 * 1_024;
export const DEFAULT_BATCH_BYTES = 1_024 * 1_024;
export const MAX_TAGS = 50;
export const MAX_TEXT_CHARS = 200;

const form = (usual: Form) => z.enum(FORMS).default(usual);

const plain = { ...webReceiver, kind: z.literal("https"), form: form("entry") } as const;

const batch = {
  batch_events: z.int().min(1).max(MAX_BATCH_EVENTS).default(DEFAULT_BATCH_EVENTS),
  batch_bytes: z.int().min(1_024).max(MAX_BATCH_BYTES).default(DEFAULT_BATCH_BYTES),
} as const;

const word = z
  .string()
  .min(1)
  .max(MAX_TEXT_CHARS)
  .regex(/^[^\p{Cc},]+$/u, { error: "has no commas and no control characters" });

/** Elastic, "Create index": what a name may not hold. The length is 255 bytes, of which it has one each. */
const INDEX = /^(?!\.{1,2}$)[a-z0-9.][a-z0-9._-]*$/;

const ndjson = z.strictObject({ ...plain, ...batch, shape: z.literal("ndjson") }).readonly();

/** One JSON array. */
const array = z.strictObject({ ...plain, ...batch, shape: z.literal("array") }).readonly();

/** One event in each request. */
const object = z.strictObject({ ...plain, shape: z.literal("object") }).readonly();

/** The `_bulk` of Elasticsearch 8 and OpenSearch, below the cluster's URL; the event's id is the document's. */
const elasticBulk = z
  .strictObject({
    ...plain,
    ...batch,
    shape: z.literal("elastic-bulk"),
    gzip: webReceiver.gzip.unwrap().default(true),
    form: form("ecs"),
    authorization: webReceiver.authorization
      .unwrap()
      .default({ kind: "header", header: "Authorization", scheme: "ApiKey" }),
    /** An index or a data stream. */
    index: z
      .string()
      .max(255)
      .regex(INDEX, { error: "is the name of an index or a data stream" })
      .default("logs-keytrail.audit-default"),
  })
  .readonly();

/** The `/api/v2/logs` of Datadog's intake; the URL is the whole one. */
const datadog = z
  .strictObject({
    ...plain,
    shape: z.literal("datadog"),
    gzip: webReceiver.gzip.unwrap().default(true),
    form: form("ecs"),
    authorization: webReceiver.authorization
      .unwrap()
      .default({ kind: "header", header: "DD-API-KEY" }),
    service: word.default("keytrail"),
    source: word.default("keytrail"),
    /** The log's name, where nothing else is said. */
    hostname: word.optional(),
    tags: z.array(word).max(MAX_TAGS).readonly().default([]),
  })
  .readonly();

/** The Logs Ingestion API of Azure Monitor, below the URL of a data collection endpoint or rule. */
const sentinel = z
  .strictObject({
    ...plain,
    shape: z.literal("sentinel"),
    gzip: webReceiver.gzip.unwrap().default(true),
    form: form("ocsf"),
    dcr_immutable_id: z
      .string()
      .max(MAX_TEXT_CHARS)
      .regex(/^dcr-[0-9a-zA-Z]+$/, { error: "is the immutable id of a data collection rule" }),
    stream: z
      .string()
      .max(MAX_TEXT_CHARS)
      .regex(/^(?:Custom|Microsoft)-[0-9A-Za-z_-]+$/, { error: "is the name of a stream" }),
  })
  .readonly();

/** A webhook feed of Google SecOps. */
const secops = z
  .strictObject({
    ...plain,
    shape: z.literal("secops"),
    form: form("ocsf"),
    headers: webReceiver.headers.unwrap().default(["X-goog-api-key", "X-Webhook-Access-Key"]),
  })
  .readonly();

export const httpsSettings = z.discriminatedUnion("shape", [
  ndjson,
  array,
  object,
  elasticBulk,
  datadog,
  sentinel,
  secops,
]);

export type HttpsSettings = z.output<typeof httpsSettings>;
export type Shape = HttpsSettings["shape"];
export type ElasticSettings = z.output<typeof elasticBulk>;
export type DatadogSettings = z.output<typeof datadog>;

/** What the receivers document, before gzip, and less what stands between and around the events. */
const DOCUMENTED: Readonly<Record<"datadog" | "sentinel" | "secops" | "object", BatchLimits>> = {
  /** 1,000 entries, 5 MB. */
  datadog: { maxEvents: 1_000, maxBytes: 4_500_000 },
  /** 1 MB, compressed or not. */
  sentinel: { maxEvents: 1_000, maxBytes: 950_000 },
  /** 4 MB. */
  secops: { maxEvents: 2_000, maxBytes: 3_500_000 },
  object: { maxEvents: 1, maxBytes: MAX_BATCH_BYTES },
};

export function httpsLimits(settings: HttpsSettings): BatchLimits {
  switch (settings.shape) {
    case "ndjson":
    case "array":
    case "elastic-bulk":
      return { maxEvents: settings.batch_events, maxBytes: settings.batch_bytes };
    case "object":
    case "datadog":
    case "sentinel":
    case "secops":
      return DOCUMENTED[settings.shape];
  }
}
