/** Which entries of the ledger a destination gets. */
import type { Millis } from "../kernel/clock.ts";
import { parseEvent } from "../audit/event.ts";
import { OPERATOR_ACCOUNT } from "../audit/crn.ts";
import { compilePredicate } from "../search/predicate.ts";
import { planQuery } from "../search/planner.ts";
import { projectLine } from "../search/projection.ts";
import type { Vocabulary } from "../search/vocabulary.ts";
import type { Routing, Selection } from "./definition.ts";
import type { Entry } from "./entry.ts";

/** The entry, if the destination gets it. */
export type Select = (index: number, line: Uint8Array) => Entry | undefined;

/** What a filter is read by; a time in it that is said from now is from when it is read. */
export interface Language {
  readonly vocabulary: Vocabulary;
  readonly now: Millis;
}

/** Throws a Refusal `invalid_request` for a filter that cannot be read. */
export function compileSelection(selection: Selection, language: Language): Select {
  const isTheirs = ownerTest(selection);
  const isRouted = routingTest(selection.routing);
  const matches = filterTest(selection.filter, language);
  return (index, line) => {
    const event = parseEvent(line);
    if (!isTheirs(event.account) || !isRouted(event.region) || !matches(index, line)) {
      return undefined;
    }
    return { index, line, event };
  };
}

function ownerTest({ account, includesOperators }: Selection): (account: string) => boolean {
  if (account === null) return (owner) => includesOperators || owner !== OPERATOR_ACCOUNT;
  return (owner) => owner === account || (includesOperators && owner === OPERATOR_ACCOUNT);
}

function filterTest(
  filter: string,
  language: Language,
): (index: number, line: Uint8Array) => boolean {
  if (filter.trim() === "") return () => true;
  const matches = compilePredicate(planQuery(filter, language));
  return (index, line) => matches(projectLine(index, line));
}

/** By region, of which there are few: each is decided once. */
function routingTest(routing: Routing | null): (region: string) => boolean {
  if (routing === null) return () => true;
  const decided = new Map<string, boolean>();
  return (region) => {
    let isHere = decided.get(region);
    if (isHere === undefined) {
      isHere = isRoutedHere(routing, region);
      decided.set(region, isHere);
    }
    return isHere;
  };
}

/**
 * IBM, "Activity Tracker Event Routing": each route by itself, of its rules the first that names the location; what no
 * rule of any route names goes to the default targets.
 */
export function isRoutedHere({ routes, isDefault }: Routing, region: string): boolean {
  const deciding = routes.map((rules) =>
    rules.find(({ locations }) => locations.some((one) => isLocated(region, one))),
  );
  if (deciding.every((rule) => rule === undefined)) return isDefault;
  return deciding.some((rule) => rule?.isHere === true);
}

/** `eu-de` is also where `eu-de-1` is. */
export function isLocated(region: string, location: string): boolean {
  return location === "*" || region === location || region.startsWith(`${location}-`);
}
