/** Users by what policy documents call them: `bob`, `okta:bob`. Also those that were deleted and can be had back. */
import type { OperationName } from "../../audit/catalogue.ts";
import { USER } from "../../identity/removed-user.ts";
import type { User } from "../../identity/user.ts";
import { Refusal } from "../../kernel/errors.ts";
import { markedRefusal } from "../items/find.ts";
import type { Context, Located } from "../operation.ts";
import type { View } from "../state.ts";
import { inAccount } from "./find.ts";
import { userCalled } from "./principal-names.ts";
import type { UserItem } from "./user-versions.ts";

export interface NamedKnownUser {
  readonly userName: string;
}

export interface FoundUser {
  readonly user: User;
  /** Of one that is deleted and can be had back; null of all others. */
  readonly removed: UserItem | null;
}

/** One that is deleted is refused to all but what brings it back, or ends it. Everyone is its own owner. */
export async function locateKnownUser(
  operation: OperationName,
  { userName }: NamedKnownUser,
  { store, call }: Context<View>,
): Promise<Located<FoundUser>> {
  const found = await foundUser(userName, call.place.account, store);
  const { user, removed } = found;
  const { iamId, email } = user;
  const located = inAccount(operation, call, {
    target: { kind: "user", id: iamId, name: email },
    subject: found,
    owner: removed ? undefined : iamId,
  });
  return removed ? { ...located, refusal: markedRefusal() } : located;
}

async function foundUser(userName: string, account: string, view: View): Promise<FoundUser> {
  const user = await userCalled(account, userName, view);
  if (user) return { user, removed: null };
  const removed = await removedUser(userName, account, view);
  const parts = removed?.content.parts;
  if (!removed || !parts) throw new Refusal("not_found", "There is no such user.");
  return { user: parts.user, removed };
}

/** By what the user logged in with, with or without the provider before it. */
async function removedUser(
  userName: string,
  account: string,
  { items }: View,
): Promise<UserItem | undefined> {
  const name = userName.toLowerCase();
  const whole = await items.itemNamed(USER, account, name);
  const at = name.indexOf(":");
  if (whole || at < 0) return isRemoved(whole) ? whole : undefined;
  const item = await items.itemNamed(USER, account, name.slice(at + 1));
  const isOfProvider = item?.content.shown.provider.toLowerCase() === name.slice(0, at);
  return isOfProvider && isRemoved(item) ? item : undefined;
}

function isRemoved(item: UserItem | undefined): boolean {
  return item !== undefined && item.removal !== null;
}
