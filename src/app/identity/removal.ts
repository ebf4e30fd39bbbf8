/** What goes with an identity that is deleted, each part with an event of its own; and what may not go. */
import type { ApiKey, Principal } from "../../identity/api-key.ts";
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
  { account, iamId }: Principal,
  context: Context<Transaction>,
): Promise<void> {
  const { store, call, also } = context;
  const keys = await whole((offset, limit) =>
    store.identity.apiKeys(account, iamId, { offset, limit }),
  );
  for (const key of keys) assertUnlocked(key, "API key of this identity");
  await keepAdministered(context, async () => {
    for (const key of keys) {
      await store.identity.deleteApiKey(account, key.id);
      const target = targetOf(call, { kind: "apikey", id: key.id, name: key.name });
      also({ operation: deletionOf(key), target, input: { id: key.id, iamId }, output: {} });
    }
    await removePolicies(account, iamId, context);
    await leaveGroups({ account, iamId }, context);
    await loseTrust({ account, iamId }, context);
  });
}

/** Deletes every policy of an identity or an access group, and has each recorded as a consequence; how many. */
export async function removePolicies(
  account: string,
  subject: string,
  { store, call, also }: Context<Transaction>,
): Promise<number> {
  const policies = await whole((offset, limit) =>
    store.identity.policies(account, subject, { offset, limit }),
  );
  for (const policy of policies) {
    await store.identity.deletePolicy(account, policy.id);
    const target = targetOf(call, { kind: "policy", id: policy.id, name: "" });
    also({ operation: "policy.delete", target, input: { id: policy.id }, output: policy });
  }
  return policies.length;
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
