/**
 * Whether a trusted profile trusts whoever signs with an access key: by who they are, or as the profile that they act as
 * already, or as somebody of an account that is trusted as a whole.
 */
import { accountPlace } from "../../identity/account.ts";
import { isAllowed } from "../../identity/authorize.ts";
import { principalOfCrn, type FarPrincipal } from "../../identity/trust-principal.ts";
import type { TrustedProfile } from "../../identity/trusted-profile.ts";
import type { Identity } from "../call.ts";
import type { Opener } from "../identity/key-sessions.ts";
import type { Context } from "../operation.ts";
import type { View } from "../state.ts";
import { trustIn } from "./trust.ts";

/** What a trusted account has to give its own for them to make use of the trust: who decides there who acts as what. */
const DECIDING = "profile-identity.add";
const SERVICE = "iam-identity";

export async function isTrustedToSign(
  { caller, credential }: Opener,
  profile: TrustedProfile,
  context: Pick<Context<View>, "store" | "now">,
): Promise<boolean> {
  const { profiles } = context.store;
  const isThemselves = caller.id === credential.owner.iamId;
  if (isThemselves && (await trustIn({ profile, credential, session: null }, profiles)))
    return true;
  for (const { kind, identifier } of await profiles.profileIdentities(
    profile.account,
    profile.id,
  )) {
    const principal = kind === "crn" ? principalOfCrn(identifier) : undefined;
    if (principal && (await isMeant(principal, caller, context))) return true;
  }
  return false;
}

async function isMeant(
  principal: FarPrincipal,
  { id, account }: Identity,
  { store, now }: Pick<Context<View>, "store" | "now">,
): Promise<boolean> {
  if (principal.account !== account) return false;
  if (principal.kind !== "account") return principal.iamId === id;
  const grants = await store.identity.grantsOf(id, account, now);
  return isAllowed(grants, DECIDING, { service: SERVICE, place: accountPlace(account) });
}
