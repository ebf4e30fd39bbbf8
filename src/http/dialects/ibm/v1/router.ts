/**
 * Version 1 of IBM Secrets Manager, line by line: superseded by version 2 in 2023, and still what older programs speak.
 * The operations are the same; where version 1 has an action of its own for what one does, it is recorded as that.
 */
import type { Operation } from "../../../../app/operation.ts";
import { createSecret } from "../../../../app/secrets/create-secret.ts";
import { deleteCredentials } from "../../../../app/secrets/delete-credentials.ts";
import { deleteSecret } from "../../../../app/secrets/delete-secret.ts";
import { listSecrets } from "../../../../app/secrets/list-secrets.ts";
import { listVersions } from "../../../../app/secrets/list-versions.ts";
import { readSecretMetadata } from "../../../../app/secrets/read-secret-metadata.ts";
import { readSecret } from "../../../../app/secrets/read-secret.ts";
import { readVersionMetadata } from "../../../../app/secrets/read-version-metadata.ts";
import { readVersion } from "../../../../app/secrets/read-version.ts";
import { rotateSecret } from "../../../../app/secrets/rotate-secret.ts";
import { secretAction } from "../../../../app/secrets/secret-action.ts";
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
  listAllLocks,
  listSecretLocks,
} from "../../../../app/secrets/secret-locks.ts";
import { readSecretPolicies, setSecretPolicies } from "../../../../app/secrets/secret-policies.ts";
import { changeThenShow, readThenShow } from "../../../../app/secrets/then-show.ts";
import { updateSecretMetadata } from "../../../../app/secrets/update-secret-metadata.ts";
import { updateVersionMetadata } from "../../../../app/secrets/update-version-metadata.ts";
import { versionAction } from "../../../../app/secrets/version-action.ts";
import {
  createVersionLocks,
  deleteVersionLocks,
  listVersionLocks,
} from "../../../../app/secrets/version-locks.ts";
import { Refusal } from "../../../../kernel/errors.ts";
import type { Route } from "../../../route.ts";
import { decodeGroupId } from "../decode-groups.ts";
import { line as plainLine, noContent, ok, type Coding } from "../line.ts";
import { notificationRoutesOfV1 } from "../notifications/router.ts";
import { aboutGroup, aboutSecret } from "../path.ts";
import { collectionOf, type CollectionKind } from "./collection.ts";
import { configRoutes } from "./config.ts";
import * as secrets from "./decode-secrets.ts";
import * as show from "./encode-secrets.ts";
import * as groups from "./groups.ts";
import * as locks from "./locks.ts";
import { secretIn, secretVersionIn } from "./path.ts";
import { decodePolicies, decodePolicyUpdate, policiesBody } from "./policies.ts";

const SECRETS = "/api/v1/secrets";
const TYPED = `${SECRETS}/:type`;
const SECRET = `${TYPED}/:id`;
const VERSIONS = `${SECRET}/versions`;
const VERSION = `${VERSIONS}/:version`;
const GROUPS = "/api/v1/secret_groups";
const GROUP = `${GROUPS}/:id`;
const LOCKS = "/api/v1/locks";
const LOCKED = `${LOCKS}/:type/:id`;
const LOCKED_VERSION = `${LOCKED}/versions/:version`;

const REVOCATION = "private_cert_action_revoke_certificate";

/** `POST …?action=`, by what it asks for. */
const secretActions: Readonly<Record<string, Route>> = {
  rotate: line(`POST ${SECRET}`, changeThenShow(rotateSecret), [
    secrets.decodeRotation,
    show.rotatedAnswer,
  ]),
  restore: line(`POST ${SECRET}`, changeThenShow(rotateSecret), [
    secrets.decodeRestoration,
    show.rotatedAnswer,
  ]),
  revoke: line(`POST ${SECRET}`, changeThenShow(secretAction), [
    (request) => ({ ...secretIn(request), actionType: REVOCATION }),
    ok(one("secret", show.shownAfter)),
  ]),
  delete_credentials: line(`POST ${SECRET}`, changeThenShow(deleteCredentials), [
    secrets.decodeCredentialsDeletion,
    ok(one("secret", show.shownAfter)),
  ]),
};

const versionActions: Readonly<Record<string, Route>> = {
  revoke: line(`POST ${VERSION}`, changeThenShow(versionAction), [
    (request) => ({ ...secretVersionIn(request), actionType: REVOCATION }),
    ok(one("secret", show.shownAfter)),
  ]),
};

