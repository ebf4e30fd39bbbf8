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

const conditions = z.array(
  z.looseObject({ claim: z.string(), operator: z.string(), value: z.string() }),
);

const accessPath = z.looseObject({
  /** `policy`, `own-matter`, `setting`, `resource-policy`, `document` or `owner`. */
  kind: z.string(),
  operations: z.array(z.string()),
  policy_id: z.string().optional(),
  roles: z.array(z.string()).optional(),
  resource: z.record(z.string(), z.string()).optional(),
  via: z
    .looseObject({
      group_id: z.string(),
      name: z.string(),
      membership: z.string(),
      until: z.string().nullable(),
    })
    .nullish(),
  setting: z.string().optional(),
  statement: z.int().optional(),
  sid: z.string().nullish(),
  conditional: z.boolean().optional(),
  session: z.string().nullish(),
  document: z.string().optional(),
  permission_id: z.string().optional(),
});

const documentLimit = z.looseObject({
  document: z.string(),
  permission_id: z.string(),
  conditional: z.boolean(),
  partial: z.boolean(),
});

const limit = z.looseObject({
  statement: z.int(),
  sid: z.string().nullable(),
  session: z.string().nullable(),
});

export const access = z.looseObject({
  operations: z.array(z.string()),
  target: z.looseObject({ kind: z.string(), crn: z.string(), name: z.string() }),
  secret_policy: z.looseObject({ statements: z.int(), outsiders: z.array(z.string()) }).nullish(),
  identities: z.array(
    z.looseObject({
      iam_id: z.string(),
      kind: z.string(),
      name: z.string(),
      state: z.string(),
      can_log_in: z.boolean(),
      paths: z.array(accessPath),
      limits: z.array(limit).default([]),
      document_limits: z.array(documentLimit).default([]),
      applied_by: z
        .looseObject({
          identities: z.array(z.looseObject({ type: z.string(), id: z.string() })),
          rules: z.array(z.looseObject({ name: z.string(), realm_name: z.string(), conditions })),
        })
        .nullable(),
    }),
  ),
  at_login: z.array(z.looseObject({ group_name: z.string(), realm_name: z.string(), conditions })),
  total_count: z.int(),
  truncated: z.boolean(),
});

const exposed = z.looseObject({
  iam_id: z.string(),
  name: z.string(),
  applied_by: z
    .looseObject({ iam_id: z.string(), name: z.string(), state: z.string().nullable() })
    .nullable(),
  /** Null for the server itself. */
  state: z.string().nullable(),
  has_access: z.boolean(),
  generated: z.boolean(),
  count: z.int(),
  first: z.string(),
  last: z.string(),
  addresses: z.array(z.string()),
  events: z.array(z.looseObject({ id: z.uuid(), index: z.int() })),
});

export const exposure = z.looseObject({
  secret: z.looseObject({
    id: z.string(),
    crn: z.string(),
    name: z.string(),
    deleted: z.boolean(),
  }),
  received: z.array(exposed),
  supplied: z.array(exposed),
  disclosures: z.int(),
  complete: z.looseObject({
    complete: z.boolean(),
    events: z.int(),
    counter: z.int(),
    first: z.int(),
    last: z.int(),
  }),
  cut_at: z.string().nullable(),
});

export const receipt = z.looseObject({
  index: z.int().nonnegative(),
  checkpoint: z.string(),
  /** RFC 6962, section 2.1.1, base64. */
  proof: z.array(z.string()),
  /** The entry: what is hashed, as text. */
  leaf: z.string(),
});

export const rootKey = z.looseObject({ key_id: z.string(), remaining: z.int() });

export const rootKeyRotation = z.looseObject({
  key_id: z.string(),
  previous_key_id: z.string(),
  data_keys: z.int(),
});

const accessKey = z.looseObject({
  access_key_id: z.string(),
  user: z.string(),
  disabled: z.boolean(),
  created_at: z.string(),
});
export const accessKeys = z.looseObject({ access_keys: z.array(accessKey) });
export const createdAccessKey = accessKey.extend({ secret_access_key: z.string() });

export const instance = z.looseObject({
  id: z.string(),
  crn: z.string(),
  name: z.string(),
  region: z.string(),
  created_at: z.string(),
});

export const instances = z.looseObject({
  instances: z.array(instance),
  regions: z.array(
    z.looseObject({
      id: z.string(),
      name: z.string(),
      geography: z.string(),
      events: z.boolean(),
    }),
  ),
});

const time = z.string();

export const destination = z.looseObject({
  id: z.string(),
  name: z.string(),
  settings: z.looseObject({ kind: z.string() }),
  /** Where it is, as far as that is said without a path. */
  address: z.looseObject({ transport: z.string(), host: z.string(), port: z.int() }),
  /** Names only. */
  credentials: z.array(z.string()),
  filter: z.string(),
  includes_installation: z.boolean(),
  is_routed: z.boolean(),
  required: z.looseObject({ max_backlog: z.int() }).nullable(),
  is_pinned: z.boolean(),
  status: z.looseObject({
    /** `delivering`, `waiting`, `failing` or `paused`. */
    state: z.string(),
    /** Null before anything is known. */
    acknowledged: z.int().nullable(),
    sent: z.int().nullable(),
    lag: z.int().nullable(),
    delivered: z.int(),
    set_aside: z.looseObject({
      count: z.int(),
      latest: z.array(
        z.looseObject({ index: z.int(), event_id: z.string(), at: time, reason: z.string() }),
      ),
    }),
    last_success_at: time.nullable(),
    last_error: z.looseObject({ at: time, kind: z.string(), problem: z.string() }).nullable(),
    attempts: z.int(),
    retry_at: time.nullable(),
  }),
  version: z.int().nullable(),
  created_at: time.nullable(),
  created_by: z.string().nullable(),
  modified_at: time.nullable(),
  modified_by: z.string().nullable(),
});
export const destinations = z.looseObject({
  destinations: z.array(destination),
  total_count: z.int(),
});
export const destinationTest = z.looseObject({
  is_reached: z.boolean(),
  problem: z.string().nullable(),
  index: z.int().nullable(),
});
export const destinationReplay = z.looseObject({ index: z.int() });

export type ActivityEvent = z.infer<typeof event>;
export type PlacedEvent = z.infer<typeof placedEvent>;
export type FoundEvents = z.infer<typeof foundEvents>;
export type Histogram = z.infer<typeof histogram>;
export type Facets = z.infer<typeof facets>;
export type Conditions = z.infer<typeof conditions>;
export type AccessPath = z.infer<typeof accessPath>;
export type Access = z.infer<typeof access>;
export type Exposed = z.infer<typeof exposed>;
export type Exposure = z.infer<typeof exposure>;
export type AccessKey = z.infer<typeof accessKey>;
export type CreatedAccessKey = z.infer<typeof createdAccessKey>;
export type Instance = z.infer<typeof instance>;
export type Instances = z.infer<typeof instances>;
export type EventReceipt = z.infer<typeof receipt>;
export type RootKey = z.infer<typeof rootKey>;
export type RootKeyRotation = z.infer<typeof rootKeyRotation>;
export type Destination = z.infer<typeof destination>;
export type DestinationTest = z.infer<typeof destinationTest>;
export type DestinationReplay = z.infer<typeof destinationReplay>;
