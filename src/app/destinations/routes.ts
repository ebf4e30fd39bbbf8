/** Routes: which destinations get what of the trail, by where it happened. IBM's event routing, "routes". */
import { newItem, revised, type Item } from "../../items/item.ts";
import { Refusal } from "../../kernel/errors.ts";
import { handOf } from "../items/hand.ts";
import { targetOf } from "../items/find.ts";
import { changeOperation, readOperation, type Context, type Located } from "../operation.ts";
import type { View } from "../state.ts";
import { ROUTE, type Route, type RouteRule } from "./destination.ts";
import { SERVICE } from "./find.ts";
import {
  assertRules,
  checkedRoutingName,
  MAX_ROUTES_PER_ACCOUNT,
  missingTargets,
} from "./route-rules.ts";
import { routingChanged } from "./routing-changed.ts";

export interface RouteInput {
  readonly id: string;
}

export interface CreateRouteInput {
  readonly name: string;
  readonly rules: readonly RouteRule[];
}

/** With the targets that its rules name and that are no more: what they would get is sent nowhere. */
export interface ShownRoute {
  readonly id: string;
  readonly route: Item<Route>;
  readonly missing: readonly string[];
}

export const createRoute = changeOperation<CreateRouteInput, Item<Route>, ShownRoute>({
  name: "route.create",
  async locate({ name: given, rules }, context) {
    const { place } = context.call;
    const name = checkedRoutingName(given, "route");
    const route = newItem(
      ROUTE,
      { account: place.account, name, content: { rules } },
      handOf(context),
    );
    return {
      target: targetOf(route, place),
      resource: { service: SERVICE, place },
      subject: route,
      facts: { rules: recordedRules(rules) },
    };
  },
  async run({ rules }, { subject: route }, context) {
    const { items } = context.store;
    // What cannot be understood is not recorded: that is found out first.
    await assertRules(rules, context);
    await assertNameIsFree(route.name, context);
    const { totalCount } = await items.items(ROUTE, route.account, { offset: 0, limit: 1 });
    if (totalCount >= MAX_ROUTES_PER_ACCOUNT) {
      const sentence = `There may be ${MAX_ROUTES_PER_ACCOUNT} routes in an account, and there are.`;
      throw new Refusal("limit_reached", sentence, { reason: "route-limit" });
    }
    await items.putItem(route);
    await routingChanged(context);
    return { id: route.id, route, missing: [] };
  },
});

export const readRoute = readOperation<RouteInput, Item<Route>, ShownRoute>({
  name: "route.read",
  locate: locateRoute,
  run: (_input, { subject }, context) => shown(subject, context),
});

export interface ListedRoutes {
  readonly routes: readonly ShownRoute[];
  readonly totalCount: number;
}

export const listRoutes = readOperation<object, null, ListedRoutes>({
  name: "route.list",
  async locate(_input, { call: { place } }) {
    return {
      target: { place, kind: "", id: "", name: "" },
      resource: { service: SERVICE, place },
      subject: null,
    };
  },
  async run(_input, _located, context) {
    const found = await context.store.items.allItems(ROUTE, context.call.place.account);
    const byAge = found.toSorted((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
    const routes = await Promise.all(byAge.map((route) => shown(route, context)));
    return { routes, totalCount: routes.length };
  },
});

export interface UpdateRouteInput extends RouteInput {
  /** Left out, it stays what it is. */
  readonly name?: string | undefined;
  /** In place of all that there are. */
  readonly rules: readonly RouteRule[];
}

export const updateRoute = changeOperation<UpdateRouteInput, Item<Route>, ShownRoute>({
  name: "route.update",
  async locate(input, context) {
    const { rules } = input;
    const located = await locateRoute(input, context);
    const name =
      input.name === undefined ? located.subject.name : checkedRoutingName(input.name, "route");
    return {
      ...located,
      facts: { rules: recordedRules(rules) },
      becomes: { ...located.target, name },
    };
  },
  async run({ rules }, { subject: before, becomes }, context) {
    const name = becomes?.name ?? before.name;
    await assertRules(rules, context);
    if (name !== before.name) await assertNameIsFree(name, context);
    const after = revised(before, { name, content: { rules } }, handOf(context));
    await context.store.items.putItem(after);
    await routingChanged(context);
    return { id: after.id, route: after, missing: [] };
  },
});

export const deleteRoute = changeOperation<RouteInput, Item<Route>, object>({
  name: "route.delete",
  locate: locateRoute,
  async run(_input, { subject }, context) {
    await context.store.items.deleteItem(subject);
    await routingChanged(context);
    return {};
  },
});

/** By its id alone: names are anybody's choice, an id of another route as well. */
async function locateRoute(
  { id }: RouteInput,
  { store, call: { place } }: Context<View>,
): Promise<Located<Item<Route>>> {
  const route = await store.items.item(ROUTE, place.account, id);
  if (!route) throw new Refusal("not_found", "There is no such route.");
  return {
    target: targetOf(route, place),
    resource: { service: SERVICE, place },
    subject: route,
  };
}

async function shown(route: Item<Route>, context: Context<View>): Promise<ShownRoute> {
  const ids = route.content.rules.flatMap(({ targetIds }) => targetIds);
  return { id: route.id, route, missing: await missingTargets(ids, context) };
}

async function assertNameIsFree(name: string, { store, call }: Context<View>): Promise<void> {
  if (!(await store.items.itemNamed(ROUTE, call.place.account, name))) return;
  throw new Refusal("conflict", "A route with this name already exists.", { field: "name" });
}

/** By IBM's names of their fields. */
function recordedRules(rules: readonly RouteRule[]): readonly object[] {
  return rules.map(({ targetIds, locations }) => ({ target_ids: targetIds, locations }));
}
