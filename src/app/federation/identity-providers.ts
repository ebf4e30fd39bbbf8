/** Identity providers of an account: made, listed, changed. Whom they vouch for, they let in no longer once disabled. */
import {
  checkedClientId,
  checkedIssuer,
  checkedRealm,
  checkedScopes,
  checkedUsernameClaim,
  DEFAULT_SCOPES,
  MAX_PROVIDERS_PER_ACCOUNT,
  newIdentityProviderId,
  type IdentityProvider,
  type ProviderType,
} from "../../identity/identity-provider.ts";
import { PROVIDER } from "../../identity/provider-history.ts";
import { checkedName } from "../../identity/text.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import { assertRoom, inAccount, placeOf } from "../identity/find.ts";
import { keepVersion } from "../items/versions.ts";
import {
  callerId,
  changeOperation,
  readOperation,
  type Context,
  type Located,
} from "../operation.ts";
import type { Transaction } from "../state.ts";
import {
  assertNameFree,
  known,
  locateProvider,
  named,
  versioned,
  type FoundProvider,
  type KnownProvider,
  type WhichProvider,
} from "./find-provider.ts";
import { checkedSecret, sealSecret } from "./provider-secret.ts";
import { storeProvider, takeName } from "./store-provider.ts";
import { vouchingAuthority, type GivenAuthority } from "./vouching-authority.ts";

/** Named as in the record, where these stand but for the secret and a certificate. */
export interface CreateIdentityProviderInput extends GivenAuthority {
  /** `oidc` unless given. */
  readonly type?: ProviderType | undefined;
  readonly name: string;
  readonly realm_name: string;
  /** Not of the type `certificate`, which needs an authority in its place. */
  readonly issuer?: string | undefined;
  readonly clientId?: string | undefined;
  /** Left out for a public client. */
  readonly clientSecret?: Sensitive<string> | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly usernameClaim?: string | undefined;
  readonly sendsWelcomeEmail?: boolean | undefined;
  readonly createsUsers?: boolean | undefined;
  readonly enabled?: boolean | undefined;
}

/** The provider is not asked whether it is there: a login is what tells. */
export const createIdentityProvider = changeOperation<
  CreateIdentityProviderInput,
  IdentityProvider,
  KnownProvider
>({
  name: "identity-provider.create",
  async locate(input, { call, caller, now }) {
    const { type = "oidc", clientSecret } = input;
    const isVouching = type === "certificate";
    const { issuer = "", clientId = "", usernameClaim } = input;
    const provider: IdentityProvider = {
      id: newIdentityProviderId(),
      account: call.place.account,
      type,
      name: checkedName(input.name),
      realm: checkedRealm(input.realm_name),
      issuer: isVouching ? absent("issuer", issuer) : checkedIssuer(issuer),
      clientId: isVouching ? absent("clientId", clientId) : checkedClientId(clientId),
      scopes: isVouching ? [] : checkedScopes(input.scopes ?? DEFAULT_SCOPES),
      usernameClaim: usernameClaim === undefined ? null : checkedUsernameClaim(usernameClaim),
      sendsWelcomeEmail: input.sendsWelcomeEmail ?? false,
      authority: null,
      createsUsers: input.createsUsers ?? false,
      enabled: input.enabled ?? true,
      createdAt: now,
      createdBy: callerId(caller),
      modifiedAt: now,
    };
    if (clientSecret) checkedSecret(clientSecret);
    if (isVouching && clientSecret) absent("clientSecret", "given");
    const target = named(provider);
    return inAccount("identity-provider.create", call, { target, subject: provider });
  },
  async run(input, { subject }, context) {
    const { store, capabilities } = context;
    const provider: IdentityProvider = {
      ...subject,
      authority: await authorityOf(subject, input, context),
    };
    const { account, realm } = provider;
    if (await store.logins.identityProviderOfRealm(account, realm)) {
      throw new Refusal("conflict", "The account has an identity provider of this realm.", {
        reason: "provider-exists",
      });
    }
    await assertNameFree(provider, store);
    await takeName(provider, context);
    const { length } = await store.logins.identityProviders(account);
    assertRoom(length, MAX_PROVIDERS_PER_ACCOUNT, "identity providers in an account");
    const { clientSecret } = input;
    const { vault } = capabilities;
    const sealed = clientSecret ? await sealSecret(provider, clientSecret, { store, vault }) : null;
    await store.logins.putIdentityProvider(provider, sealed);
    return known(provider, await keepVersion(PROVIDER, versioned(provider), context));
  },
});

export const readIdentityProvider = readOperation<WhichProvider, FoundProvider, KnownProvider>({
  name: "identity-provider.read",
  async locate(input, context) {
    return locateProvider("identity-provider.read", input, context);
  },
  async run(_input, { subject: { provider, item } }) {
    return known(provider, item);
  },
});

/** All of them, by when they were made, unless a part is asked for: there are MAX_PROVIDERS_PER_ACCOUNT at most. */
export interface ListIdentityProvidersInput {
  /** Text contained in the name, whatever its case. */
  readonly search?: string | undefined;
  readonly sortBy?: "name" | "createdAt" | "modifiedAt" | undefined;
  readonly order?: "asc" | "desc" | undefined;
  readonly offset?: number | undefined;
  readonly limit?: number | undefined;
}

export interface ListedIdentityProviders {
  readonly identityProviders: readonly KnownProvider[];
  /** Also of those outside the part. */
  readonly totalCount: number;
}

