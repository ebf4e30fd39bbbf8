/** Bodies and queries of the calls about locks, as the operations' inputs. */
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import {
  createSecretLocksInput,
  type CreateSecretLocksInput,
  type DeleteSecretLocksInput,
  type ListAllLocksInput,
  type ListSecretLocksInput,
} from "../../../app/secrets/secret-locks.ts";
import {
  createVersionLocksInput,
  type CreateVersionLocksInput,
  type DeleteVersionLocksInput,
  type ListVersionLocksInput,
} from "../../../app/secrets/version-locks.ts";
import type { WhichSecret } from "../../../app/secrets/find.ts";
import {
  checkLockName,
  LOCK_MODES,
  MAX_LOCKS,
  type LockMode,
  type NewLock,
} from "../../../secrets/lock.ts";
import { DEFAULT_SECRETS_PER_PAGE } from "../../../secrets/paging.ts";
import type { LockSortField } from "../../../secrets/store.ts";
import { bodyOf, read } from "./body.ts";
import { jsonObject } from "./fields.ts";
import { groupId, secretIdIn, versionIn } from "./path.ts";
import { Query } from "./query.ts";

const prototypes = z.strictObject({
  locks: z
    .array(
      z.strictObject({
        name: z.string(),
        description: z.string().optional(),
        attributes: jsonObject.optional(),
      }),
    )
    .max(MAX_LOCKS),
});

const sortFields: Readonly<Record<string, LockSortField>> = {
  created_at: "createdAt",
  updated_at: "updatedAt",
  name: "name",
};

export function decodeNewSecretLocks(request: FastifyRequest): CreateSecretLocksInput {
  return createSecretLocksInput(secretIdIn(request), newLocks(request), modeIn(request));
}

export function decodeNewVersionLocks(request: FastifyRequest): CreateVersionLocksInput {
  return createVersionLocksInput(versionIn(request), newLocks(request), modeIn(request));
}

export function decodeSecretLockList(request: FastifyRequest): ListSecretLocksInput {
  return { id: secretIdIn(request), ...listOf(request) };
}

export function decodeVersionLockList(request: FastifyRequest): ListVersionLocksInput {
  return { ...versionIn(request), ...listOf(request) };
}

/** The list of all locks is a list of secrets, and pages as those do. */
export function decodeAllLocksList(request: FastifyRequest): ListAllLocksInput {
  const query = new Query(request, ["offset", "limit", "search", "groups"]);
  return {
    offset: query.whole("offset"),
    limit: query.whole("limit") ?? DEFAULT_SECRETS_PER_PAGE,
    search: query.search("search"),
    groups: query.list("groups")?.map(groupId),
  };
}

/** `?name=a,b`; without it, all of them. */
export function decodeSecretLockDeletion(request: FastifyRequest): DeleteSecretLocksInput {
  return { id: secretIdIn(request), lockNames: namesIn(request) };
}

export function decodeVersionLockDeletion(request: FastifyRequest): DeleteVersionLocksInput {
  return { ...versionIn(request), lockNames: namesIn(request) };
}

function newLocks(request: FastifyRequest): readonly NewLock[] {
  return newLocksIn(bodyOf(request));
}

/** Which locks are to be made, whichever wire they come by. */
export function newLocksIn(body: object): readonly NewLock[] {
  return read(prototypes, body).locks;
}

function modeIn(request: FastifyRequest): LockMode | undefined {
  return new Query(request, ["mode"]).oneOf("mode", LOCK_MODES);
}

function namesIn(request: FastifyRequest): readonly string[] | undefined {
  const names = new Query(request, ["name"]).list("name");
  names?.forEach(checkLockName);
  return names;
}

function listOf(request: FastifyRequest): Omit<ListSecretLocksInput, keyof WhichSecret> {
  const query = new Query(request, ["offset", "limit", "sort", "search"]);
  return {
    offset: query.whole("offset"),
    limit: query.whole("limit"),
    sort: query.sort("sort", sortFields),
    search: query.search("search"),
  };
}
