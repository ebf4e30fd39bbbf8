/** The locks of a secret, whichever version they are on, and those of all secrets. */
import { Refusal } from "../../kernel/errors.ts";
import { DEFAULT_LOCKS_PER_PAGE, pageOf, type PageInput, type Sort } from "../../secrets/paging.ts";
import type { LockMode, NewLock } from "../../secrets/lock.ts";
import type { Instance, Secret } from "../../secrets/secret.ts";
import type { LockSortField } from "../../secrets/store.ts";
import { changeOperation, readOperation } from "../operation.ts";
import type { LockView, PageFacts, SecretLocks } from "./answers.ts";
import { locatedInstance, locateSecret, wholeOf, type WhichSecret } from "./find.ts";
import { checkSearch } from "./list-secrets.ts";
import { lockVersion, pageOfLocks, unlockVersions } from "./locking.ts";
import { currentVersion } from "./open.ts";
import { groupsWithin } from "./scope.ts";
import { secretLocksOf } from "./show.ts";

export type CreateSecretLocksInput = WhichSecret & {
  readonly mode?: LockMode | undefined;
  readonly locks: readonly NewLock[];
  /** The names of the locks, for the record. */
  readonly lockNames: readonly string[];
};

/** The input of a locking: the dialects' way to make it. */
export function createSecretLocksInput(
  which: string | WhichSecret,
  locks: readonly NewLock[],
  mode?: LockMode,
): CreateSecretLocksInput {
  const named = typeof which === "string" ? { id: which } : which;
  return { ...named, mode, locks, lockNames: locks.map((lock) => lock.name) };
}

/** Locks the current version. */
export const createSecretLocks = changeOperation<CreateSecretLocksInput, Secret, SecretLocks>({
  name: "secret-lock.create",

  locate: locateSecret,

  async run(input, { subject: secret }, context) {
    const version = await currentVersion(context.store.secrets, secret);
    if (!version)
      throw new Refusal("precondition_failed", "The secret has no value to be locked yet.");
    return lockVersion({ secret, version }, input, context);
  },
});

export type ListSecretLocksInput = WhichSecret &
  PageInput & {
    readonly sort?: Sort<LockSortField> | undefined;
    readonly search?: string | undefined;
  };

export interface ListLocksOutput extends PageFacts {
  readonly locks: readonly LockView[];
}

export const listSecretLocks = readOperation<ListSecretLocksInput, Secret, ListLocksOutput>({
  name: "secret-lock.list",

  locate: locateSecret,

  async run(input, { subject: secret }, { store }) {
    return pageOfLocks(store.secrets, secret, input);
  },
});

export type DeleteSecretLocksInput = WhichSecret & {
  /** All of them when left out. */
  readonly lockNames?: readonly string[] | undefined;
  /** Those of other versions stay: what version 1 of IBM's wire means by unlocking a secret. */
  readonly currentOnly?: true | undefined;
};

/** Takes locks off every version of the secret; answers with those that stay. */
export const deleteSecretLocks = changeOperation<DeleteSecretLocksInput, Secret, SecretLocks>({
  name: "secret-lock.delete",

  locate: locateSecret,

  async run({ lockNames, currentOnly }, { subject: secret }, { store }) {
    const version = currentOnly ? await currentVersion(store.secrets, secret) : null;
    return unlockVersions(store.secrets, secret, { lockNames, ...(version ? { version } : {}) });
  },
});

export interface ListAllLocksInput extends PageInput {
  readonly search?: string | undefined;
  /** Ids of groups. */
  readonly groups?: readonly string[] | undefined;
}

export interface ListAllLocksOutput extends PageFacts {
  readonly secretsLocks: readonly SecretLocks[];
}

/** The secrets that carry locks, each with its locks by version. */
export const listAllLocks = readOperation<ListAllLocksInput, Instance, ListAllLocksOutput>({
  name: "secret-lock.list-all",

  async locate(_input, { call }) {
    return locatedInstance(call.place);
  },

  async run(input, { subject: at }, { store, call, scope }) {
    const page = pageOf(input, DEFAULT_LOCKS_PER_PAGE);
    const groups = groupsWithin(scope(wholeOf(call.place)), input.groups);
    const search = checkSearch(input.search);
    const { totalCount, items } = await store.secrets.lockedSecrets(at, { groups, search }, page);
    const secretsLocks: SecretLocks[] = [];
    for (const secret of items) {
      const locks = await store.secrets.locksOf(secret.id);
      const carrying = new Set(locks.map((lock) => lock.versionId));
      const versions = await store.secrets.versions(secret);
      const touched = versions.filter((version) => carrying.has(version.id));
      secretsLocks.push(secretLocksOf(secret, touched, locks));
    }
    return { totalCount, returnedCount: secretsLocks.length, ...page, secretsLocks };
  },
});
