/** A receiver of CloudEvents 1.0 by their binding to HTTP. */
import { z } from "zod";
import { FORMS } from "../../form.ts";
import type { BatchLimits } from "../../sink.ts";
import { webReceiver } from "../../transports/web-receiver.ts";

export const MAX_BATCH_EVENTS = 1_000;
export const DEFAULT_BATCH_EVENTS = 100;
export const MAX_BATCH_BYTES = 1_024 * 1_024;
export const MAX_TYPE_PREFIX_CHARS = 200;

export const cloudEventsSettings = z
  .strictObject({
    ...webReceiver,
    kind: z.literal("cloudevents"),
    form: z.enum(FORMS).default("entry"),
    /** One in a request, its attributes in the body or in headers; or many in a request, which not all receivers take. */
    mode: z.enum(["structured", "binary", "batch"]).default("structured"),
    /** What the types begin with; before it stands nothing. */
    type_prefix: z
      .string()
      .max(MAX_TYPE_PREFIX_CHARS)
      .regex(/^[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)*$/, {
        error: "is a name of a domain, its parts the other way round",
      })
      .optional(),
    batch_events: z.int().min(1).max(MAX_BATCH_EVENTS).default(DEFAULT_BATCH_EVENTS),
  })
  .readonly();

export type CloudEventsSettings = z.output<typeof cloudEventsSettings>;

export function cloudEventsLimits({ mode, batch_events: most }: CloudEventsSettings): BatchLimits {
  return { maxEvents: mode === "batch" ? most : 1, maxBytes: MAX_BATCH_BYTES };
}
