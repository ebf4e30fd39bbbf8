/** The rules of an account's policy documents that speak of a caller, under the names that documents have for it. */
import { CONFIG, POLICY_DOCUMENT, type PolicyDocument } from "../../identity/documents/document.ts";
import { rulesFor, rulesOf, type Rule } from "../../identity/documents/decide.ts";
import type { Item } from "../../items/item.ts";
import type { Millis } from "../../kernel/clock.ts";
import type { Identity } from "../call.ts";
import type { View } from "../state.ts";
import { namesOf } from "./document-names.ts";

/** Versions of documents whose patterns are kept compiled; the oldest goes for the newest, and is then read again. */
export const MAX_KNOWN_DOCUMENTS = 5_000;

const NONE: readonly Rule[] = [];

/** Rules of a caller, good until a membership of it ends. */
interface OfCaller {
  readonly rules: readonly Rule[];
  readonly until: Millis;
}

/** Kept with the documents they are made of: what is remembered of those is forgotten with every change of who may what. */
interface InForce {
  readonly rules: readonly Rule[];
  readonly ofCallers: Map<string, OfCaller>;
}
const inForce = new WeakMap<readonly Item<object>[], InForce>();

export async function rulesInForce(
  caller: Identity,
  { items, groups, identity }: Pick<View, "items" | "groups" | "identity">,
  now: Millis,
): Promise<readonly Rule[]> {
  const documents = await items.allItems(POLICY_DOCUMENT, caller.account);
  const configs = await items.allItems(CONFIG, caller.account);
  if (documents.length === 0 && configs.length === 0) return NONE;
  const { rules, ofCallers } = rulesAmong(documents, configs);
  const held = ofCallers.get(caller.id);
  if (held && now < held.until) return held.rules;
  const { own, groups: joined, until } = await namesOf(caller, { identity, groups }, now);
  const names = [...own, ...joined.map(({ name }) => name)];
  const found: OfCaller = { rules: rulesFor(rules, names), until };
  ofCallers.set(caller.id, found);
  return found.rules;
}

function rulesAmong(
  documents: readonly Item<PolicyDocument>[],
  configs: readonly Item<PolicyDocument>[],
): InForce {
  const held = inForce.get(documents);
  if (held) return held;
  const rules = [...documents, ...configs].flatMap(compiledRulesOf);
  const made: InForce = { rules, ofCallers: new Map() };
  inForce.set(documents, made);
  return made;
}

/** A version never changes, and none is read here before it is committed. */
const compiled = new Map<string, readonly Rule[]>();

/** Of each permission of the document one. Compiled once, as long as it is asked for. */
export function compiledRulesOf({ id, version, content }: Item<PolicyDocument>): readonly Rule[] {
  const key = `${id} ${version}`;
  const held = compiled.get(key);
  if (held) return held;
  const rules = rulesOf(content);
  compiled.set(key, rules);
  for (const oldest of compiled.keys()) {
    if (compiled.size <= MAX_KNOWN_DOCUMENTS) break;
    compiled.delete(oldest);
  }
  return rules;
}
