/**
 * How custom credentials are made: the job of the owner's that is asked to, and what it takes and gives. The job is
 * whatever runs on the owner's side: nothing here starts it. It learns of its tasks by the notice of a new one, or by
 * looking at the tasks of a secret, and answers them.
 */
import { Refusal } from "../../kernel/errors.ts";
import { checkJson, type JsonObject } from "../json.ts";

/** Types of what a job takes and gives. A `secret_id` names another secret of the instance, which the job reads. */
export const FIELD_TYPES = ["string", "integer", "boolean", "secret_id"] as const;

export type FieldType = (typeof FIELD_TYPES)[number];

export interface SchemaField {
  readonly name: string;
  readonly type: FieldType;
  readonly isRequired: boolean;
}

/** A list that is empty says nothing: then anything goes. */
export interface JobSchema {
  readonly parameters: readonly SchemaField[];
  readonly credentials: readonly SchemaField[];
}

export interface CustomEngineAttributes {
  readonly kind: "custom-engine";
  readonly job: Job;
  /** The secret that holds the key by which the job logs in, by its id: for the owner to know, nothing here reads it. */
  readonly apiKeyRef: string | null;
  readonly taskTimeoutSeconds: number;
  readonly schema: JobSchema;
}

/** What its owner calls the job. */
export interface Job {
  readonly name: string;
  readonly projectId: string | null;
  readonly region: string | null;
}

export const NO_SCHEMA: JobSchema = { parameters: [], credentials: [] };
export const MIN_TASK_TIMEOUT_SECONDS = 5 * 60;
export const MAX_TASK_TIMEOUT_SECONDS = 24 * 3_600;
export const DEFAULT_TASK_TIMEOUT_SECONDS = 3_600;
export const MAX_JOB_WORD_CHARS = 256;
export const MAX_SCHEMA_FIELDS = 50;
export const MAX_PARAMETERS = 50;
export const MAX_PARAMETERS_BYTES = 10 * 1_024;
export const MAX_FIELD_NAME_CHARS = 64;

/** What can be the name of a variable of the job's environment. */
const FIELD_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

export function checkTaskTimeout(seconds: number): void {
  if (
    Number.isInteger(seconds) &&
    seconds >= MIN_TASK_TIMEOUT_SECONDS &&
    seconds <= MAX_TASK_TIMEOUT_SECONDS
  ) {
    return;
  }
  throw new Refusal("invalid_request", "The timeout of tasks is from 5 minutes to 24 hours.", {
    field: "taskTimeout",
  });
}

export function checkJob({ name, projectId, region }: Job): void {
  const words = [name, projectId, region].filter((word) => word !== null);
  if (words.every((word) => word.length > 0 && word.length <= MAX_JOB_WORD_CHARS && isPlain(word)))
    return;
  throw new Refusal(
    "invalid_request",
    `The name of a job, its project and its region each have 1 to ${MAX_JOB_WORD_CHARS} characters, none of them a control character.`,
    { field: "codeEngine" },
  );
}

function isPlain(word: string): boolean {
  return word.isWellFormed() && !/\p{Cc}/u.test(word);
}

export function checkSchema({ parameters, credentials }: JobSchema): void {
  for (const fields of [parameters, credentials]) {
    const names = new Set(fields.map(({ name }) => name));
    if (fields.length > MAX_SCHEMA_FIELDS || names.size < fields.length) {
      throw refused(
        `A schema has at most ${MAX_SCHEMA_FIELDS} fields of either kind, each with a name of its own.`,
        "schema",
      );
    }
    for (const { name } of fields) checkFieldName(name, "schema");
  }
  if (credentials.some(({ type }) => type === "secret_id")) {
    throw refused("What a job gives is no reference to another secret.", "schema");
  }
}

/** Refuses parameters that a job cannot take: its environment has names and plain values. */
export function checkParameters(parameters: JsonObject, schema: JobSchema): void {
  checkJson(parameters, { field: "parameters", maxBytes: MAX_PARAMETERS_BYTES });
  const entries = Object.entries(parameters);
  if (entries.length > MAX_PARAMETERS) {
    throw refused(`A secret has at most ${MAX_PARAMETERS} parameters.`, "parameters");
  }
  for (const [name, value] of entries) {
    checkFieldName(name, "parameters");
    if (!isOfType(value, "string") && !isOfType(value, "integer") && !isOfType(value, "boolean")) {
      throw refused("A parameter is a text, a whole number, true or false.", "parameters");
    }
  }
  checkFields(parameters, schema.parameters, "parameters");
}

/** The ids of secrets among the parameters, as far as a schema says which they are. */
export function secretsNamedIn(parameters: JsonObject, schema: JobSchema): readonly string[] {
  return schema.parameters
    .filter(({ name, type }) => type === "secret_id" && Object.hasOwn(parameters, name))
    .map(({ name }) => String(parameters[name]));
}

/** Refuses what is not what the schema says that the job gives. */
export function checkCredentials(content: JsonObject, schema: JobSchema): void {
  checkFields(content, schema.credentials, "credentials");
}

/** Of what is not as it should be, only what the schema itself says is ever quoted. */
function checkFields(given: JsonObject, fields: readonly SchemaField[], field: string): void {
  if (fields.length === 0) return;
  const known = new Set(fields.map(({ name }) => name));
  if (Object.keys(given).some((name) => !known.has(name))) {
    throw refused(`The schema of the configuration knows only ${[...known].join(", ")}.`, field);
  }
  for (const { name, type, isRequired } of fields) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    if (value === undefined ? isRequired : !isOfType(value, type)) {
      const which = isRequired ? "has to be given and is" : "is";
      throw refused(`By the schema, ${name} ${which} ${NOUNS[type]}.`, field);
    }
  }
}

const NOUNS: Readonly<Record<FieldType, string>> = {
  string: "a text",
  integer: "a whole number",
  boolean: "true or false",
  secret_id: "the id of a secret",
};

function isOfType(value: unknown, type: FieldType): boolean {
  switch (type) {
    case "integer":
      return Number.isSafeInteger(value);
    case "boolean":
      return typeof value === "boolean";
    case "string":
    case "secret_id":
      return typeof value === "string" && value.isWellFormed();
  }
}

function checkFieldName(name: string, field: string): void {
  if (name.length <= MAX_FIELD_NAME_CHARS && FIELD_NAME.test(name)) return;
  throw refused(
    `A name of a field has 1 to ${MAX_FIELD_NAME_CHARS} letters, digits or underscores, and begins with no digit.`,
    field,
  );
}

function refused(sentence: string, field: string): Refusal {
  return new Refusal("invalid_request", sentence, { field });
}
