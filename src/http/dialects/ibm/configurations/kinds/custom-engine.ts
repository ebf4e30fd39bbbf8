import { z } from "zod";
import { Refusal } from "../../../../../kernel/errors.ts";
import { attributesOf } from "../../../../../secrets/configurations/configuration.ts";
import {
  FIELD_TYPES,
  type FieldType,
  type SchemaField,
} from "../../../../../secrets/configurations/custom-engine.ts";
import { read } from "../../body.ts";
import { duration, secondsOf } from "../../fields.ts";
import { present } from "../../shapes.ts";
import type { WireConfiguration } from "./wire-configuration.ts";

/** As IBM reads it from the job's environment: `type:string, required:false`. */
const FORMAT = /^\s*type\s*:\s*(\w+)\s*(?:,\s*required\s*:\s*(true|false)\s*)?$/;

const field = z.strictObject({ name: z.string(), format: z.string().optional() });

const prototype = z.strictObject({
  code_engine: z.strictObject({
    job_name: z.string(),
    project_id: z.string().optional(),
    region: z.string().optional(),
  }),
  api_key_ref: z.string().optional(),
  code_engine_key_ref: z.string().optional(),
  task_timeout: duration.optional(),
  schema: z
    .strictObject({
      // The name of the variable follows from the parameter's: it may be sent back as it was shown.
      parameters: z.array(field.extend({ env_variable_name: z.string().optional() })).optional(),
      credentials: z.array(field).optional(),
    })
    .optional(),
});

const patch = z.strictObject({ task_timeout: duration });

/** The key's reference has two names on this wire, which mean the same here. */
export const customEngine: WireConfiguration = {
  create(body) {
    const given = read(prototype, body);
    const { code_engine: job, task_timeout: timeout, schema } = given;
    const apiKeyRef = given.api_key_ref ?? given.code_engine_key_ref;
    if ((given.code_engine_key_ref ?? apiKeyRef) !== apiKeyRef) {
      throw new Refusal(
        "invalid_request",
        "The fields api_key_ref and code_engine_key_ref name the same secret: give one of them.",
        { field: "code_engine_key_ref" },
      );
    }
    return {
      kind: "custom-engine",
      job: { name: job.job_name, projectId: job.project_id ?? null, region: job.region ?? null },
      apiKeyRef: apiKeyRef?.toLowerCase(),
      taskTimeoutSeconds: timeout === undefined ? undefined : secondsOf(timeout, "task_timeout"),
      schema: schema && {
        parameters: (schema.parameters ?? []).map(fieldOf),
        credentials: (schema.credentials ?? []).map(fieldOf),
      },
    };
  },

  patch(body) {
    const { task_timeout: timeout } = read(patch, body);
    return { kind: "custom-engine", taskTimeoutSeconds: secondsOf(timeout, "task_timeout") };
  },

  show(configuration) {
    const { job, apiKeyRef, taskTimeoutSeconds, schema } = attributesOf(
      configuration,
      "custom-engine",
    );
    return {
      code_engine: {
        job_name: job.name,
        ...present("project_id", job.projectId),
        ...present("region", job.region),
      },
      ...present("api_key_ref", apiKeyRef),
      ...present("code_engine_key_ref", apiKeyRef),
      task_timeout: durationText(taskTimeoutSeconds),
      schema: {
        parameters: schema.parameters.map((parameter) => ({
          ...fieldBody(parameter),
          env_variable_name: `SMIN_${parameter.name.toUpperCase()}`,
        })),
        credentials: schema.credentials.map(fieldBody),
      },
    };
  },
};

function fieldOf({ name, format = "type:string" }: z.infer<typeof field>): SchemaField {
  const [, type, required] = FORMAT.exec(format) ?? [];
  if (!isFieldType(type)) {
    throw new Refusal(
      "invalid_request",
      `The format of a field is type: and one of ${FIELD_TYPES.join(", ")}, then perhaps required:true or required:false.`,
      { field: "schema" },
    );
  }
  return { name, type, isRequired: required === "true" };
}

function isFieldType(type: string | undefined): type is FieldType {
  return (FIELD_TYPES as readonly (string | undefined)[]).includes(type);
}

function fieldBody({ name, type, isRequired }: SchemaField): object {
  return { name, format: `type:${type}, required:${isRequired}` };
}

/** In the largest unit that it is whole in. */
function durationText(seconds: number): string {
  if (seconds % 3_600 === 0) return `${seconds / 3_600}h`;
  return seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`;
}
