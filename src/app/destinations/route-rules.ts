/** What a route, or an account's settings of routing, may say: IBM's bounds, and nothing that is not there. */
import { isLocated } from "../../delivery/selected.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Context } from "../operation.ts";
import type { View } from "../state.ts";
import { DESTINATION, type Route, type RouteRule, type RoutingSettings } from "./destination.ts";

/** IBM, "Limits of event routing": other pages of it say 10 routes of 30 rules. */
export const MAX_ROUTES_PER_ACCOUNT = 30;
export const MAX_RULES_PER_ROUTE = 10;
export const MAX_LOCATIONS_PER_RULE = 8;
export const MAX_TARGETS_PER_RULE = 3;
export const MAX_DEFAULT_TARGETS = 2;
export const MAX_ROUTE_NAME_CHARS = 1_000;

/** Where identities are. */
export const GLOBAL = "global";
/** Everywhere. */
export const ANYWHERE = "*";

const NAME = /^[A-Za-z0-9 ._:-]+$/;

type Ports = Pick<Context<View>, "store" | "call" | "capabilities">;

/** Of a route or of a target: by IBM's rule, as it was given. */
export function checkedRoutingName(name: string, what: string): string {
  if (NAME.test(name) && name.trim() === name && name.length <= MAX_ROUTE_NAME_CHARS) return name;
  const sentence = `The name of a ${what} has 1 to ${MAX_ROUTE_NAME_CHARS} letters, digits, -, ., _, : and spaces, none of these at its ends.`;
  throw new Refusal("invalid_request", sentence, { field: "name" });
}

/** Throws `invalid_request` that names the rule, for what no rule can be or what names nothing. */
export async function assertRules(rules: readonly RouteRule[], ports: Ports): Promise<void> {
  if (rules.length > MAX_RULES_PER_ROUTE) {
    throw bad("rules", `has at most ${MAX_RULES_PER_ROUTE} rules`);
  }
  for (const [i, { locations, targetIds }] of rules.entries()) {
    const at = `rules.${i}`;
    assertLocations(locations, `${at}.locations`, ports);
    await assertTargets(targetIds, { field: `${at}.target_ids`, max: MAX_TARGETS_PER_RULE }, ports);
  }
}

/** Throws `invalid_request` for one that is not there, or that gets what it gets whatever routes say. */
export async function assertTargets(
  ids: readonly string[],
  { field, max }: { readonly field: string; readonly max: number },
  { store, call, capabilities }: Ports,
): Promise<void> {
  if (ids.length > max) throw bad(field, `has at most ${max} targets`);
  assertDistinct(ids, field);
  for (const id of ids) {
    if (capabilities.deliveries.pinned.some((pinned) => pinned.id === id)) {
      throw bad(field, "names a target that the operator has pinned: what it gets is said there");
    }
    const found = await store.items.item(DESTINATION, call.place.account, id);
    if (!found) throw bad(field, "names a target that does not exist");
    if (!found.content.isRouted) {
      const sentence = `names the target ${found.name}, which gets everything whatever routes say: set is_routed of it first`;
      throw bad(field, sentence);
    }
  }
}

export function assertRegions(regions: readonly string[], field: string, ports: Ports): void {
  assertDistinct(regions, field);
  for (const region of regions) {
    if (!ports.capabilities.regions.find(region)) {
      throw bad(field, `names no region of this installation: those are ${named(ports)}`);
    }
  }
}

/** Those of them that are no more. */
export async function missingTargets(
  ids: readonly string[],
  { store, call }: Pick<Ports, "store" | "call">,
): Promise<readonly string[]> {
  const there = new Set(
    (await store.items.allItems(DESTINATION, call.place.account)).map(({ id }) => id),
  );
  return [...new Set(ids)].filter((id) => !there.has(id));
}

/**
 * Where nothing is sent by: no rule and no default target is for it, or only such as are no more. A rule without targets
 * means what it says.
 */
export function unroutedAmong(
  locations: readonly string[],
  {
    routes,
    settings,
    isThere,
  }: {
    readonly routes: readonly Route[];
    readonly settings: Pick<RoutingSettings, "defaultTargets">;
    readonly isThere: (id: string) => boolean;
  },
): readonly string[] {
  return locations.filter((location) => {
    const deciding = routes.flatMap(({ rules }) => {
      const rule = rules.find((one) => one.locations.some((at) => isLocated(location, at)));
      return rule ? [rule] : [];
    });
    if (deciding.length === 0) return !settings.defaultTargets.some(isThere);
    return deciding.every(({ targetIds }) => targetIds.length > 0 && !targetIds.some(isThere));
  });
}

function assertLocations(locations: readonly string[], field: string, ports: Ports): void {
  if (locations.length === 0) throw bad(field, "names one location at least");
  if (locations.length > MAX_LOCATIONS_PER_RULE) {
    throw bad(field, `has at most ${MAX_LOCATIONS_PER_RULE} locations`);
  }
  assertDistinct(locations, field);
  for (const location of locations) {
    const isKnown =
      location === ANYWHERE ||
      location === GLOBAL ||
      ports.capabilities.regions.find(location) !== undefined;
    if (!isKnown) {
      throw bad(field, `names no location: those are ${ANYWHERE}, ${GLOBAL}, ${named(ports)}`);
    }
  }
}

function assertDistinct(texts: readonly string[], field: string): void {
  if (new Set(texts).size < texts.length) throw bad(field, "names one twice");
}

function named({ capabilities }: Ports): string {
  return capabilities.regions.all.map(({ id }) => id).join(", ");
}

function bad(field: string, what: string): Refusal {
  return new Refusal("invalid_request", `The field ${field} ${what}.`, { field });
}
