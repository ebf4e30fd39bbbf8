import { z } from "zod";
import { invariant } from "../../../../kernel/errors.ts";
import type { SecretMetadata } from "../../../../app/secrets/answers.ts";
import type { CustomCredentialsAttributes } from "../../../../secrets/kinds/custom-credentials.ts";
import { read } from "../body.ts";
import { duration, jsonObject, rotation, rotationOf, secondsOf } from "../fields.ts";
import { date, present, rotationBody } from "../shapes.ts";
import { common, commonOf, type WireKind } from "./wire-kind.ts";

const prototype = z.strictObject({
  secret_type: z.literal("custom_credentials"),
  ...common,
  configuration: z.string(),
  parameters: jsonObject.optional(),
  ttl: duration.optional(),
  rotation: rotation.optional(),
});

export const customCredentials: WireKind<"custom_credentials"> = {
  create(body) {
    const secret = read(prototype, body);
    const { configuration, parameters, ttl } = secret;
    return {
      ...commonOf(secret),
      rotation: secret.rotation && rotationOf(secret.rotation),
      payload: {
        kind: "custom_credentials",
        configuration,
        parameters,
        ttlSeconds: ttl === undefined ? undefined : secondsOf(ttl, "ttl"),
      },
    };
  },

  metadata(secret) {
    const { configuration, parameters, ttlSeconds, leaseEndsAt, ...ofTasks } = attributes(secret);
    const { tasks, lastRotationFailed } = ofTasks;
    return {
      configuration,
      parameters: parameters ?? {},
      ...present("ttl", ttlSeconds, String),
      ...present("expiration_date", leaseEndsAt, date),
      ...present("rotation", secret.rotation, rotationBody),
      ...present("next_rotation_date", secret.nextRotationAt, date),
      task_count: tasks.count,
      queued_task_count: tasks.queuedCount,
      ...present("processing_task_id", tasks.processingTaskId),
      ...present("last_failed_task_id", tasks.lastFailedTaskId),
      last_rotation_failed: lastRotationFailed,
    };
  },

  value: ({ content }) => ({ credentials_content: content.reveal() }),
};

function attributes({ attributes: known }: SecretMetadata): CustomCredentialsAttributes {
  invariant(known?.kind === "custom_credentials", "a secret has the attributes of its type");
  return known;
}
