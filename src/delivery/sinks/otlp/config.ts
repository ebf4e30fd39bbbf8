/** A receiver of OTLP over HTTP with JSON: a collector of OpenTelemetry, or whatever takes what one takes. */
import { z } from "zod";
import { FORMS } from "../../form.ts";
import { webReceiver } from "../../transports/web-receiver.ts";

export const MAX_BATCH_EVENTS = 5_000;
export const DEFAULT_BATCH_EVENTS = 500;
/** OTLP 1.10, "OTLP/HTTP Request": 20 MiB is what receivers are to take; many are set up for less. */
export const MAX_BATCH_BYTES = 4 * 1_024 * 1_024;
export const MAX_SERVICE_CHARS = 200;

export const otlpSettings = z
  .strictObject({
    ...webReceiver,
    kind: z.literal("otlp"),
    /** OTLP 1.10, "Protocol Details": every receiver has to know it. */
    gzip: webReceiver.gzip.unwrap().default(true),
    form: z.enum(FORMS).default("ecs"),
    /** As a tree of values, or as its JSON in a string: of an entry, the very bytes that stand in the log. */
    body: z.enum(["structured", "string"]).default("structured"),
    service_name: z
      .string()
      .min(1)
      .max(MAX_SERVICE_CHARS)
      .regex(/^\P{Cc}+$/u, { error: "has no control characters" })
      .default("keytrail"),
    batch_events: z.int().min(1).max(MAX_BATCH_EVENTS).default(DEFAULT_BATCH_EVENTS),
  })
  .readonly();

export type OtlpSettings = z.output<typeof otlpSettings>;
