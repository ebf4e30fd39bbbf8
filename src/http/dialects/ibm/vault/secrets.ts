/** Calls about secrets as Vault's wire reads and shows them: version 1's resources without their collection. */
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type { CreateSecretInput } from "../../../../app/secrets/create-secret.ts";
import type { CreateVersionInput } from "../../../../app/secrets/create-version.ts";
import type { ListSecretsInput, ListSecretsOutput } from "../../../../app/secrets/list-secrets.ts";
import type { ListVersionsOutput } from "../../../../app/secrets/list-versions.ts";
import type { SecretMetadata } from "../../../../app/secrets/answers.ts";
import type { UpdateSecretMetadataInput } from "../../../../app/secrets/update-secret-metadata.ts";
import { Refusal } from "../../../../kernel/errors.ts";
import { jsonObject } from "../../../json.ts";
import { read } from "../body.ts";
import { jsonObject as object } from "../fields.ts";
import { segment } from "../path.ts";
import { Query } from "../query.ts";
import type { Resource } from "../v1/collection.ts";
import { metadataUpdateOf, newSecretOf, rotationOf } from "../v1/decode-secrets.ts";
import { metadataResource, versionInfos } from "../v1/encode-secrets.ts";
import { policyResources, policyUpdateOf } from "../v1/policies.ts";
import { groupForNew, groupOf, secretOf, typeOf } from "./path.ts";

const policies = z.strictObject({ policies: z.array(object) });

export function decodeNewSecret(request: FastifyRequest): CreateSecretInput {
  return newSecretIn(request, jsonObject(request));
}

/** `roles/{name}`: the name stands in the path, and may stand in the body too. */
export function decodeNewRole(request: FastifyRequest): CreateSecretInput {
  const name = segment(request, "id");
  const body = jsonObject(request);
  if (body["name"] !== undefined && body["name"] !== name) {
    throw new Refusal("invalid_request", "The name in the body is not the one in the path.", {
      field: "name",
    });
  }
  return newSecretIn(request, { ...body, name });
}

function newSecretIn(request: FastifyRequest, body: Resource): CreateSecretInput {
  if (body["secret_group_id"] !== undefined) {
    throw new Refusal(
      "invalid_request",
      "The group of a secret stands in the path here: …/groups/{id}.",
      { field: "secret_group_id" },
    );
  }
  return newSecretOf(typeOf(request), { ...body, secret_group_id: groupForNew(request) });
}

export function decodeSecretsList(request: FastifyRequest): ListSecretsInput {
  const query = new Query(request, ["limit", "offset", "search", "list"]);
  const group = groupOf(request);
  return {
    offset: query.whole("offset"),
    limit: query.whole("limit"),
    search: query.search("search"),
    secretTypes: [typeOf(request)],
    ...(group === undefined ? {} : { groups: [group] }),
  };
}

export function decodeMetadata(request: FastifyRequest): UpdateSecretMetadataInput {
  return metadataUpdateOf(secretOf(request), jsonObject(request));
}

export function decodeRotation(request: FastifyRequest): CreateVersionInput {
  const { body } = request;
  const isEmpty = !(body instanceof Uint8Array) || body.length === 0;
  return rotationOf(secretOf(request), isEmpty ? {} : jsonObject(request), typeOf(request));
}

export function decodePolicies(request: FastifyRequest): UpdateSecretMetadataInput {
  const [policy, ...others] = read(policies, jsonObject(request)).policies;
  if (!policy || others.length > 0) {
    throw new Refusal("invalid_request", "A secret has one policy: that of its rotation.", {
      field: "policies",
    });
  }
  const { type: _mediaType, ...rest } = policy;
  return policyUpdateOf(secretOf(request), rest);
}

export function secretList({ secrets, totalCount }: ListSecretsOutput): object {
  return { secrets: secrets.map(metadataResource), secrets_total: totalCount };
}

export function versionList(list: ListVersionsOutput): object {
  return { versions: versionInfos(list), versions_total: list.totalCount };
}

export function policyList(secret: SecretMetadata): object {
  return { policies: policyResources(secret) };
}
