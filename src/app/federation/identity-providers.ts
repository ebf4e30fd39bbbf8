/** Identity providers of an account: made, listed, changed, deleted. Whom they vouch for, they let in no longer. */
import {
  checkedClientId,
  checkedIssuer,
  checkedRealm,
  checkedScopes,
  DEFAULT_SCOPES,
  MAX_PROVIDERS_PER_ACCOUNT,
  newIdentityProviderId,
  type IdentityProvider,
} from "../../identity/identity-provider.ts";
import { checkedName } from "../../identity/text.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import type { Call } from "../call.ts";
import { assertRoom, inAccount, placeOf, type Named } from "../identity/find.ts";
import { callerId, changeOperation, readOperation, type Located } from "../operation.ts";
import type { View } from "../state.ts";
import { checkedSecret, forgetSecret, sealSecret } from "./provider-secret.ts";

/** Named as in the record, where these stand but for the secret. */
export interface CreateIdentityProviderInput {
  readonly name: string;
  readonly realm_name: string;
  readonly issuer: string;
  readonly clientId: string;
  /** Left out for a public client. */
  readonly clientSecret?: Sensitive<string> | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly createsUsers?: boolean | undefined;
  readonly enabled?: boolean | undefined;
}

/** The provider is not asked whether it is there: a login is what tells. */
export const createIdentityProvider = changeOperation<
  CreateIdentityProviderInput,
  IdentityProvider,
  IdentityProvider
>({
  name: "identity-provider.create",
  async locate(input, { call, caller, now }) {
    const provider: IdentityProvider = {
      id: newIdentityProviderId(),
      account: call.place.account,
      name: checkedName(input.name),
      realm: checkedRealm(input.realm_name),
      issuer: checkedIssuer(input.issuer),
      clientId: checkedClientId(input.clientId),
      scopes: checkedScopes(input.scopes ?? DEFAULT_SCOPES),
      createsUsers: input.createsUsers ?? false,
      enabled: input.enabled ?? true,
      createdAt: now,
      createdBy: callerId(caller),
      modifiedAt: now,
    };
    if (input.clientSecret) checkedSecret(input.clientSecret);
    return inAccount("identity-provider.create", call, {
      target: named(provider),
      subject: provider,
    });
  },
  async run({ clientSecret }, { subject: provider }, { store, capabilities: { vault } }) {
    const { account, realm } = provider;
    if (await store.logins.identityProviderOfRealm(account, realm)) {
      throw new Refusal("conflict", "The account has an identity provider of this realm.");
    }
    const { length } = await store.logins.identityProviders(account);
    assertRoom(length, MAX_PROVIDERS_PER_ACCOUNT, "identity providers in an account");
    const sealed = clientSecret ? await sealSecret(provider, clientSecret, { store, vault }) : null;
    await store.logins.putIdentityProvider(provider, sealed);
    return provider;
  },
});

export interface IdentityProviderInput {
  readonly id: string;
}

export const readIdentityProvider = readOperation<
  IdentityProviderInput,
  IdentityProvider,
  IdentityProvider
>({
  name: "identity-provider.read",
  async locate(input, { call, store }) {
    return located("identity-provider.read", call, await found(input, call, store));
  },
  async run(_input, { subject }) {
    return subject;
  },
});

export interface ListedIdentityProviders {
  readonly identityProviders: readonly IdentityProvider[];
  readonly totalCount: number;
}

/** All of them: there are MAX_PROVIDERS_PER_ACCOUNT at most. */
export const listIdentityProviders = readOperation<object, null, ListedIdentityProviders>({
  name: "identity-provider.list",
  async locate(_input, { call }) {
    return inAccount("identity-provider.list", call, { target: null, subject: null });
  },
  async run(_input, _located, { store, call }) {
    const identityProviders = await store.logins.identityProviders(placeOf(call).account);
    return { identityProviders, totalCount: identityProviders.length };
  },
});

/** Realm and issuer stay what they are: rules, sessions and links to users speak of them. */
export interface UpdateIdentityProviderInput extends IdentityProviderInput {
  readonly name?: string | undefined;
  readonly clientId?: string | undefined;
  /** Null makes us a public client. */
  readonly clientSecret?: Sensitive<string> | null | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly createsUsers?: boolean | undefined;
  readonly enabled?: boolean | undefined;
}

export type UpdatedIdentityProvider = IdentityProvider & { readonly endedSessions: number };

/** Once it is disabled, nobody logs in by it, and every session of those who did is over. */
export const updateIdentityProvider = changeOperation<
  UpdateIdentityProviderInput,
  IdentityProvider,
  UpdatedIdentityProvider
>({
  name: "identity-provider.update",
  async locate(input, { call, store }) {
    const provider = await found(input, call, store);
    if (input.clientSecret) checkedSecret(input.clientSecret);
    const { clientSecret } = input;
    const facts = clientSecret === undefined ? {} : { secretReplaced: true };
    return { ...located("identity-provider.update", call, provider), facts };
  },
  async run(input, { subject: before }, { store, now, capabilities: { vault } }) {
    const provider: IdentityProvider = {
      ...before,
      name: input.name === undefined ? before.name : checkedName(input.name),
      clientId: input.clientId === undefined ? before.clientId : checkedClientId(input.clientId),
      scopes: input.scopes === undefined ? before.scopes : checkedScopes(input.scopes),
      createsUsers: input.createsUsers ?? before.createsUsers,
      enabled: input.enabled ?? before.enabled,
      modifiedAt: now,
    };
    const { clientSecret } = input;
    const sealed =
      clientSecret === undefined
        ? ((await store.logins.identityProviderSecret(provider.id)) ?? null)
        : clientSecret && (await sealSecret(provider, clientSecret, { store, vault }));
    await store.logins.putIdentityProvider(provider, sealed);
    const { account, realm } = provider;
    const endedSessions = provider.enabled
      ? 0
      : await store.logins.endSessionsOfRealm(account, realm);
    return { ...provider, endedSessions };
  },
});

/** With its links to users, who stay, and with every session that was opened by it. */
export const deleteIdentityProvider = changeOperation<
  IdentityProviderInput,
  IdentityProvider,
  { readonly endedSessions: number }
>({
  name: "identity-provider.delete",
  async locate(input, { call, store }) {
    return located("identity-provider.delete", call, await found(input, call, store));
  },
  async run(_input, { subject: provider }, { store, capabilities: { vault } }) {
    const { account, id, realm } = provider;
    const endedSessions = await store.logins.endSessionsOfRealm(account, realm);
    await store.logins.deleteIdentityProvider(account, id);
    await forgetSecret(provider, { store, vault });
    return { endedSessions };
  },
});

async function found(
  { id }: IdentityProviderInput,
  call: Call,
  { logins }: View,
): Promise<IdentityProvider> {
  const provider = await logins.identityProvider(call.place.account, id);
  if (!provider) throw new Refusal("not_found", "There is no such identity provider.");
  return provider;
}

function located(
  operation: `identity-provider.${"read" | "update" | "delete"}`,
  call: Call,
  provider: IdentityProvider,
): Located<IdentityProvider> {
  return inAccount(operation, call, { target: named(provider), subject: provider });
}

function named({ id, name }: IdentityProvider): Named {
  return { kind: "identity-provider", id, name };
}
