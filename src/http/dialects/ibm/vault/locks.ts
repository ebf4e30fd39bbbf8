/** Locks as Vault's wire reads and shows them: the mode of a locking is the last word of its path. */
import type { FastifyRequest } from "fastify";
import {
  createSecretLocksInput,
  type CreateSecretLocksInput,
  type DeleteSecretLocksInput,
  type ListLocksOutput,
  type ListSecretLocksInput,
} from "../../../../app/secrets/secret-locks.ts";
import {
  createVersionLocksInput,
  type CreateVersionLocksInput,
  type DeleteVersionLocksInput,
  type ListVersionLocksInput,
} from "../../../../app/secrets/version-locks.ts";
import type { LockMode } from "../../../../secrets/lock.ts";
import { jsonObject } from "../../../json.ts";
import { newLocksIn } from "../decode-locks.ts";
import { lockResource, pageIn, secretUnlockingOf, versionUnlockingOf } from "../v1/locks.ts";
import { secretOf, versionOf } from "./path.ts";

/** By the last word of the path. */
export const LOCKINGS: Readonly<Record<string, LockMode | undefined>> = {
  lock: undefined,
  lock_exclusive: "remove_previous",
  lock_exclusive_delete: "remove_previous_and_delete",
};

export function newSecretLocks(
  mode: LockMode | undefined,
): (request: FastifyRequest) => CreateSecretLocksInput {
  return (request) =>
    createSecretLocksInput(secretOf(request), newLocksIn(jsonObject(request)), mode);
}

export function newVersionLocks(
  mode: LockMode | undefined,
): (request: FastifyRequest) => CreateVersionLocksInput {
  return (request) =>
    createVersionLocksInput(versionOf(request), newLocksIn(jsonObject(request)), mode);
}

export function decodeSecretUnlocking(request: FastifyRequest): DeleteSecretLocksInput {
  return secretUnlockingOf(secretOf(request), jsonObject(request));
}

export function decodeVersionUnlocking(request: FastifyRequest): DeleteVersionLocksInput {
  return versionUnlockingOf(versionOf(request), jsonObject(request));
}

export function decodeSecretLocksList(request: FastifyRequest): ListSecretLocksInput {
  return { ...secretOf(request), ...pageIn(request) };
}

export function decodeVersionLocksList(request: FastifyRequest): ListVersionLocksInput {
  return { ...versionOf(request), ...pageIn(request) };
}

export function lockList({ locks, totalCount }: ListLocksOutput): object {
  return { locks: locks.map(lockResource), locks_total: totalCount };
}
