/** Keeping an identity provider as it is from now on, with the version that this is, and what follows from the change. */
import type { IdentityProvider } from "../../identity/identity-provider.ts";
import { PROVIDER } from "../../identity/provider-history.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import { keepVersion } from "../items/versions.ts";
import type { Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import { known, versioned, type KnownProvider } from "./find-provider.ts";
import { endProvider } from "./remove-provider.ts";
import { sealSecret } from "./provider-secret.ts";

/** Another one that was deleted cannot be had back under a name that has been taken: its secret opens no more. */
export async function takeName(
  { account, id, name }: IdentityProvider,
  context: Context<Transaction>,
): Promise<void> {
  const other = await context.store.items.itemNamed(PROVIDER, account, name);
  if (other?.removal && other.id !== id) await endProvider(other, context);
}

export interface ProviderChange {
  readonly before: IdentityProvider;
  readonly after: IdentityProvider;
  /** Undefined where it stays; null makes us a public client. */
  readonly clientSecret?: Sensitive<string> | null | undefined;
}

/**
 * Whoever speaks for the provider now is not told the secret that we had with another one: with another issuer the secret
 * goes, unless a new one comes with it; and so do the links to users, and the sessions.
 */
export async function storeProvider(
  { before, after, clientSecret }: ProviderChange,
  context: Context<Transaction>,
): Promise<KnownProvider & { readonly endedSessions: number }> {
  const { store, capabilities } = context;
  const { logins } = store;
  const { account, id, realm } = after;
  await takeName(after, context);
  await keepVersion(PROVIDER, versioned(before), context);
  const isOther = before.issuer !== after.issuer || isAnotherAuthority(before, after);
  const kept = isOther ? null : ((await logins.identityProviderSecret(id)) ?? null);
  const { vault } = capabilities;
  const sealed =
    clientSecret === undefined
      ? kept
      : clientSecret && (await sealSecret(after, clientSecret, { store, vault }));
  // Its links, and what is under way with it, go with its row.
  if (isOther) await logins.deleteIdentityProvider(account, id);
  await logins.putIdentityProvider(after, sealed);
  const isOver = isOther || !after.enabled;
  const endedSessions = isOver ? await logins.endSessionsOfRealm(account, realm) : 0;
  const item = await keepVersion(PROVIDER, versioned(after), context);
  return { ...known(after, item), endedSessions };
}

function isAnotherAuthority(before: IdentityProvider, after: IdentityProvider): boolean {
  return before.authority?.certificate !== after.authority?.certificate;
}
