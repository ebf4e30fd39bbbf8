/** Bodies that are forms (RFC 6749, section 4; HTML's `application/x-www-form-urlencoded`). */
import type { FastifyRequest } from "fastify";
import { fromUtf8 } from "../../../../kernel/bytes.ts";
import { Refusal } from "../../../../kernel/errors.ts";
import { Sensitive } from "../../../../kernel/sensitive.ts";

/** Many times what any form needs. */
export const MAX_FORM_BYTES = 16 * 1_024;

const FORM_TYPE = /^application\/x-www-form-urlencoded\s*(;|$)/i;

export function isForm({ headers }: FastifyRequest): boolean {
  return FORM_TYPE.test(headers["content-type"] ?? "");
}

/** The fields of the form; refuses other bodies, long ones, and fields that come twice. */
export function formOf(request: FastifyRequest): URLSearchParams {
  const { body } = request;
  if (!isForm(request)) {
    throw new Refusal(
      "unsupported_media_type",
      "The request body must be application/x-www-form-urlencoded.",
    );
  }
  if (!(body instanceof Uint8Array)) return new URLSearchParams();
  if (body.length > MAX_FORM_BYTES) {
    throw new Refusal("too_large", `The request body is larger than ${MAX_FORM_BYTES} bytes.`);
  }
  const form = new URLSearchParams(textOf(body));
  // RFC 6749, section 3.2: parameters must not be included more than once.
  const names = [...form.keys()];
  if (new Set(names).size !== names.length) {
    throw new Refusal("invalid_request", "A property is given more than once.");
  }
  return form;
}

function textOf(body: Uint8Array): string {
  try {
    return fromUtf8(body);
  } catch {
    throw new Refusal("invalid_request", "The request body is not valid UTF-8.");
  }
}

/** A field that is empty is as if it were not there. */
export function optional(form: URLSearchParams, property: string): string | undefined {
  return form.get(property) || undefined;
}

export function required(form: URLSearchParams, property: string): string {
  const value = optional(form, property);
  if (value === undefined) throw missing(property);
  return value;
}

export function secret(form: URLSearchParams, property: string): Sensitive<string> {
  return new Sensitive(required(form, property));
}

export function missing(property: string): Refusal {
  const sentence = `Property '${property}' either missing or empty.`;
  return new Refusal("invalid_request", sentence, { reason: "missing", property });
}

export function invalid(property: string, valid: string): Refusal {
  const sentence = `Validation of property '${property}' failed. Valid values: '${valid}'`;
  return new Refusal("invalid_request", sentence, { reason: "invalid", property });
}
