/** Destinations as the delivery needs them, from how they are kept. */
import type { Definition, Routing } from "../../delivery/definition.ts";
import type { Item } from "../../items/item.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Context } from "../operation.ts";
import type { View } from "../state.ts";
import { openCredentials } from "./credentials.ts";
import {
  DESTINATION,
  ROUTE,
  ROUTING_SETTINGS,
  SETTINGS_NAME,
  type Destination,
  type Route,
} from "./destination.ts";

type Ports = Pick<Context<View>, "store" | "capabilities">;

/**
 * Every account's. As long as the vault is sealed, those with credentials wait: others do not. One whose credentials do not
 * open otherwise (altered, lost) says so, and is no reason for any other not to be delivered to.
 */
export async function definitionsOf(ports: Ports): Promise<readonly Definition[]> {
  const { identity, items } = ports.store;
  const found: Definition[] = [];
  for (const { id: account } of await identity.accounts()) {
    for (const item of await items.allItems(DESTINATION, account)) {
      found.push(await openedOrWaiting(item, ports));
    }
  }
  return found;
}

async function openedOrWaiting(item: Item<Destination>, ports: Ports): Promise<Definition> {
  const shape = await shapeOf(item, ports);
  try {
    return { ...shape, credentials: await openCredentials(item, ports) };
  } catch (error) {
    const isSealed = error instanceof Refusal && error.code === "sealed";
    if (isSealed) return { ...shape, credentials: {}, isWaiting: true };
    return { ...shape, credentials: {}, problem: "its credentials cannot be opened" };
  }
}

/** Throws the vault's Refusal `sealed` as long as credentials cannot be opened. */
export async function definitionOf(item: Item<Destination>, ports: Ports): Promise<Definition> {
  const credentials = await openCredentials(item, ports);
  return { ...(await shapeOf(item, ports)), credentials };
}

async function shapeOf(
  item: Item<Destination>,
  ports: Ports,
): Promise<Omit<Definition, "credentials">> {
  const { id, name, account, content } = item;
  const { sink, filter, includesOperators, isRouted, isPaused, maxBacklog, start } = content;
  const routing = isRouted ? await routingTo(id, account, ports.store) : null;
  const routedFrom = isRouted ? await routingChangedAt(account, ports.store) : 0;
  const selectedFrom = Math.max(content.selectedFrom ?? 0, routedFrom);
  return {
    id,
    name,
    sink,
    selection: { account, includesOperators, filter, routing },
    isPaused,
    isPinned: false,
    maxBacklog,
    start,
    ...(selectedFrom > 0 ? { selectedFrom } : {}),
  };
}

async function routingChangedAt(account: string, { items }: View): Promise<number> {
  const settings = await items.itemNamed(ROUTING_SETTINGS, account, SETTINGS_NAME);
  return settings?.content.changedAt ?? 0;
}

/** What the account's routes send to one destination. */
async function routingTo(id: string, account: string, { items }: View): Promise<Routing> {
  const routes = await items.allItems(ROUTE, account);
  const settings = await items.itemNamed(ROUTING_SETTINGS, account, SETTINGS_NAME);
  return {
    routes: routes.map(({ content }: Item<Route>) =>
      content.rules.map(({ locations, targetIds }) => ({
        locations,
        isHere: targetIds.includes(id),
      })),
    ),
    isDefault: settings?.content.defaultTargets.includes(id) ?? false,
  };
}
