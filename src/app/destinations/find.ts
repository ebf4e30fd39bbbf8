/** Finding a destination, by its name or its id: one of the account's, or one that the operator has pinned. */
import { OPERATOR_ACCOUNT } from "../../audit/crn.ts";
import type { Definition } from "../../delivery/definition.ts";
import type { SinkSettings } from "../../delivery/sink.ts";
import type { Item } from "../../items/item.ts";
import { invariant, Refusal } from "../../kernel/errors.ts";
import { targetOf } from "../items/find.ts";
import type { Context, Located } from "../operation.ts";
import type { View } from "../state.ts";
import { definitionOf } from "./definitions.ts";
import type { Pinned } from "./deliveries.ts";
import { DESTINATION, type Destination } from "./destination.ts";

/** IBM's service for where events are sent. */
export const SERVICE = "atracker";

export interface WhichDestination {
  /** Its name, or its id. */
  readonly name: string;
  /** Of a wire that cannot say every destination: those that it cannot are not there for it. */
  readonly knows?: Knows | undefined;
}

export type Knows = (settings: SinkSettings) => boolean;

export type Found =
  | { readonly kind: "own"; readonly item: Item<Destination> }
  | { readonly kind: "pinned"; readonly pinned: Pinned };

/** What the operator has pinned is there for those who see the operator's stream, and changed by nobody. */
export async function locateDestination(
  { name, knows = () => true }: WhichDestination,
  context: Context<View>,
): Promise<Located<Found>> {
  const { items } = context.store;
  const { place } = context.call;
  const resource = { service: SERVICE, place };
  const item =
    (await items.itemNamed(DESTINATION, place.account, name)) ??
    (await items.item(DESTINATION, place.account, name));
  if (item && knows(item.content.sink)) {
    return { target: targetOf(item, place), resource, subject: { kind: "own", item } };
  }
  const pinned = pinnedFor(context).find((one) => one.id === name || one.name === name);
  if (!pinned || item || !knows(pinned.sink)) {
    throw new Refusal("not_found", "There is no such destination.");
  }
  return {
    target: { place, kind: DESTINATION.name, id: pinned.id, name: pinned.name },
    resource,
    subject: { kind: "pinned", pinned },
    changeRefusal: new Refusal("locked", "The operator has pinned it in the configuration.", {
      reason: "pinned",
    }),
  };
}

/** For the steps of a change: what is pinned has been refused by then. */
export function itemOf(found: Found): Item<Destination> {
  invariant(found.kind === "own", "nobody changes what the operator has pinned");
  return found.item;
}

/** Whose delivery is about the whole installation is shown to whoever operates it, and to nobody else. */
export function pinnedFor(
  context: Pick<Context<View>, "parts" | "capabilities">,
): readonly Pinned[] {
  return seesOperators(context) ? context.capabilities.deliveries.pinned : [];
}

/** Whether the caller may see what belongs to no account: failed logins, the server's own doings. */
export function seesOperators({ parts }: Pick<Context<View>, "parts">): boolean {
  // A part that is not bounded is all there is.
  return parts().some(({ account = OPERATOR_ACCOUNT }) => account === OPERATOR_ACCOUNT);
}

/** As the delivery has it; of a pinned one without its credentials, which the delivery knows. */
export async function deliveredOf(
  found: Found,
  context: Context<View>,
): Promise<Definition | Pinned> {
  return found.kind === "own" ? definitionOf(found.item, context) : found.pinned;
}
