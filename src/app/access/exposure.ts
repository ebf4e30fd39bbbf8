/**
 * Answers the question after an incident: who has actually received this value, when, from where, and can it be proven
 * that these are all. Every number comes from the ledger; the state adds only who of them is still there.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { catalogue } from "../../audit/catalogue.ts";
import { crn, type Place } from "../../audit/crn.ts";
import { targetKey } from "../../audit/counters.ts";
import { parseEvent, type AuditEvent } from "../../audit/event.ts";
import { instancePlace } from "../../identity/account.ts";
import { isAllowed } from "../../identity/authorize.ts";
import { invariant, Refusal } from "../../kernel/errors.ts";
import { MAX_PAGE, type Hit, type Selection } from "../../search/event-index.ts";
import { EVENT_FIELDS } from "../../search/fields.ts";
import { all, any, type Plan } from "../../search/plan.ts";
import type { Secret } from "../../secrets/secret.ts";
import type { Capabilities } from "../capabilities.ts";
import { readOperation, type Context } from "../operation.ts";
import type { View } from "../state.ts";
import { selectionFor, withinFirst, type Asked as TrailQuestion } from "../trail/selection.ts";
import type { TrailEntry } from "../trail/trail-reader.ts";
import { Turns } from "../trail/turns.ts";
import { trailLocation } from "../trail/whole-trail.ts";
import { Completeness, type Complete } from "./completeness.ts";
import { Disclosures, type Disclosed } from "./disclosures.ts";
import { namesOfPrincipal } from "../judgement/document-names.ts";
import { DocumentRules, isAlways } from "./document-rules.ts";
import { insiderFor, SecretPolicy } from "./secret-policy.ts";

/** Events on a secret that one question looks at. Where there are more, the answer says from when to ask on. */
export const MAX_EXAMINED_EVENTS = 100_000;

/** Identities that are looked up in one turn of the event loop. */
const IDENTITIES_PER_TURN = 50;

export interface ExposureInput {
  /** Of a secret of the account, also of one that has been deleted since. */
  readonly secretId: string;
  readonly versionId?: string | undefined;
  /** A time as the trail's searches take it. */
  readonly since?: string | undefined;
}

/** Whether an identity of the record is still there. */
export type Remaining = "active" | "disabled" | "deleted";

/** One identity, as far as the record knows it, and what has become of it. */
export interface Exposed extends Disclosed {
  /** Null for what is no identity of the account: the server itself. */
  readonly state: Remaining | null;
  /** The same of whoever applied a trusted profile. */
  readonly authnState: Remaining | null;
  /** Whether it could read the value again now. */
  readonly hasAccess: boolean;
}

export interface Exposure {
  readonly secret: {
    readonly id: string;
    readonly crn: string;
    /** As its newest event has it. */
    readonly name: string;
    readonly isDeleted: boolean;
  };
  /** Who was given the value. */
  readonly received: readonly Exposed[];
  /** Who knew it from the beginning: by bringing it, or by having it made. */
  readonly supplied: readonly Exposed[];
  /** Identities in `received`, and events there. */
  readonly identities: number;
  readonly disclosures: number;
  readonly complete: Complete;
  /** Where MAX_EXAMINED_EVENTS was reached: the time of the last event looked at, from which to ask on. */
  readonly cutAt: string | null;
}

/** One for all who ask, as they share one event loop. */
const turns = new Turns();

/**
 * An Outage where the index is behind: an answer that might miss somebody would be worse than none. A reading that was
 * refused, or that found no value any more, is no exposure.
 */
export const exposure = readOperation<ExposureInput, undefined, Exposure>({
  name: "exposure.read",
  async locate({ secretId }, { call }) {
    return { ...trailLocation(call, { kind: "exposure", id: secretId }), subject: undefined };
  },
  async run(input, _located, context) {
    const { trail } = context.capabilities;
    const places = await placesOf(input.secretId, context);
    const { size } = await trail.whole();
    // Read first: a text that is no time is refused as that, and nothing of it is kept.
    const asked = withinFirst(size, selectionOf(places, context, { from: input.since }));
    const everything = withinFirst(size, selectionOf(places, context));
    const newest = await newestOf(everything, context);
    await assertKnown(input.versionId, { size, places, context });
    const history = new History(input.versionId);
    const isWhole = await examine(asked, history, context);
    const before = await lastBefore(input.since, { size, places, context });
    const key = targetKey(newest);
    const place = places.get(newest.target.id);
    invariant(key !== undefined && place !== undefined, "the event is on what was asked for");
    const counter = (await trail.totalsAt(size, [key])).get(key) ?? 0;
    return answer(history, { input, newest, place, context, counter, before, isWhole });
  },
});

