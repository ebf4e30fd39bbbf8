/** Changes what is known of a secret. Its value stays. */
import { secretArn } from "../../audit/render/cloudtrail-arn.ts";
import { meansBoth } from "../../identity/statements/renamed.ts";
import { Refusal } from "../../kernel/errors.ts";
import { toRfc3339, type Millis } from "../../kernel/clock.ts";
import { expired, expiryOf, isExpired } from "../../secrets/expiry.ts";
import { kindOf } from "../../secrets/kinds/kinds.ts";
import {
  checkRotation,
  nextRotation,
  type RenewalPolicy,
  type RotationPolicy,
} from "../../secrets/rotation.ts";
import {
  checkCustomMetadata,
  checkDescription,
  checkLabels,
  checkName,
  type JsonObject,
  type Secret,
} from "../../secrets/secret.ts";
import { policyInForce } from "../judgement/policies-in-force.ts";
import { changeOperation, type Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import type { SecretMetadata } from "./answers.ts";
import { changedFields, type Change } from "./changes.ts";
import { locatedSecret, locateSecret, type WhichSecret } from "./find.ts";
import type { ReadyPatch, TypedPatch } from "./kinds/behaviour.ts";
import { behaviourOf } from "./kinds/behaviours.ts";
import { currentVersion } from "./open.ts";
import { metadataOf, retrievalOf } from "./show.ts";

/** A merge patch: what is left out stays, null removes. */
export interface SecretPatch extends ReadyPatch {
  readonly name?: string | undefined;
  readonly description?: string | null | undefined;
  readonly labels?: readonly string[] | null | undefined;
  readonly customMetadata?: JsonObject | null | undefined;
  /** RFC 3339. */
  readonly expirationDate?: string | null | undefined;
}

export type UpdateSecretMetadataInput = WhichSecret & {
  readonly patch: SecretPatch;
  /** The names of the patch's fields, for the record. */
  readonly changes: readonly string[];
};

/** The input of an update: the dialects' way to make it. */
export function updateSecretMetadataInput(
  which: string | WhichSecret,
  patch: SecretPatch,
): UpdateSecretMetadataInput {
  const named = typeof which === "string" ? { id: which } : which;
  return { ...named, patch, changes: changedFields(patch) };
}

export interface UpdateSecretMetadataOutput extends SecretMetadata {
  /** With the values before and after where those may be recorded. */
  readonly changes: readonly Change[];
}

export const updateSecretMetadata = changeOperation<
  UpdateSecretMetadataInput,
  Secret,
  UpdateSecretMetadataOutput
>({
  name: "secret.metadata.update",

  locate: locateSecret,

  async work(input, secret, context) {
    assertHasFields(secret, input.patch, context.now);
    const ready = await behaviourOf(secret.type).preparePatch?.(input.patch, secret, context);
    return ready ? { ...input, patch: { ...input.patch, ...ready } } : input;
  },

  async run({ patch, changes }, { subject: secret }, context) {
    const { store, call } = context;
    assertMayRename(patch, secret, context);
    await assertNameFree(patch, secret, context);
    assertPolicyHolds(patch, secret, context);
    const changed = await patched(secret, patch, context);
    await store.secrets.updateSecret(changed);
    if (changed.expiresAt !== secret.expiresAt) {
      const current = await currentVersion(store.secrets, secret);
      if (current) {
        await store.secrets.updateVersion({ ...current, expiresAt: changed.expiresAt });
      }
    }
    const metadata = metadataOf(changed, call.place, await retrievalOf(secret, context));
    return { ...metadata, changes: changes.map((field) => changeOf(field, secret, changed)) };
  },
});

/**
 * Who may read a secret is said of its name: whoever gives it another one has to be allowed to read it under the one it
 * had, and to make one of the new name.
 */
function assertMayRename(
  { name }: SecretPatch,
  secret: Secret,
  { call: { place }, judge }: Context<Transaction>,
): void {
  if (name === undefined || name === secret.name) return;
  checkName(name);
  const { id, groupId } = secret;
  // What its own policy denies it denies under the new name too: `assertPolicyHolds`.
  const unpoliced = locatedSecret(place, { ...secret, resourcePolicy: null }, null);
  const renamed = locatedSecret(place, { id, name, groupId }, null);
  const refusal =
    judge({ permission: "secret.read", located: unpoliced, input: { id } }) ??
    judge({ permission: "secret.create", located: renamed, input: { name } });
  if (refusal) throw refusal;
}

async function assertNameFree(
  { name }: SecretPatch,
  secret: Secret,
  { store }: Context<Transaction>,
): Promise<void> {
  if (name === undefined || name === secret.name) return;
  if (await store.secrets.secretNamed(secret.at, secret.type, name)) {
    throw new Refusal("conflict", "A secret of this type and name already exists.", {
      field: "name",
    });
  }
}

/** A policy that speaks of a secret by its name would say something else of it, or nothing, once it has another one. */
function assertPolicyHolds(
  { name = "" }: SecretPatch,
  secret: Secret,
  { call: { place } }: Context<Transaction>,
): void {
  const { resourcePolicy: text } = secret;
  if (text === null || name === "" || name === secret.name) return;
  const policy = policyInForce(text, "resource");
  if (policy === "unreadable") return;
  if (meansBoth(policy, secretArn(place, secret), secretArn(place, { ...secret, name }))) return;
  const sentence =
    "The secret's resource policy speaks of it by its name: change the policy before the name.";
  throw new Refusal("precondition_failed", sentence, { field: "name" });
}

async function patched(
  secret: Secret,
  patch: SecretPatch,
  context: Context<Transaction>,
): Promise<Secret> {
  const { name = secret.name, description = secret.description } = patch;
  const { customMetadata = secret.customMetadata, labels } = patch;
  if (description !== null) checkDescription(description);
  if (customMetadata !== null) checkCustomMetadata(customMetadata, "customMetadata");
  return {
    ...secret,
    name,
    description,
    customMetadata,
    labels: labels === undefined ? secret.labels : checkLabels(labels ?? []),
    ...(await lifetimeOf(secret, patch, context)),
    updatedAt: context.now,
  };
}

/** What not every type has, and what a destroyed secret has no more of. */
async function lifetimeOf(
  secret: Secret,
  patch: SecretPatch,
  context: Context<Transaction>,
): Promise<Partial<Secret>> {
  const { now } = context;
  const { expirationDate, rotation } = patch;
  assertHasFields(secret, patch, now);
  const bounds = kindOf(secret.type).rotation;
  if (rotation) checkRotation(rotation, bounds);
  return {
    ...(expirationDate === undefined
      ? {}
      : { expiresAt: expiryOf(expirationDate ?? undefined, secret.type, now) }),
    ...(rotation && bounds ? { rotation, ...nextRotationBy(rotation, secret, now) } : {}),
    ...(await behaviourOf(secret.type).patch?.(patch, secret, context)),
  };
}

/** A secret that a rotator rotates keeps the time that its rules say. */
function nextRotationBy(
  rotation: RotationPolicy,
  { rotator }: Secret,
  now: Millis,
): Partial<Pick<Secret, "nextRotationAt">> {
  if (!rotator?.isEnabled) return { nextRotationAt: nextRotation(rotation, now) };
  if (!rotation.autoRotate) return {};
  throw new Refusal(
    "precondition_failed",
    "The secret is rotated by a rotator: turn that off before it can have a rotation policy.",
    { reason: "rotated-otherwise" },
  );
}

function assertHasFields(secret: Secret, patch: SecretPatch, now: Millis): void {
  const { expirationDate, rotation } = patch;
  const named = TYPED_FIELDS.filter((field) => patch[field] !== undefined);
  const isNamed = expirationDate !== undefined || named.length > 0;
  if (isNamed && isExpired(secret, now)) throw expired();
  for (const field of named) {
    // No rotation on time is what a type without one has anyway.
    const isNothing = field === "rotation" && rotation?.autoRotate === false;
    if (!isNothing && !behaviourOf(secret.type).patches.includes(field)) {
      throw new Refusal("invalid_request", TYPED_FIELD_REFUSALS[field], { field });
    }
  }
}

const TYPED_FIELD_REFUSALS: Readonly<Record<keyof TypedPatch, string>> = {
  rotation: "Secrets of this type are not rotated on time.",
  renewal:
    "A rotation on time needs an interval and a unit; only of public certificates are keys rotated.",
  passwordPolicy: "Secrets of this type have no generated password.",
  ttl: "Secrets of this type have no lease.",
  parameters: "Secrets of this type have no parameters.",
  managedCsr: "This secret has no managed CSR.",
};

const TYPED_FIELDS = Object.keys(TYPED_FIELD_REFUSALS) as readonly (keyof TypedPatch)[];

/** Descriptions and metadata are the owner's own words: of those the record has the names alone. */
function changeOf(field: string, before: Secret, after: Secret): Change {
  switch (field) {
    case "name":
      return { field, initialValue: before.name, newValue: after.name };
    case "rotation":
    case "renewal":
      return { field, initialValue: policyOf(before), newValue: policyOf(after) };
    case "expirationDate":
      return { field, initialValue: dateOf(before.expiresAt), newValue: dateOf(after.expiresAt) };
    default:
      return { field };
  }
}

function policyOf({ attributes, rotation }: Secret): RotationPolicy | RenewalPolicy | null {
  return attributes?.kind === "public_cert" ? attributes.rotation : rotation;
}

function dateOf(millis: Millis | null): string | null {
  return millis === null ? null : toRfc3339(millis);
}
