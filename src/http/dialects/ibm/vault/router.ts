/**
 * The Vault-compatible surface of IBM Secrets Manager, line by line. Vault writes with PUT as well as with POST, and
 * every path of a secret stands there twice: by itself, and within its group.
 */
import { listConfigurations } from "../../../../app/configurations/read-configuration.ts";
import { setConfiguration } from "../../../../app/configurations/set-configuration.ts";
import type { Operation } from "../../../../app/operation.ts";
import { createSecret } from "../../../../app/secrets/create-secret.ts";
import { deleteSecret } from "../../../../app/secrets/delete-secret.ts";
import { listSecrets } from "../../../../app/secrets/list-secrets.ts";
import { listVersions } from "../../../../app/secrets/list-versions.ts";
import { readSecretMetadata } from "../../../../app/secrets/read-secret-metadata.ts";
import { readSecret } from "../../../../app/secrets/read-secret.ts";
import { readVersionMetadata } from "../../../../app/secrets/read-version-metadata.ts";
import { readVersion } from "../../../../app/secrets/read-version.ts";
import { rotateSecret } from "../../../../app/secrets/rotate-secret.ts";
import {
  createSecretGroup,
  deleteSecretGroup,
  listSecretGroups,
  readSecretGroup,
  updateSecretGroup,
} from "../../../../app/secrets/secret-groups.ts";
import {
  createSecretLocks,
  deleteSecretLocks,
  listSecretLocks,
} from "../../../../app/secrets/secret-locks.ts";
import { readSecretPolicies, setSecretPolicies } from "../../../../app/secrets/secret-policies.ts";
import { changeThenShow, readThenShow } from "../../../../app/secrets/then-show.ts";
import { updateSecretMetadata } from "../../../../app/secrets/update-secret-metadata.ts";
import {
  createVersionLocks,
  deleteVersionLocks,
  listVersionLocks,
} from "../../../../app/secrets/version-locks.ts";
import { jsonObject } from "../../../json.ts";
import type { Method, Route } from "../../../route.ts";
import { publicationRoutes } from "../configurations/publications.ts";
import { decodeGroupId } from "../decode-groups.ts";
import { line as plainLine, type Coding } from "../line.ts";
import { aboutGroup, aboutSecret, groupIdIn } from "../path.ts";
import { engineOf, engineOfAll } from "../v1/config.ts";
import * as show from "../v1/encode-secrets.ts";
import { groupResource, groupUpdateOf, newGroupOf } from "../v1/groups.ts";
import { lockedResource } from "../v1/locks.ts";
import { dataOf, noData } from "./answer.ts";
import * as locks from "./locks.ts";
import { loginRoutes } from "./login.ts";
import { secretOf, typeOf, versionOf } from "./path.ts";
import { refusedRoutes } from "./refused.ts";
import * as secrets from "./secrets.ts";

const GROUPS = "/v1/auth/ibmcloud/manage/groups";
const GROUP = `${GROUPS}/:id`;
const ENGINE = "/v1/ibmcloud/:type";
const IAM_ENGINE = "/v1/ibmcloud/iam_credentials";

type WireCall = `${Method} /${string}`;

const reads = (urls: readonly string[]): readonly WireCall[] => callsOf(["GET"], urls);
const writes = (urls: readonly string[]): readonly WireCall[] => callsOf(["POST", "PUT"], urls);
const removes = (urls: readonly string[]): readonly WireCall[] => callsOf(["DELETE"], urls);

function callsOf(methods: readonly Method[], urls: readonly string[]): readonly WireCall[] {
  return urls.flatMap((url) => methods.map((method) => `${method} ${url}` as WireCall));
}

/** A path of secrets, with and without their group. */
function inGroup(base: string, rest = ""): readonly string[] {
  return [`${base}${rest}`, `${base}/groups/:group${rest}`];
}

const secret = (rest = ""): readonly string[] => inGroup(`${ENGINE}/secrets`, `/:id${rest}`);
const locked = (rest = ""): readonly string[] => inGroup(`${ENGINE}/locks`, `/:id${rest}`);

