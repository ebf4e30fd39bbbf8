/** JSON bodies, bounded: size by the server, depth and number of values here, prototype keys refused. */
import type { FastifyRequest } from "fastify";
import { fromUtf8 } from "../kernel/bytes.ts";
import { Refusal } from "../kernel/errors.ts";

export const MAX_JSON_DEPTH = 32;
export const MAX_JSON_VALUES = 50_000;

/** The request's body as a JSON object. Throws `invalid_request` for anything else; never quotes the body. */
export function jsonObject(request: FastifyRequest): Readonly<Record<string, unknown>> {
  return jsonObjectIn(request.body);
}

/** The same of a body that has come another way. */
export function jsonObjectIn(body: unknown): Readonly<Record<string, unknown>> {
  const value = jsonValue(body);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Refusal("invalid_request", "The request body must be a JSON object.");
  }
  return value as Readonly<Record<string, unknown>>;
}

const RESERVED = /__proto__|\\u/;

function jsonValue(body: unknown): unknown {
  if (!(body instanceof Uint8Array) || body.length === 0) {
    throw new Refusal("invalid_request", "The request has no body; a JSON object is expected.");
  }
  const atMost = assertBounded(body);
  let text: string;
  try {
    text = fromUtf8(body);
  } catch {
    throw new Refusal("invalid_request", "The request body is not valid UTF-8.");
  }
  let values = 0;
  try {
    // What has few values and no such key, spelt out or escaped, needs no second look at each of them.
    if (atMost <= MAX_JSON_VALUES && !RESERVED.test(text)) return JSON.parse(text);
    return JSON.parse(text, (key, value: unknown) => {
      if (++values > MAX_JSON_VALUES) throw tooManyValues();
      if (key === "__proto__")
        throw new Refusal("invalid_request", "The request body has a reserved key.");
      return value;
    });
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal("invalid_request", "The request body is not valid JSON.");
  }
}

/**
 * Counts brackets and commas outside strings before parsing, so that no depth of nesting costs stack, and no number of
 * values that is refused anyway the time to make them. How many there are exactly is seen when they are made. Returns how
 * many there are at most.
 */
function assertBounded(body: Uint8Array): number {
  let depth = 0;
  let opened = 0;
  let commas = 0;
  let inString = false;
  for (let i = 0; i < body.length; i++) {
    const byte = body[i];
    if (inString) {
      if (byte === 0x5c) i += 1;
      else if (byte === 0x22) inString = false;
    } else if (byte === 0x22) inString = true;
    else if (byte === 0x2c) commas += 1;
    else if (byte === 0x7b || byte === 0x5b) {
      opened += 1;
      if (++depth > MAX_JSON_DEPTH) {
        throw new Refusal(
          "invalid_request",
          `The request body nests deeper than ${MAX_JSON_DEPTH} levels.`,
        );
      }
    } else if (byte === 0x7d || byte === 0x5d) depth -= 1;
  }
  if (Math.max(opened, commas) > MAX_JSON_VALUES) throw tooManyValues();
  return opened + commas + 1;
}

function tooManyValues(): Refusal {
  return new Refusal("invalid_request", "The request body has too many values.");
}

/**
 * What is said of a field that no schema knows. Its name is the caller's own choice, a pasted key as likely as a slip
 * of the pen: it is neither repeated nor recorded. What is known here tells as much.
 */
export function unknownField(what: string, known: readonly string[]): Refusal {
  const those = known.length > 0 ? `; those that are: ${known.join(", ")}` : "";
  return new Refusal("invalid_request", `${what} that is not known here${those}.`);
}
