/**
 * The port to the identities: accounts, instances, users, service IDs, API keys, policies. Groups, trusted profiles and
 * logins have ports of their own beside this one.
 */
import type { AccountSettings } from "./account-settings.ts";
import type { Account, Instance } from "./account.ts";
import type { ApiKey, ApiKeyFilter, ApiKeyOrder, Credential, Principal } from "./api-key.ts";
import type { Access, Grant, PolicyResource } from "./authorize.ts";
import type { Policy, PolicyFilter, PolicyOrder } from "./policy.ts";
import type { ServiceId, ServiceIdOrder } from "./service-id.ts";
import type { User } from "./user.ts";
import type { Walk, Walked } from "./walk.ts";
import type { Millis } from "../kernel/clock.ts";

/** A part of a list; lists are in the order of creation, unless they say otherwise. */
export interface Window {
  /** How many come before the part. Not looked at where `after` is set. */
  readonly offset: number;
  readonly limit: number;
  /** The item that the part comes after: a place that stays where it is when others are deleted. */
  readonly after?: { readonly createdAt: Millis; readonly id: string } | undefined;
}

export interface Listed<T> {
  readonly items: readonly T[];
  /** How many there are in all, outside the window too. */
  readonly totalCount: number;
}

export const MAX_LIST_LIMIT = 100;

export interface UserQuery {
  readonly search?: UserSearch | undefined;
  /** Not with a window's `after`. */
  readonly order?: UserOrder | undefined;
}

/** In any letter case. */
export interface UserSearch {
  readonly text: string;
  /** `email`: what they log in with. Left out: either. */
  readonly in?: "email" | "name" | undefined;
  readonly how: "contains" | "equal" | "begins";
}

export interface UserOrder {
  /** `name`: what they log in with. */
  readonly by: "name" | "createdAt" | "modifiedAt";
  readonly direction: "asc" | "desc";
}

export interface IdentityReader {
  /**
   * Differs after every change that a decision about a caller could rest on: of an identity, a credential, a policy, a
   * group, a setting, or the end of a session. What was found out under one holds, but for time, while it stands.
   */
  stamp(): Promise<string>;
  /** Its grants, and where its account lets calls come from. Asked by each operation: must be cheap. */
  accessOf(iamId: string, account: string, now: Millis): Promise<Access>;
  /**
   * Every grant of an identity in an account at a moment: from its own policies and from those of its access groups.
   */
  grantsOf(iamId: string, account: string, now: Millis): Promise<readonly Grant[]>;
  /**
   * What a login was made with and whose it is: an API key by its id, or a user by the IAM id. Asked by each call that
   * brings a token: must be cheap, and never stale.
   */
  credential(id: string): Promise<Credential | undefined>;
  credentialByHash(hash: string): Promise<Credential | undefined>;

  account(id: string): Promise<Account | undefined>;
  accounts(): Promise<readonly Account[]>;
  instance(id: string): Promise<Instance | undefined>;
  /** In the order in which they were made, without the homes. */
  instances(account: string): Promise<readonly Instance[]>;

  /** The home of an identity, if it has one by now. */
  homeOf(account: string, iamId: string): Promise<Instance | undefined>;

  /** The user, service ID or trusted profile that acts under an IAM id. */
  principal(account: string, iamId: string): Promise<Principal | undefined>;
  userByEmail(account: string, email: string): Promise<User | undefined>;
  users(account: string, window: Window, query?: UserQuery): Promise<Listed<User>>;
  serviceId(account: string, id: string): Promise<ServiceId | undefined>;
  /** All, or those of one name. */
  serviceIds(account: string, window: Window, name?: string): Promise<Listed<ServiceId>>;
  apiKey(account: string, id: string): Promise<ApiKey | undefined>;
  /** The lasting key whose requests name this access key. */
  apiKeyOfAccessKey(account: string, accessKeyId: string): Promise<ApiKey | undefined>;
  /** Of one identity, or of every one in the account. */
  apiKeys(account: string, iamId: string | undefined, window: Window): Promise<Listed<ApiKey>>;
  /** The same in an order of the caller's choice, and by their owners. */
  walkApiKeys(
    account: string,
    filter: ApiKeyFilter,
    walk: Walk<ApiKeyOrder>,
  ): Promise<Walked<ApiKey>>;
  /** All, or those of one name, in an order of the caller's choice. */
  walkServiceIds(
    account: string,
    name: string | undefined,
    walk: Walk<ServiceIdOrder>,
  ): Promise<Walked<ServiceId>>;
  policy(account: string, id: string): Promise<Policy | undefined>;
  policies(account: string, subject: string | undefined, window: Window): Promise<Listed<Policy>>;
  /** Those of a subject on exactly this resource, also those that have been deleted. */
  policiesOn(
    account: string,
    subject: string,
    resource: PolicyResource,
  ): Promise<readonly Policy[]>;
  walkPolicies(
    account: string,
    filter: PolicyFilter,
    walk: Walk<PolicyOrder>,
  ): Promise<Walked<Policy>>;
  /** The policies of an account that are in force, at most `limit`, after one by its id: for going through them all. */
  policiesInForce(account: string, afterId: string, limit: number): Promise<readonly Policy[]>;
  /** The policies of an account that let their subject administer all of it. */
  administration(account: string): Promise<readonly Policy[]>;
  /** Those of an account that has set none are what `initialSettings` says. */
  settings(account: string): Promise<AccountSettings>;
}

export interface IdentityStore extends IdentityReader {
  putAccount(account: Account): Promise<void>;
  putInstance(instance: Instance): Promise<void>;
  /** Nothing may be left in it. */
  deleteInstance(id: string): Promise<void>;
  putUser(user: User): Promise<void>;
  /** Its keys and policies must have been deleted; so for a service ID. */
  deleteUser(account: string, iamId: string): Promise<void>;
  putServiceId(serviceId: ServiceId): Promise<void>;
  deleteServiceId(account: string, id: string): Promise<void>;
  /** `hash` is what it is found by; without one, that of the key as it was stays. */
  putApiKey(key: ApiKey, hash?: string): Promise<void>;
  /** With its sessions: nothing outlives the key it came from. */
  deleteApiKey(account: string, id: string): Promise<void>;
  putPolicy(policy: Policy): Promise<void>;
  deletePolicy(account: string, id: string): Promise<void>;
  putSettings(settings: AccountSettings): Promise<void>;
}