const secretRoutes: readonly Route[] = [
  ...lines(reads(inGroup(`${ENGINE}/secrets`)), listSecrets, [
    secrets.decodeSecretsList,
    dataOf(secrets.secretList),
  ]),
  ...lines(writes(inGroup(`${ENGINE}/secrets`)), changeThenShow(createSecret), [
    secrets.decodeNewSecret,
    dataOf(show.createdSecret),
  ]),
  ...lines(reads(secret()), readThenShow(readSecret), [secretOf, dataOf(show.readSecretResource)]),
  ...lines(removes(secret()), deleteSecret, [secretOf, noData]),
  ...lines(reads(secret("/metadata")), readSecretMetadata, [
    secretOf,
    dataOf(show.metadataResource),
  ]),
  ...lines(writes(secret("/metadata")), updateSecretMetadata, [
    secrets.decodeMetadata,
    dataOf(show.metadataResource),
  ]),
  ...lines(writes(secret("/rotate")), changeThenShow(rotateSecret), [
    secrets.decodeRotation,
    dataOf(show.rotatedSecret),
  ]),
  ...lines(reads(secret("/versions")), listVersions, [secretOf, dataOf(secrets.versionList)]),
  ...lines(reads(secret("/versions/:version")), readVersion, [
    versionOf,
    dataOf(show.versionResource),
  ]),
  ...lines(reads(secret("/versions/:version/metadata")), readVersionMetadata, [
    versionOf,
    dataOf(show.versionMetadataResource),
  ]),
  ...lines(reads(secret("/policies")), readSecretPolicies, [secretOf, dataOf(secrets.policyList)]),
  ...lines(writes(secret("/policies")), setSecretPolicies, [
    secrets.decodePolicies,
    dataOf(secrets.policyList),
  ]),
];

/** Credentials are defined as roles, and read as what is made for a role. */
const iamRoutes: readonly Route[] = [
  ...lines(reads(inGroup(`${IAM_ENGINE}/roles`)), listSecrets, [
    secrets.decodeSecretsList,
    dataOf(secrets.secretList),
  ]),
  ...lines(writes(inGroup(`${IAM_ENGINE}/roles`, "/:id")), changeThenShow(createSecret), [
    secrets.decodeNewRole,
    dataOf(show.createdSecret),
  ]),
  ...lines(reads(inGroup(`${IAM_ENGINE}/roles`, "/:id")), readSecretMetadata, [
    secretOf,
    dataOf(show.metadataResource),
  ]),
  ...lines(removes(inGroup(`${IAM_ENGINE}/roles`, "/:id")), deleteSecret, [secretOf, noData]),
  ...lines(reads(inGroup(`${IAM_ENGINE}/creds`, "/:id")), readThenShow(readSecret), [
    secretOf,
    dataOf(show.readSecretResource),
  ]),
  ...lines(writes([`${IAM_ENGINE}/config/root`]), setConfiguration, [
    (request) => engineOf(jsonObject(request)),
    noData,
  ]),
  ...lines(reads([`${IAM_ENGINE}/config/root`]), listConfigurations, [
    (request) => ({ secretTypes: [typeOf(request)] }),
    dataOf(engineOfAll),
  ]),
];

const groupRoutes: readonly Route[] = [
  ...lines(writes([GROUPS]), createSecretGroup, [
    (request) => newGroupOf(jsonObject(request)),
    dataOf(groupResource),
  ]),
  ...lines(reads([GROUPS]), listSecretGroups, [
    () => ({}),
    dataOf(({ secretGroups }) => ({ groups: secretGroups.map(groupResource) })),
  ]),
  ...lines(reads([GROUP]), readSecretGroup, [decodeGroupId, dataOf(groupResource)]),
  ...lines(writes([GROUP]), updateSecretGroup, [
    (request) => groupUpdateOf(groupIdIn(request), jsonObject(request)),
    dataOf(groupResource),
  ]),
  ...lines(removes([GROUP]), deleteSecretGroup, [decodeGroupId, noData]),
];

const lockRoutes: readonly Route[] = [
  ...lines(reads(locked()), listSecretLocks, [locks.decodeSecretLocksList, dataOf(locks.lockList)]),
  ...lines(reads(locked("/versions/:version")), listVersionLocks, [
    locks.decodeVersionLocksList,
    dataOf(locks.lockList),
  ]),
  ...Object.entries(locks.LOCKINGS).flatMap(([word, mode]) => [
    ...lines(writes(locked(`/${word}`)), createSecretLocks, [
      locks.newSecretLocks(mode),
      dataOf(lockedResource),
    ]),
    ...lines(writes(locked(`/versions/:version/${word}`)), createVersionLocks, [
      locks.newVersionLocks(mode),
      dataOf(lockedResource),
    ]),
  ]),
  ...lines(writes(locked("/unlock")), deleteSecretLocks, [
    locks.decodeSecretUnlocking,
    dataOf(lockedResource),
  ]),
  ...lines(writes(locked("/versions/:version/unlock")), deleteVersionLocks, [
    locks.decodeVersionUnlocking,
    dataOf(lockedResource),
  ]),
];

export const vaultRoutes: readonly Route[] = [
  ...loginRoutes,
  ...secretRoutes,
  ...iamRoutes,
  ...groupRoutes,
  ...lockRoutes,
  ...publicationRoutes,
  ...refusedRoutes,
];

/** One operation by every way that Vault has for it. */
function lines<Input extends object, Subject, Output extends object>(
  calls: readonly WireCall[],
  operation: Operation<Input, Subject, Output>,
  [decode, encode]: Coding<Input, Output>,
): Route[] {
  return calls.map((call) => {
    const about = call.includes(GROUPS) ? aboutGroup : aboutSecret;
    return plainLine(call, operation, [decode, encode, about]);
  });
}
