/** Makes a secret, with its first version where its type has a value at once. */
import type { Place } from "../../audit/crn.ts";
import { Refusal } from "../../kernel/errors.ts";
import { randomId } from "../../kernel/ids.ts";
import { expiryOf } from "../../secrets/expiry.ts";
import { kindOf } from "../../secrets/kinds/kinds.ts";
import { factsOf, factsOfVersion, type NewPayload, type Payload } from "../../secrets/payload.ts";
import { checkRotation, NO_ROTATION, type RotationPolicy } from "../../secrets/rotation.ts";
import {
  checkCustomMetadata,
  checkDescription,
  checkLabels,
  checkName,
  PLAIN_SECRET,
  PRE_ACTIVATION,
  type Instance,
  type JsonObject,
  type Secret,
  type SecretType,
} from "../../secrets/secret.ts";
import { callerId, changeOperation, type Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import { addVersion } from "./add-version.ts";
import type { SecretWithPayload } from "./answers.ts";
import { findGroup, instanceOf, locatedSecret } from "./find.ts";
import { openHome, placeToBe } from "./homes.ts";
import type { Making } from "./kinds/behaviour.ts";
import { behaviourOf } from "./kinds/behaviours.ts";
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
  /** Of the types that are rotated on time. */
  readonly rotation?: RotationPolicy | undefined;
  readonly payload: NewPayload;
  /**
   * For wires that call secrets by their names alone: none of any other type may have the name, and versions keep their
   * values.
   */
  readonly byNameAlone?: true | undefined;
}

/** What is to be made, and where. */
export interface SecretToBe {
  readonly id: string;
  readonly place: Place;
}

export type CreateSecretOutput = SecretWithPayload;

export const createSecret = changeOperation<CreateSecretInput, SecretToBe, CreateSecretOutput>({
  name: "secret.create",

  /**
   * The id is chosen here: a creation that is refused is recorded under the id it would have had.
   */
  async locate(input, { store, call }) {
    // Looked at before it names the target of whatever this comes to.
    checkName(input.name);
    const place = await placeToBe(call.place, store);
    const group = await findGroup(store.secrets, instanceOf(place), input.secretGroupId);
    const id = randomId();
    return locatedSecret(place, { id, name: input.name, groupId: group.id }, { id, place });
  },

  async work(input, _subject, context) {
    checkInput(input);
    const behaviour = behaviourOf(input.secretType);
    // Sound by `checkInput`: the value is of the secret's own type.
    const payload = await behaviour.prepareNew?.(input.payload, context);
    return payload ? { ...input, payload } : input;
  },

  async run(input, { subject: { id, place } }, context) {
    const { store, capabilities } = context;
    const at = instanceOf(place);
    await assertNameFree(input, at, context);
    await openHome(place, context);
    const dataKey = capabilities.vault.newDataKey(at, id);
    const making: Making = {
      id,
      versionId: randomId(),
      at,
      groupId: input.secretGroupId,
      name: input.name,
      dataKey,
      expiresAt: expiryOf(input.expirationDate, input.secretType, context.now),
      rotation: kindOf(input.secretType).rotation ? (input.rotation ?? NO_ROTATION) : null,
      versionCustomMetadata: input.versionCustomMetadata,
    };
    // Sound by `checkInput`: the value is of the secret's own type.
    const made = await behaviourOf(input.secretType).make(input.payload, making, context);
    const empty: Secret = { ...newSecret(input, making, context), ...made.secret };
    await store.secrets.insertSecret(empty);
    if (!made.version) return answer(empty, { versionId: null, payload: null }, place);
    const { versionId } = making;
    const { secret } = await addVersion(
      empty,
      {
        versionId,
        version: made.version,
        secret: made.secret,
        versionCustomMetadata: input.versionCustomMetadata,
      },
      context,
    );
    const { payload, attributes } = made.version;
    return { ...answer(secret, { versionId, payload }, place), ...factsOfVersion(attributes) };
  },
});

/** One that waits to be deleted keeps its name: nothing is lost by somebody else's making a secret. */
async function assertNameFree(
  { name, secretType, byNameAlone }: CreateSecretInput,
  at: Instance,
  { store: { secrets } }: Context<Transaction>,
): Promise<void> {
  if (byNameAlone) assertNobodys(name, await secrets.secretsCalled(at, name));
  else if (await secrets.secretNamed(at, secretType, name)) {
    throw new Refusal("conflict", "A secret of this type and name already exists.", {
      field: "name",
    });
  }
}

/** Refuses a name that a secret of whatever type has, for wires that know secrets by their names alone. */
export function assertNobodys(name: string, taken: readonly Secret[]): void {
  if (taken.some(({ deletion }) => deletion !== null)) {
    const sentence =
      "You can't create this secret because a secret with this name is already scheduled for deletion.";
    throw new Refusal("precondition_failed", sentence, { reason: "name-of-deleted" });
  }
  if (taken.length === 0) return;
  const sentence = `The operation failed because the secret ${name} already exists.`;
  throw new Refusal("conflict", sentence, { reason: "name-taken" });
}

function answer(
  secret: Secret,
  value: { readonly versionId: string | null; readonly payload: Payload | null },
  place: Place,
): CreateSecretOutput {
  const metadata = metadataOf(secret, place, NEVER_RETRIEVED);
  const facts = factsOf(value.payload);
  return { ...metadata, ...facts, ...value, payloadAvailable: value.payload !== null };
}

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
  if (input.rotation) checkRotation(input.rotation, kindOf(input.secretType).rotation);
}

function newSecret(
  input: CreateSecretInput,
  making: Making,
  context: Context<Transaction>,
): Secret {
  return {
    ...blankSecret({ ...making, type: input.secretType }, context),
    description: input.description ?? null,
    labels: checkLabels(input.labels ?? []),
    customMetadata: input.customMetadata ?? null,
    expiresAt: making.expiresAt,
    rotation: making.rotation,
    keepsUnlabelled: input.byNameAlone === true,
  };
}

/** One of which nothing is known but what it is called. It has no value. */
export function blankSecret(
  named: Pick<Secret, "id" | "at" | "groupId" | "type" | "name" | "dataKey">,
  { now, caller }: Context<Transaction>,
): Secret {
  const { id, at, groupId, type, name, dataKey } = named;
  return {
    id,
    at,
    groupId,
    type,
    name,
    description: null,
    labels: [],
    customMetadata: null,
    createdBy: callerId(caller),
    createdAt: now,
    updatedAt: now,
    state: PRE_ACTIVATION,
    expiresAt: null,
    rotation: null,
    passwordPolicy: null,
    nextRotationAt: null,
    username: null,
    csrKey: null,
    attributes: null,
    ...PLAIN_SECRET,
    lastVersion: 0,
    versionsTotal: 0,
    locksTotal: 0,
    dataKey,
  };
}
