/** What the native wire takes and gives of destinations, as schemas: exactly these fields. */
import { z } from "zod";
import { DELIVERY_STATES, type DestinationView } from "../../../app/destinations/view.ts";
import { SINK_NAMES } from "../../../delivery/sinks.ts";
import { MAX_LIST_LIMIT } from "../../../identity/store.ts";
import { toRfc3339, type Millis } from "../../../kernel/clock.ts";
import { Refusal } from "../../../kernel/errors.ts";
import { Sensitive } from "../../../kernel/sensitive.ts";

/** More than any of them may have: the domain's own bounds are what callers are told of. */
const MAX_TEXT_CHARS = 8_192;
const MAX_PATH_CHARS = 128;

const text = z.string().max(MAX_TEXT_CHARS);
const time = z.iso.datetime({ offset: true });

export const destinationPath = z.strictObject({
  name: z
    .string()
    .max(MAX_PATH_CHARS)
    .regex(/^[\w:-]+$/, { error: "it is no name and no id" })
    .meta({ description: "Its name or its id; of what the operator has pinned `pinned:NAME`." }),
});

export const destinationQuery = z.strictObject({
  search: z.string().max(MAX_PATH_CHARS).optional().meta({ description: "Part of the name." }),
  offset: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(MAX_LIST_LIMIT).default(MAX_LIST_LIMIT),
});

const settings = z.looseObject({}).meta({
  description: `Of one of the kinds ${SINK_NAMES.join(", ")}, which \`kind\` names.`,
});
const filter = text.meta({ description: "The query language; empty for everything." });
const includesInstallation = z.boolean().meta({
  description: "Also what belongs to no account, failed logins for instance: its operators' alone.",
});
const isRouted = z.boolean().meta({ description: "It gets only what routes send to it." });
const required = z
  .strictObject({ max_backlog: z.number() })
  .nullable()
  .meta({ description: "While it is further behind, every other operation is refused." });
const place = z.union([z.number(), text], { error: "it is an index, a time or `beginning`" }).meta({
  description: "An index of the log, a time, `now-2h`, or `beginning`.",
});

export const newDestination = z.strictObject({
  name: text,
  settings,
  credentials: z
    .looseObject({})
    .default({})
    .meta({ description: "Texts by the names that the kind has for them; never shown again." }),
  filter: filter.optional(),
  includes_installation: includesInstallation.optional(),
  is_routed: isRouted.optional(),
  required: required.optional(),
  from: place.optional(),
});

export const changedDestination = z.strictObject({
  name: text.optional(),
  settings: settings.optional(),
  credentials: z
    .looseObject({})
    .default({})
    .meta({ description: "Those that are not named stay; null takes one away." }),
  filter: filter.optional(),
  includes_installation: includesInstallation.optional(),
  is_routed: isRouted.optional(),
  required: required.optional(),
});

export const replayed = z.strictObject({ from: place });

export const replayBegun = z.strictObject({ index: z.int() });

export const testedShape = z.strictObject({
  is_reached: z.boolean(),
  problem: z.string().nullable().meta({ description: "Why it is not." }),
  index: z.int().nullable().meta({
    description: "The entry that was sent; null where there was none, and only a connection.",
  }),
});

const status = z.strictObject({
  state: z.enum(DELIVERY_STATES),
  acknowledged: z.int().nullable().meta({
    description: "Everything before this index of the log is there, set aside, or not for it.",
  }),
  sent: z.int().nullable(),
  lag: z.int().nullable().meta({ description: "Entries of the log that may still be for it." }),
  delivered: z.int().meta({ description: "Events, repetitions too." }),
  set_aside: z.strictObject({
    count: z.int(),
    latest: z.array(
      z.strictObject({ index: z.int(), event_id: z.string(), at: time, reason: z.string() }),
    ),
  }),
  last_success_at: time.nullable(),
  last_error: z
    .strictObject({
      at: time,
      kind: z.enum(["unavailable", "denied", "rejected", "too-large"]),
      problem: z.string(),
    })
    .nullable(),
  attempts: z.int().meta({ description: "Since the last one that succeeded." }),
  retry_at: time.nullable(),
});

export const destinationShape = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    settings: z.looseObject({ kind: z.string() }),
    address: z.strictObject({ transport: z.string(), host: z.string(), port: z.int() }),
    credentials: z.array(z.string()).meta({ description: "Their names." }),
    filter: z.string(),
    includes_installation: z.boolean(),
    is_routed: z.boolean(),
    required: z.strictObject({ max_backlog: z.int() }).nullable(),
    is_pinned: z.boolean().meta({ description: "In the operator's configuration." }),
    status,
    version: z.int().nullable(),
    created_at: time.nullable(),
    created_by: z.string().nullable(),
    modified_at: time.nullable(),
    modified_by: z.string().nullable(),
  })
  .meta({ id: "Destination" });

export const destinationsShape = z.strictObject({
  destinations: z.array(destinationShape),
  total_count: z.int(),
  offset: z.int(),
  limit: z.int(),
});

/**
 * Their names are the caller's to choose, and are not repeated: a secret may stand in the place of one. `absent`: what may
 * stand for one that is to be none.
 */
export function givenCredentials<Absent extends null>(
  given: Readonly<Record<string, unknown>>,
  absent: readonly Absent[],
): Readonly<Record<string, Sensitive<string> | Absent>> {
  const entries = Object.entries(given).map(([name, value]) => {
    if (typeof value === "string") return [name, new Sensitive(value)] as const;
    const none = absent.find((one) => one === value);
    if (none !== undefined) return [name, none] as const;
    const sentence = "Each of the credentials is a text.";
    throw new Refusal("invalid_request", sentence, { field: "credentials" });
  });
  return Object.fromEntries(entries);
}

export function destinationBody(view: DestinationView): z.input<typeof destinationShape> {
  const { id, name, settings: shown, address, maxBacklog, made } = view;
  return {
    id,
    name,
    settings: { ...shown },
    address,
    credentials: [...view.credentialNames],
    filter: view.filter,
    includes_installation: view.includesOperators,
    is_routed: view.isRouted,
    required: maxBacklog === null ? null : { max_backlog: maxBacklog },
    is_pinned: view.isPinned,
    status: statusBody(view),
    version: made?.version ?? null,
    created_at: timeOf(made?.createdAt),
    created_by: made?.createdBy ?? null,
    modified_at: timeOf(made?.modifiedAt),
    modified_by: made?.modifiedBy ?? null,
  };
}

function statusBody({ state, report, lag }: DestinationView): z.input<typeof status> {
  const { progress, sent, attempts, retryAt } = report ?? {};
  const { setAside = [], lastTrouble = null } = progress ?? {};
  return {
    state,
    acknowledged: progress?.acknowledged ?? null,
    sent: sent ?? null,
    lag,
    delivered: progress?.deliveredCount ?? 0,
    set_aside: {
      count: progress?.setAsideCount ?? 0,
      latest: setAside.map(({ index, eventId, at, reason }) => ({
        index,
        event_id: eventId,
        at: toRfc3339(at),
        reason,
      })),
    },
    last_success_at: timeOf(progress?.lastSuccessAt),
    last_error: lastTrouble && { ...lastTrouble, at: toRfc3339(lastTrouble.at) },
    attempts: attempts ?? 0,
    retry_at: timeOf(retryAt),
  };
}

function timeOf(at: Millis | null | undefined): string | null {
  return at === null || at === undefined ? null : toRfc3339(at);
}
