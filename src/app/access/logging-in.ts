/** Whether an identity could log in at all, by anything that it has or that is trusted for it. */
import { credentialRefusal, type Principal } from "../../identity/api-key.ts";
import { MAX_LIST_LIMIT } from "../../identity/store.ts";
import type {
  ProfileIdentity,
  ProfileRule,
  TrustedProfile,
} from "../../identity/trusted-profile.ts";
import type { ServiceId } from "../../identity/service-id.ts";
import { isLockedOut } from "../../identity/user-credentials.ts";
import type { User } from "../../identity/user.ts";
import type { Millis } from "../../kernel/clock.ts";
import type { View } from "../state.ts";

/** Who may act as a trusted profile. */
export interface Trust {
  readonly identities: readonly ProfileIdentity[];
  /** Whoever logs in by the realm with claims that meet all conditions of one of them. */
  readonly rules: readonly ProfileRule[];
}

export async function trustIn({ account, id }: TrustedProfile, { profiles }: View): Promise<Trust> {
  const rules = await profiles.profileRules(account, id);
  return {
    identities: await profiles.profileIdentities(account, id),
    // No proof of a compute resource is taken here: such a rule lets nobody in.
    rules: rules.filter(({ type }) => type === "Profile-SAML"),
  };
}

/**
 * True if an API key is enabled and has not expired, if a password would be taken, if an identity provider that is in use
 * knows the user or may come to know it; of a trusted profile, if any of those it trusts could. Says nothing of sessions that are open, nor of
 * addresses.
 */
export async function canLogIn(principal: Principal, view: View, now: Millis): Promise<boolean> {
  if (principal.kind === "profile") return canBeApplied(principal, view, now);
  if (principal.kind === "user" && principal.state !== "active") return false;
  if (await hasGoodKey(principal, view, now)) return true;
  if (principal.kind === "serviceid") return false;
  return (await hasGoodPassword(principal, view, now)) || isFederated(principal, view);
}

async function hasGoodKey(
  owner: User | ServiceId,
  { identity }: View,
  now: Millis,
): Promise<boolean> {
  const all = { offset: 0, limit: MAX_LIST_LIMIT };
  const { items } = await identity.apiKeys(owner.account, owner.iamId, all);
  return items.some((key) => !credentialRefusal({ key, owner }, now));
}

/** Where the account asks everyone for a second factor, a password without one lets nobody in. */
async function hasGoodPassword(
  { account, iamId }: User,
  { logins, identity }: View,
  now: Millis,
): Promise<boolean> {
  const credentials = await logins.userCredentials(account, iamId);
  if (!credentials || credentials.password === null) return false;
  if (isLockedOut(credentials, now)) return false;
  const { mfa } = await identity.settings(account);
  return credentials.isTotpConfirmed || (mfa !== "TOTP" && mfa !== "TOTP4ALL");
}

/** A provider that is in use knows the user; or may come to, by the address, where none has vouched for the user yet. */
async function isFederated({ account, iamId }: User, { logins }: View): Promise<boolean> {
  const links = await logins.federatedLinksOf(account, iamId);
  const providers = await logins.identityProviders(account);
  return providers.some(
    ({ id, type, enabled }) =>
      enabled &&
      (type === "certificate" ||
        links.length === 0 ||
        links.some(({ provider }) => provider === id)),
  );
}

async function canBeApplied(profile: TrustedProfile, view: View, now: Millis): Promise<boolean> {
  const { identities, rules } = await trustIn(profile, view);
  for (const { realm } of rules) {
    if ((await view.logins.identityProviderOfRealm(profile.account, realm))?.enabled) return true;
  }
  for (const { kind, identifier } of identities) {
    if (kind === "crn") continue;
    const trusted = await view.identity.principal(profile.account, identifier);
    if (trusted && trusted.kind !== "profile" && (await canLogIn(trusted, view, now))) return true;
  }
  return false;
}
