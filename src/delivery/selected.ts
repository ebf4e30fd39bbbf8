/** Which entries of the ledger a destination gets. */
import type { Millis } from "../kernel/clock.ts";
import { Refusal } from "../kernel/errors.ts";
import { parseEvent, type AuditEvent } from "../audit/event.ts";
import { OPERATOR_ACCOUNT } from "../audit/crn.ts";
import { compilePredicate } from "../search/predicate.ts";
import { planQuery } from "../search/planner.ts";
import { projectEvent } from "../search/projection.ts";
import type { Vocabulary } from "../search/vocabulary.ts";
import type { Routing, Selection } from "./definition.ts";
import type { Entry } from "./entry.ts";

/** The entry, if the destination gets it. */
export type Select = (index: number, line: Uint8Array) => Entry | undefined;

/** What a filter is read by. */
export interface Language {
  readonly vocabulary: Vocabulary;
  readonly now: Millis;
}

/**
 * Throws a Refusal `invalid_request` for a filter that cannot be read, or that means another thing at another time: after
 * a while without its receiver a destination would not get what it would have got before.
 */
export function compileSelection(selection: Selection, language: Language): Select {
  const isTheirs = ownerTest(selection);
  const isRouted = routingTest(selection.routing);
  const matches = filterTest(selection.filter, language);
  return (index, line) => {
    const event = parseEvent(line);
    if (!isTheirs(event.account) || !isRouted(event.region) || !matches(index, event)) {
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
  { vocabulary, now }: Language,
): (index: number, event: AuditEvent) => boolean {
  if (filter.trim() === "") return () => true;
  const plan = planQuery(filter, { vocabulary, now });
  const later = planQuery(filter, { vocabulary, now: now + LATER_MS });
  if (JSON.stringify(plan) !== JSON.stringify(later)) {
    const sentence = "The filter of a destination has no times that are said from now.";
    throw new Refusal("invalid_request", sentence, { field: "filter" });
  }
  const matches = compilePredicate(plan);
  return (index, event) => matches(projectEvent(index, event));
}

/** Of another year: `now/y` is another time as well. */
const LATER_MS = 1_000 * 86_400_000;

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