/** What there is to know of a secret's past, gathered event by event, oldest first. */
class History {
  readonly received: Disclosures;
  readonly supplied: Disclosures;
  readonly completeness = new Completeness();
  #lastTime: string | null = null;

  constructor(versionId: string | undefined) {
    this.received = new Disclosures(versionId);
    this.supplied = new Disclosures(versionId);
  }

  add({ index, line }: TrailEntry): void {
    const event = parseEvent(line);
    this.#lastTime = event.eventTime;
    this.completeness.add(event);
    if (event.outcome !== "success") return;
    const { discloses } = catalogue[event.operation];
    if (discloses !== undefined) this[discloses].add(index, event);
  }

  get lastTime(): string | null {
    return this.#lastTime;
  }
}

/** The CRNs that the secret may have: its own, or, when it is gone, one in each instance of the account. */
async function placesOf(
  secretId: string,
  { store, call }: Context<View>,
): Promise<ReadonlyMap<string, Place>> {
  const instances = await store.identity.instances(call.place.account);
  return new Map(
    instances.map((instance) => {
      const place = instancePlace(instance);
      return [crn("secrets-manager", place, { kind: "secret", id: secretId }), place];
    }),
  );
}

/** All that was done to the secret, refused or not: only the whole of it can be shown to be whole. */
function selectionOf(
  places: ReadonlyMap<string, Place>,
  context: Context<View>,
  further: Partial<TrailQuestion> = {},
): Selection {
  const visible = selectionFor({ query: "", ...further }, context);
  const field = EVENT_FIELDS.find(({ name }) => name === "target.id");
  invariant(field !== undefined, "events are found by their target");
  const targets = Array.from(places.keys(), (text): Plan => ({
    kind: "text",
    field,
    test: { kind: "equals", text, exactCase: true },
  }));
  return { ...visible, plan: all([visible.plan, any(targets)]) };
}

/** Also tells that there is such a secret, or was, and what it was called last. */
async function newestOf(
  selection: Selection,
  { capabilities: { trail } }: Context<View>,
): Promise<AuditEvent> {
  const newest = await newestIn(selection, trail);
  if (newest) return newest;
  const sentence = "The trail has no event on such a secret, or none that is yours to see.";
  throw new Refusal("not_found", sentence);
}

async function newestIn(
  selection: Selection,
  trail: Capabilities["trail"],
): Promise<AuditEvent | undefined> {
  const { entries } = await trail.search(selection, { order: "newest", limit: 1 });
  const [entry] = entries;
  return entry && parseEvent(entry.line);
}

/**
 * Each version has an event that made it, and says so. Of one that has none the answer would be that nobody was given its
 * value: true of a mistyped id, and no comfort.
 */
async function assertKnown(
  versionId: string | undefined,
  { size, places, context }: Past,
): Promise<void> {
  if (versionId === undefined) return;
  const query = `responseData.versionId:="${versionId}"`;
  const past = withinFirst(size, selectionOf(places, context, { query }));
  if (await newestIn(past, context.capabilities.trail)) return;
  throw new Refusal("not_found", "The trail has no event on such a version of the secret.");
}

/** The number of the last event on the secret before a time; 0 where there is none: the first one has to be the next. */
async function lastBefore(
  since: string | undefined,
  { size, places, context }: Past,
): Promise<number> {
  if (since === undefined) return 0;
  const past = withinFirst(size, selectionOf(places, context, { to: since }));
  const last = await newestIn(past, context.capabilities.trail);
  return last?.counters.target ?? 0;
}

interface Past {
  readonly size: number;
  readonly places: ReadonlyMap<string, Place>;
  readonly context: Context<View>;
}

