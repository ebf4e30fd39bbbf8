/**
 * What an account's configuration is before anybody has written one: DSV's first permissions, which are what holds
 * anyway. Its owner may do everything, and nobody but their owners anything in homes.
 */
import {
  CONFIG,
  CONFIG_NAME,
  type AccountConfig,
  type Permission,
} from "../../identity/documents/document.ts";
import { ANYTHING } from "../../identity/documents/pattern.ts";
import { MAX_LIST_LIMIT } from "../../identity/store.ts";
import type { User } from "../../identity/user.ts";
import { newItem, type Item } from "../../items/item.ts";
import { invariant } from "../../kernel/errors.ts";
import type { View } from "../state.ts";

const MADE_BY = "system";

/** Of no event and no effect until it is written: version 0. */
export async function defaultConfig(
  account: string,
  { identity }: Pick<View, "identity">,
): Promise<Item<AccountConfig>> {
  const made = await identity.account(account);
  invariant(made !== undefined, "whoever calls is of an account");
  const owner = await ownerOf(account, { identity });
  const content = {
    permissionDocument: owner ? permissionsFor(`users:${owner.email}`) : [],
    refreshTokenTTLHours: 0,
  };
  const named = { account, id: account, name: CONFIG_NAME, content };
  return newItem(CONFIG, named, { by: MADE_BY, now: made.createdAt });
}

async function ownerOf(
  account: string,
  { identity }: Pick<View, "identity">,
): Promise<User | undefined> {
  for (let offset = 0; ; offset += MAX_LIST_LIMIT) {
    const { items } = await identity.users(account, { offset, limit: MAX_LIST_LIMIT });
    const owner = items.find(({ isOwner }) => isOwner);
    if (owner || items.length < MAX_LIST_LIMIT) return owner;
  }
}

function permissionsFor(subject: string): readonly Permission[] {
  const whole = { subjects: [subject], actions: [ANYTHING], conditions: {} };
  return [
    {
      ...whole,
      id: "default-admin",
      description: "Default Admin Permissions",
      effect: "allow",
      resources: [ANYTHING],
    },
    {
      ...whole,
      id: "default-deny-home",
      description: "Default Deny Home Permissions",
      effect: "deny",
      resources: [`home:${ANYTHING}`],
    },
  ];
}
