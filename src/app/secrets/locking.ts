/** What locking and unlocking do, whether a secret or one of its versions was named. */
import { Refusal } from "../../kernel/errors.ts";
import { expired, isExpired } from "../../secrets/expiry.ts";
import { kindOf } from "../../secrets/kinds/kinds.ts";
import { checkSearch } from "./list-secrets.ts";
import {
  checkLockAttributes,
  checkLockName,
  MAX_LOCKS,
  type Lock,
  type LockMode,
  type NewLock,
} from "../../secrets/lock.ts";
import {
  DEFAULT_LOCKS_PER_PAGE,
  pageOf,
  sortOf,
  type PageInput,
  type Sort,
} from "../../secrets/paging.ts";
import { checkDescription, type Secret } from "../../secrets/secret.ts";
import {
  LOCK_SORT_FIELDS,
  type LockSortField,
  type SecretReader,
  type SecretStore,
} from "../../secrets/store.ts";
import type { Version } from "../../secrets/version.ts";
import { callerId, type Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import type { SecretLocks } from "./answers.ts";
import { locatedSecret, toldOf, type SecretVersion } from "./find.ts";
import { giveUpValue } from "./give-up.ts";
import type { ListLocksOutput } from "./secret-locks.ts";
import { lockViewOf, secretLocksOf } from "./show.ts";

interface Locking {
  readonly mode?: LockMode | undefined;
  readonly locks: readonly NewLock[];
}

/**
 * Puts locks on a version that has a value; one of the same name is replaced. A mode also frees the
 * version before, when the locked one is the current: what that takes away is recorded as events of
 * their own.
 */
export async function lockVersion(
  { secret, version }: SecretVersion,
  { locks, mode }: Locking,
  context: Context<Transaction>,
): Promise<SecretLocks> {
  const { store, caller, now } = context;
  checkLocks(locks);
  if (mode === "remove_previous_and_delete" && kindOf(secret.type).isDeletedElsewhere) {
    throw new Refusal("invalid_request", "Locks of this type do not delete the previous value.", {
      field: "mode",
    });
  }
  if (isExpired(secret, now)) throw expired();
  if (!version.hasPayload) {
    throw new Refusal("precondition_failed", "Only a version that has a value can be locked.");
  }
  const names = new Set(locks.map((lock) => lock.name));
  const before = await store.secrets.locksOf(secret.id);
  const freed = mode
    ? await freePrevious({ secret, version }, { mode, names, before }, context)
    : null;
  const held = before.filter((lock) => lock.versionId === version.id);
  for (const lock of locks) {
    const replaced = held.find(({ name }) => name === lock.name);
    await store.secrets.putLock({
      name: lock.name,
      secretId: secret.id,
      versionId: version.id,
      versionNumber: version.number,
      description: lock.description ?? null,
      attributes: lock.attributes ?? null,
      createdBy: replaced?.createdBy ?? callerId(caller),
      createdAt: replaced?.createdAt ?? now,
      updatedAt: now,
    });
  }
  const after = await store.secrets.locksOf(secret.id);
  if (after.length > MAX_LOCKS) {
    throw new Refusal("limit_reached", `The secret has reached the maximum of ${MAX_LOCKS} locks.`);
  }
  await store.secrets.updateSecret({ ...secret, locksTotal: after.length });
  return secretLocksOf(secret, freed ? [version, freed] : [version], after);
}

interface Freeing {
  readonly mode: LockMode;
  readonly names: ReadonlySet<string>;
  readonly before: readonly Lock[];
}

/**
 * Takes the locks of these names off the version before the current one, and its value if the mode
 * says so.
 */
async function freePrevious(
  { secret, version }: SecretVersion,
  { mode, names, before }: Freeing,
  context: Context<Transaction>,
): Promise<Version | null> {
  const { store, call, also } = context;
  if (version.number !== secret.currentVersion) return null;
  const previous = await store.secrets.version(secret, { alias: "previous" });
  if (!previous) return null;
  const held = before.filter((lock) => lock.versionId === previous.id);
  const freed = held.filter((lock) => names.has(lock.name));
  for (const lock of freed) await store.secrets.deleteLock(lock);
  const { target } = locatedSecret(call.place, secret, null);
  const which = { id: secret.id, versionId: previous.id };
  if (freed.length > 0) {
    const lockNames = freed.map((lock) => lock.name);
    also({
      operation: "version-lock.delete",
      target,
      input: { ...which, lockNames },
      output: { versionIds: [previous.id] },
    });
  }
  const isFree = held.length === freed.length;
  if (mode === "remove_previous" || !isFree || !previous.hasPayload) return previous;
  const emptied = await giveUpValue(secret, previous, context);
  const told = { ...which, ...toldOf(secret) };
  also({ operation: "version.data.delete", target, input: told, output: which });
  return emptied;
}

/**
 * Takes locks off one version, or off all, and answers with those that stay on what was touched.
 */
export async function unlockVersions(
  store: SecretStore,
  secret: Secret,
  { lockNames, version }: { lockNames?: readonly string[] | undefined; version?: Version },
): Promise<SecretLocks> {
  const names = lockNames && new Set(lockNames);
  const before = await store.locksOf(secret.id);
  const removed = before.filter(
    (lock) => (!version || lock.versionId === version.id) && (!names || names.has(lock.name)),
  );
  for (const lock of removed) await store.deleteLock(lock);
  const after = before.filter((lock) => !removed.includes(lock));
  await store.updateSecret({ ...secret, locksTotal: after.length });
  const touched = new Set(removed.map((lock) => lock.versionId));
  const versions = version
    ? [version]
    : (await store.versions(secret)).filter((one) => touched.has(one.id));
  return secretLocksOf(secret, versions, after);
}

interface LockPageInput extends PageInput {
  readonly sort?: Sort<LockSortField> | undefined;
  readonly search?: string | undefined;
  readonly version?: Version;
}

export async function pageOfLocks(
  reader: SecretReader,
  secret: Secret,
  input: LockPageInput,
): Promise<ListLocksOutput> {
  const page = pageOf(input, DEFAULT_LOCKS_PER_PAGE);
  const sort = input.sort ?? "createdAt";
  if (!LOCK_SORT_FIELDS.includes(sortOf(sort).field)) {
    throw new Refusal("invalid_request", `Locks are sorted by ${LOCK_SORT_FIELDS.join(", ")}.`, {
      field: "sort",
    });
  }
  const { totalCount, items } = await reader.locks({
    secretId: secret.id,
    versionId: input.version?.id,
    search: checkSearch(input.search),
    page,
    sort,
  });
  const locks = items.map((lock) => lockViewOf(secret, lock));
  return { totalCount, returnedCount: locks.length, ...page, locks };
}

function checkLocks(locks: readonly NewLock[]): void {
  if (locks.length === 0 || locks.length > MAX_LOCKS) {
    throw new Refusal("invalid_request", `From 1 to ${MAX_LOCKS} locks are made at a time.`, {
      field: "locks",
    });
  }
  if (new Set(locks.map((lock) => lock.name)).size < locks.length) {
    throw new Refusal("invalid_request", "Locks made together have different names.", {
      field: "locks",
    });
  }
  for (const lock of locks) {
    checkLockName(lock.name);
    if (lock.description !== undefined) checkDescription(lock.description);
    if (lock.attributes) checkLockAttributes(lock.attributes);
  }
}
