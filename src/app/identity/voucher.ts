/** The identity provider by which a user logs in who is made before the first login. */
import type { IdentityProvider } from "../../identity/identity-provider.ts";
import type { User } from "../../identity/user.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import type { Context } from "../operation.ts";
import type { Transaction, View } from "../state.ts";

export interface GivenVoucher {
  /** The name of an identity provider of the account; left out of a user who logs in here. */
  readonly provider?: string | undefined;
  /** The subject that the provider knows the user as. Left out, the first login with the user's address tells. */
  readonly externalId?: string | undefined;
}

export interface Voucher {
  readonly provider: IdentityProvider;
  readonly subject: string | null;
}

/** As providers' subjects have it (OpenID Connect Core 1.0, section 2), with room for those of other kinds. */
export const MAX_EXTERNAL_ID_CHARS = 1_024;

/** Null where the account itself knows the user. */
export async function voucherOf(
  given: GivenVoucher & { readonly password?: Sensitive<string> | undefined },
  { store, call }: Pick<Context<View>, "store" | "call">,
): Promise<Voucher | null> {
  const { provider: name, externalId } = given;
  if (name === undefined) {
    if (externalId === undefined) return null;
    throw invalid("provider", "Somebody who is known elsewhere is so by an identity provider.");
  }
  if (given.password) {
    const sentence = "A user of an identity provider logs in there, and has no password here.";
    throw invalid("password", sentence);
  }
  if (externalId !== undefined && externalId.length > MAX_EXTERNAL_ID_CHARS) {
    const sentence = `An external id has at most ${MAX_EXTERNAL_ID_CHARS} characters.`;
    throw invalid("externalId", sentence);
  }
  const providers = await store.logins.identityProviders(call.place.account);
  const provider = providers.find((one) => one.name.toLowerCase() === name.toLowerCase());
  if (provider) return { provider, subject: externalId ?? null };
  throw new Refusal("not_found", "There is no identity provider with this name.", {
    reason: "unknown-provider",
  });
}

export async function linkTo(
  { provider, subject }: Voucher,
  { account, iamId }: User,
  { store }: Pick<Context<Transaction>, "store">,
): Promise<void> {
  if (subject === null) return;
  if (await store.logins.federatedLink(provider.id, subject)) {
    throw new Refusal("conflict", "The provider vouches for another user by this external id.");
  }
  await store.logins.putFederatedLink({ provider: provider.id, subject, account, iamId });
}

function invalid(field: string, sentence: string): Refusal {
  return new Refusal("invalid_request", sentence, { field });
}
