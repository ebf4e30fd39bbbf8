/** Makes a destination: from then on, or from an earlier place of the log, the account's events go there. */
import type { CheckedSink } from "../../delivery/sink.ts";
import { newItem, type Item } from "../../items/item.ts";
import { Refusal } from "../../kernel/errors.ts";
import { randomId } from "../../kernel/ids.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import { assertRoom } from "../identity/find.ts";
import { targetOf } from "../items/find.ts";
import { handOf } from "../items/hand.ts";
import { changeOperation } from "../operation.ts";
import { assertNamed } from "./alias.ts";
import { sealCredentials } from "./credentials.ts";
import { DESTINATION, MAX_DESTINATIONS_PER_ACCOUNT, type Destination } from "./destination.ts";
import { SERVICE } from "./find.ts";
import { assertComplete, assertCredentials } from "./given-credentials.ts";
import { placeInLog } from "./place-in-log.ts";
import {
  checkedBacklog,
  checkedFilter,
  checkedInclusion,
  checkedName,
  checkedSettings,
  factsOf,
} from "./terms.ts";
import { viewOf, type DestinationView } from "./view.ts";

export interface CreateDestinationInput {
  readonly name: string;
  /** Of one of the sinks; unchecked. */
  readonly settings: unknown;
  /** By the names of the sink's rules. */
  readonly credentials?: Readonly<Record<string, Sensitive<string>>>;
  /** Names that the wire has for every destination, whatever the sink takes. */
  readonly alsoKept?: readonly string[];
  /** The query language; everything, if nothing else is said. */
  readonly filter?: string | undefined;
  /** Also what belongs to no account; wherever the caller may see that, if nothing else is said. */
  readonly includesOperators?: boolean | undefined;
  /** Only what routes send to it. */
  readonly isRouted?: boolean | undefined;
  /** Nothing is done any more while it is further behind than this. */
  readonly maxBacklog?: number | null | undefined;
  /** An index, a time or `beginning`; from now on, if nothing else is said. */
  readonly from?: string | number | undefined;
  readonly shown?: Readonly<Record<string, string>>;
  /** Found out by `work`. */
  readonly index?: number;
}

export interface Making {
  readonly item: Item<Destination>;
  readonly sink: CheckedSink;
}

export const createDestination = changeOperation<CreateDestinationInput, Making, DestinationView>({
  name: "destination.create",
  async locate(input, context) {
    const { place } = context.call;
    const name = checkedName(input.name);
    const sink = checkedSettings(input.settings, context);
    assertCredentials(input.credentials ?? {}, sink, input.alsoKept);
    assertComplete(Object.keys(input.credentials ?? {}), sink);
    const content: Destination = {
      sink: sink.settings,
      sealed: {},
      filter: checkedFilter(input.filter ?? "", context),
      includesOperators: checkedInclusion(input.includesOperators, context),
      isRouted: input.isRouted ?? false,
      isPaused: false,
      maxBacklog: checkedBacklog(input.maxBacklog ?? null),
      start: { id: randomId(), index: null },
      shown: input.shown ?? {},
    };
    const item = newItem(DESTINATION, { account: place.account, name, content }, handOf(context));
    return {
      target: targetOf(item, place),
      resource: { service: SERVICE, place },
      subject: { item, sink },
      facts: factsOf(content, sink),
    };
  },
  async work(input, _subject, { capabilities, now }) {
    if (input.from === undefined) return input;
    return { ...input, index: await placeInLog(input.from, { log: capabilities.trail.log, now }) };
  },
  async run({ credentials = {}, index }, { subject: { item } }, context) {
    const { store, capabilities } = context;
    const { account, name } = item;
    if (await store.items.itemNamed(DESTINATION, account, name)) {
      throw new Refusal("conflict", "There is a destination with this name already.");
    }
    const { totalCount } = await store.items.items(DESTINATION, account, { offset: 0, limit: 1 });
    assertRoom(totalCount, MAX_DESTINATIONS_PER_ACCOUNT, "destinations in an account");
    await assertNamed(item.content.sink, context);
    const content: Destination = {
      ...item.content,
      sealed: await sealCredentials(item, credentials, context),
      // What is recorded from now on stands there or later: this very event is the first to be sent.
      start: { ...item.content.start, index: index ?? capabilities.trail.log.size },
    };
    const made = { ...item, content };
    await store.items.putItem(made);
    return viewOf({ kind: "own", item: made }, context);
  },
});
