/**
 * Gives a secret a new value: by a caller, or on time. The value before stays readable as `previous`. Of some types the
 * value comes later, by an operation of its own.
 */
import { invariant, Refusal } from "../../kernel/errors.ts";
import { isUuid, randomId } from "../../kernel/ids.ts";
import { expired, isExpired } from "../../secrets/expiry.ts";
import { factsOf, factsOfVersion, type NewVersionPayload } from "../../secrets/payload.ts";
import { nextRotation } from "../../secrets/rotation.ts";
import { checkCustomMetadata, type JsonObject, type Secret } from "../../secrets/secret.ts";
import { versionSelector } from "../../secrets/version.ts";
import { changeOperation, type Context } from "../operation.ts";
import type { View } from "../state.ts";
import { addVersion } from "./add-version.ts";
import type { SecretMetadata, VersionWithPayload } from "./answers.ts";
import { locateToldSecret, type WhichSecret } from "./find.ts";
import { behaviourOf } from "./kinds/behaviours.ts";
import { metadataOf, retrievalOf, versionMetadataOf } from "./show.ts";

export type CreateVersionInput = WhichSecret & {
  /** Left out where the type makes its values by itself. */
  readonly payload?: NewVersionPayload | undefined;
  /** A version to be made current again; by its id or as `previous`. */
  readonly restoreFromVersion?: string | undefined;
  /** Of the secret, replacing what it has. */
  readonly customMetadata?: JsonObject | undefined;
  readonly versionCustomMetadata?: JsonObject | undefined;
  /** Set by the schedule alone. */
  readonly autoRotated?: boolean | undefined;
};

export interface CreatedVersion extends VersionWithPayload {
  readonly kind: "created";
  readonly previousVersionId: string | null;
  /** The version whose value had to make room for this one. */
  readonly payloadDroppedFrom: string | null;
}

/** The value has been asked for and comes later: the secret as it is until then. */
export interface AwaitedVersion extends SecretMetadata {
  readonly kind: "awaited";
}

export type CreateVersionOutput = CreatedVersion | AwaitedVersion;

export const createVersion = changeOperation<CreateVersionInput, Secret, CreateVersionOutput>({
  name: "version.create",

  locate: locateToldSecret,

  async work(input, secret, context) {
    assertRotatable(secret, input, context);
    const behaviour = behaviourOf(secret.type);
    const payload = await behaviour.prepareVersion?.(input.payload, secret, context);
    return payload ? { ...input, payload } : input;
  },

  async run(input, located, context) {
    const { subject: secret } = located;
    const { store, now, call, judge } = context;
    assertRotatable(secret, input, context);
    const current = (await store.secrets.version(secret, { alias: "current" })) ?? null;
    const versionId = randomId();
    const made = await behaviourOf(secret.type).renew(
      // Sound by `assertRotatable`: a value that is given is of the secret's own type.
      input.payload,
      {
        secret,
        current,
        versionId,
        autoRotated: input.autoRotated ?? false,
        restoreFromVersion: input.restoreFromVersion,
        versionCustomMetadata: input.versionCustomMetadata,
      },
      context,
    );
    if (!made.version) {
      const awaiting: Secret = {
        ...secret,
        nextRotationAt: nextRotation(secret.rotation, now),
        ...made.secret,
        customMetadata: input.customMetadata ?? secret.customMetadata,
        updatedAt: now,
      };
      await store.secrets.updateSecret(awaiting);
      const retrieval = await retrievalOf(secret, context);
      return { kind: "awaited", ...metadataOf(awaiting, call.place, retrieval) };
    }
    const added = await addVersion(
      secret,
      {
        versionId,
        version: made.version,
        secret: made.secret,
        autoRotated: input.autoRotated,
        customMetadata: input.customMetadata,
        versionCustomMetadata: input.versionCustomMetadata,
      },
      context,
    );
    // Whoever may have a value made is not yet to hear it.
    const cannotRead = judge({ permission: "secret.read", located, input: { id: secret.id } });
    return {
      kind: "created",
      ...versionMetadataOf(added.secret, added.version, false),
      ...factsOf(made.version.payload),
      ...factsOfVersion(made.version.attributes),
      payload: cannotRead ? null : made.version.payload,
      previousVersionId: current?.id ?? null,
      payloadDroppedFrom: added.payloadDroppedFrom,
    };
  },
});

function assertRotatable<Store extends View>(
  secret: Secret,
  input: CreateVersionInput,
  { caller, now }: Context<Store>,
): void {
  invariant(!input.autoRotated || caller.kind === "internal", "only the schedule rotates on time");
  // Between being found due and now, somebody may have rotated it or changed its policy.
  if (input.autoRotated && (secret.nextRotationAt === null || secret.nextRotationAt > now)) {
    throw new Refusal("precondition_failed", "The secret is not due for rotation.");
  }
  // Whatever it is refused for besides is recorded with it.
  if (input.restoreFromVersion !== undefined) checkVersionNamed(input.restoreFromVersion);
  if (isExpired(secret, now)) throw expired();
  if (input.payload && input.payload.kind !== secret.type) {
    throw new Refusal("invalid_request", "The value is not of the secret's type.", {
      field: "payload",
    });
  }
  if (input.restoreFromVersion !== undefined && secret.type !== "iam_credentials") {
    throw new Refusal("invalid_request", "Secrets of this type are not restored from a version.", {
      field: "restoreFromVersion",
    });
  }
  if (input.customMetadata) checkCustomMetadata(input.customMetadata, "customMetadata");
  if (input.versionCustomMetadata) {
    checkCustomMetadata(input.versionCustomMetadata, "versionCustomMetadata");
  }
}

function checkVersionNamed(which: string): void {
  if (versionSelector(which).alias !== undefined || isUuid(which)) return;
  throw new Refusal("invalid_request", "The id of a version is a UUID, or `previous`.", {
    field: "restoreFromVersion",
  });
}
