/**
 * Changes a destination. What is not said stays; where it has come to in the log stays too, whatever its receiver or its
 * filter has become.
 */
import type { CheckedSink, SinkSettings } from "../../delivery/sink.ts";
import { checkSink } from "../../delivery/sinks.ts";
import { revised, type Item } from "../../items/item.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import { targetOf } from "../items/find.ts";
import { handOf } from "../items/hand.ts";
import { changeOperation, type Context } from "../operation.ts";
import type { Transaction, View } from "../state.ts";
import { assertNamed } from "./alias.ts";
import { sealCredentials } from "./credentials.ts";
import { DESTINATION, ROUTE, type Destination, type Route } from "./destination.ts";
import { itemOf, locateDestination, seesOperators, type WhichDestination } from "./find.ts";
import {
  assertComplete,
  assertCredentials,
  isElsewhere,
  isTaken,
  type GivenCredentials,
} from "./given-credentials.ts";
import {
  checkedBacklog,
  checkedFilter,
  checkedInclusion,
  checkedName,
  checkedSettings,
  factsOf,
} from "./terms.ts";
import { viewOf, type DestinationView } from "./view.ts";

export interface UpdateDestinationInput extends WhichDestination {
  readonly newName?: string | undefined;
  /** What they are to be, all of them, of what they are; unchecked. */
  readonly settings?: ((before: SinkSettings) => unknown) | undefined;
  /** Those that are not named stay, as long as the sink takes them. */
  readonly credentials?: GivenCredentials;
  /** Names that the wire has for every destination, whatever the sink takes. */
  readonly alsoKept?: readonly string[];
  readonly filter?: string | undefined;
  readonly includesOperators?: boolean | undefined;
  readonly isRouted?: boolean | undefined;
  readonly isPaused?: boolean | undefined;
  readonly maxBacklog?: number | null | undefined;
  /** Of what wires show of it, what is another now; what other wires have said stays. */
  readonly shown?: Readonly<Record<string, string>>;
}

export interface Change {
  readonly before: Item<Destination>;
  readonly sink: CheckedSink;
  /** Credentials among it are those that stay. */
  readonly content: Destination;
  readonly name: string;
}

/** Refused to whoever may do it: who may not is not told what would be wrong with it. */
type Planned = { readonly change: Change } | { readonly refusal: Refusal };

export const updateDestination = changeOperation<UpdateDestinationInput, Planned, DestinationView>({
  name: "destination.update",
  async locate(input, context) {
    const { subject: found, ...located } = await locateDestination(input, context);
    if (found.kind === "pinned") {
      const { changeRefusal: refusal } = located;
      return {
        ...located,
        subject: { refusal: refusal ?? new Refusal("locked", "It is pinned.") },
      };
    }
    const subject = planned(input, itemOf(found), context);
    if ("refusal" in subject) return { ...located, subject, refusal: subject.refusal };
    const { before, name, content, sink } = subject.change;
    return {
      ...located,
      subject,
      becomes: targetOf({ ...before, name }, context.call.place),
      facts: factsOf(content, sink),
    };
  },
  async run({ credentials = {} }, { subject }, context) {
    if ("refusal" in subject) return subject.refusal;
    const { before, name, content: plan } = subject.change;
    const { items } = context.store;
    const namesake = await items.itemNamed(DESTINATION, before.account, name);
    if (namesake && namesake.id !== before.id) {
      throw new Refusal("conflict", "There is a destination with this name already.");
    }
    await assertNamed(plan.sink, context);
    if (before.content.isRouted && !plan.isRouted) await assertNoRoute(before, context);
    const sealed = { ...plan.sealed, ...(await sealGiven(before, credentials, context)) };
    const selected = isReselected(before.content, plan)
      ? { selectedFrom: context.capabilities.trail.log.size }
      : {};
    const content = { ...plan, ...selected, sealed };
    const item = revised(before, { name, content }, handOf(context));
    await items.putItem(item);
    return viewOf({ kind: "own", item }, context);
  },
});

