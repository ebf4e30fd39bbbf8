/**
 * Bodies and queries as DSV's clients send them: JSON or a form, the names of fields in any letter case, what is empty as
 * good as left out.
 */
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { fromUtf8 } from "../../../kernel/bytes.ts";
import { Refusal } from "../../../kernel/errors.ts";
import { jsonObject, unknownField } from "../../json.ts";

export type Fields = Readonly<Record<string, unknown>>;

/** Of a form; a body in JSON is bounded by the server. */
export const MAX_FORM_BYTES = 64 * 1_024;
const FORM = "application/x-www-form-urlencoded";
const OPENING_BRACE = 0x7b;

/**
 * The fields of the body by the names that the schema has for them. What the schema does not know is refused, unless it
 * is empty: clients send more than they mean. Throws `invalid_request`; quotes nothing that was sent.
 */
export function bodyAs<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  request: FastifyRequest,
): z.infer<z.ZodObject<Shape>> {
  return read(schema, named(fieldsOf(request), Object.keys(schema.shape)));
}

/** The same of the query. */
export function queryAs<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  request: FastifyRequest,
): z.infer<z.ZodObject<Shape>> {
  return read(schema, named(queryFields(request), Object.keys(schema.shape)));
}

/** The same of an object within. */
export function fieldsAs<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  fields: Fields,
): z.infer<z.ZodObject<Shape>> {
  return read(schema, named(fields, Object.keys(schema.shape)));
}

/** What a schema says of its fields, in the way of this wire. */
export function read<Value>(schema: z.ZodType<Value>, value: unknown): Value {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const [name] = issue?.path ?? [];
  const field = typeof name === "string" && /^[\w.]{1,40}$/.test(name) ? name : "";
  const isMissing = field !== "" && issue?.path.length === 1 && !hasValue(value, field);
  const what = isMissing ? "is missing" : "is not as it should be";
  const whole = field === "" ? "The request" : `The field ${field}`;
  throw new Refusal("invalid_request", `${whole} ${what}.`, { field });
}

function hasValue(value: unknown, field: string): boolean {
  return typeof value === "object" && value !== null && Object.hasOwn(value, field);
}

/** No body is a body without fields: DSV's clients send none where none is needed. */
function fieldsOf(request: FastifyRequest): Fields {
  const { body } = request;
  if (!(body instanceof Uint8Array) || body.length === 0) return {};
  const [type = ""] = (request.headers["content-type"] ?? "").split(";", 1);
  // curl calls everything a form: what begins as an object is one.
  const isForm = type.trim().toLowerCase() === FORM && body[0] !== OPENING_BRACE;
  if (!isForm) return jsonObject(request);
  if (body.length > MAX_FORM_BYTES) {
    throw new Refusal("too_large", `A form has at most ${MAX_FORM_BYTES} bytes.`);
  }
  let text: string;
  try {
    text = fromUtf8(body);
  } catch {
    throw new Refusal("invalid_request", "The request body is not valid UTF-8.");
  }
  return inForm(text);
}

function queryFields({ raw: { url = "" } }: FastifyRequest): Fields {
  const at = url.indexOf("?");
  return at < 0 ? {} : inForm(url.slice(at + 1));
}

function inForm(text: string): Fields {
  const fields: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [name, value] of new URLSearchParams(text)) {
    if (Object.hasOwn(fields, name)) throw twice();
    fields[name] = value;
  }
  return fields;
}

function named(fields: Fields, names: readonly string[]): Fields {
  const known = new Map(names.map((name) => [name.toLowerCase(), name]));
  const found: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    if (value === "" || value === null) continue;
    const name = known.get(key.toLowerCase());
    if (name === undefined) {
      if (value === false) continue;
      throw unknownField("The request has a field", names);
    }
    if (Object.hasOwn(found, name)) throw twice();
    found[name] = value;
  }
  return found;
}

function twice(): Refusal {
  return new Refusal("invalid_request", "A field is given twice.");
}

/** A number or a text that is one: forms and queries have only texts, and clients send either in JSON. */
export const wholeNumber = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^\d{1,15}$/)
      .transform(Number),
  ])
  .pipe(z.int().min(0));

/** The same of true and false. */
export const flag = z.union([
  z.boolean(),
  z.enum(["true", "false"]).transform((text) => text === "true"),
]);

/** A parameter of the path, decoded. */
export function parameter(request: FastifyRequest, name: string): string {
  const value = (request.params as Readonly<Record<string, string | undefined>>)[name];
  return value ?? "";
}

/** Of a version, which counts from 0. Throws `not_found` for what is no number: there is no such version. */
export function versionParameter(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new Refusal("not_found", "There is no such version.");
}
