/** The port to the secrets: what reads and what changes them. Values come and go sealed. */
import type { Millis } from "../kernel/clock.ts";
import type { Contents } from "./contents.ts";
import type { SecretGroup } from "./group.ts";
import type { Lock } from "./lock.ts";
import type { Page, PageOf, Sort } from "./paging.ts";
import type { DescribedQuery, DescribedSecret } from "./secret-filter.ts";
import type { Instance, Secret, SecretType } from "./secret.ts";
import type { FailedReplication } from "./replication.ts";
import type { RotationUnderWay } from "./rotator.ts";
import type { Version, VersionSelector } from "./version.ts";
import type { RootKeyCheck, SealedValue, WrappedKey } from "./vault.ts";

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
  /** One of these texts contained, whatever its case, in what `search` looks at or in a value of its metadata. */
  readonly texts?: readonly string[] | undefined;
  readonly fieldMatch?: FieldMatch | undefined;
  /** What the name begins with. */
  readonly namePrefix?: string | undefined;
  /** Also those that wait to be deleted. */
  readonly includesDeleted?: boolean | undefined;
}

export const COMPARISONS = ["equal", "contains", "begins_with"] as const;

/** What a field of a secret says: its name, its description, or a member of its metadata. */
export interface FieldMatch {
  readonly field: "name" | "description" | { readonly metadata: readonly string[] };
  readonly comparison: (typeof COMPARISONS)[number];
  /** A number is equal to numbers only. */
  readonly value: string | number;
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

/**
 * A secret as far as it is known outside its versions' payloads, with when it was last given out.
 */
export interface ListedSecret {
  readonly secret: Secret;
  readonly retrievedAt: Millis | null;
}

/** That a version's value was given out, and when last. */
export interface Retrieved {
  readonly secretId: string;
  readonly versionId: string;
  readonly at: Millis;
}

/** What the schedule has to do, oldest due first. */
export interface DueSecret {
  readonly id: string;
  readonly at: Instance;
  readonly dueAt: Millis;
}

/** A data key with what it belongs to. */
export interface DataKey {
  readonly owner: string;
  readonly at: Instance;
  readonly key: WrappedKey;
}

/** The data keys, as the root key and its rotation see them. */
export interface DataKeyReader {
  rootKeyCheck(): Promise<RootKeyCheck | undefined>;
  /** The ids of the root keys by which any data key is sealed. */
  rootKeysInUse(): Promise<readonly string[]>;
  countDataKeysNotUnder(rootKeyId: string): Promise<number>;
  dataKeysNotUnder(rootKeyId: string, limit: number): Promise<readonly DataKey[]>;
  /** The data key of what is no secret: a second factor, the secret of an identity provider. */
  dataKeyOf(owner: string): Promise<WrappedKey | undefined>;
}

export interface DataKeyStore extends DataKeyReader {
  setRootKeyCheck(check: RootKeyCheck): Promise<void>;
  replaceDataKey(dataKey: DataKey): Promise<void>;
  insertDataKey(dataKey: DataKey): Promise<void>;
  deleteDataKey(owner: string): Promise<void>;
}

export interface SecretReader extends DataKeyReader {
  secret(at: Instance, id: string): Promise<Secret | undefined>;
  /** By type and name, which are unique together within the instance. */
  secretNamed(at: Instance, type: SecretType, name: string): Promise<Secret | undefined>;
  /** Of any type, the oldest first, those that wait to be deleted among them. Asked by each reading: must be cheap. */
  secretsCalled(at: Instance, name: string): Promise<readonly Secret[]>;
  /** Who changed it last, whatever of it, by IAM id; null of one that nobody has changed since it was made. */
  changedBy(secretId: string): Promise<string | null>;
  /** Wherever it is: for what follows from a secret in another region's instance. */
  secretById(id: string): Promise<Secret | undefined>;
  replicasOf(secretId: string): Promise<readonly Secret[]>;
  /** By their regions. */
  failedReplications(secretId: string): Promise<readonly FailedReplication[]>;
  secrets(at: Instance, query: SecretQuery): Promise<Page<ListedSecret>>;
  /** A page of them by their position, not counted: as quick at the end of a long list as at its beginning. */
  describedSecrets(at: Instance, query: DescribedQuery): Promise<readonly DescribedSecret[]>;
  countInGroup(at: Instance, groupId: string): Promise<number>;
  /** In every instance, homes among them; without those that wait to be deleted. */
  countInAccount(account: string): Promise<number>;
  /** Whether a secret of the type, one that is not destroyed, is made with the configuration of this name. */
  isMadeWith(at: Instance, type: SecretType, configuration: string): Promise<boolean>;
  /** Everything that an instance holds, also what other stores keep of it. */
  contentsOf(at: Instance): Promise<Contents>;

