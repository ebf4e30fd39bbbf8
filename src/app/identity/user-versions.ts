/** Versions of users: kept whenever what one shows is changed, by whichever wire; and users with what that tells of them. */
import type { IdentityProvider } from "../../identity/identity-provider.ts";
import type { Recoverable } from "../../identity/recoverable.ts";
import { USER, type ShownUserVersion, type UserParts } from "../../identity/removed-user.ts";
import type { User } from "../../identity/user.ts";
import type { Item } from "../../items/item.ts";
import type { Millis } from "../../kernel/clock.ts";
import { keepVersion, type Versioned } from "../items/versions.ts";
import type { Context } from "../operation.ts";
import type { Transaction, View } from "../state.ts";
import { namedById } from "./principal-names.ts";

export type UserItem = Item<Recoverable<ShownUserVersion, UserParts>>;

/** After it was made, or changed from what it `was`. */
export async function keepUserVersion(
  user: User,
  context: Context<Transaction>,
  was?: User,
): Promise<UserItem> {
  const { store } = context;
  const isFirst = was && !(await store.items.item(USER, user.account, user.iamId));
  // Of one that was made before versions were kept, what it was until now is the first.
  if (isFirst) await keepVersion(USER, await versionedUser(was, store, true), context);
  return keepVersion(USER, await versionedUser(user, store), context);
}

/** `isOld`: it was made before versions were kept, and by somebody else. */
export async function versionedUser(
  user: User,
  view: Pick<View, "identity" | "logins">,
  isOld = false,
): Promise<Versioned<ShownUserVersion>> {
  const { account, iamId: id, email: name } = user;
  const shown = await shownUser(user, view);
  if (!isOld) return { account, id, name, shown };
  const made = { by: await namedById(account, user.createdBy, view), now: user.createdAt };
  return { account, id, name, shown, made };
}

/** A user as it is now, or was in one of its versions. */
export interface KnownUser extends ShownUserVersion {
  readonly iamId: string;
  readonly version: number;
  readonly createdAt: Millis;
  readonly createdBy: string;
  readonly modifiedAt: Millis;
  readonly modifiedBy: string;
}

export async function knownUser(
  user: User,
  view: Pick<View, "identity" | "logins" | "items">,
): Promise<KnownUser> {
  const { account, iamId, createdAt } = user;
  const shown = await shownUser(user, view);
  const item = await view.items.item(USER, account, iamId);
  if (item) {
    const { version, createdBy, modifiedAt, modifiedBy } = item;
    return { ...shown, iamId, version, createdAt, createdBy, modifiedAt, modifiedBy };
  }
  const by = await namedById(account, user.createdBy, view);
  const made = { createdAt, createdBy: by, modifiedAt: createdAt, modifiedBy: by };
  return { ...shown, iamId, version: 0, ...made };
}

async function shownUser(user: User, { logins }: Pick<View, "logins">): Promise<ShownUserVersion> {
  const { account, iamId, email, name, state, realm } = user;
  const providers = await logins.identityProviders(account);
  const [link] = await logins.federatedLinksOf(account, iamId);
  const isVouching = (one: IdentityProvider): boolean =>
    link ? one.id === link.provider : one.realm === realm;
  const provider = providers.find(isVouching)?.name ?? "";
  return { email, name, state, provider, externalId: link?.subject ?? "" };
}
