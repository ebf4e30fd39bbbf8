/**
 * Gives a secret a new value: by a caller, or generated on time. The value before stays readable as
 * `previous`.
 */
import { invariant, Refusal } from "../../kernel/errors.ts";
import { randomId } from "../../kernel/ids.ts";
import { expired, isExpired } from "../../secrets/expiry.ts";
import { locked } from "../../secrets/lock.ts";
import { DEFAULT_PASSWORD_POLICY, generatePassword } from "../../secrets/password.ts";
import { checkPayload, type NewVersionPayload, type Payload } from "../../secrets/payload.ts";
import { nextRotation } from "../../secrets/rotation.ts";
import { checkCustomMetadata, type JsonObject, type Secret } from "../../secrets/secret.ts";
import type { SecretStore } from "../../secrets/store.ts";
import { MAX_VERSIONS_KEPT, type Version } from "../../secrets/version.ts";
import { callerId, changeOperation, type Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import type { VersionWithPayload } from "./answers.ts";
import { locateSecret } from "./find.ts";
import { currentVersion, openUsername, sealPayload } from "./open.ts";
import { versionMetadataOf } from "./show.ts";

export interface CreateVersionInput {
  readonly id: string;
  /** Left out of a username_password secret: a password is generated. */
  readonly payload?: NewVersionPayload | undefined;
  /** A version to be made current again; no type kept so far can. */
  readonly restoreFromVersion?: string | undefined;
  /** Of the secret, replacing what it has. */
  readonly customMetadata?: JsonObject | undefined;
  readonly versionCustomMetadata?: JsonObject | undefined;
  /** Set by the schedule alone. */
  readonly autoRotated?: boolean | undefined;
}

export interface CreateVersionOutput extends VersionWithPayload {
  readonly previousVersionId: string;
  /** The version whose value had to make room for this one. */
  readonly payloadDroppedFrom: string | null;
}

export const createVersion = changeOperation<CreateVersionInput, Secret, CreateVersionOutput>({
  name: "version.create",

  locate: locateSecret,

  async run(input, { subject: secret }, context) {
    const { store, capabilities, now, caller } = context;
    assertRotatable(secret, input, context);
    const current = await currentVersion(store.secrets, secret);
    const payload = payloadOf(input.payload, secret, context);
    checkPayload(payload);
    const payloadDroppedFrom = await dropPrevious(store.secrets, secret);
    const versionId = randomId();
    const version: Version = {
      id: versionId,
      secretId: secret.id,
      number: secret.lastVersion + 1,
      createdBy: callerId(caller),
      createdAt: now,
      autoRotated: input.autoRotated ?? false,
      expiresAt: secret.expiresAt,
      customMetadata: input.versionCustomMetadata ?? null,
      hasPayload: true,
    };
    const changed: Secret = {
      ...secret,
      lastVersion: version.number,
      versionsTotal: Math.min(secret.versionsTotal + 1, MAX_VERSIONS_KEPT),
      customMetadata: input.customMetadata ?? secret.customMetadata,
      nextRotationAt: nextRotation(secret.rotation, now),
      updatedAt: now,
    };
    await store.secrets.insertVersion(
      version,
      sealPayload(capabilities.vault, secret, { versionId, payload }),
    );
    await store.secrets.deleteVersionsUpTo(secret.id, version.number - MAX_VERSIONS_KEPT);
    await store.secrets.updateSecret(changed);
    return {
      ...versionMetadataOf(changed, version, false),
      payload,
      previousVersionId: current.id,
      payloadDroppedFrom,
    };
  },
});

function assertRotatable(
  secret: Secret,
  input: CreateVersionInput,
  { caller, now }: Context<Transaction>,
): void {
  invariant(!input.autoRotated || caller.kind === "internal", "only the schedule rotates on time");
  // Between being found due and now, somebody may have rotated it or changed its policy.
  if (input.autoRotated && (secret.nextRotationAt === null || secret.nextRotationAt > now)) {
    throw new Refusal("precondition_failed", "The secret is not due for rotation.");
  }
  if (isExpired(secret, now)) throw expired();
  if (input.restoreFromVersion !== undefined) {
    throw new Refusal("invalid_request", "Secrets of this type are not restored from a version.", {
      field: "restoreFromVersion",
    });
  }
  if (input.customMetadata) checkCustomMetadata(input.customMetadata, "customMetadata");
  if (input.versionCustomMetadata) {
    checkCustomMetadata(input.versionCustomMetadata, "versionCustomMetadata");
  }
}

/**
 * The version that is `previous` until now gives up its value, unless it is locked: then there can
 * be no new version. A lock on the current version is no hindrance, since it keeps its value as the
 * previous one.
 */
async function dropPrevious(store: SecretStore, secret: Secret): Promise<string | null> {
  const previous = await store.version(secret, { alias: "previous" });
  if (!previous?.hasPayload) return null;
  const locks = await store.locksOf(secret.id);
  if (locks.some((lock) => lock.versionId === previous.id)) throw locked();
  await store.updateVersion({ ...previous, hasPayload: false });
  return previous.id;
}

function payloadOf(
  given: NewVersionPayload | undefined,
  secret: Secret,
  { capabilities }: Context<Transaction>,
): Payload {
  const kind = given?.kind ?? "username_password";
  if (kind !== secret.type) {
    throw new Refusal("invalid_request", "The value is not of the secret's type.", {
      field: "payload",
    });
  }
  if (given && given.kind !== "username_password") return given;
  const password =
    given?.password ?? generatePassword(secret.passwordPolicy ?? DEFAULT_PASSWORD_POLICY);
  return {
    kind: "username_password",
    username: openUsername(capabilities.vault, secret),
    password,
  };
}
