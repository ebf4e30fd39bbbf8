/** Request bodies, read strictly: a field that is not known is refused, and nothing the caller chose is ever quoted. */
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { Refusal } from "../../../kernel/errors.ts";
import { jsonObject, unknownField } from "../../json.ts";

export const MAX_QUOTED_FIELD_CHARS = 64;

const JSON_TYPE = "application/json";
/** RFC 7396: what IBM's clients send with PATCH. */
const MERGE_PATCH_TYPE = "application/merge-patch+json";

/** The body as a JSON object. Throws `unsupported_media_type` or `invalid_request`. */
export function bodyOf(request: FastifyRequest): Readonly<Record<string, unknown>> {
  return typedBody(request, [JSON_TYPE]);
}

export function patchOf(request: FastifyRequest): Readonly<Record<string, unknown>> {
  return typedBody(request, [MERGE_PATCH_TYPE, JSON_TYPE]);
}

function typedBody(
  request: FastifyRequest,
  types: readonly string[],
): Readonly<Record<string, unknown>> {
  const type = (request.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase();
  if (type === undefined || !types.includes(type)) {
    throw new Refusal(
      "unsupported_media_type",
      `The Content-Type of this request must be ${types.join(" or ")}.`,
    );
  }
  return jsonObject(request);
}

/** Reads a value by its schema; throws `invalid_request` that names the first field that does not fit. */
export function read<Value>(schema: z.ZodType<Value>, value: unknown): Value {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw issue === undefined
    ? new Refusal("invalid_request", "The request body cannot be read.")
    : refusalOf(issue, schema, value);
}

function refusalOf(issue: z.core.$ZodIssue, schema: z.ZodType, body: unknown): Refusal {
  const field = fieldName(issue.path);
  if (issue.code === "unrecognized_keys") {
    const known = field === "" && schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
    return unknownField(`${subject(field)} has a field`, known);
  }
  const what = isMissing(issue, body) ? "is missing" : complaint(issue);
  return new Refusal("invalid_request", `${subject(field)} ${what}.`, { field });
}

function isMissing(issue: z.core.$ZodIssue, body: unknown): boolean {
  const isOfType = issue.code === "invalid_type" || issue.code === "invalid_union";
  if (!isOfType || issue.path.length === 0) return false;
  let at = body;
  for (const part of issue.path)
    at = (at as Readonly<Record<PropertyKey, unknown>> | undefined)?.[part];
  return at === undefined;
}

/** Says what is wrong by the schema's side alone: what was expected, never what came. */
function complaint(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return `must be ${expected[issue.expected] ?? `a ${issue.expected}`}`;
    case "invalid_value":
      return `must be ${issue.values.map(String).join(" or ")}`;
    case "too_big":
      return `has more than ${String(issue.maximum)} items`;
    // Sizes and forms are the domain's to judge: no schema of this dialect asks for these.
    case "unrecognized_keys":
    case "too_small":
    case "invalid_format":
    case "not_multiple_of":
    case "invalid_union":
    case "invalid_key":
    case "invalid_element":
    case "custom":
      return "is not as it should be";
  }
}

const expected: Readonly<Record<string, string>> = {
  array: "a list",
  object: "an object",
  record: "an object",
  int: "a whole number",
  boolean: "true or false",
};

function subject(field: string): string {
  return field === "" ? "The request body" : `The field ${field}`;
}

/** A path into the body, as far as it is made of names that cannot be anything else. */
function fieldName(path: readonly PropertyKey[]): string {
  const plain = path.map((part) => (/^\w{1,40}$/.test(String(part)) ? String(part) : "?"));
  return plain.slice(0, 4).join(".").slice(0, MAX_QUOTED_FIELD_CHARS);
}
