/** The port to the trusted profiles: their rules, links and identities. */
import type { Listed, Window } from "./store.ts";
import type {
  ProfileIdentity,
  ProfileIdentityKind,
  ProfileLink,
  ProfileOrder,
  ProfileRule,
  TrustedProfile,
} from "./trusted-profile.ts";
import type { Walk, Walked } from "./walk.ts";

export interface ProfileReader {
  profile(account: string, id: string): Promise<TrustedProfile | undefined>;
  profileByName(account: string, name: string): Promise<TrustedProfile | undefined>;
  /** Another one than that of the id whose name differs in nothing but letter case (A to Z). */
  otherProfileNamed(
    account: string,
    at: { readonly id: string; readonly name: string },
  ): Promise<TrustedProfile | undefined>;
  profiles(
    account: string,
    name: string | undefined,
    window: Window,
  ): Promise<Listed<TrustedProfile>>;
  /** All, or those of one name, in an order of the caller's choice. */
  walkProfiles(
    account: string,
    name: string | undefined,
    walk: Walk<ProfileOrder>,
  ): Promise<Walked<TrustedProfile>>;
  profileRule(account: string, profile: string, id: string): Promise<ProfileRule | undefined>;
  profileRules(account: string, profile: string): Promise<readonly ProfileRule[]>;
  /** Every rule of an account that speaks of a realm. */
  profileRulesOfRealm(account: string, realm: string): Promise<readonly ProfileRule[]>;
  profileLinks(account: string, profile: string): Promise<readonly ProfileLink[]>;
  profileIdentities(account: string, profile: string): Promise<readonly ProfileIdentity[]>;
  /** Profiles that trust an identity by its id. */
  profilesTrusting(account: string, identifier: string): Promise<readonly ProfileIdentity[]>;
}

export interface ProfileStore extends ProfileReader {
  putProfile(profile: TrustedProfile): Promise<void>;
  /** With its rules, links and identities; its policies must have been deleted. */
  deleteProfile(account: string, id: string): Promise<void>;
  putProfileRule(rule: ProfileRule): Promise<void>;
  deleteProfileRule(account: string, profile: string, id: string): Promise<void>;
  putProfileLink(link: ProfileLink): Promise<void>;
  deleteProfileLink(account: string, profile: string, id: string): Promise<void>;
  putProfileIdentity(identity: ProfileIdentity): Promise<void>;
  deleteProfileIdentity(
    of: { readonly account: string; readonly profile: string },
    kind: ProfileIdentityKind,
    identifier: string,
  ): Promise<void>;
}