/** A route that names what gets everything anyway could not be written again. */
async function assertNoRoute(
  { id, account }: Item<Destination>,
  { store }: Context<View>,
): Promise<void> {
  const routes = await store.items.allItems(ROUTE, account);
  const names = ({ content }: Item<Route>): boolean =>
    content.rules.some(({ targetIds }) => targetIds.includes(id));
  const naming = routes.find(names);
  if (!naming) return;
  const sentence = `The route ${naming.name} names it: take it out of there before it gets everything.`;
  throw new Refusal("precondition_failed", sentence, { reason: "routed", field: "is_routed" });
}

/** What is recorded from now on is looked at by the new selection, also what a courier has passed by the old one. */
function isReselected(was: Destination, is: Destination): boolean {
  return (
    was.filter !== is.filter ||
    was.includesOperators !== is.includesOperators ||
    was.isRouted !== is.isRouted
  );
}

function planned(
  input: UpdateDestinationInput,
  before: Item<Destination>,
  context: Context<View>,
): Planned {
  try {
    return { change: changeOf(input, before, context) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { refusal: error };
  }
}

function changeOf(
  input: UpdateDestinationInput,
  before: Item<Destination>,
  context: Context<View>,
): Change {
  const { content: was } = before;
  const sink = checkedSettings(input.settings ? input.settings(was.sink) : was.sink, context);
  const content: Destination = {
    ...was,
    sink: sink.settings,
    sealed: keptOf(input, was, sink),
    filter: input.filter === undefined ? was.filter : checkedFilter(input.filter, context),
    includesOperators:
      input.includesOperators === undefined
        ? was.includesOperators
        : checkedInclusion(input.includesOperators, context),
    isRouted: input.isRouted ?? was.isRouted,
    isPaused: input.isPaused ?? was.isPaused,
    maxBacklog: input.maxBacklog === undefined ? was.maxBacklog : checkedBacklog(input.maxBacklog),
    shown: { ...was.shown, ...input.shown },
  };
  assertMayDirect(content, context);
  const name = input.newName === undefined ? before.name : checkedName(input.newName);
  return { before, sink, content, name };
}

/** Who does not see what belongs to no account is not to have it sent to a receiver of their own. */
function assertMayDirect({ includesOperators }: Destination, context: Context<View>): void {
  if (!includesOperators || seesOperators(context)) return;
  const sentence = "What belongs to no account goes there: only its operators change that.";
  throw new Refusal("forbidden", sentence);
}

/** The credentials that stay, of those that there are. */
function keptOf(
  { credentials = {}, alsoKept = [] }: UpdateDestinationInput,
  was: Destination,
  sink: CheckedSink,
): Destination["sealed"] {
  assertCredentials(credentials, sink, alsoKept);
  const isSameKind = was.sink.kind === sink.settings.kind;
  const kept = Object.entries(was.sealed).filter(
    ([name]) =>
      !Object.hasOwn(credentials, name) &&
      (isSameKind || alsoKept.includes(name) || isTaken(name, sink.credentials)),
  );
  const given = Object.entries(credentials).flatMap(([name, value]) => (value ? [name] : []));
  assertComplete([...kept.map(([name]) => name), ...given], sink);
  if (kept.length > 0 && isSentElsewhere(sink, was.sink)) {
    const sentence =
      "The credentials are given anew with another host or port, or less protection.";
    throw new Refusal("invalid_request", sentence, { field: "credentials" });
  }
  return Object.fromEntries(kept);
}

function isSentElsewhere(sink: CheckedSink, was: SinkSettings): boolean {
  try {
    return isElsewhere(sink, checkSink(was));
  } catch (error) {
    // Nothing is known of where they went before.
    if (error instanceof Refusal) return true;
    throw error;
  }
}

function sealGiven(
  owner: Item<Destination>,
  credentials: GivenCredentials,
  context: Context<Transaction>,
): Promise<Destination["sealed"]> {
  const given: Record<string, Sensitive<string>> = {};
  for (const [name, value] of Object.entries(credentials)) if (value) given[name] = value;
  return sealCredentials(owner, given, context);
}
