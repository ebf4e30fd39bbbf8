/** What policy documents say of a call: denied, allowed, or nothing. */
import { isAddressAllowed } from "../addresses.ts";
import type { Permission, PolicyDocument } from "./document.ts";
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

export interface AskedOfDocuments {
  /** The path of what is acted on; of what is being made also that of its kind. */
  readonly resources: readonly string[];
  readonly action: string;
  readonly address: string;
}

export type DocumentDecision = "denied" | "allowed" | "silent";

export function rulesOf({ permissionDocument }: PolicyDocument): readonly Rule[] {
  return permissionDocument.map(ruleOf);
}

function ruleOf({ effect, subjects, resources, actions, conditions }: Permission): Rule {
  return {
    effect,
    subjects: subjects.map((text) => documentPattern(text, "subjects")),
    resources: resources.map((text) => documentPattern(text, "resources")),
    actions: actions.map((text) => documentPattern(text, "actions")),
    cidrs: Object.values(conditions).map(({ options: { cidr } }) => [cidr]),
  };
}

/** Those that speak of a caller under any of its names. */
export function rulesFor(rules: readonly Rule[], names: readonly string[]): readonly Rule[] {
  return rules.filter(({ subjects }) => names.some((name) => isAny(subjects, name)));
}

/** Of rules that speak of the caller. */
export function decideByDocuments(
  rules: readonly Rule[],
  { resources, action, address }: AskedOfDocuments,
): DocumentDecision {
  let decision: DocumentDecision = "silent";
  for (const rule of rules) {
    if (!isAny(rule.actions, action)) continue;
    if (!resources.some((resource) => isAny(rule.resources, resource))) continue;
    if (!rule.cidrs.every((ranges) => isAddressAllowed(ranges, address))) continue;
    if (rule.effect === "deny") return "denied";
    decision = "allowed";
  }
  return decision;
}

function isAny(patterns: readonly DocumentPattern[], text: string): boolean {
  return patterns.some((pattern) => pattern.matches(text));
}
