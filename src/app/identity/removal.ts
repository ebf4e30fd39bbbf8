/** What goes with an identity that is deleted, each part with an event of its own; and what may not go. */
import type { ApiKey, Principal } from "../../identity/api-key.ts";
import { administersAccount, type Policy } from "../../identity/policy.ts";
import { MAX_LIST_LIMIT, type IdentityReader, type Listed } from "../../identity/store.ts";
import { isUserId } from "../../identity/user.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import { targetOf } from "./find.ts";

export function assertUnlocked({ locked }: { readonly locked: boolean }, what: string): void {
  if (locked)
    throw new Refusal("locked", `The ${what} is locked: it cannot be changed or deleted.`);
}

/** Refuses to take away the last policy by which anyone administers the account: nobody could give it back. */
export async function assertAdministered(
  policies: readonly Policy[],
  store: IdentityReader,
): Promise<void> {
  const going = new Set(policies.filter(administersAccount).map(({ id }) => id));
  const [first] = policies;
  if (going.size === 0 || !first) return;
  const all = await store.administration(first.account);
  if (all.every(({ id }) => going.has(id))) {
    throw new Refusal("conflict", "The account would be left without an administrator.");
  }
}

/** Deletes the identity's API keys and policies, and has each recorded as a consequence. */
export async function removeWithIdentity(
  { account, iamId }: Principal,
  { store, call, also }: Context<Transaction>,
): Promise<void> {
  const keys = await whole((offset, limit) =>
    store.identity.apiKeys(account, iamId, { offset, limit }),
  );
  const policies = await whole((offset, limit) =>
    store.identity.policies(account, iamId, { offset, limit }),
  );
  for (const key of keys) assertUnlocked(key, "API key of this identity");
  await assertAdministered(policies, store.identity);
  for (const key of keys) {
    await store.identity.deleteApiKey(account, key.id);
    const target = targetOf(call, { kind: "apikey", id: key.id, name: key.name });
    also({ operation: deletionOf(key), target, input: { id: key.id }, output: {} });
  }
  for (const policy of policies) {
    await store.identity.deletePolicy(account, policy.id);
    const target = targetOf(call, { kind: "policy", id: policy.id, name: "" });
    also({ operation: "policy.delete", target, input: { id: policy.id }, output: policy });
  }
}

/** Which row of the catalogue the deletion of a key is: it depends on whose key it is. */
export function deletionOf({ iamId }: ApiKey): "user-apikey.delete" | "serviceid-apikey.delete" {
  return isUserId(iamId) ? "user-apikey.delete" : "serviceid-apikey.delete";
}

/** Every item of a list whose length is bounded where its items are made. */
async function whole<T>(
  list: (offset: number, limit: number) => Promise<Listed<T>>,
): Promise<readonly T[]> {
  const items: T[] = [];
  for (;;) {
    const page = await list(items.length, MAX_LIST_LIMIT);
    items.push(...page.items);
    if (page.items.length < MAX_LIST_LIMIT) return items;
  }
}