const secretRoutes: readonly Route[] = [
  line(`GET ${SECRETS}`, listSecrets, [secrets.decodeAllSecretsList, ok(show.secretListBody)]),
  line(`POST ${TYPED}`, changeThenShow(createSecret), [
    secrets.decodeNewSecret,
    show.createdAnswer,
  ]),
  line(`GET ${TYPED}`, listSecrets, [secrets.decodeSecretsList, ok(show.secretListBody)]),
  line(`GET ${SECRET}`, readThenShow(readSecret), [
    secretIn,
    ok(one("secret", show.readSecretResource)),
  ]),
  line(`DELETE ${SECRET}`, deleteSecret, [secretIn, noContent]),
  byAction(secretActions, line(`POST ${SECRET}`, secretAction, [noSuchAction, noContent])),
  line(`GET ${SECRET}/metadata`, readSecretMetadata, [
    secretIn,
    ok(one("secret", show.metadataResource)),
  ]),
  line(`PUT ${SECRET}/metadata`, updateSecretMetadata, [
    secrets.decodeMetadata,
    ok(one("secret", show.metadataResource)),
  ]),
  line(`GET ${SECRET}/policies`, readSecretPolicies, [decodePolicies, ok(policiesBody)]),
  line(`PUT ${SECRET}/policies`, setSecretPolicies, [decodePolicyUpdate, ok(policiesBody)]),
];

const versionRoutes: readonly Route[] = [
  line(`GET ${VERSIONS}`, listVersions, [
    secretIn,
    ok((list) => collectionOf("version", show.versionInfos(list))),
  ]),
  line(`GET ${VERSION}`, readVersion, [secretVersionIn, ok(one("version", show.versionResource))]),
  byAction(versionActions, line(`POST ${VERSION}`, versionAction, [noSuchAction, noContent])),
  line(`GET ${VERSION}/metadata`, readVersionMetadata, [
    secretVersionIn,
    ok(one("version", show.versionMetadataResource)),
  ]),
  line(`PUT ${VERSION}/metadata`, updateVersionMetadata, [
    secrets.decodeVersionMetadata,
    ok(one("version", show.versionMetadataResource)),
  ]),
];

const groupRoutes: readonly Route[] = [
  line(`POST ${GROUPS}`, createSecretGroup, [groups.decodeNewGroup, ok(groups.groupBody)]),
  line(`GET ${GROUPS}`, listSecretGroups, [() => ({}), ok(groups.groupListBody)]),
  line(`GET ${GROUP}`, readSecretGroup, [decodeGroupId, ok(groups.groupBody)]),
  line(`PUT ${GROUP}`, updateSecretGroup, [groups.decodeGroupUpdate, ok(groups.groupBody)]),
  line(`DELETE ${GROUP}`, deleteSecretGroup, [decodeGroupId, noContent]),
];

const lockRoutes: readonly Route[] = [
  line(`GET ${LOCKS}`, listAllLocks, [locks.decodeAllLocksList, ok(locks.allLocksBody)]),
  line(`GET ${LOCKED}`, listSecretLocks, [locks.decodeSecretLocksList, ok(locks.lockListBody)]),
  line(`POST ${LOCKED}/lock`, createSecretLocks, [
    locks.decodeNewSecretLocks,
    ok(locks.lockedBody),
  ]),
  line(`POST ${LOCKED}/unlock`, deleteSecretLocks, [
    locks.decodeSecretUnlocking,
    ok(locks.lockedBody),
  ]),
  line(`GET ${LOCKED_VERSION}`, listVersionLocks, [
    locks.decodeVersionLocksList,
    ok(locks.lockListBody),
  ]),
  line(`POST ${LOCKED_VERSION}/lock`, createVersionLocks, [
    locks.decodeNewVersionLocks,
    ok(locks.lockedBody),
  ]),
  line(`POST ${LOCKED_VERSION}/unlock`, deleteVersionLocks, [
    locks.decodeVersionUnlocking,
    ok(locks.lockedBody),
  ]),
];

export const v1Routes: readonly Route[] = [
  ...secretRoutes,
  ...versionRoutes,
  ...groupRoutes,
  ...lockRoutes,
  ...configRoutes,
  ...notificationRoutesOfV1,
];

/** As every line, with the secret or the group that the path names for what the call is about. */
function line<Input extends object, Subject, Output extends object>(
  call: Parameters<typeof plainLine>[0],
  operation: Operation<Input, Subject, Output>,
  [decode, encode]: Coding<Input, Output>,
): Route {
  const about = call.includes(GROUPS) ? aboutGroup : aboutSecret;
  return plainLine(call, operation, [decode, encode, about]);
}

/** One path, and as many operations as there are words for the query's `action`. */
function byAction(known: Readonly<Record<string, Route>>, unknown: Route): Route {
  return {
    ...unknown,
    chosenBy: ({ query }) => {
      const { action } = query as Readonly<Record<string, unknown>>;
      const isKnown = typeof action === "string" && Object.hasOwn(known, action);
      return (isKnown && known[action]) || unknown;
    },
  };
}

function noSuchAction(): never {
  throw new Refusal(
    "invalid_request",
    "The query parameter action is rotate, restore, revoke or delete_credentials; of a version it is revoke.",
    { field: "action" },
  );
}

function one<Output>(
  kind: CollectionKind,
  resource: (output: Output) => object,
): (output: Output) => object {
  return (output) => collectionOf(kind, [resource(output)]);
}
