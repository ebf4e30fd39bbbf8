/** A trusted profile as a role: called by its name, with who it is elsewhere, its version, and the groups that it is in. */
import { isInForce } from "../../identity/access-group.ts";
import { NOWHERE_ELSE, PROFILE, type Outside } from "../../identity/removed-profile.ts";
import type { TrustedProfile } from "../../identity/trusted-profile.ts";
import type { Millis } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import { namedById } from "../identity/named-by-id.ts";
import { markedRefusal, targetOf } from "../items/find.ts";
import type { Context, Located } from "../operation.ts";
import type { View } from "../state.ts";

/** By its name, or by its id. */
export interface CalledRole {
  readonly name: string;
}

export interface Role extends Outside {
  /** Both recorded of one that was made. */
  readonly id: string;
  readonly iamId: string;
  readonly name: string;
  readonly description: string;
  /** Names of groups. */
  readonly groups: readonly string[];
  readonly version: number;
  readonly createdAt: Millis;
  readonly createdBy: string;
  readonly modifiedAt: Millis;
  readonly modifiedBy: string;
}

export async function roleOf(
  profile: TrustedProfile,
  { store, now }: Pick<Context<View>, "store" | "now">,
): Promise<Role> {
  const { account, id, iamId, name, description, createdAt, modifiedAt } = profile;
  const item = await store.items.item(PROFILE, account, id);
  const { provider, externalId } = item?.content.shown ?? NOWHERE_ELSE;
  const createdBy =
    item?.createdAt === createdAt
      ? item.createdBy
      : await namedById(account, profile.createdBy, store);
  return {
    id,
    iamId,
    name,
    description,
    provider,
    externalId,
    groups: await groupsOf(profile, { store, now }),
    version: item?.version ?? 0,
    createdAt,
    createdBy,
    modifiedAt,
    modifiedBy: item?.modifiedBy ?? createdBy,
  };
}

async function groupsOf(
  { account, iamId }: TrustedProfile,
  { store: { groups }, now }: Pick<Context<View>, "store" | "now">,
): Promise<readonly string[]> {
  const memberships = await groups.membershipsOf(account, iamId);
  const ids = new Set(memberships.filter((one) => isInForce(one, now)).map(({ group }) => group));
  const names: string[] = [];
  for (const id of ids) {
    const group = await groups.group(account, id);
    if (group) names.push(group.name);
  }
  return names.toSorted();
}

/** Refuses one that is not there. */
export async function roleCalled(
  { name }: CalledRole,
  { store, call }: Pick<Context<View>, "store" | "call">,
): Promise<TrustedProfile> {
  const { account } = call.place;
  const profile =
    (await store.profiles.profileByName(account, name)) ??
    (await store.profiles.profile(account, name));
  if (!profile) throw new Refusal("not_found", "There is no such role.");
  return profile;
}

/** Where it is one that was deleted and can be had back: located all the same, so that the record has it, and refused. */
export async function removedRole(
  { name }: CalledRole,
  { store: { items }, call }: Pick<Context<View>, "store" | "call">,
): Promise<Omit<Located<unknown>, "subject"> | undefined> {
  const { place } = call;
  const item =
    (await items.itemNamed(PROFILE, place.account, name)) ??
    (await items.item(PROFILE, place.account, name));
  if (!item?.removal) return undefined;
  return {
    target: targetOf(item, place),
    resource: { service: "iam-identity", place },
    refusal: markedRefusal(),
  };
}
