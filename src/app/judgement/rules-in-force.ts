/** The rules of an account's policy documents that speak of a caller, under the names that documents have for it. */
import { principalName } from "../../audit/render/dsv.ts";
import { CONFIG, POLICY_DOCUMENT, type PolicyDocument } from "../../identity/documents/document.ts";
import { rulesFor, rulesOf, type Rule } from "../../identity/documents/decide.ts";
import type { Item } from "../../items/item.ts";
import type { Millis } from "../../kernel/clock.ts";
import type { Identity } from "../call.ts";
import type { View } from "../state.ts";

const NONE: readonly Rule[] = [];

/** Rules of a caller, good until a membership of it ends. */
interface OfCaller {
  readonly rules: readonly Rule[];
  readonly until: Millis;
}

/** Kept with the documents they are made of: what is remembered of those is forgotten with every change of who may what. */
interface Compiled {
  readonly rules: readonly Rule[];
  readonly ofCallers: Map<string, OfCaller>;
}
const compiled = new WeakMap<readonly Item<object>[], Compiled>();

export async function rulesInForce(
  caller: Identity,
  { items, groups }: Pick<View, "items" | "groups">,
  now: Millis,
): Promise<readonly Rule[]> {
  const documents = await items.allItems(POLICY_DOCUMENT, caller.account);
  const configs = await items.allItems(CONFIG, caller.account);
  if (documents.length === 0 && configs.length === 0) return NONE;
  const { rules, ofCallers } = compile(documents, configs);
  const held = ofCallers.get(caller.id);
  if (held && now < held.until) return held.rules;
  const { names, until } = await namesOf(caller, groups, now);
  const found: OfCaller = { rules: rulesFor(rules, names), until };
  ofCallers.set(caller.id, found);
  return found.rules;
}

function compile(
  documents: readonly Item<PolicyDocument>[],
  configs: readonly Item<PolicyDocument>[],
): Compiled {
  const held = compiled.get(documents);
  if (held) return held;
  const rules = [...documents, ...configs].flatMap(({ content }) => rulesOf(content));
  const made: Compiled = { rules, ofCallers: new Map() };
  compiled.set(documents, made);
  return made;
}

/** In lower case, as documents are kept: `users:bob`, and every group that it is a member of now. */
async function namesOf(
  caller: Identity,
  groups: View["groups"],
  now: Millis,
): Promise<{ readonly names: readonly string[]; readonly until: Millis }> {
  const names = [principalName(caller)];
  let until = Number.POSITIVE_INFINITY;
  for (const { group: id, expiresAt } of await groups.membershipsOf(caller.account, caller.id)) {
    if (expiresAt !== null && expiresAt <= now) continue;
    const group = await groups.group(caller.account, id);
    if (group) names.push(`groups:${group.name}`);
    if (expiresAt !== null) until = Math.min(until, expiresAt);
  }
  return { names: names.map((name) => name.toLowerCase()), until };
}
