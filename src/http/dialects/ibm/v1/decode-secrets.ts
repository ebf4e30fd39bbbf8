/** Bodies and queries of version 1's calls about secrets, put into version 2's words and read as those are. */
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type { CreateSecretInput } from "../../../../app/secrets/create-secret.ts";
import type { CreateVersionInput } from "../../../../app/secrets/create-version.ts";
import type { DeleteCredentialsInput } from "../../../../app/secrets/delete-credentials.ts";
import type { WhichSecret } from "../../../../app/secrets/find.ts";
import type { ListSecretsInput } from "../../../../app/secrets/list-secrets.ts";
import {
  updateSecretMetadataInput,
  type UpdateSecretMetadataInput,
} from "../../../../app/secrets/update-secret-metadata.ts";
import {
  updateVersionMetadataInput,
  type UpdateVersionMetadataInput,
} from "../../../../app/secrets/update-version-metadata.ts";
import { Refusal } from "../../../../kernel/errors.ts";
import type { SecretSortField } from "../../../../secrets/store.ts";
import { VERSION_ALIASES } from "../../../../secrets/version.ts";
import { isUuid } from "../../../../kernel/ids.ts";
import { bodyOf, read } from "../body.ts";
import { secretPatchIn, strictlyNamed } from "../decode-secrets.ts";
import { newVersionIn } from "../decode-versions.ts";
import { jsonObject } from "../fields.ts";
import { wireKindOf } from "../kinds/wire-kinds.ts";
import { groupId } from "../path.ts";
import { Query } from "../query.ts";
import { resourceIn, type Resource } from "./collection.ts";
import { secretIn, secretVersionIn, typeIn, type V1Type } from "./path.ts";

const withPayload = z.looseObject({ payload: jsonObject });
const withNames = z.looseObject({
  alt_names: z.union([z.string(), z.array(z.string())]).optional(),
});
const withGroup = z.looseObject({ secret_group_id: z.string().optional() });
const withKeys = z.looseObject({ rotate_keys: z.boolean().optional() });
const restoring = z.strictObject({ version_id: z.string() });
const credentials = z.strictObject({
  api_key_id: z.string().optional(),
  service_id: z.string().optional(),
});
const versionPatch = z.strictObject({ version_custom_metadata: jsonObject.nullish() });

/** What version 1 shows of a secret and lets nobody change: a program may send back all that it was shown. */
const SHOWN_ONLY: ReadonlySet<string> = new Set([
  "id",
  "crn",
  "created_by",
  "creation_date",
  "last_update_date",
  "state",
  "state_description",
  "secret_type",
  "secret_group_id",
  "versions_total",
  "locks_total",
  "downloaded",
  "next_rotation_date",
]);

export function decodeNewSecret(request: FastifyRequest): CreateSecretInput {
  const type = typeIn(request);
  return newSecretOf(type, resourceIn(request));
}

/** Of the Vault-compatible surface as well, whose bodies are version 1's resources. */
export function newSecretOf(type: V1Type, resource: Resource): CreateSecretInput {
  const { secret_type: named = type, ...rest } = resource;
  if (named !== type) {
    throw new Refusal("invalid_request", "The secret is not of the type that the path names.", {
      field: "secret_type",
    });
  }
  return strictlyNamed(wireKindOf(type).create({ secret_type: type, ...inVersion2(type, rest) }));
}

/** What version 2 calls otherwise. */
function inVersion2(type: V1Type, resource: Resource): Resource {
  switch (type) {
    case "kv": {
      const { payload: data, ...rest } = read(withPayload, resource);
      return { ...rest, data };
    }
    case "private_cert": {
      const { alt_names: names } = read(withNames, resource);
      return typeof names === "string" ? { ...resource, alt_names: names.split(",") } : resource;
    }
    // In version 1 a key of its own for each reading is what there is, unless another is asked for.
    case "iam_credentials":
      return { reuse_api_key: false, ...resource };
    case "arbitrary":
    case "username_password":
    case "imported_cert":
    case "public_cert":
      return resource;
  }
}

