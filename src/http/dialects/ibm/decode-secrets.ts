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
  type SecretPatch,
  type UpdateSecretMetadataInput,
} from "../../../app/secrets/update-secret-metadata.ts";
import { Refusal } from "../../../kernel/errors.ts";
import { checkGroupName } from "../../../secrets/group.ts";
import {
  checkStrictName,
  isSecretType,
  SECRET_TYPES,
  type SecretType,
} from "../../../secrets/secret.ts";
import type { SecretSortField } from "../../../secrets/store.ts";
import { bodyOf, patchOf, read } from "./body.ts";
import {
  duration,
  jsonObject,
  secondsOf,
  passwordPolicy,
  passwordPolicyOf,
  rotationOrRenewal,
  rotationOrRenewalOf,
} from "./fields.ts";
import { managedCsrIn } from "./kinds/managed-csr.ts";
import { wireKindOf } from "./kinds/wire-kinds.ts";
import { groupId, secretIdIn, segment } from "./path.ts";
import { Query } from "./query.ts";

const patch = z.strictObject({
  name: z.string().optional(),
  description: z.string().nullish(),
  labels: z.array(z.string()).nullish(),
  custom_metadata: jsonObject.nullish(),
  expiration_date: z.string().nullish(),
  rotation: rotationOrRenewal.optional(),
  password_generation_policy: passwordPolicy.optional(),
  ttl: duration.optional(),
  parameters: jsonObject.nullish(),
  managed_csr: jsonObject.nullish(),
});

const action = z.looseObject({ action_type: z.string() });

export function decodeNewSecret(request: FastifyRequest): CreateSecretInput {
  const body = bodyOf(request);
  return strictlyNamed(wireKindOf(secretTypeOf(body["secret_type"])).create(body));
}

/** IBM's names are stricter than those of other wires. */
export function strictlyNamed<Named extends { readonly name?: string | undefined }>(
  named: Named,
): Named {
  if (named.name !== undefined) checkStrictName(named.name);
  return named;
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
    secretTypes: query.list("secret_types")?.map(secretTypeIn),
    matchAllLabels: query.list("match_all_labels"),
  };
}

/** Names that no secret or group can have are not looked for, and not recorded. */
export function decodeSecretByName(request: FastifyRequest): ReadSecretInput {
  const name = segment(request, "name");
  const secretGroup = segment(request, "secret_group_name");
  checkStrictName(name);
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
  return updateSecretMetadataInput(id, secretPatchIn(patchOf(request)));
}

/** What of a secret is to be changed, whichever wire it comes by. */
export function secretPatchIn(body: object): SecretPatch {
  const given = strictlyNamed(read(patch, body));
  return {
    name: given.name,
    description: given.description,
    labels: given.labels,
    customMetadata: given.custom_metadata,
    expirationDate: given.expiration_date,
    ...(given.rotation && rotationOrRenewalOf(given.rotation)),
    passwordPolicy:
      given.password_generation_policy && passwordPolicyOf(given.password_generation_policy),
    ttl: given.ttl === undefined ? undefined : secondsOf(given.ttl, "ttl"),
    parameters: given.parameters,
    managedCsr: managedCsrIn(given.managed_csr),
  };
}

export function decodeSecretAction(request: FastifyRequest): SecretActionInput {
  return { id: secretIdIn(request), actionType: actionTypeIn(request) };
}

/** Which action a body asks for; what else the body says is the action's own to read. */
export function actionTypeIn(request: FastifyRequest): string {
  return read(action, bodyOf(request)).action_type;
}

function secretTypeOf(value: unknown): SecretType {
  if (typeof value === "string" && isSecretType(value)) return value;
  throw new Refusal("invalid_request", `The secret types are ${SECRET_TYPES.join(", ")}.`, {
    field: "secret_type",
  });
}

export function secretTypeIn(type: string): SecretType {
  if (isSecretType(type)) return type;
  throw new Refusal("invalid_request", "The query parameter secret_types names an unknown type.", {
    field: "secret_types",
  });
}
