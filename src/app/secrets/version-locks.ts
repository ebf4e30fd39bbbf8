/** The locks of one version of a secret. */
import type { PageInput, Sort } from "../../secrets/paging.ts";
import type { LockMode, NewLock } from "../../secrets/lock.ts";
import type { LockSortField } from "../../secrets/store.ts";
import { changeOperation, readOperation } from "../operation.ts";
import type { SecretLocks } from "./answers.ts";
import { locateVersion, type SecretVersion, type WhichVersion } from "./find.ts";
import { lockVersion, pageOfLocks, unlockVersions } from "./locking.ts";
import type { ListLocksOutput } from "./secret-locks.ts";

export type CreateVersionLocksInput = WhichVersion & {
  readonly mode?: LockMode | undefined;
  readonly locks: readonly NewLock[];
  /** The names of the locks, for the record. */
  readonly lockNames: readonly string[];
};

/** The input of a locking: the dialects' way to make it. */
export function createVersionLocksInput(
  which: WhichVersion,
  locks: readonly NewLock[],
  mode?: LockMode,
): CreateVersionLocksInput {
  return { ...which, mode, locks, lockNames: locks.map((lock) => lock.name) };
}

export const createVersionLocks = changeOperation<
  CreateVersionLocksInput,
  SecretVersion,
  SecretLocks
>({
  name: "version-lock.create",

  locate: locateVersion,

  async run(input, { subject }, context) {
    return lockVersion(subject, input, context);
  },
});

export type ListVersionLocksInput = WhichVersion &
  PageInput & {
    readonly sort?: Sort<LockSortField> | undefined;
    readonly search?: string | undefined;
  };

export const listVersionLocks = readOperation<
  ListVersionLocksInput,
  SecretVersion,
  ListLocksOutput
>({
  name: "version-lock.list",

  locate: locateVersion,

  async run(input, { subject: { secret, version } }, { store }) {
    const { offset, limit, sort, search } = input;
    return pageOfLocks(store.secrets, secret, { offset, limit, sort, search, version });
  },
});

export type DeleteVersionLocksInput = WhichVersion & {
  /** All of them when left out. */
  readonly lockNames?: readonly string[] | undefined;
};

/** Takes locks off one version; answers with those that stay. */
export const deleteVersionLocks = changeOperation<
  DeleteVersionLocksInput,
  SecretVersion,
  SecretLocks
>({
  name: "version-lock.delete",

  locate: locateVersion,

  async run({ lockNames }, { subject: { secret, version } }, { store }) {
    return unlockVersions(store.secrets, secret, { lockNames, version });
  },
});
