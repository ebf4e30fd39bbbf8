/** Makes a secret with its first version. */
import { Refusal } from "../../kernel/errors.ts";
import { randomId } from "../../kernel/ids.ts";
import { expiryOf } from "../../secrets/expiry.ts";
import {
  DEFAULT_PASSWORD_POLICY,
  checkPasswordPolicy,
  generatePassword,
} from "../../secrets/password.ts";
import { checkPayload, type NewPayload, type Payload } from "../../secrets/payload.ts";
import {
  checkPasswordRotation,
  nextRotation,
  NO_ROTATION,
  type RotationPolicy,
} from "../../secrets/rotation.ts";
import {
  ACTIVE,
  checkCustomMetadata,
  checkDescription,
  checkLabels,
  checkName,
  type JsonObject,
  type Secret,
  type SecretType,
} from "../../secrets/secret.ts";
import type { Version } from "../../secrets/version.ts";
import { callerId, changeOperation, type Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import type { SecretWithPayload } from "./answers.ts";
import { findGroup, instanceOf, locatedSecret } from "./find.ts";
import { sealPayload, sealUsername } from "./open.ts";
import { metadataOf, NEVER_RETRIEVED } from "./show.ts";

export interface CreateSecretInput {
  readonly name: string;
  readonly secretType: SecretType;
  /** `default` for the group that every instance has. */
  readonly secretGroupId: string;
  readonly description?: string | undefined;
  readonly labels?: readonly string[] | undefined;
  readonly customMetadata?: JsonObject | undefined;
  readonly versionCustomMetadata?: JsonObject | undefined;
  /** RFC 3339; of arbitrary and username_password secrets. */
  readonly expirationDate?: string | undefined;
  /** Of username_password secrets. */
  readonly rotation?: RotationPolicy | undefined;
  readonly payload: NewPayload;
}

export type CreateSecretOutput = SecretWithPayload;

export const createSecret = changeOperation<CreateSecretInput, string, CreateSecretOutput>({
  name: "secret.create",

  /**
   * The id is chosen here: a creation that is refused is recorded under the id it would have had.
   */
  async locate(input, { store, call }) {
    // Looked at before it names the target of whatever this comes to.
    checkName(input.name);
    const group = await findGroup(store.secrets, instanceOf(call.place), input.secretGroupId);
    const id = randomId();
    return locatedSecret(call.place, { id, name: input.name, groupId: group.id }, id);
  },

  async run(input, { subject: id }, context) {
    const { store, capabilities, now, call } = context;
    checkInput(input);
    const at = instanceOf(call.place);
    if (await store.secrets.secretNamed(at, input.secretType, input.name)) {
      throw new Refusal("conflict", "A secret of this type and name already exists.", {
        field: "name",
      });
    }
    const payload = payloadOf(input.payload);
    checkPayload(payload);
    const secret = newSecret({ input, payload }, id, context);
    const versionId = randomId();
    const version: Version = {
      id: versionId,
      secretId: id,
      number: 1,
      createdBy: secret.createdBy,
      createdAt: now,
      autoRotated: false,
      expiresAt: secret.expiresAt,
      customMetadata: input.versionCustomMetadata ?? null,
      hasPayload: true,
    };
    await store.secrets.insertSecret(secret);
    await store.secrets.insertVersion(
      version,
      sealPayload(capabilities.vault, secret, { versionId, payload }),
    );
    const metadata = metadataOf(secret, call.place, NEVER_RETRIEVED);
    return { ...metadata, versionId, payloadAvailable: true, payload };
  },
});

function checkInput(input: CreateSecretInput): void {
  if (input.description !== undefined) checkDescription(input.description);
  if (input.customMetadata) checkCustomMetadata(input.customMetadata, "customMetadata");
  if (input.versionCustomMetadata) {
    checkCustomMetadata(input.versionCustomMetadata, "versionCustomMetadata");
  }
  if (input.payload.kind !== input.secretType) {
    throw new Refusal("invalid_request", "The value is not of the secret's type.", {
      field: "secretType",
    });
  }
  if (input.payload.kind === "username_password") {
    if (input.rotation) checkPasswordRotation(input.rotation);
    if (input.payload.passwordPolicy) checkPasswordPolicy(input.payload.passwordPolicy);
  } else if (input.rotation?.autoRotate) {
    throw new Refusal("invalid_request", "Secrets of this type are not rotated on time.", {
      field: "rotation",
    });
  }
}

function payloadOf(given: NewPayload): Payload {
  if (given.kind !== "username_password") return given;
  const { kind, username, password, passwordPolicy = DEFAULT_PASSWORD_POLICY } = given;
  return { kind, username, password: password ?? generatePassword(passwordPolicy) };
}

function newSecret(
  { input, payload }: { readonly input: CreateSecretInput; readonly payload: Payload },
  id: string,
  context: Context<Transaction>,
): Secret {
  const { now, capabilities } = context;
  const at = instanceOf(context.call.place);
  const dataKey = capabilities.vault.newDataKey(at, id);
  const rotation =
    input.secretType === "username_password" ? (input.rotation ?? NO_ROTATION) : null;
  return {
    id,
    at,
    groupId: input.secretGroupId,
    type: input.secretType,
    name: input.name,
    description: input.description ?? null,
    labels: checkLabels(input.labels ?? []),
    customMetadata: input.customMetadata ?? null,
    createdBy: callerId(context.caller),
    createdAt: now,
    updatedAt: now,
    state: ACTIVE,
    expiresAt: expiryOf(input.expirationDate, input.secretType, now),
    rotation,
    passwordPolicy:
      input.payload.kind === "username_password"
        ? (input.payload.passwordPolicy ?? DEFAULT_PASSWORD_POLICY)
        : null,
    nextRotationAt: nextRotation(rotation, now),
    username:
      payload.kind === "username_password"
        ? sealUsername(capabilities.vault, { at, id, dataKey }, payload.username)
        : null,
    lastVersion: 1,
    versionsTotal: 1,
    locksTotal: 0,
    dataKey,
  };
}
