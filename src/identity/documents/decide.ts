/** What policy documents say of a call: denied, allowed, or nothing. */
import { isAddressAllowed } from "../addresses.ts";
import { ACTIONS, type Permission, type PolicyDocument } from "./document.ts";
import { documentPattern, type DocumentPattern } from "./pattern.ts";

/** A permission, its patterns ready to be asked. */
export interface Rule {
  readonly effect: "allow" | "deny";
  readonly subjects: readonly DocumentPattern[];
  readonly resources: readonly DocumentPattern[];
  readonly actions: readonly DocumentPattern[];
  /** Lists of ranges of addresses; a call has to come from one of each. */
  readonly cidrs: readonly (readonly string[])[];
}

export interface AskedAction {
  /** The path of what is acted on; of what is being made also that of its kind. */
  readonly resources: readonly string[];
  readonly action: string;
}

export interface AskedOfDocuments extends AskedAction {
  /** What denies it besides, and does not allow it. */
  readonly alsoDenied?: AskedAction;
  readonly address: string;
}

export type DocumentDecision = "denied" | "allowed" | "silent";

/** Of each permission of the document one, in their order. */
export function rulesOf({ permissionDocument }: PolicyDocument): readonly Rule[] {
  return permissionDocument.map(ruleOf);
}

/** Most rules speak of others than whoever calls: of those nothing but the subjects is ever compiled. */
function ruleOf({ effect, subjects, resources, actions, conditions }: Permission): Rule {
  let onResources: readonly DocumentPattern[] | undefined;
  let ofActions: readonly DocumentPattern[] | undefined;
  return {
    effect,
    subjects: subjects.map((text) => documentPattern(text, "subjects")),
    get resources() {
      return (onResources ??= resources.map((text) => documentPattern(text, "resources")));
    },
    get actions() {
      return (ofActions ??= actions.map((text) => actionPattern(text)));
    },
    cidrs: Object.values(conditions).map(({ options: { cidr } }) => [cidr]),
  };
}

/** Of the few actions that there are, each is tried once. */
function actionPattern(text: string): DocumentPattern {
  const pattern = documentPattern(text, "actions");
  const matched = new Set<string>(ACTIONS.filter((action) => pattern.matches(action)));
  return { ...pattern, matches: (action) => matched.has(action) };
}

/** Those that speak of a caller under any of its names. */
export function rulesFor(rules: readonly Rule[], names: readonly string[]): readonly Rule[] {
  return rules.filter((rule) => isAbout(rule, names));
}

/** Whether the rule speaks of whoever has one of these names. */
export function isAbout({ subjects }: Pick<Rule, "subjects">, names: readonly string[]): boolean {
  return names.some((name) => isAny(subjects, name));
}

/** Whether the rule speaks of the action on one of these paths. */
export function speaksOf(
  rule: Pick<Rule, "effect" | "resources" | "actions">,
  { alsoDenied, ...asked }: Omit<AskedOfDocuments, "address">,
): boolean {
  if (isOn(rule, asked)) return true;
  return rule.effect === "deny" && alsoDenied !== undefined && isOn(rule, alsoDenied);
}

function isOn(
  rule: Pick<Rule, "effect" | "resources" | "actions">,
  { resources, action }: AskedAction,
): boolean {
  if (!isAny(rule.actions, action)) return false;
  return resources.some((path) => rule.resources.some((pattern) => reaches(rule, pattern, path)));
}

/** Of rules that speak of the caller. */
export function decideByDocuments(
  rules: readonly Rule[],
  { address, ...asked }: AskedOfDocuments,
): DocumentDecision {
  let decision: DocumentDecision = "silent";
  for (const rule of rules) {
    if (!speaksOf(rule, asked)) continue;
    if (!rule.cidrs.every((ranges) => isAddressAllowed(ranges, address))) continue;
    if (rule.effect === "deny") return "denied";
    decision = "allowed";
  }
  return decision;
}

const HOME = "home";

/** Homes are their owners' own: no rule lets anybody in that does not say so, least of all one for everything. */
function reaches({ effect }: Pick<Rule, "effect">, pattern: DocumentPattern, path: string) {
  const isHome = path === HOME || path.startsWith(`${HOME}:`);
  if (isHome && effect === "allow" && !pattern.head.startsWith(HOME)) return false;
  return pattern.matches(path);
}

function isAny(patterns: readonly DocumentPattern[], text: string): boolean {
  return patterns.some((pattern) => pattern.matches(text));
}
