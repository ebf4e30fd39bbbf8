/**
 * Whom a trusted profile trusts besides the users and service IDs of its own account: another profile, an account as a
 * whole, or somebody of another account. Kept as identities of kind `crn`, under the names that events have for them.
 */
import { crn, parseCrn } from "../audit/crn.ts";
import { accountPlace } from "./account.ts";
import { actingIdOf, isServiceId, managedIdOf } from "./service-id.ts";
import { actingProfileOf, isProfileId, managedProfileOf } from "./trusted-profile.ts";
import { isUserId } from "./user.ts";

export type FarPrincipal =
  /** Whoever in the account may decide there who acts as what. */
  | { readonly kind: "account"; readonly account: string }
  | {
      readonly kind: "user" | "serviceid" | "profile";
      readonly account: string;
      readonly iamId: string;
    };

const SERVICE = "iam-identity";

/** `crn:v1:bluemix:public:iam-identity:global:a/ACCOUNT::profile:Profile-…`; of an account, without a resource. */
export function crnOfPrincipal(principal: FarPrincipal): string {
  const place = accountPlace(principal.account);
  if (principal.kind === "account") return crn(SERVICE, place);
  const { kind, iamId } = principal;
  return crn(SERVICE, place, { kind, id: idOf[kind](iamId) });
}

/** Undefined of any other Cloud Resource Name: of a compute resource, say, which lets nobody in. */
export function principalOfCrn(text: string): FarPrincipal | undefined {
  const parsed = parseCrn(text);
  if (!parsed || parsed.service !== SERVICE || parsed.instance !== null) return undefined;
  const { account, kind, id } = parsed;
  if (kind === "" && id === "") return { kind: "account", account };
  if (kind === "user" && isUserId(id)) return { kind, account, iamId: id };
  if (kind === "serviceid" && isServiceId(id)) return { kind, account, iamId: actingIdOf(id) };
  if (kind === "profile" && isProfileId(id)) return { kind, account, iamId: actingProfileOf(id) };
  return undefined;
}

const idOf = {
  user: (iamId: string) => iamId,
  serviceid: managedIdOf,
  profile: managedProfileOf,
} as const;
