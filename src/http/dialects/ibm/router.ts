/** IBM Secrets Manager v2, line by line: method and path, the operation behind them, and how it is read and shown. */
import { createSecret } from "../../../app/secrets/create-secret.ts";
import { createVersion } from "../../../app/secrets/create-version.ts";
import { deleteSecret } from "../../../app/secrets/delete-secret.ts";
import { deleteVersionData } from "../../../app/secrets/delete-version-data.ts";
import { listSecrets } from "../../../app/secrets/list-secrets.ts";
import { listVersions } from "../../../app/secrets/list-versions.ts";
import { readSecretMetadata } from "../../../app/secrets/read-secret-metadata.ts";
import { readSecret } from "../../../app/secrets/read-secret.ts";
import { readVersionMetadata } from "../../../app/secrets/read-version-metadata.ts";
import { readVersion } from "../../../app/secrets/read-version.ts";
import { secretAction } from "../../../app/secrets/secret-action.ts";
import {
  createSecretGroup,
  deleteSecretGroup,
  listSecretGroups,
  readSecretGroup,
  updateSecretGroup,
} from "../../../app/secrets/secret-groups.ts";
import {
  createSecretLocks,
  deleteSecretLocks,
  listAllLocks,
  listSecretLocks,
} from "../../../app/secrets/secret-locks.ts";
import { updateSecretMetadata } from "../../../app/secrets/update-secret-metadata.ts";
import { updateVersionMetadata } from "../../../app/secrets/update-version-metadata.ts";
import { versionAction } from "../../../app/secrets/version-action.ts";
import {
  createVersionLocks,
  deleteVersionLocks,
  listVersionLocks,
} from "../../../app/secrets/version-locks.ts";
import type { Operation } from "../../../app/operation.ts";
import type { About, Route } from "../../route.ts";
import { created, line as plainLine, noContent, ok, type Coding } from "./line.ts";
import * as groups from "./decode-groups.ts";
import * as locks from "./decode-locks.ts";
import * as secrets from "./decode-secrets.ts";
import * as versions from "./decode-versions.ts";
import { groupBody, groupListBody } from "./encode-groups.ts";
import { allLocksBody, lockListBody, locksBody } from "./encode-locks.ts";
import {
  actionBody,
  metadataBody,
  newVersionBody,
  secretBody,
  secretListBody,
  versionBody,
  versionListBody,
  versionMetadataBody,
} from "./encode-secrets.ts";
import { aboutGroup, aboutSecret } from "./path.ts";

const SECRETS = "/api/v2/secrets";
const SECRET = `${SECRETS}/:id`;
const SECRET_BY_NAME =
  "/api/v2/secret_groups/:secret_group_name/secret_types/:secret_type/secrets/:name";
const VERSIONS = `${SECRET}/versions`;
const VERSION = `${VERSIONS}/:version`;
const GROUPS = "/api/v2/secret_groups";
const GROUP = `${GROUPS}/:id`;

export const secretRoutes: readonly Route[] = [
  line(`POST ${SECRETS}`, createSecret, [secrets.decodeNewSecret, created(secretBody)]),
  line(`GET ${SECRETS}`, listSecrets, [secrets.decodeSecretList, ok(secretListBody)]),
  line(`GET ${SECRET}`, readSecret, [secrets.decodeSecretId, ok(secretBody)]),
  line(`GET ${SECRET_BY_NAME}`, readSecret, [secrets.decodeSecretByName, ok(secretBody)]),
  line(`DELETE ${SECRET}`, deleteSecret, [secrets.decodeSecretDeletion, noContent]),
  line(`GET ${SECRET}/metadata`, readSecretMetadata, [secrets.decodeSecretId, ok(metadataBody)]),
  line(`PATCH ${SECRET}/metadata`, updateSecretMetadata, [
    secrets.decodeSecretPatch,
    ok(metadataBody),
  ]),
  line(`POST ${SECRET}/actions`, secretAction, [secrets.decodeSecretAction, created(actionBody)]),
];

export const versionRoutes: readonly Route[] = [
  line(`POST ${VERSIONS}`, createVersion, [versions.decodeNewVersion, created(newVersionBody)]),
  line(`GET ${VERSIONS}`, listVersions, [secrets.decodeSecretId, ok(versionListBody)]),
  line(`GET ${VERSION}`, readVersion, [versions.decodeVersion, ok(versionBody)]),
  line(`DELETE ${VERSION}/secret_data`, deleteVersionData, [versions.decodeVersion, noContent]),
  line(`GET ${VERSION}/metadata`, readVersionMetadata, [
    versions.decodeVersion,
    ok(versionMetadataBody),
  ]),
  line(`PATCH ${VERSION}/metadata`, updateVersionMetadata, [
    versions.decodeVersionPatch,
    ok(versionMetadataBody),
  ]),
  line(`POST ${VERSION}/actions`, versionAction, [
    versions.decodeVersionAction,
    created(actionBody),
  ]),
];

export const groupRoutes: readonly Route[] = [
  line(`POST ${GROUPS}`, createSecretGroup, [groups.decodeNewGroup, created(groupBody)]),
  line(`GET ${GROUPS}`, listSecretGroups, [() => ({}), ok(groupListBody)]),
  line(`GET ${GROUP}`, readSecretGroup, [groups.decodeGroupId, ok(groupBody)]),
  line(`PATCH ${GROUP}`, updateSecretGroup, [groups.decodeGroupPatch, ok(groupBody)]),
  line(`DELETE ${GROUP}`, deleteSecretGroup, [groups.decodeGroupId, noContent]),
];

export const lockRoutes: readonly Route[] = [
  line(`GET /api/v2/secrets_locks`, listAllLocks, [locks.decodeAllLocksList, ok(allLocksBody)]),
  line(`GET ${SECRET}/locks`, listSecretLocks, [locks.decodeSecretLockList, ok(lockListBody)]),
  line(`POST ${SECRET}/locks_bulk`, createSecretLocks, [
    locks.decodeNewSecretLocks,
    created(locksBody),
  ]),
  line(`DELETE ${SECRET}/locks_bulk`, deleteSecretLocks, [
    locks.decodeSecretLockDeletion,
    ok(locksBody),
  ]),
  line(`GET ${VERSION}/locks`, listVersionLocks, [locks.decodeVersionLockList, ok(lockListBody)]),
  line(`POST ${VERSION}/locks_bulk`, createVersionLocks, [
    locks.decodeNewVersionLocks,
    created(locksBody),
  ]),
  line(`DELETE ${VERSION}/locks_bulk`, deleteVersionLocks, [
    locks.decodeVersionLockDeletion,
    ok(locksBody),
  ]),
];

/** As every line, with what its path begins with for what the call is about. */
function line<Input extends object, Subject, Output extends object>(
  call: Parameters<typeof plainLine>[0],
  operation: Operation<Input, Subject, Output>,
  [decode, encode]: Coding<Input, Output>,
): Route {
  return plainLine(call, operation, [decode, encode, aboutOf(call.slice(call.indexOf("/")))]);
}

/** The secret or the group that the path begins with is what the call is about. */
function aboutOf(url: string): About {
  if (url.startsWith(SECRET)) return aboutSecret;
  return url.startsWith(GROUP) ? aboutGroup : () => null;
}
