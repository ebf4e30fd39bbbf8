/** Bodies of the calls about versions, as the operations' inputs. */
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type { CreateVersionInput } from "../../../app/secrets/create-version.ts";
import type { WhichSecret, WhichVersion } from "../../../app/secrets/find.ts";
import {
  updateVersionMetadataInput,
  type UpdateVersionMetadataInput,
} from "../../../app/secrets/update-version-metadata.ts";
import type { VersionActionInput } from "../../../app/secrets/version-action.ts";
import { Refusal } from "../../../kernel/errors.ts";
import { Sensitive } from "../../../kernel/sensitive.ts";
import type { NewVersionPayload } from "../../../secrets/payload.ts";
import { bodyOf, patchOf, read } from "./body.ts";
import { actionTypeIn } from "./decode-secrets.ts";
import { jsonObject } from "./fields.ts";
import { secretIdIn, versionIn } from "./path.ts";

/** A version says nothing of its type: which value is given tells it. */
const prototype = z.strictObject({
  payload: z.string().optional(),
  password: z.string().optional(),
  data: jsonObject.optional(),
  certificate: z.string().optional(),
  intermediate: z.string().optional(),
  private_key: z.string().optional(),
  csr: z.string().optional(),
  rotation: z.strictObject({ rotate_keys: z.boolean() }).optional(),
  restore_from_version: z.string().optional(),
  custom_metadata: jsonObject.optional(),
  version_custom_metadata: jsonObject.optional(),
});

const patch = z.strictObject({ version_custom_metadata: jsonObject.nullish() });

export function decodeNewVersion(request: FastifyRequest): CreateVersionInput {
  return { id: secretIdIn(request), ...newVersionIn(bodyOf(request)) };
}

/** What a new version is given, whichever wire it comes by. */
export function newVersionIn(body: object): Omit<CreateVersionInput, keyof WhichSecret> {
  const given = read(prototype, body);
  return {
    payload: payloadOf(given),
    restoreFromVersion: given.restore_from_version,
    customMetadata: given.custom_metadata,
    versionCustomMetadata: given.version_custom_metadata,
  };
}

export function decodeVersion(request: FastifyRequest): WhichVersion {
  return versionIn(request);
}

export function decodeVersionPatch(request: FastifyRequest): UpdateVersionMetadataInput {
  const which = versionIn(request);
  const given = read(patch, patchOf(request));
  return updateVersionMetadataInput(which, {
    versionCustomMetadata: given.version_custom_metadata,
  });
}

export function decodeVersionAction(request: FastifyRequest): VersionActionInput {
  return { ...versionIn(request), actionType: actionTypeIn(request) };
}

/** What each field says that the version is of; those that go with another one say nothing by themselves. */
function payloadOf(given: z.infer<typeof prototype>): NewVersionPayload | undefined {
  const { payload, password, data, certificate, intermediate, csr, rotation } = given;
  const privateKey = given.private_key === undefined ? undefined : new Sensitive(given.private_key);
  const values: NewVersionPayload[] = [];
  if (payload !== undefined) values.push({ kind: "arbitrary", payload: new Sensitive(payload) });
  if (password !== undefined)
    values.push({ kind: "username_password", password: new Sensitive(password) });
  if (data !== undefined) values.push({ kind: "kv", data: new Sensitive(data) });
  if (certificate !== undefined) {
    values.push({ kind: "imported_cert", certificate, intermediate, privateKey });
  } else if (intermediate !== undefined || privateKey) {
    throw new Refusal("invalid_request", "An intermediate or a key comes with its certificate.", {
      field: "certificate",
    });
  }
  if (csr !== undefined) values.push({ kind: "private_cert", csr });
  if (rotation) values.push({ kind: "public_cert", rotateKeys: rotation.rotate_keys });
  if (values.length > 1) {
    throw new Refusal(
      "invalid_request",
      "A version has one value: give one of payload, password, data, certificate, csr and rotation.",
    );
  }
  return values[0];
}
