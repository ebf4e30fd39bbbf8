/** Finding an identity provider, also one that was deleted and can be had back, and what is known of its versions. */
import type { IdentityProvider } from "../../identity/identity-provider.ts";
import { PROVIDER, shownOf, type ShownProvider } from "../../identity/provider-history.ts";
import type { Recoverable } from "../../identity/recoverable.ts";
import type { Item } from "../../items/item.ts";
import { invariant, Refusal } from "../../kernel/errors.ts";
import type { Call } from "../call.ts";
import { inAccount, type Named } from "../identity/find.ts";
import { markedRefusal } from "../items/find.ts";
import type { Versioned } from "../items/versions.ts";
import type { Context, Located } from "../operation.ts";
import type { View } from "../state.ts";

export interface WhichProvider {
  /** Or its name, which is unique in the account too. */
  readonly id: string;
}

/** Of one that has not been changed since versions are kept, what was made of it then. */
export type Revision = Pick<
  Item<object>,
  "version" | "createdAt" | "createdBy" | "modifiedAt" | "modifiedBy"
>;

export type KnownProvider = IdentityProvider & { readonly revision: Revision };

type OnProvider =
  `identity-provider.${"read" | "update" | "delete" | "version.read" | "rollback" | "restore"}`;

export interface FoundProvider {
  readonly provider: IdentityProvider;
  /** Undefined of one that no version is kept of yet. */
  readonly item: Item<Recoverable<ShownProvider, object>> | undefined;
}

/** One that is deleted, and can be had back, is refused to all but what brings it back. */
export async function locateProvider(
  operation: OnProvider,
  which: WhichProvider,
  { store, call }: Pick<Context<View>, "store" | "call">,
): Promise<Located<FoundProvider>> {
  const found = await foundProvider(which, call, store);
  const located = inAccount(operation, call, { target: named(found.provider), subject: found });
  return found.item?.removal ? { ...located, refusal: markedRefusal() } : located;
}

async function foundProvider(
  { id }: WhichProvider,
  call: Call,
  { logins, items }: Pick<View, "logins" | "items">,
): Promise<FoundProvider> {
  const { account } = call.place;
  const provider = await providerCalled(id, account, { logins });
  if (provider) return { provider, item: await items.item(PROVIDER, account, provider.id) };
  const item =
    (await items.itemNamed(PROVIDER, account, id)) ?? (await items.item(PROVIDER, account, id));
  if (!item?.removal) throw new Refusal("not_found", "There is no such identity provider.");
  const { parts } = item.content;
  invariant(parts !== null, "what was deleted and can be had back has its parts");
  return { provider: parts.provider, item };
}

async function providerCalled(
  id: string,
  account: string,
  { logins }: Pick<View, "logins">,
): Promise<IdentityProvider | undefined> {
  const provider = await logins.identityProvider(account, id);
  if (provider) return provider;
  return (await logins.identityProviders(account)).find(({ name }) => name === id);
}

export function named({ id, name }: IdentityProvider): Named {
  return { kind: "identity-provider", id, name };
}

export function versioned(provider: IdentityProvider): Versioned<ShownProvider> {
  const { account, id, name } = provider;
  return { account, id, name, shown: shownOf(provider) };
}

export function known(provider: IdentityProvider, item: Revision | undefined): KnownProvider {
  const { createdAt, createdBy, modifiedAt } = provider;
  const made = { version: 0, createdAt, createdBy, modifiedAt, modifiedBy: createdBy };
  return { ...provider, revision: item ?? made };
}

/** A provider is called by its name where no id is at hand. */
export async function assertNameFree(
  { account, id, name }: IdentityProvider,
  { logins }: Pick<View, "logins">,
): Promise<void> {
  const all = await logins.identityProviders(account);
  if (all.every((other) => other.id === id || other.name !== name)) return;
  throw new Refusal("conflict", "The account has an identity provider of this name.", {
    reason: "provider-exists",
  });
}
