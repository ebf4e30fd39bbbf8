/**
 * Whom a trusted profile trusts, by names instead of ids: of this account and of the others of the installation. A name
 * is looked up when it is given, so that whoever bears it later is not trusted for it.
 */
import { arnPart } from "../../audit/render/cloudtrail-arn.ts";
import type { CredentialOwner } from "../../identity/api-key.ts";
import type { Listed } from "../../identity/store.ts";
import {
  crnOfPrincipal,
  principalOfCrn,
  type FarPrincipal,
} from "../../identity/trust-principal.ts";
import { type ProfileIdentity, type TrustedProfile } from "../../identity/trusted-profile.ts";
import { Refusal } from "../../kernel/errors.ts";
import { accountNumbered } from "../identity/account-numbers.ts";
import { whole } from "../identity/removal.ts";
import type { Doubtful } from "../in-other-terms.ts";
import type { View } from "../state.ts";
import type { GivenIdentity } from "./identities.ts";

/** Somebody by a name, in an account by its number; an account as a whole; or somebody by the IAM id. */
export type PrincipalName =
  | { readonly kind: "account"; readonly accountNumber: string }
  | {
      readonly kind: ProfileOrOwner;
      readonly accountNumber: string;
      /** As an ARN has it. */
      readonly name: string;
    }
  | { readonly kind: "id"; readonly iamId: string };

type ProfileOrOwner = CredentialOwner["kind"] | "profile";

export interface FoundIdentities extends Doubtful {
  readonly identities: readonly GivenIdentity[];
}

/** Each once; unfit where there is somebody who is not there. */
export async function identitiesOf(
  principals: readonly PrincipalName[],
  account: string,
  view: View,
): Promise<FoundIdentities> {
  const found = new Map<string, GivenIdentity>();
  for (const name of principals) {
    const principal = await whoIs(name, account, view);
    if (!principal) return { identities: [], unfit: nobody() };
    const identity = identityOf(principal, account);
    found.set(`${identity.identityType} ${identity.identifier}`, identity);
  }
  return { identities: [...found.values()] };
}

/** Of the profile's own account, users and service IDs are trusted by their ids, as on every wire. */
function identityOf(principal: FarPrincipal, account: string): GivenIdentity {
  const isOwn = principal.account === account;
  if (isOwn && (principal.kind === "user" || principal.kind === "serviceid")) {
    return { identityType: principal.kind, identifier: principal.iamId };
  }
  return { identityType: "crn", identifier: crnOfPrincipal(principal) };
}

/** Refuses whoever is not there. `own`: the account in which ids are looked for. */
export async function whoIs(
  principal: PrincipalName,
  own: string,
  view: View,
): Promise<FarPrincipal | undefined> {
  if (principal.kind === "id") return byId(principal.iamId, own, view);
  const account = await accountNumbered(principal.accountNumber, view.identity);
  if (account === undefined) return undefined;
  if (principal.kind === "account") return { kind: "account", account };
  const { kind, name } = principal;
  const found = await byName[kind](account, name, view);
  return found && { kind, account, iamId: found.iamId };
}

async function byId(
  iamId: string,
  account: string,
  { identity }: View,
): Promise<FarPrincipal | undefined> {
  const found = await identity.principal(account, iamId);
  return found && { kind: found.kind, account, iamId };
}

type ByName = (
  account: string,
  name: string,
  view: View,
) => Promise<CredentialOwner | TrustedProfile | undefined>;

const byName: Readonly<Record<ProfileOrOwner, ByName>> = {
  user: (account, name, { identity }) => identity.userByEmail(account, name.toLowerCase()),
  serviceid: (account, name, { identity }) =>
    theOne(name, (offset, limit) => identity.serviceIds(account, { offset, limit })),
  profile: async (account, name, { profiles }) =>
    (await profiles.profileByName(account, name)) ??
    theOne(name, (offset, limit) => profiles.profiles(account, undefined, { offset, limit })),
};

/** ARNs have fewer characters than names: of two that are written alike neither is meant. */
async function theOne<T extends { readonly id: string; readonly name: string }>(
  name: string,
  list: (offset: number, limit: number) => Promise<Listed<T>>,
): Promise<T | undefined> {
  const all = await whole(list);
  const named = all.filter((one) => one.id === name || arnPart(one.name) === name);
  return named.length === 1 ? named[0] : undefined;
}

function nobody(): Refusal {
  const sentence = "Invalid principal in policy: there is nobody of the name, or more than one.";
  return new Refusal("invalid_request", sentence, { reason: "malformed-trust-policy" });
}

/** Whom a profile trusts, as far as it is by who they are; without a name where they are no more. */
export interface TrustedPrincipal {
  readonly kind: FarPrincipal["kind"];
  readonly account: string;
  /** Empty of an account as a whole. */
  readonly iamId: string;
  readonly name: string | undefined;
}

export async function principalsOf(
  profile: TrustedProfile,
  view: View,
): Promise<readonly TrustedPrincipal[]> {
  const principals: TrustedPrincipal[] = [];
  for (const one of await view.profiles.profileIdentities(profile.account, profile.id)) {
    const principal = principalOf(one);
    if (!principal) continue;
    const { account } = principal;
    if (principal.kind === "account") {
      principals.push({ kind: "account", account, iamId: "", name: "" });
      continue;
    }
    const { kind, iamId } = principal;
    principals.push({ kind, account, iamId, name: await nameOf(account, iamId, view) });
  }
  return principals;
}

function principalOf({ kind, account, identifier }: ProfileIdentity): FarPrincipal | undefined {
  return kind === "crn" ? principalOfCrn(identifier) : { kind, account, iamId: identifier };
}

async function nameOf(account: string, iamId: string, view: View): Promise<string | undefined> {
  const found = await view.identity.principal(account, iamId);
  return found?.kind === "user" ? found.email : found?.name;
}
