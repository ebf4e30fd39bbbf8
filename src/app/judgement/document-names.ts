/** An identity under the names that policy documents have for it: its own, and those of the groups it is in. */
import { principalName } from "../../audit/render/dsv.ts";
import type { AccessGroup, Member } from "../../identity/access-group.ts";
import type { Principal } from "../../identity/api-key.ts";
import { lowerCased } from "../../identity/documents/pattern.ts";
import { HOME_REALM } from "../../identity/user.ts";
import type { Millis } from "../../kernel/clock.ts";
import type { Identity } from "../call.ts";
import { initiatorTypeOf, nameOf } from "../identity/caller.ts";
import type { View } from "../state.ts";

/** In lower case, as documents are kept. */
export interface Names {
  readonly own: readonly string[];
  readonly groups: readonly InGroup[];
  /** When the first of its memberships ends. */
  readonly until: Millis;
}

export interface InGroup {
  /** `groups:audit-readers` */
  readonly name: string;
  readonly group: AccessGroup;
  readonly member: Member;
}

/** Also of one that is deleted, but calls: then by its name alone. */
export async function namesOf(
  { id, name, account, typeURI }: Pick<Identity, "id" | "name" | "account" | "typeURI">,
  { identity, groups }: Pick<View, "identity" | "groups">,
  now: Millis,
): Promise<Names> {
  const own = [principalName({ id, name, typeURI })];
  const principal = await identity.principal(account, id);
  if (principal?.kind === "user" && principal.realm !== HOME_REALM) {
    own.push(`users:${principal.realm}:${principal.email}`);
  }
  const found: InGroup[] = [];
  let until = Number.POSITIVE_INFINITY;
  for (const member of await groups.membershipsOf(account, id)) {
    const { expiresAt } = member;
    if (expiresAt !== null && expiresAt <= now) continue;
    if (expiresAt !== null) until = Math.min(until, expiresAt);
    const group = await groups.group(account, member.group);
    if (group) found.push({ name: groupName(group.name), group, member });
  }
  return { own: own.map(lowerCased), groups: found, until };
}

/** The same of an identity that does not call. */
export function namesOfPrincipal(
  principal: Principal,
  view: Pick<View, "identity" | "groups">,
  now: Millis,
): Promise<Names> {
  const { iamId: id, account } = principal;
  const known = { id, account, name: nameOf(principal), typeURI: initiatorTypeOf(id) };
  return namesOf(known, view, now);
}

export function groupName(name: string): string {
  return lowerCased(`groups:${name}`);
}
