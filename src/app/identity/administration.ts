/**
 * That an account is never left without somebody who administers it: nobody could give the right back but whoever has
 * the data folder. A user counts who is active, and a service ID that has an API key to log in with, if they have the
 * right by a policy of their own or as a member that was added by hand. Memberships that end by themselves, the public
 * access group, trusted profiles and what was minted for a secret do not count: they may be worth nothing tomorrow
 * without anybody having changed a thing.
 */
import { isAccessGroupId } from "../../identity/access-group.ts";
import {
  credentialRefusal,
  MAX_API_KEYS_PER_IDENTITY,
  type Principal,
} from "../../identity/api-key.ts";
import { MAX_LIST_LIMIT } from "../../identity/store.ts";
import type { Millis } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Context } from "../operation.ts";
import type { Transaction, View } from "../state.ts";

/**
 * Makes a change that may take an administrator away: deletes a policy, a user, a group, a member of one, a key. Throws
 * `conflict`, which undoes the whole operation, if the account had an administrator before the change and has none
 * after it.
 */
export async function keepAdministered<Result>(
  { store, call, now }: Pick<Context<Transaction>, "store" | "call" | "now">,
  change: () => Promise<Result>,
): Promise<Result> {
  const { account } = call.place;
  const before = await isAdministered(account, store, now);
  const result = await change();
  if (before && !(await isAdministered(account, store, now))) {
    const sentence = "The account would be left without an administrator.";
    throw new Refusal("conflict", sentence, { reason: "last-administrator" });
  }
  return result;
}

/** Whether anybody who can be counted on administers all of the account. */
export async function isAdministered(account: string, view: View, now: Millis): Promise<boolean> {
  for (const { subject } of await view.identity.administration(account)) {
    const isSomebody = isAccessGroupId(subject)
      ? await hasActiveMember({ account, group: subject }, view, now)
      : await isActive({ account, iamId: subject }, view, now);
    if (isSomebody) return true;
  }
  return false;
}

async function hasActiveMember(
  of: { readonly account: string; readonly group: string },
  view: View,
  now: Millis,
): Promise<boolean> {
  const limit = MAX_LIST_LIMIT;
  for (let offset = 0; ; offset += limit) {
    const query = { membership: "static", now } as const;
    const { items } = await view.groups.members(of, query, { offset, limit });
    for (const member of items) if (await isActive(member, view, now)) return true;
    if (items.length < limit) return false;
  }
}

async function isActive(
  { account, iamId }: Pick<Principal, "account" | "iamId">,
  { identity, leases }: View,
  now: Millis,
): Promise<boolean> {
  const owner = await identity.principal(account, iamId);
  if (owner?.kind === "user") return owner.state === "active";
  if (owner?.kind !== "serviceid") return false;
  const all = { offset: 0, limit: MAX_API_KEYS_PER_IDENTITY };
  const { items: keys } = await identity.apiKeys(account, iamId, all);
  const onLease = await leases.leasesOn(iamId);
  if (onLease.some(({ ownsServiceId }) => ownsServiceId)) return false;
  const leased = new Set(onLease.map(({ apiKeyId }) => apiKeyId));
  return keys.some(
    (key) => !leased.has(key.id) && credentialRefusal({ key, owner }, now) === undefined,
  );
}