  version(secret: Secret, selector: VersionSelector): Promise<Version | undefined>;
  /** Newest first. */
  versions(secret: Secret): Promise<readonly Version[]>;
  payload(version: Version): Promise<SealedValue | undefined>;

  group(at: Instance, id: string): Promise<SecretGroup | undefined>;
  groupNamed(at: Instance, name: string): Promise<SecretGroup | undefined>;
  groups(at: Instance): Promise<readonly SecretGroup[]>;

  /** Every lock of the secret, oldest first; at most MAX_LOCKS. */
  locksOf(secretId: string): Promise<readonly Lock[]>;
  locks(query: LockQuery): Promise<Page<Lock>>;
  /** Secrets that carry locks, a page of them, by name. */
  lockedSecrets(at: Instance, filter: SecretFilter, page: PageOf): Promise<Page<Secret>>;

  /** When versions of the secret, by their ids, were last given out, as far as that is saved. */
  retrievals(secretId: string): Promise<ReadonlyMap<string, Millis>>;
  /** How many entries of the ledger the saved retrievals have seen. */
  retrievalsPosition(): Promise<number>;

  /** Of what waits to be deleted none is rotated, by whatever schedule, and nobody is told of its date. */
  /** By their own policies. */
  dueRotations(now: Millis, limit: number): Promise<readonly DueSecret[]>;
  /** By rotators. */
  dueRotatorRotations(now: Millis, limit: number): Promise<readonly DueSecret[]>;
  /** Those whose time to be restored is over. */
  dueDeletions(now: Millis, limit: number): Promise<readonly DueSecret[]>;
  /** The rotation of the secret that is under way, by its rotator. */
  rotation(secretId: string): Promise<RotationUnderWay | undefined>;
  dueRotationSteps(now: Millis, limit: number): Promise<readonly DueSecret[]>;
  /** Not those whose versions are locked: they wait for their locks. */
  dueExpirations(now: Millis, limit: number): Promise<readonly DueSecret[]>;
  /** Those whose owners are to be told of their date; not what is due to expire now. */
  dueExpiryNotices(now: Millis, limit: number): Promise<readonly DueSecret[]>;
  /** When that is next; begins anew whenever the secret is stored with another date. */
  expiryNoticeAt(secretId: string): Promise<Millis | null>;
}

export interface SecretStore extends SecretReader, DataKeyStore {
  /** With its data key. */
  insertSecret(secret: Secret): Promise<void>;
  /** Everything but its data key. */
  updateSecret(secret: Secret): Promise<void>;
  setExpiryNoticeAt(secretId: string, at: Millis | null): Promise<void>;
  setChangedBy(secretId: string, by: string): Promise<void>;
  /** With its versions, locks, retrievals and data key. */
  deleteSecret(secretId: string): Promise<void>;

  /** Null for a version that has none by this. */
  insertVersion(version: Version, payload: SealedValue | null): Promise<void>;
  /** Deletes the payload of a version that has none by this. */
  updateVersion(version: Version): Promise<void>;
  /** The value of a version that had none until now. */
  putPayload(version: Version, payload: SealedValue): Promise<void>;
  /** Forgets it, with its value and its locks. */
  deleteVersion(version: Pick<Version, "secretId" | "id">): Promise<void>;

  /** One of a secret in a region: replaces the one there is. */
  putFailedReplication(failed: FailedReplication): Promise<void>;
  deleteFailedReplication(secretId: string, region: string): Promise<void>;
  /**
   * The ids of the secrets that were changed, or whose versions were, since this was asked last; those of a change that
   * was undone may be among them. For whoever has to follow every change.
   */
  takeChanged(): readonly string[];

  /** One of a secret at a time: replaces the one there is. */
  putRotation(rotation: RotationUnderWay): Promise<void>;
  deleteRotation(secretId: string): Promise<void>;

  insertGroup(group: SecretGroup): Promise<void>;
  updateGroup(group: SecretGroup): Promise<void>;
  deleteGroup(at: Instance, id: string): Promise<void>;

  /** Replaces the lock of the same version and name, if there is one. */
  putLock(lock: Lock): Promise<void>;
  deleteLock(lock: Lock): Promise<void>;

  /** Those of versions that are gone are left out. */
  saveRetrievals(retrievals: readonly Retrieved[], position: number): Promise<void>;
}
