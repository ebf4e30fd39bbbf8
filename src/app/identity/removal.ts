/** What goes with an identity that is deleted, each part with an event of its own; and what may not go. */
import type { ApiKey, Principal } from "../../identity/api-key.ts";
import type { Policy } from "../../identity/policy.ts";
import { MAX_LIST_LIMIT, type Listed } from "../../identity/store.ts";
import { isUserId } from "../../identity/user.ts";
import { Refusal } from "../../kernel/errors.ts";
import { leaveGroups } from "../groups/leave-groups.ts";
import type { Context } from "../operation.ts";
import { loseTrust } from "../profiles/lose-trust.ts";
import type { Transaction } from "../state.ts";
import { keepAdministered } from "./administration.ts";
import { targetOf } from "./find.ts";

export function assertUnlocked({ locked }: { readonly locked: boolean }, what: string): void {
  if (locked)
    throw new Refusal("locked", `The ${what} is locked: it cannot be changed or deleted.`);
}

/**
 * Deletes the identity's API keys and policies, takes it out of its access groups and ends the trust that profiles have
 * in it, and has each recorded as a consequence. Refused where it would leave the account without an administrator.
 */
export async function removeWithIdentity(
  identity: Principal,
  context: Context<Transaction>,
): Promise<void> {
  for (const key of await keysOf(identity, context)) {
    assertUnlocked(key, "API key of this identity");
  }
  await keepAdministered(context, () => removeBelongings(identity, context));
}

/** The same, whatever is locked and whoever administers the account: for what ends by itself. */
export async function removeBelongings(
  identity: Principal,
  context: Context<Transaction>,
): Promise<void> {
  const { account, iamId } = identity;
  for (const key of await keysOf(identity, context)) await removeKey(key, context);
  await removePolicies(account, iamId, context);
  await leaveGroups({ account, iamId }, context);
  await loseTrust({ account, iamId }, context);
}

function keysOf(
  { account, iamId }: Principal,
  { store }: Context<Transaction>,
): Promise<readonly ApiKey[]> {
  return whole((offset, limit) => store.identity.apiKeys(account, iamId, { offset, limit }));
}

/** Ends its sessions with it, and has that recorded as a consequence. */
export async function removeKey(
  key: ApiKey,
  { store, call, also }: Context<Transaction>,
): Promise<void> {
  const { account, id, iamId, name } = key;
  await store.identity.deleteApiKey(account, id);
  const target = targetOf(call, { kind: "apikey", id, name });
  also({ operation: deletionOf(key), target, input: { id, iamId }, output: {} });
}

/** Deletes every policy of an identity or an access group, and has each recorded as a consequence; how many. */
export async function removePolicies(
  account: string,
  subject: string,
  context: Context<Transaction>,
): Promise<number> {
  const policies = await whole((offset, limit) =>
    context.store.identity.policies(account, subject, { offset, limit }),
  );
  for (const policy of policies) await removePolicy(policy, context);
  return policies.length;
}

/** Has it recorded as a consequence. */
export async function removePolicy(
  policy: Policy,
  { store, call, also }: Context<Transaction>,
): Promise<void> {
  const { account, id } = policy;
  await store.identity.deletePolicy(account, id);
  const target = targetOf(call, { kind: "policy", id, name: "" });
  also({ operation: "policy.delete", target, input: { id }, output: policy });
}

/** Which row of the catalogue the deletion of a key is: it depends on whose key it is. */
export function deletionOf({ iamId }: ApiKey): "user-apikey.delete" | "serviceid-apikey.delete" {
  return isUserId(iamId) ? "user-apikey.delete" : "serviceid-apikey.delete";
}

/** Every item of a list whose length is bounded where its items are made. */
export async function whole<T>(
  list: (offset: number, limit: number) => Promise<Listed<T>>,
): Promise<readonly T[]> {
  const items: T[] = [];
  for (;;) {
    const page = await list(items.length, MAX_LIST_LIMIT);
    items.push(...page.items);
    if (page.items.length < MAX_LIST_LIMIT) return items;
  }
}
