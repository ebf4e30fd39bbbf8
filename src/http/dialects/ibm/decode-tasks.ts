/** Paths and bodies of the calls about tasks, as the operations' inputs. */
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type { WhichTask } from "../../../app/secrets/tasks.ts";
import type { TaskReport, UpdateTaskInput } from "../../../app/secrets/update-task.ts";
import { Sensitive } from "../../../kernel/sensitive.ts";
import { bodyOf, read } from "./body.ts";
import { jsonObject } from "./fields.ts";
import { secretIdIn, taskIdIn } from "./path.ts";

const reported = z.looseObject({
  status: z.enum(["processing", "credentials_created", "credentials_deleted", "failed"]),
});

const processing = z.strictObject({ status: z.literal("processing") });

const credentialsCreated = z.strictObject({
  status: z.literal("credentials_created"),
  credentials: z.strictObject({ id: z.string(), payload: jsonObject }),
});

const credentialsDeleted = z.strictObject({ status: z.literal("credentials_deleted") });

const failed = z.strictObject({
  status: z.literal("failed"),
  errors: z.array(z.strictObject({ code: z.string(), description: z.string() })),
});

export function decodeTask(request: FastifyRequest): WhichTask {
  return { id: secretIdIn(request), taskId: taskIdIn(request) };
}

export function decodeTaskReport(request: FastifyRequest): UpdateTaskInput {
  return { ...decodeTask(request), ...reportOf(bodyOf(request)) };
}

/** That a task has begun is said by a runner of this installation's; IBM's starts the job itself, and knows. */
function reportOf(body: object): TaskReport {
  switch (read(reported, body).status) {
    case "processing":
      return read(processing, body);
    case "credentials_created": {
      const { status, credentials } = read(credentialsCreated, body);
      const { id, payload } = credentials;
      return { status, credentials: { id, content: new Sensitive(payload) } };
    }
    case "credentials_deleted":
      return read(credentialsDeleted, body);
    case "failed": {
      const { status, errors } = read(failed, body);
      return { status, errors: new Sensitive(errors) };
    }
  }
}
