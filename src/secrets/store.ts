/** The port to the secrets: what reads and what changes them. Values come and go sealed. */
import type { Millis } from "../kernel/clock.ts";
import type { SecretGroup } from "./group.ts";
import type { Lock } from "./lock.ts";
import type { Page, PageOf, Sort } from "./paging.ts";
import type { Instance, Secret, SecretType } from "./secret.ts";
import type { Version, VersionSelector } from "./version.ts";
import type { WrappedKey } from "./vault.ts";

export const SECRET_SORT_FIELDS = [
  "id",
  "createdAt",
  "updatedAt",
  "retrievedAt",
  "expiresAt",
  "secretType",
  "name",
] as const;

export type SecretSortField = (typeof SECRET_SORT_FIELDS)[number];

export const LOCK_SORT_FIELDS = ["createdAt", "updatedAt", "name"] as const;

export type LockSortField = (typeof LOCK_SORT_FIELDS)[number];

/** Filters on secrets; what is left out does not restrict. */
export interface SecretFilter {
  /** Text contained, whatever its case, in the name, the description, a label or the id. */
  readonly search?: string | undefined;
  readonly groups?: readonly string[] | undefined;
  readonly secretTypes?: readonly SecretType[] | undefined;
  readonly matchAllLabels?: readonly string[] | undefined;
}

export interface SecretQuery extends SecretFilter {
  readonly page: PageOf;
  readonly sort: Sort<SecretSortField>;
}

export interface LockQuery {
  readonly secretId: string;
  readonly versionId?: string | undefined;
  readonly search?: string | undefined;
  readonly page: PageOf;
  readonly sort: Sort<LockSortField>;
}

/** A secret as far as it is known outside its versions' payloads, with when it was last given out. */
export interface ListedSecret {
  readonly secret: Secret;
  readonly retrievedAt: Millis | null;
}

/** What the schedule has to do, oldest due first. */
export interface DueSecret {
  readonly id: string;
  readonly at: Instance;
  readonly dueAt: Millis;
}

export interface SecretReader {
  secret(at: Instance, id: string): Promise<Secret | undefined>;
  /** By type and name, which are unique together within the instance. */
  secretNamed(at: Instance, type: SecretType, name: string): Promise<Secret | undefined>;
  secrets(at: Instance, query: SecretQuery): Promise<Page<ListedSecret>>;
  countInGroup(at: Instance, groupId: string): Promise<number>;

  version(secret: Secret, selector: VersionSelector): Promise<Version | undefined>;
  /** Newest first. */
  versions(secret: Secret): Promise<readonly Version[]>;

  group(at: Instance, id: string): Promise<SecretGroup | undefined>;
  groupNamed(at: Instance, name: string): Promise<SecretGroup | undefined>;
  groups(at: Instance): Promise<readonly SecretGroup[]>;

  /** Every lock of the secret, oldest first; at most MAX_LOCKS. */
  locksOf(secretId: string): Promise<readonly Lock[]>;
  locks(query: LockQuery): Promise<Page<Lock>>;
  /** Secrets that carry locks, a page of them, by name. */
  lockedSecrets(at: Instance, filter: SecretFilter, page: PageOf): Promise<Page<Secret>>;

  /** When the versions with these ids were last given out, as far as that is saved. */
  retrievals(secretId: string): Promise<ReadonlyMap<string, Millis>>;

  dueRotations(now: Millis, limit: number): Promise<readonly DueSecret[]>;
  /** Not those whose versions are locked: they wait for their locks. */
  dueExpirations(now: Millis, limit: number): Promise<readonly DueSecret[]>;
}

export interface SecretStore extends SecretReader {
  insertSecret(secret: Secret): Promise<void>;
  updateSecret(secret: Secret): Promise<void>;
  /** With its versions, locks and retrievals. */
  deleteSecret(secretId: string): Promise<void>;

  insertVersion(version: Version): Promise<void>;
  updateVersion(version: Version): Promise<void>;
  /** Forgets the versions with this number and lower ones. */
  deleteVersionsUpTo(secretId: string, number: number): Promise<void>;

  insertGroup(group: SecretGroup): Promise<void>;
  updateGroup(group: SecretGroup): Promise<void>;
  deleteGroup(at: Instance, id: string): Promise<void>;

  /** Replaces the lock of the same version and name, if there is one. */
  putLock(lock: Lock): Promise<void>;
  deleteLock(lock: Lock): Promise<void>;
}

/** The data keys, as the rotation of the root key sees them. */
export interface DataKeyStore {
  /** Data keys that are not sealed by this root key; at most `limit`. */
  dataKeysNotUnder(
    rootKeyId: string,
    limit: number,
  ): Promise<readonly { readonly owner: string; readonly key: WrappedKey }[]>;
}
