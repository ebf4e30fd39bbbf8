/** Shows destinations: one of them, or a part of the list. */
import type { Item, PartByName } from "../../items/item.ts";
import { readOperation, type Context } from "../operation.ts";
import type { View } from "../state.ts";
import { DESTINATION, type Destination } from "./destination.ts";
import {
  locateDestination,
  pinnedFor,
  SERVICE,
  type Found,
  type Knows,
  type WhichDestination,
} from "./find.ts";
import { viewOf, type DestinationView } from "./view.ts";

export const readDestination = readOperation<WhichDestination, Found, DestinationView>({
  name: "destination.read",
  locate: locateDestination,
  async run(_input, { subject }, context) {
    return viewOf(subject, context);
  },
});

export interface ListDestinationsInput extends Partial<PartByName> {
  /** Of a wire that cannot say every destination. */
  readonly knows?: Knows | undefined;
  /** Also those that the operator has pinned, after the account's own, for whoever sees the operator's stream. */
  readonly includesPinned?: boolean;
}

export interface ListedDestinations {
  readonly destinations: readonly DestinationView[];
  readonly totalCount: number;
}

export const listDestinations = readOperation<ListDestinationsInput, null, ListedDestinations>({
  name: "destination.list",
  async locate(_input, { call: { place } }) {
    return {
      target: { place, kind: "", id: "", name: "" },
      resource: { service: SERVICE, place },
      subject: null,
    };
  },
  async run(input, _located, context) {
    const { offset = 0, limit = Infinity } = input;
    const found = await foundBy(input, context);
    return {
      destinations: found.slice(offset, offset + limit).map((one) => viewOf(one, context)),
      totalCount: found.length,
    };
  },
});

/** There are so few that they are ordered here. */
async function foundBy(
  {
    search = "",
    sortBy = "name",
    order = "asc",
    knows = () => true,
    ...input
  }: ListDestinationsInput,
  context: Context<View>,
): Promise<readonly Found[]> {
  const { store, call } = context;
  const own = await store.items.allItems(DESTINATION, call.place.account);
  const pinned = input.includesPinned ? pinnedFor(context) : [];
  const isFound = (name: string) => name.toLowerCase().includes(search.toLowerCase());
  const sign = order === "asc" ? 1 : -1;
  return [
    ...own
      .filter(({ name, content }) => isFound(name) && knows(content.sink))
      .toSorted((a, b) => sign * compared(a, b, sortBy))
      .map((item): Found => ({ kind: "own", item })),
    ...pinned
      .filter(({ name, sink }) => isFound(name) && knows(sink))
      .map((one): Found => ({ kind: "pinned", pinned: one })),
  ];
}

function compared(a: Item<Destination>, b: Item<Destination>, by: PartByName["sortBy"]): number {
  const byName = a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
  return by === "name" ? byName : a[by] - b[by] || byName;
}
