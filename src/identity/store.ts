/** The port to the identities: accounts, instances, users, service IDs, API keys, policies, sessions. */
import type { Account, Instance } from "./account.ts";
import type { ApiKey, Credential, Principal } from "./api-key.ts";
import type { Grant } from "./authorize.ts";
import type { Policy } from "./policy.ts";
import type { RefreshToken } from "./refresh-token.ts";
import type { ServiceId } from "./service-id.ts";
import type { User } from "./user.ts";

/** A part of a list, by position; lists are in the order of creation. */
export interface Window {
  readonly offset: number;
  readonly limit: number;
}

export interface Listed<T> {
  readonly items: readonly T[];
  /** How many there are in all, outside the window too. */
  readonly totalCount: number;
}

export const MAX_LIST_LIMIT = 100;

export interface IdentityReader {
  /** Every grant of an identity in an account, from its policies. Asked by each operation: must be cheap. */
  grantsOf(iamId: string, account: string): Promise<readonly Grant[]>;
  /** The API key with its owner. Asked by each call that brings a token: must be cheap, and never stale. */
  credential(apiKeyId: string): Promise<Credential | undefined>;
  credentialByHash(hash: string): Promise<Credential | undefined>;

  account(id: string): Promise<Account | undefined>;
  accounts(): Promise<readonly Account[]>;
  instance(id: string): Promise<Instance | undefined>;
  instances(account: string): Promise<readonly Instance[]>;

  /** The user or service ID that acts under an IAM id. */
  principal(account: string, iamId: string): Promise<Principal | undefined>;
  userByEmail(account: string, email: string): Promise<User | undefined>;
  users(account: string, window: Window): Promise<Listed<User>>;
  serviceId(account: string, id: string): Promise<ServiceId | undefined>;
  serviceIds(account: string, window: Window): Promise<Listed<ServiceId>>;
  apiKey(account: string, id: string): Promise<ApiKey | undefined>;
  /** Of one identity, or of every one in the account. */
  apiKeys(account: string, iamId: string | undefined, window: Window): Promise<Listed<ApiKey>>;
  policy(account: string, id: string): Promise<Policy | undefined>;
  policies(account: string, subject: string | undefined, window: Window): Promise<Listed<Policy>>;
  /** The policies of an account that let their subject administer all of it. */
  administration(account: string): Promise<readonly Policy[]>;
  refreshToken(hash: string): Promise<RefreshToken | undefined>;
  /** The API key that a session was opened with, while the session has tokens. */
  credentialOfSession(session: string): Promise<Credential | undefined>;
}

export interface IdentityStore extends IdentityReader {
  putAccount(account: Account): Promise<void>;
  putInstance(instance: Instance): Promise<void>;
  putUser(user: User): Promise<void>;
  /** Its keys and policies must have been deleted; so for a service ID. */
  deleteUser(account: string, iamId: string): Promise<void>;
  putServiceId(serviceId: ServiceId): Promise<void>;
  deleteServiceId(account: string, id: string): Promise<void>;
  putApiKey(key: ApiKey, hash: string): Promise<void>;
  /** With its sessions: no refresh token outlives the key it came from. */
  deleteApiKey(account: string, id: string): Promise<void>;
  putPolicy(policy: Policy): Promise<void>;
  deletePolicy(account: string, id: string): Promise<void>;
  putRefreshToken(token: RefreshToken): Promise<void>;
  useRefreshToken(hash: string): Promise<void>;
  endSession(session: string): Promise<void>;
  /** Drops tokens that expired before a moment, a bounded number at a time. */
  forgetRefreshTokens(expiredBefore: number): Promise<void>;
}
