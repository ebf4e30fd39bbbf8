/**
 * The configuration of custom credentials: the owner's job that makes and deletes them, how long it may take, and what
 * it takes and gives. Its schema is ours to be given: there is no Code Engine here to read it from.
 */
import { Refusal } from "../../../kernel/errors.ts";
import { attributesOf } from "../../../secrets/configurations/configuration.ts";
import {
  checkJob,
  checkSchema,
  checkTaskTimeout,
  DEFAULT_TASK_TIMEOUT_SECONDS,
  NO_SCHEMA,
  type Job,
  type JobSchema,
} from "../../../secrets/configurations/custom-engine.ts";
import type { ConfigurationBehaviour } from "./behaviour.ts";

export interface NewCustomEngine {
  readonly kind: "custom-engine";
  readonly job: Job;
  /** The id of a secret. */
  readonly apiKeyRef?: string | undefined;
  readonly taskTimeoutSeconds?: number | undefined;
  readonly schema?: JobSchema | undefined;
}

export interface CustomEnginePatch {
  readonly kind: "custom-engine";
  /** Of tasks that are made, or begun, from then on. */
  readonly taskTimeoutSeconds: number;
}

export const customEngine: ConfigurationBehaviour<NewCustomEngine, CustomEnginePatch> = {
  async make(given, { at }, { store }) {
    const { job, apiKeyRef = null, schema = NO_SCHEMA } = given;
    const { taskTimeoutSeconds = DEFAULT_TASK_TIMEOUT_SECONDS } = given;
    checkJob(job);
    checkTaskTimeout(taskTimeoutSeconds);
    checkSchema(schema);
    if (apiKeyRef !== null) {
      const secret = await store.secrets.secret(at, apiKeyRef);
      if (secret?.type !== "iam_credentials" && secret?.type !== "arbitrary") {
        throw new Refusal(
          "invalid_request",
          "The reference to the job's key is the id of a secret with IAM credentials, or of an arbitrary one.",
          { field: "apiKeyRef" },
        );
      }
    }
    return { attributes: { kind: "custom-engine", job, apiKeyRef, taskTimeoutSeconds, schema } };
  },

  async patch({ taskTimeoutSeconds }, configuration) {
    checkTaskTimeout(taskTimeoutSeconds);
    return { attributes: { ...attributesOf(configuration, "custom-engine"), taskTimeoutSeconds } };
  },

  async assertDeletable({ at, name }, { store }) {
    if (!(await store.tasks.isConfigurationInUse(at, name))) return;
    throw new Refusal(
      "precondition_failed",
      "The credentials of a secret are made by this configuration: delete such secrets first.",
    );
  },
};
