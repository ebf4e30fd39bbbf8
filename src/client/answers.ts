/** What the native API answers, parsed at the edge: members that are not listed here are let through. */
import { z } from "zod";

export const errorAnswer = z.looseObject({
  errors: z
    .array(z.looseObject({ code: z.string(), message: z.string(), column: z.int().optional() }))
    .min(1),
  trace: z.string().optional(),
});

export const tokenAnswer = z.looseObject({
  access_token: z.string().min(1),
  /** Seconds from now. */
  expires_in: z.number(),
});

/** An activity event, as it is recorded. */
const event = z.looseObject({
  id: z.string(),
  eventTime: z.string(),
  action: z.string(),
  outcome: z.string(),
  severity: z.string(),
});

export const placedEvent = z.looseObject({ index: z.int(), event });

const index = z.looseObject({ size: z.int(), indexed: z.int() });
const completeness = { complete: z.boolean(), index };

export const foundEvents = z.looseObject({
  events: z.array(placedEvent),
  next_cursor: z.string().optional(),
  ...completeness,
});

export const histogram = z.looseObject({
  total_count: z.int(),
  interval_ms: z.int(),
  buckets: z.array(z.looseObject({ start: z.string(), count: z.int(), failures: z.int() })),
  ...completeness,
});

export const facets = z.looseObject({
  total_count: z.int(),
  facets: z.array(
    z.looseObject({
      field: z.string(),
      values: z.array(z.looseObject({ value: z.string(), count: z.int() })),
    }),
  ),
  ...completeness,
});

export const rootKey = z.looseObject({ key_id: z.string(), remaining: z.int() });

export const rootKeyRotation = z.looseObject({
  key_id: z.string(),
  previous_key_id: z.string(),
  data_keys: z.int(),
});

export type ActivityEvent = z.infer<typeof event>;
export type PlacedEvent = z.infer<typeof placedEvent>;
export type FoundEvents = z.infer<typeof foundEvents>;
export type Histogram = z.infer<typeof histogram>;
export type Facets = z.infer<typeof facets>;
export type RootKey = z.infer<typeof rootKey>;
export type RootKeyRotation = z.infer<typeof rootKeyRotation>;