export const listIdentityProviders = readOperation<
  ListIdentityProvidersInput,
  null,
  ListedIdentityProviders
>({
  name: "identity-provider.list",
  async locate(_input, { call }) {
    return inAccount("identity-provider.list", call, { target: null, subject: null });
  },
  async run(input, _located, { store, call }) {
    const { search = "", sortBy = "createdAt", order = "asc" } = input;
    const { account } = placeOf(call);
    const all = await store.logins.identityProviders(account);
    const wanted = all.filter(({ name }) => name.toLowerCase().includes(search.toLowerCase()));
    const sorted = wanted.toSorted((one, other) => compare(one[sortBy], other[sortBy]));
    const { offset = 0, limit = MAX_PROVIDERS_PER_ACCOUNT } = input;
    const part = (order === "asc" ? sorted : sorted.toReversed()).slice(offset, offset + limit);
    const identityProviders = await Promise.all(
      part.map(async (one) => known(one, await store.items.item(PROVIDER, account, one.id))),
    );
    return { identityProviders, totalCount: wanted.length };
  },
});

function compare(one: string | number, other: string | number): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/** The realm stays what it is, and the type: rules, sessions and links to users speak of them. */
export interface UpdateIdentityProviderInput extends WhichProvider, GivenAuthority {
  /** Only what it is already. */
  readonly type?: ProviderType | undefined;
  readonly name?: string | undefined;
  /** Another issuer's subjects are other people: those whom the one before vouched for it does not know. */
  readonly issuer?: string | undefined;
  readonly clientId?: string | undefined;
  /** Null makes us a public client. */
  readonly clientSecret?: Sensitive<string> | null | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly usernameClaim?: string | null | undefined;
  readonly sendsWelcomeEmail?: boolean | undefined;
  readonly createsUsers?: boolean | undefined;
  readonly enabled?: boolean | undefined;
}

export type UpdatedIdentityProvider = KnownProvider & { readonly endedSessions: number };

/** Once it is disabled, nobody logs in by it, and every session of those who did is over. */
export const updateIdentityProvider = changeOperation<
  UpdateIdentityProviderInput,
  FoundProvider,
  UpdatedIdentityProvider
>({
  name: "identity-provider.update",
  async locate(input, context) {
    const located = await locateProvider("identity-provider.update", input, context);
    if (input.clientSecret) checkedSecret(input.clientSecret);
    const { clientSecret } = input;
    const facts = clientSecret === undefined ? {} : { secretReplaced: true };
    return { ...located, facts };
  },
  async run(input, { subject: { provider: before } }: Located<FoundProvider>, context) {
    const { store } = context;
    const provider = await changed(before, input, context);
    if (provider.name !== before.name) await assertNameFree(provider, store);
    return storeProvider({ before, after: provider, clientSecret: input.clientSecret }, context);
  },
});

async function changed(
  before: IdentityProvider,
  input: UpdateIdentityProviderInput,
  context: Context<Transaction>,
): Promise<IdentityProvider> {
  const { type, name, issuer, clientId, scopes, usernameClaim } = input;
  if (type !== undefined && type !== before.type) {
    throw invalid("type", "A provider stays of its type: make another one.");
  }
  const isVouching = before.type === "certificate";
  const others = { issuer, clientId, clientSecret: input.clientSecret, scopes };
  for (const [field, value] of Object.entries(others)) {
    if (isVouching && value !== undefined && value !== null) absent(field, "given");
  }
  return {
    ...before,
    name: name === undefined ? before.name : checkedName(name),
    issuer: issuer === undefined ? before.issuer : checkedIssuer(issuer),
    clientId: clientId === undefined ? before.clientId : checkedClientId(clientId),
    scopes: scopes === undefined ? before.scopes : checkedScopes(scopes),
    usernameClaim: usernameClaim ? checkedUsernameClaim(usernameClaim) : claimOf(before, input),
    sendsWelcomeEmail: input.sendsWelcomeEmail ?? before.sendsWelcomeEmail,
    authority: await authorityOf(before, input, context),
    createsUsers: input.createsUsers ?? before.createsUsers,
    enabled: input.enabled ?? before.enabled,
    modifiedAt: context.now,
  };
}

function claimOf(before: IdentityProvider, { usernameClaim }: UpdateIdentityProviderInput) {
  return usernameClaim === undefined ? before.usernameClaim : null;
}

async function authorityOf(
  { type, authority }: IdentityProvider,
  given: GivenAuthority,
  context: Context<Transaction>,
): Promise<IdentityProvider["authority"]> {
  const { rootCAPath, certificate } = given;
  if (type !== "certificate") {
    absent("rootCAPath", rootCAPath ?? "");
    absent("certificate", certificate ?? "");
    return null;
  }
  // One that stands as it was named vouches by the certificate that it had then.
  if (authority && certificate === undefined && rootCAPath === (authority.path ?? undefined)) {
    return authority;
  }
  const trusted = (await vouchingAuthority(given, context)) ?? authority;
  if (!trusted) throw invalid("rootCAPath", "A provider of certificates names its authority.");
  return trusted;
}

function absent(field: string, value: string): "" {
  if (value === "") return "";
  throw invalid(field, "This belongs to providers of another type.");
}

function invalid(field: string, sentence: string): Refusal {
  return new Refusal("invalid_request", sentence, { field });
}
