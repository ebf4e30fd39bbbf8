/** Reads what a request carries by its schema, strictly: what is not known is refused, and nothing the caller chose is quoted. */
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { Refusal } from "../../../kernel/errors.ts";
import { jsonObject, unknownField } from "../../json.ts";

export const MAX_QUOTED_NAME_CHARS = 64;

/** The value as the schema gives it; Refusal `invalid_request` that names the first field that does not fit. */
export function read<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  if (issue === undefined) throw new Refusal("invalid_request", "The request cannot be read.");
  if (issue.code === "unrecognized_keys") {
    const within = nameOf(issue.path);
    const known = within === "" && schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
    throw unknownField(`${within || "The request"} has a field`, known);
  }
  const field = nameOf(issue.path);
  // The schema's own sentence tells what was expected, never what came.
  throw new Refusal("invalid_request", `${field || "The request"}: ${issue.message}.`, { field });
}

/** The body as JSON; Refusal `unsupported_media_type` for any other. */
export function jsonBody(request: FastifyRequest): Readonly<Record<string, unknown>> {
  const [type = ""] = (request.headers["content-type"] ?? "").split(";", 1);
  if (type.trim().toLowerCase() !== "application/json") {
    throw new Refusal("unsupported_media_type", "The body of this request is application/json.");
  }
  return jsonObject(request);
}

/** A path into the request, of printable ASCII and bounded: names of fields are the caller's to choose. */
function nameOf(path: readonly PropertyKey[]): string {
  const name = path.map(String).join(".");
  return name.replaceAll(/[^\x21-\x7e]/g, "?").slice(0, MAX_QUOTED_NAME_CHARS);
}
