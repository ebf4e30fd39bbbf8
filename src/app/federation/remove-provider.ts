/** Deleting an identity provider, for good or so that it can be had back for a while; and having it back. */
import {
  MAX_PROVIDERS_PER_ACCOUNT,
  type IdentityProvider,
} from "../../identity/identity-provider.ts";
import { PROVIDER, shownOf, type ProviderParts } from "../../identity/provider-history.ts";
import { broughtBack, type Item } from "../../items/item.ts";
import type { Millis } from "../../kernel/clock.ts";
import { invariant, Refusal } from "../../kernel/errors.ts";
import { assertRoom } from "../identity/find.ts";
import { assertRemoved, evenRemoved } from "../items/find.ts";
import { forgetVersions, setAside } from "../items/versions.ts";
import { changeOperation, type Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import {
  assertNameFree,
  known,
  locateProvider,
  versioned,
  type FoundProvider,
  type KnownProvider,
  type WhichProvider,
} from "./find-provider.ts";
import { forgetSecret } from "./provider-secret.ts";

export interface DeleteIdentityProviderInput extends WhichProvider {
  /** False: it can be had back for a while. Left out as good as true. */
  readonly force?: boolean | undefined;
}

export interface DeletedIdentityProvider {
  readonly endedSessions: number;
  /** From when on it cannot be had back; null where that is now. */
  readonly dueAt: Millis | null;
}

/** With its links to users, who stay, and with every session that was opened by it. */
export const deleteIdentityProvider = changeOperation<
  DeleteIdentityProviderInput,
  FoundProvider,
  DeletedIdentityProvider
>({
  name: "identity-provider.delete",
  async locate(input, context) {
    const located = await locateProvider("identity-provider.delete", input, context);
    return input.force === false ? located : evenRemoved(located);
  },
  async run({ force = true }, { subject: { provider, item } }, context) {
    const { store, capabilities } = context;
    const { account, id, realm } = provider;
    const endedSessions = await store.logins.endSessionsOfRealm(account, realm);
    const parts = force || item?.removal ? null : await partsOf(provider, context);
    await store.logins.deleteIdentityProvider(account, id);
    if (parts) {
      const aside = await setAside(PROVIDER, versioned(provider), { parts, context });
      return { endedSessions, dueAt: aside.removal?.dueAt ?? null };
    }
    await forgetVersions(PROVIDER, provider, context);
    await forgetSecret(provider, { store, vault: capabilities.vault });
    return { endedSessions, dueAt: null };
  },
});

async function partsOf(
  provider: IdentityProvider,
  { store: { logins } }: Context<Transaction>,
): Promise<ProviderParts> {
  const secret = await logins.identityProviderSecret(provider.id);
  const links = await logins.federatedLinksBy(provider.id);
  return {
    provider,
    secret: secret ? Buffer.from(secret).toString("base64") : null,
    links: links.map(({ subject, iamId }) => ({ subject, iamId })),
  };
}

/** With its secret, and with the links to those of its users who are there still; sessions are not. */
export const restoreProvider = changeOperation<WhichProvider, FoundProvider, KnownProvider>({
  name: "identity-provider.restore",
  async locate(input, context) {
    return evenRemoved(await locateProvider("identity-provider.restore", input, context));
  },
  async run(_input, { subject: { provider } }, context) {
    const { store, now } = context;
    const { account, id, realm } = provider;
    const item = await store.items.item(PROVIDER, account, id);
    assertRemoved(item ?? { removal: null });
    const parts = item?.content.parts;
    invariant(item !== undefined && parts !== null && parts !== undefined, "it was set aside");
    if (await store.logins.identityProviderOfRealm(account, realm)) {
      throw new Refusal("conflict", "The account has another identity provider of this realm.", {
        reason: "provider-exists",
      });
    }
    await assertNameFree(provider, store);
    const { length } = await store.logins.identityProviders(account);
    assertRoom(length, MAX_PROVIDERS_PER_ACCOUNT, "identity providers in an account");
    const restored = { ...parts.provider, modifiedAt: now };
    const secret = parts.secret === null ? null : Buffer.from(parts.secret, "base64");
    await store.logins.putIdentityProvider(restored, secret);
    await relink(parts, restored, context);
    const back = { ...broughtBack(item), content: { shown: shownOf(restored), parts: null } };
    await store.items.putItem(back);
    return known(restored, back);
  },
});

async function relink(
  { links }: ProviderParts,
  { account, id: provider }: IdentityProvider,
  { store: { identity, logins } }: Context<Transaction>,
): Promise<void> {
  for (const { subject, iamId } of links) {
    if (!(await identity.principal(account, iamId))) continue;
    await logins.putFederatedLink({ provider, subject, account, iamId });
  }
}

/** When the time in which it could be had back is over: after this its sealed secret opens no more. */
export async function endProvider(
  { content }: Item<object>,
  { store, capabilities: { vault } }: Context<Transaction>,
): Promise<void> {
  const { parts } = content as { readonly parts: ProviderParts | null };
  if (parts) await forgetSecret(parts.provider, { store, vault });
}
