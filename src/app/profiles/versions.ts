/** Versions of trusted profiles: kept whenever what one shows is changed, by whichever wire. */
import {
  checkedOutside,
  NOWHERE_ELSE,
  PROFILE,
  type GivenOutside,
  type ProfileParts,
  type ShownProfileVersion,
} from "../../identity/removed-profile.ts";
import type { TrustedProfile } from "../../identity/trusted-profile.ts";
import type { Item } from "../../items/item.ts";
import type { Recoverable } from "../../identity/recoverable.ts";
import { keepVersion, type Versioned } from "../items/versions.ts";
import type { Context } from "../operation.ts";
import type { Transaction, View } from "../state.ts";

export type ProfileItem = Item<Recoverable<ShownProfileVersion, ProfileParts>>;

/** After it was made or changed; `outside` is what was said of it, and what was not stays. */
export async function keepProfileVersion(
  profile: TrustedProfile,
  outside: GivenOutside,
  context: Context<Transaction>,
): Promise<ProfileItem> {
  return keepVersion(PROFILE, await versionedOf(profile, outside, context.store), context);
}

export async function versionedOf(
  profile: TrustedProfile,
  outside: GivenOutside,
  { items }: Pick<View, "items">,
): Promise<Versioned<ShownProfileVersion>> {
  const { account, id, name, description } = profile;
  const known = await items.item(PROFILE, account, id);
  const shown = {
    name,
    description,
    ...checkedOutside(outside, known?.content.shown ?? NOWHERE_ELSE),
  };
  return { account, id, name, shown };
}