const sortFields: Readonly<Record<string, SecretSortField>> = {
  id: "id",
  creation_date: "createdAt",
  expiration_date: "expiresAt",
  secret_type: "secretType",
  name: "name",
};

export function decodeAllSecretsList(request: FastifyRequest): ListSecretsInput {
  const query = new Query(request, ["limit", "offset", "search", "sort_by", "groups"]);
  return {
    offset: query.whole("offset"),
    limit: query.whole("limit"),
    search: query.search("search"),
    sort: query.sort("sort_by", sortFields),
    groups: query.list("groups")?.map(groupId),
  };
}

export function decodeSecretsList(request: FastifyRequest): ListSecretsInput {
  const query = new Query(request, ["limit", "offset"]);
  return {
    offset: query.whole("offset"),
    limit: query.whole("limit"),
    secretTypes: [typeIn(request)],
  };
}

export function decodeMetadata(request: FastifyRequest): UpdateSecretMetadataInput {
  return metadataUpdateOf(secretIn(request), resourceIn(request));
}

/** A group that is named must be the secret's own, in the path as in the body: no secret moves. */
export function metadataUpdateOf(
  which: WhichSecret,
  resource: Resource,
): UpdateSecretMetadataInput {
  const { secret_group_id: group } = read(withGroup, resource);
  const given = Object.entries(resource).filter(([field]) => !SHOWN_ONLY.has(field));
  const { secretGroupId = group && groupId(group) } = which;
  if (group !== undefined && groupId(group) !== secretGroupId) {
    throw new Refusal("invalid_request", "The group in the body is not the one in the path.", {
      field: "secret_group_id",
    });
  }
  return updateSecretMetadataInput(
    { ...which, secretGroupId },
    secretPatchIn(Object.fromEntries(given)),
  );
}

export function decodeVersionMetadata(request: FastifyRequest): UpdateVersionMetadataInput {
  const { version_custom_metadata: versionCustomMetadata } = read(
    versionPatch,
    resourceIn(request),
  );
  return updateVersionMetadataInput(secretVersionIn(request), { versionCustomMetadata });
}

/** `?action=rotate`: the body is the value, by itself. Types that make their own are rotated by no body at all. */
export function decodeRotation(request: FastifyRequest): CreateVersionInput {
  return rotationOf(secretIn(request), optionalBody(request), typeIn(request));
}

export function rotationOf(which: WhichSecret, body: Resource, type: V1Type): CreateVersionInput {
  if (type !== "public_cert")
    return { ...which, ...newVersionIn(inVersion2OfRotation(type, body)) };
  const { rotate_keys, ...rest } = read(withKeys, body);
  const rotation = rotate_keys === undefined ? {} : { rotation: { rotate_keys } };
  return { ...which, ...newVersionIn({ ...rest, ...rotation }) };
}

function inVersion2OfRotation(type: V1Type, body: Resource): Resource {
  return type === "kv" ? inVersion2(type, body) : body;
}

/** `?action=restore`: an earlier version becomes current again, as a new one. */
export function decodeRestoration(request: FastifyRequest): CreateVersionInput {
  const { version_id: version } = read(restoring, bodyOf(request));
  const isAlias = (VERSION_ALIASES as readonly string[]).includes(version);
  if (!isAlias && !isUuid(version)) {
    throw new Refusal("invalid_request", "The id of a version is a UUID, or `previous`.", {
      field: "version_id",
    });
  }
  return { ...secretIn(request), restoreFromVersion: isAlias ? version : version.toLowerCase() };
}

/** `?action=delete_credentials`: those of an API key, or of a service ID. */
export function decodeCredentialsDeletion(request: FastifyRequest): DeleteCredentialsInput {
  const { api_key_id: apiKeyId, service_id: serviceId } = read(credentials, bodyOf(request));
  return { ...secretIn(request), apiKeyId, serviceId };
}

function optionalBody(request: FastifyRequest): Resource {
  const { body } = request;
  return body instanceof Uint8Array && body.length > 0 ? bodyOf(request) : {};
}
