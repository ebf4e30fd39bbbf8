/**
 * Policies in version 1's words. The one kind there is, rotation on time, is a field of the secret to us: a policy has
 * the secret's own id, and the dates of its metadata.
 */
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type { SecretMetadata } from "../../../../app/secrets/answers.ts";
import type { WhichSecret } from "../../../../app/secrets/find.ts";
import {
  updateSecretMetadataInput,
  type UpdateSecretMetadataInput,
} from "../../../../app/secrets/update-secret-metadata.ts";
import { read } from "../body.ts";
import { secretPatchIn } from "../decode-secrets.ts";
import { jsonObject } from "../fields.ts";
import { wireKindOf } from "../kinds/wire-kinds.ts";
import { Query } from "../query.ts";
import { date } from "../shapes.ts";
import { collectionOf, mediaTypeOf, resourceIn, type Resource } from "./collection.ts";
import { secretIn } from "./path.ts";

const policy = z.strictObject({ rotation: jsonObject });

export function decodePolicies(request: FastifyRequest): WhichSecret {
  assertRotation(request);
  return secretIn(request);
}

export function decodePolicyUpdate(request: FastifyRequest): UpdateSecretMetadataInput {
  assertRotation(request);
  return policyUpdateOf(secretIn(request), resourceIn(request));
}

/** A policy that is set is one that is followed, unless it says otherwise. */
export function policyUpdateOf(which: WhichSecret, resource: Resource): UpdateSecretMetadataInput {
  const { rotation } = read(policy, resource);
  const patch = secretPatchIn({ rotation: { auto_rotate: true, ...rotation } });
  return updateSecretMetadataInput(which, patch);
}

function assertRotation(request: FastifyRequest): void {
  new Query(request, ["policy"]).oneOf("policy", ["rotation"]);
}

interface Rotated {
  readonly rotation?: { readonly auto_rotate: boolean };
}

/** None, while the secret is not rotated on time. */
export function policyResources(secret: SecretMetadata): readonly object[] {
  const { rotation } = wireKindOf(secret.secretType).metadata(secret) as Rotated;
  if (!rotation?.auto_rotate) return [];
  return [
    {
      id: secret.id,
      crn: secret.crn.replace(/:secret:([^:]*)$/, ":policy:$1"),
      creation_date: date(secret.createdAt),
      created_by: secret.createdBy,
      last_update_date: date(secret.updatedAt),
      type: mediaTypeOf("policy"),
      rotation,
    },
  ];
}

export function policiesBody(secret: SecretMetadata): object {
  return collectionOf("policy", policyResources(secret));
}
