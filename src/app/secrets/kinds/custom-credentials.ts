/**
 * Credentials that a runner of the owner's makes and deletes, task by task: a value is asked for here, and comes when
 * the runner brings it. Whatever stops being a value is asked to be deleted where it was made.
 */
import { Refusal } from "../../../kernel/errors.ts";
import {
  checkParameters,
  secretsNamedIn,
  type JobSchema,
} from "../../../secrets/configurations/custom-engine.ts";
import {
  checkCredentialsTtl,
  type CustomCredentialsAttributes,
} from "../../../secrets/kinds/custom-credentials.ts";
import type { JsonObject } from "../../../secrets/json.ts";
import { PRE_ACTIVATION, type Secret } from "../../../secrets/secret.ts";
import { summaryOf, type TaskTrigger } from "../../../secrets/task.ts";
import type { Version } from "../../../secrets/version.ts";
import type { Context } from "../../operation.ts";
import type { Transaction } from "../../state.ts";
import { discardTasks } from "../discard-tasks.ts";
import {
  askToCreate,
  askToDelete,
  assertRoom,
  customAttributesOf,
  engineOf,
} from "../task-queue.ts";
import type { Behaviour } from "./behaviour.ts";

export const customCredentials: Behaviour<"custom_credentials"> = {
  patches: ["rotation", "ttl", "parameters"],

  async make(given, making, context) {
    const { configuration, parameters = null, ttlSeconds = null } = given;
    if (ttlSeconds !== null) checkCredentialsTtl(ttlSeconds);
    const { schema } = await engineOf(making, configuration, context);
    await checkGiven(parameters, { at: making.at, schema }, context);
    const attributes: CustomCredentialsAttributes = {
      kind: "custom_credentials",
      configuration,
      parameters,
      ttlSeconds,
      tasks: summaryOf([]),
      leaseEndsAt: null,
      lastRotationFailed: false,
    };
    const { versionCustomMetadata } = making;
    const creation = { attributes, trigger: "secret_creation", versionCustomMetadata } as const;
    return { secret: { attributes: await askToCreate(making, creation, context) }, version: null };
  },

  async renew(_given, { secret, autoRotated, versionCustomMetadata }, context) {
    await assertRoom(secret, context);
    const trigger = autoRotated ? "automatic_secret_rotation" : "manual_secret_rotation";
    const creation = {
      attributes: customAttributesOf(secret),
      trigger,
      versionCustomMetadata,
    } as const;
    const attributes = await askToCreate(secret, creation, context);
    // What had failed for good is awaited again.
    const state = secret.lastVersion === 0 ? PRE_ACTIVATION : secret.state;
    return { secret: { attributes, state }, version: null };
  },

  async patch({ ttl, parameters }, secret, context) {
    const before = customAttributesOf(secret);
    if (typeof ttl === "number") checkCredentialsTtl(ttl);
    const attributes: CustomCredentialsAttributes = {
      ...before,
      ttlSeconds: ttl === undefined ? before.ttlSeconds : ttl,
      parameters: parameters === undefined ? before.parameters : parameters,
    };
    if (parameters !== undefined) {
      const { schema } = await engineOf(secret, before.configuration, context);
      await checkGiven(parameters, { at: secret.at, schema }, context);
    }
    return { attributes };
  },

  /** A rotation has asked for this before it came here, in its own name. */
  async release(secret, version, context) {
    await askToDelete(secret, { version, trigger: triggerOf(version, context) }, context);
  },

  discard: discardTasks,
};

function triggerOf({ expiresAt }: Version, { now }: Context<Transaction>): TaskTrigger {
  const isOver = expiresAt !== null && expiresAt <= now;
  return isOver ? "secret_version_expiration" : "secret_version_data_deletion";
}

async function checkGiven(
  parameters: JsonObject | null,
  { at, schema }: { readonly at: Secret["at"]; readonly schema: JobSchema },
  { store }: Context<Transaction>,
): Promise<void> {
  checkParameters(parameters ?? {}, schema);
  for (const id of secretsNamedIn(parameters ?? {}, schema)) {
    if (await store.secrets.secret(at, id)) continue;
    throw new Refusal("invalid_request", "A parameter names a secret that does not exist.", {
      field: "parameters",
    });
  }
}