/** Gives the history every event of the selection, oldest first, in turns with all else; false where it was too much. */
async function examine(
  selection: Selection,
  history: History,
  { capabilities: { trail } }: Context<View>,
): Promise<boolean> {
  let after: Hit | undefined;
  do {
    const page = await trail.search(selection, { order: "oldest", limit: MAX_PAGE, after });
    const entries = page.entries.values();
    await turns.run(() => {
      const { value: entry, done } = entries.next();
      if (entry) history.add(entry);
      return done !== true;
    });
    after = page.next;
    if (after && history.completeness.events + MAX_PAGE > MAX_EXAMINED_EVENTS) return false;
  } while (after !== undefined);
  return true;
}

interface Asked {
  readonly input: ExposureInput;
  readonly newest: AuditEvent;
  readonly place: Place;
  readonly context: Context<View>;
  /** Events on the secret by the ledger's own count. */
  readonly counter: number;
  /** The number of the last event before what was asked for. */
  readonly before: number;
  readonly isWhole: boolean;
}

async function answer(history: History, asked: Asked): Promise<Exposure> {
  const { input, newest, place, context, counter, before, isWhole } = asked;
  const secret = await secretOf(input.secretId, place, context);
  const documents = secret && (await documentsOn(secret, place, context));
  const mayRead = (id: string) => mayReadNow(id, { place, secret, documents, context });
  const received = await remaining(history.received, { mayRead, context });
  const { id: targetCrn, name } = newest.target;
  return {
    secret: { id: input.secretId, crn: targetCrn, name, isDeleted: !secret },
    received,
    supplied: await remaining(history.supplied, { mayRead, context }),
    identities: received.length,
    disclosures: history.received.count,
    complete: history.completeness.against({
      counter,
      newest: newest.counters.target,
      before,
      hasEnd: isWhole,
    }),
    cutAt: isWhole ? null : history.lastTime,
  };
}

async function secretOf(id: string, place: Place, { store }: Context<View>) {
  const { account, instance } = place;
  return instance === null ? undefined : store.secrets.secret({ account, instance }, id);
}

async function remaining(
  disclosures: Disclosures,
  {
    mayRead,
    context,
  }: {
    readonly mayRead: (iamId: string) => Promise<boolean>;
    readonly context: Context<View>;
  },
): Promise<readonly Exposed[]> {
  const exposed: Exposed[] = [];
  for (const one of disclosures.identities()) {
    const state = one.isInternal ? null : await stateOf(one.id, context);
    const hasAccess = state === "active" && (await mayRead(one.id));
    const authnState = one.authnId === null ? null : await stateOf(one.authnId, context);
    exposed.push({ ...one, state, authnState, hasAccess });
    if (exposed.length % IDENTITIES_PER_TURN === 0) await nextTurn();
  }
  return exposed;
}

async function stateOf(iamId: string, { store, call }: Context<View>): Promise<Remaining> {
  const principal = await store.identity.principal(call.place.account, iamId);
  if (!principal) return "deleted";
  return principal.kind === "user" ? principal.state : "active";
}

function documentsOn(
  { id, name }: Secret,
  place: Place,
  { store: view }: Context<View>,
): Promise<DocumentRules | undefined> {
  const target = { kind: "secret", id, name, place } as const;
  return DocumentRules.of({ operations: ["secret.read"], target, account: place.account, view });
}

/** False for a secret that is gone: nobody can read it any more. */
async function mayReadNow(
  iamId: string,
  at: {
    readonly place: Place;
    readonly secret: Secret | undefined;
    readonly documents: DocumentRules | undefined;
    readonly context: Context<View>;
  },
): Promise<boolean> {
  const { place, secret, documents, context } = at;
  if (!secret) return false;
  const policy = SecretPolicy.of({ place, secret }, ["secret.read"]);
  const { identity } = context.store;
  const principal = await identity.principal(place.account, iamId);
  if (!principal) return false;
  const insider = insiderFor(principal);
  const says = policy?.keepingOut(insider) ?? [];
  if (says.some(({ isConditional, session }) => !isConditional && session === null)) return false;
  if (documents) {
    const names = await namesOfPrincipal(principal, context.store, context.now);
    if (documents.keepingOut(names).some(isAlways)) return false;
    if (documents.lettingIn(names).length > 0) return true;
  }
  if (policy && policy.lettingIn(insider).length > 0) return true;
  const grants = await identity.grantsOf(iamId, place.account, context.now);
  return isAllowed(grants, "secret.read", {
    service: "secrets-manager",
    place,
    secretGroup: secret.groupId,
  });
}
