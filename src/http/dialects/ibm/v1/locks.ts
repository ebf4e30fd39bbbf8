/** Locks in version 1's words: other names for the modes, and `*` for all of them. */
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type { LockView, SecretLocks } from "../../../../app/secrets/answers.ts";
import type { WhichSecret, WhichVersion } from "../../../../app/secrets/find.ts";
import {
  createSecretLocksInput,
  type CreateSecretLocksInput,
  type DeleteSecretLocksInput,
  type ListAllLocksInput,
  type ListAllLocksOutput,
  type ListLocksOutput,
  type ListSecretLocksInput,
} from "../../../../app/secrets/secret-locks.ts";
import {
  createVersionLocksInput,
  type CreateVersionLocksInput,
  type DeleteVersionLocksInput,
  type ListVersionLocksInput,
} from "../../../../app/secrets/version-locks.ts";
import { Refusal } from "../../../../kernel/errors.ts";
import type { PageInput } from "../../../../secrets/paging.ts";
import { checkLockName, MAX_LOCKS, type LockMode } from "../../../../secrets/lock.ts";
import { bodyOf, read } from "../body.ts";
import { newLocksIn } from "../decode-locks.ts";
import { groupId } from "../path.ts";
import { Query } from "../query.ts";
import { date, present } from "../shapes.ts";
import { collectionOf, type Resource } from "./collection.ts";
import { secretIn, secretVersionIn } from "./path.ts";

const MODES = {
  exclusive: "remove_previous",
  exclusive_delete: "remove_previous_and_delete",
} as const;
const MODE_NAMES = Object.keys(MODES) as readonly (keyof typeof MODES)[];
const ALL = "*";

const names = z.strictObject({ locks: z.array(z.string()).max(MAX_LOCKS) });

export function decodeNewSecretLocks(request: FastifyRequest): CreateSecretLocksInput {
  return createSecretLocksInput(secretIn(request), newLocksIn(bodyOf(request)), modeIn(request));
}

export function decodeNewVersionLocks(request: FastifyRequest): CreateVersionLocksInput {
  const locks = newLocksIn(bodyOf(request));
  return createVersionLocksInput(secretVersionIn(request), locks, modeIn(request));
}

export function decodeSecretUnlocking(request: FastifyRequest): DeleteSecretLocksInput {
  return secretUnlockingOf(secretIn(request), bodyOf(request));
}

export function decodeVersionUnlocking(request: FastifyRequest): DeleteVersionLocksInput {
  return versionUnlockingOf(secretVersionIn(request), bodyOf(request));
}

export function decodeSecretLocksList(request: FastifyRequest): ListSecretLocksInput {
  return { ...secretIn(request), ...pageIn(request) };
}

export function decodeVersionLocksList(request: FastifyRequest): ListVersionLocksInput {
  return { ...secretVersionIn(request), ...pageIn(request) };
}

export function decodeAllLocksList(request: FastifyRequest): ListAllLocksInput {
  const query = new Query(request, ["limit", "offset", "search", "groups"]);
  return {
    offset: query.whole("offset"),
    limit: query.whole("limit"),
    search: query.search("search"),
    groups: query.list("groups")?.map(groupId),
  };
}

/** The version is the current one, where none is named. */
export function secretUnlockingOf(which: WhichSecret, body: Resource): DeleteSecretLocksInput {
  return { ...which, currentOnly: true, lockNames: lockNamesIn(body) };
}

export function versionUnlockingOf(which: WhichVersion, body: Resource): DeleteVersionLocksInput {
  return { ...which, lockNames: lockNamesIn(body) };
}

/** `["*"]` stands for all of them; nothing at all would be a slip, not a wish. */
function lockNamesIn(body: Resource): readonly string[] | undefined {
  const { locks } = read(names, body);
  if (locks.length === 0) {
    throw new Refusal("invalid_request", 'The locks are named one by one, or all by ["*"].', {
      field: "locks",
    });
  }
  if (locks.length === 1 && locks[0] === ALL) return undefined;
  locks.forEach(checkLockName);
  return locks;
}

export function pageIn(
  request: FastifyRequest,
): PageInput & { readonly search?: string | undefined } {
  const query = new Query(request, ["limit", "offset", "search"]);
  return {
    offset: query.whole("offset"),
    limit: query.whole("limit"),
    search: query.search("search"),
  };
}

function modeIn(request: FastifyRequest): LockMode | undefined {
  const mode = new Query(request, ["mode"]).oneOf("mode", MODE_NAMES);
  return mode && MODES[mode];
}

/** What locking and unlocking answer with. */
export function lockedResource(locks: SecretLocks): object {
  return {
    secret_id: locks.id,
    secret_group_id: locks.secretGroupId,
    versions: locks.versions.map((version) => ({
      id: version.versionId,
      ...present("alias", version.alias),
      locks: version.lockNames,
      payload_available: version.payloadAvailable,
    })),
  };
}

export function lockResource(lock: LockView): object {
  return {
    name: lock.name,
    ...present("description", lock.description),
    ...present("attributes", lock.attributes),
    created_by: lock.createdBy,
    creation_date: date(lock.createdAt),
    last_update_date: date(lock.updatedAt),
    secret_id: lock.secretId,
    secret_group_id: lock.secretGroupId,
    secret_version_id: lock.versionId,
    ...present("secret_version_alias", lock.versionAlias),
  };
}

export function lockedBody(locks: SecretLocks): object {
  return collectionOf("lock", [lockedResource(locks)]);
}

export function lockListBody({ locks }: ListLocksOutput): object {
  return collectionOf("lock", locks.map(lockResource));
}

export function allLocksBody({ secretsLocks }: ListAllLocksOutput): object {
  return collectionOf("lock", secretsLocks.map(lockedResource));
}
