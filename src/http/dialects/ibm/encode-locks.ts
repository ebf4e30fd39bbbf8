/** Locks as IBM's wire shows them: one by one, or gathered by secret and version. */
import type { FastifyRequest } from "fastify";
import type { LockView, SecretLocks } from "../../../app/secrets/answers.ts";
import type { ListAllLocksOutput, ListLocksOutput } from "../../../app/secrets/secret-locks.ts";
import { date, present } from "./shapes.ts";
import { pageLinks } from "./pages.ts";

export function lockListBody(list: ListLocksOutput, request: FastifyRequest): object {
  return { ...pageLinks(list, request), locks: list.locks.map(lockBody) };
}

export function allLocksBody(list: ListAllLocksOutput, request: FastifyRequest): object {
  return { ...pageLinks(list, request), secrets_locks: list.secretsLocks.map(locksBody) };
}

/** What creating and deleting locks answers with. */
export function locksBody(locks: SecretLocks): object {
  return {
    secret_id: locks.id,
    secret_name: locks.name,
    secret_type: locks.secretType,
    secret_group_id: locks.secretGroupId,
    versions: locks.versions.map((version) => ({
      version_id: version.versionId,
      ...present("version_alias", version.alias),
      locks: version.lockNames,
      payload_available: version.payloadAvailable,
    })),
  };
}

function lockBody(lock: LockView): object {
  return {
    name: lock.name,
    ...present("description", lock.description),
    ...present("attributes", lock.attributes),
    created_by: lock.createdBy,
    created_at: date(lock.createdAt),
    updated_at: date(lock.updatedAt),
    secret_group_id: lock.secretGroupId,
    secret_id: lock.secretId,
    secret_version_id: lock.versionId,
    ...present("secret_version_alias", lock.versionAlias),
  };
}
