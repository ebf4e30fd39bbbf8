/** Bodies and queries of the calls about secrets, as the operations' inputs. */
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type { CreateSecretInput } from "../../../app/secrets/create-secret.ts";
import type { DeleteSecretInput } from "../../../app/secrets/delete-secret.ts";
import type { ListSecretsInput } from "../../../app/secrets/list-secrets.ts";
import type { ReadSecretInput } from "../../../app/secrets/read-secret.ts";
import type { SecretActionInput } from "../../../app/secrets/secret-action.ts";
import {
  updateSecretMetadataInput,
  type UpdateSecretMetadataInput,
} from "../../../app/secrets/update-secret-metadata.ts";
import { Refusal } from "../../../kernel/errors.ts";
import { Sensitive } from "../../../kernel/sensitive.ts";
import { checkGroupName, DEFAULT_GROUP_ID } from "../../../secrets/group.ts";
import { checkName, isSecretType, SECRET_TYPES, type SecretType } from "../../../secrets/secret.ts";
import type { SecretSortField } from "../../../secrets/store.ts";
import { bodyOf, patchOf, read } from "./body.ts";
import { jsonObject, passwordPolicy, passwordPolicyOf, rotation, rotationOf } from "./fields.ts";
import { groupId, secretIdIn, segment } from "./path.ts";
import { Query } from "./query.ts";
import { isTypeOfIbm } from "./unserved.ts";

/** What a secret of any type may be given when it is made. */
const common = {
  name: z.string(),
  description: z.string().optional(),
  secret_group_id: z.string().optional(),
  labels: z.array(z.string()).optional(),
  custom_metadata: jsonObject.optional(),
  version_custom_metadata: jsonObject.optional(),
};

const prototypes = {
  arbitrary: z.strictObject({
    secret_type: z.literal("arbitrary"),
    ...common,
    payload: z.string(),
    expiration_date: z.string().optional(),
  }),
  username_password: z.strictObject({
    secret_type: z.literal("username_password"),
    ...common,
    username: z.string(),
    password: z.string().optional(),
    expiration_date: z.string().optional(),
    rotation: rotation.optional(),
    password_generation_policy: passwordPolicy.optional(),
  }),
  kv: z.strictObject({
    secret_type: z.literal("kv"),
    ...common,
    data: jsonObject,
  }),
};

const patch = z.strictObject({
  name: z.string().optional(),
  description: z.string().nullish(),
  labels: z.array(z.string()).nullish(),
  custom_metadata: jsonObject.nullish(),
  expiration_date: z.string().nullish(),
  rotation: rotation.optional(),
  password_generation_policy: passwordPolicy.optional(),
});

const action = z.looseObject({ action_type: z.string() });

/** Makes the input of each type: a type that is added and not read here does not compile. */
const readers: Readonly<Record<SecretType, (body: unknown) => CreateSecretInput>> = {
  arbitrary(body) {
    const secret = read(prototypes.arbitrary, body);
    return {
      ...commonOf(secret),
      expirationDate: secret.expiration_date,
      payload: { kind: "arbitrary", payload: new Sensitive(secret.payload) },
    };
  },
  username_password(body) {
    const secret = read(prototypes.username_password, body);
    const { username, password, password_generation_policy: policy } = secret;
    return {
      ...commonOf(secret),
      expirationDate: secret.expiration_date,
      rotation: secret.rotation && rotationOf(secret.rotation),
      payload: {
        kind: "username_password",
        username,
        password: password === undefined ? undefined : new Sensitive(password),
        passwordPolicy: policy && passwordPolicyOf(policy),
      },
    };
  },
  kv(body) {
    const secret = read(prototypes.kv, body);
    return { ...commonOf(secret), payload: { kind: "kv", data: new Sensitive(secret.data) } };
  },
};

export function decodeNewSecret(request: FastifyRequest): CreateSecretInput {
  const body = bodyOf(request);
  return readers[secretTypeOf(body["secret_type"])](body);
}

const sortFields: Readonly<Record<string, SecretSortField>> = {
  id: "id",
  created_at: "createdAt",
  updated_at: "updatedAt",
  retrieved_at: "retrievedAt",
  expiration_date: "expiresAt",
  secret_type: "secretType",
  name: "name",
};

export function decodeSecretList(request: FastifyRequest): ListSecretsInput {
  const query = new Query(request, [
    "offset",
    "limit",
    "sort",
    "search",
    "groups",
    "secret_types",
    "match_all_labels",
  ]);
  return {
    offset: query.whole("offset"),
    limit: query.whole("limit"),
    sort: query.sort("sort", sortFields),
    search: query.search("search"),
    groups: query.list("groups")?.map(groupId),
    secretTypes: query.list("secret_types")?.filter(isFilterType).filter(isSecretType),
    matchAllLabels: query.list("match_all_labels"),
  };
}

/** Names that no secret or group can have are not looked for, and not recorded. */
export function decodeSecretByName(request: FastifyRequest): ReadSecretInput {
  const name = segment(request, "name");
  const secretGroup = segment(request, "secret_group_name");
  checkName(name);
  checkGroupName(secretGroup);
  return { name, secretType: secretTypeOf(segment(request, "secret_type")), secretGroup };
}

export function decodeSecretId(request: FastifyRequest): { readonly id: string } {
  return { id: secretIdIn(request) };
}

export function decodeSecretDeletion(request: FastifyRequest): DeleteSecretInput {
  return {
    id: secretIdIn(request),
    forceDelete: new Query(request, ["force_delete"]).flag("force_delete"),
  };
}

export function decodeSecretPatch(request: FastifyRequest): UpdateSecretMetadataInput {
  const id = secretIdIn(request);
  const given = read(patch, patchOf(request));
  return updateSecretMetadataInput(id, {
    name: given.name,
    description: given.description,
    labels: given.labels,
    customMetadata: given.custom_metadata,
    expirationDate: given.expiration_date,
    rotation: given.rotation && rotationOf(given.rotation),
    passwordPolicy:
      given.password_generation_policy && passwordPolicyOf(given.password_generation_policy),
  });
}

export function decodeSecretAction(request: FastifyRequest): SecretActionInput {
  return { id: secretIdIn(request), actionType: actionTypeIn(request) };
}

/** Which action a body asks for; what else the body says is the action's own to read. */
export function actionTypeIn(request: FastifyRequest): string {
  return read(action, bodyOf(request)).action_type;
}

function commonOf(
  given: z.infer<z.ZodObject<typeof common>> & { readonly secret_type: SecretType },
): Omit<CreateSecretInput, "payload"> {
  return {
    name: given.name,
    secretType: given.secret_type,
    secretGroupId: groupId(given.secret_group_id ?? DEFAULT_GROUP_ID),
    description: given.description,
    labels: given.labels,
    customMetadata: given.custom_metadata,
    versionCustomMetadata: given.version_custom_metadata,
  };
}

function secretTypeOf(value: unknown): SecretType {
  if (typeof value === "string" && isSecretType(value)) return value;
  const served = `The secret types are ${SECRET_TYPES.join(", ")}`;
  throw new Refusal(
    "invalid_request",
    isTypeOfIbm(value) ? `${served}; ${value} is not served by this installation.` : `${served}.`,
    { field: "secret_type" },
  );
}

/** A filter may name any type there is: of those not served, no secret is found. */
function isFilterType(type: string): boolean {
  if (isSecretType(type) || isTypeOfIbm(type)) return true;
  throw new Refusal("invalid_request", "The query parameter secret_types names an unknown type.", {
    field: "secret_types",
  });
}
