/**
 * What stands in the Vault-compatible paths: a type, perhaps a group, and a secret by its id or its name. A group that is
 * named is the secret's own; without one, any is.
 */
import type { FastifyRequest } from "fastify";
import type { WhichSecret, WhichVersion } from "../../../../app/secrets/find.ts";
import { isUuid } from "../../../../kernel/ids.ts";
import { DEFAULT_GROUP_ID } from "../../../../secrets/group.ts";
import { checkStrictName } from "../../../../secrets/secret.ts";
import { groupId, segment, versionSelectorIn } from "../path.ts";
import { typeIn, type V1Type } from "../v1/path.ts";

const IAM_PATH = "/v1/ibmcloud/iam_credentials/";

/** Credentials have paths of their own, in which the type is no parameter. */
export function typeOf(request: FastifyRequest): V1Type {
  const { url = "" } = request.routeOptions;
  return url.startsWith(IAM_PATH) ? "iam_credentials" : typeIn(request);
}

export function groupOf(request: FastifyRequest): string | undefined {
  const group = segment(request, "group");
  return group === "" ? undefined : groupId(group);
}

/** Where a new secret goes. */
export function groupForNew(request: FastifyRequest): string {
  return groupOf(request) ?? DEFAULT_GROUP_ID;
}

/** A name that no secret can have is not looked for, and not recorded. */
export function secretOf(request: FastifyRequest): WhichSecret {
  const given = segment(request, "id");
  const about = { secretType: typeOf(request), secretGroupId: groupOf(request) };
  if (isUuid(given)) return { id: given.toLowerCase(), ...about };
  checkStrictName(given);
  return { name: given, ...about };
}

export function versionOf(request: FastifyRequest): WhichVersion {
  return { ...secretOf(request), ...versionSelectorIn(request) };
}
