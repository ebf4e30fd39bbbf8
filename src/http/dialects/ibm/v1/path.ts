/** What stands in the paths of version 1: a secret's type beside its id, and the two have to belong together. */
import type { FastifyRequest } from "fastify";
import type { WhichSecret, WhichVersion } from "../../../../app/secrets/find.ts";
import { Refusal } from "../../../../kernel/errors.ts";
import type { SecretType } from "../../../../secrets/secret.ts";
import { secretIdIn, segment, versionIn } from "../path.ts";

/** The types there were before version 2. */
export const V1_TYPES = [
  "arbitrary",
  "username_password",
  "kv",
  "iam_credentials",
  "imported_cert",
  "public_cert",
  "private_cert",
] as const satisfies readonly SecretType[];

export type V1Type = (typeof V1_TYPES)[number];

export function typeIn(request: FastifyRequest): V1Type {
  const type = V1_TYPES.find((one) => one === segment(request, "type"));
  if (type) return type;
  throw new Refusal(
    "invalid_request",
    `The secret types of version 1 are ${V1_TYPES.join(", ")}; the others are served under /api/v2.`,
    { field: "secret_type" },
  );
}

export function secretIn(request: FastifyRequest): WhichSecret {
  return { id: secretIdIn(request), secretType: typeIn(request) };
}

export function secretVersionIn(request: FastifyRequest): WhichVersion {
  return { ...versionIn(request), secretType: typeIn(request) };
}
