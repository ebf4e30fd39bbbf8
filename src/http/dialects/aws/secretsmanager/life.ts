/** The lives of secrets: deleted and restored, tagged, listed: lines of Secrets Manager's table. */
import type { FastifyRequest } from "fastify";
import { batchRead, type BatchReadOutput } from "../../../../app/secrets/batch-read.ts";
import { generatePassword } from "../../../../app/secrets/generate-password.ts";
import { listDescribed, type ListDescribedOutput } from "../../../../app/secrets/list-described.ts";
import { restoreSecret } from "../../../../app/secrets/restore-secret.ts";
import { scheduleDeletion } from "../../../../app/secrets/schedule-deletion.ts";
import { tagSecret, untagSecret } from "../../../../app/secrets/tag-secret.ts";
import { line, nothing, type AwsLine } from "../service.ts";
import { call } from "../wire-call.ts";
import type { WireObject } from "../wire-values.ts";
import { batch, batchBound, listBound, listing, pageToken } from "./decode-lists.ts";
import { deletion, password, tagging, untagging } from "./decode-life.ts";
import { deleted, listed, notRead } from "./encode-life.ts";
import { givenOut, named } from "./encode-secret.ts";
import { secretIdIn } from "./secret-id.ts";

export const lifeLines: readonly AwsLine[] = [
  line("DeleteSecret", scheduleDeletion, [deletion, deleted]),
  line("RestoreSecret", restoreSecret, [secretIdIn, named]),
  line("TagResource", tagSecret, [tagging, nothing]),
  line("UntagResource", untagSecret, [untagging, nothing]),
  line("ListSecrets", listDescribed, [listing, page]),
  line("BatchGetSecretValue", batchRead, [batch, values]),
  line("GetRandomPassword", generatePassword, [
    password,
    ({ password: drawn }) => ({ RandomPassword: drawn.reveal() }),
  ]),
];

function page({ secrets, next }: ListDescribedOutput, request: FastifyRequest): WireObject {
  const bound = listBound(call(request).members());
  return { SecretList: secrets.map(listed), NextToken: pageToken(next, bound) };
}

function values(output: BatchReadOutput, request: FastifyRequest): WireObject {
  const bound = batchBound(call(request).members());
  return {
    SecretValues: output.values.map(givenOut),
    NextToken: pageToken(output.next, bound),
    Errors: output.refused.map(notRead),
  };
}
