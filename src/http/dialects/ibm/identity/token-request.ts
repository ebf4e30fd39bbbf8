/** The body of `POST /identity/token`: a form (RFC 6749, section 4) and, in the Basic header, the client. */
import type { FastifyRequest } from "fastify";
import { API_KEY_GRANT, REFRESH_GRANT, type LoginInput } from "../../../../app/identity/login.ts";
import { DEFAULT_CLIENT_ID } from "../../../../identity/refresh-token.ts";
import { fromBase64, fromUtf8 } from "../../../../kernel/bytes.ts";
import { Refusal } from "../../../../kernel/errors.ts";
import { Sensitive } from "../../../../kernel/sensitive.ts";

/** Many times what any grant needs. */
export const MAX_FORM_BYTES = 16 * 1_024;

const FORM_TYPE = /^application\/x-www-form-urlencoded\s*(;|$)/i;
const BASIC = /^basic +(\S+) *$/i;
/**
 * `bx:bx` of the command line, `HOP55v1CCT:…` of the console: the secret is the client's own affair.
 * A client is never named by one of our keys: `curl -u KEY:` would have it recorded.
 */
const CLIENT = /^(?!kt[kr]_)([A-Za-z0-9._-]{1,64}):/i;

export function decodeTokenRequest(request: FastifyRequest): LoginInput {
  const form = formOf(request);
  const client_id = clientOf(request.headers.authorization);
  const grantType = required(form, "grant_type");
  const responseType = form.get("response_type");
  if (responseType !== null && responseType !== "cloud_iam") {
    throw invalid("response_type", "cloud_iam");
  }
  switch (grantType) {
    case API_KEY_GRANT:
      return {
        client_id,
        grant_type: grantType,
        apiKey: new Sensitive(required(form, "apikey")),
      };
    case REFRESH_GRANT:
      return {
        client_id,
        grant_type: grantType,
        refreshToken: new Sensitive(required(form, "refresh_token")),
      };
    default:
      throw invalid("grant_type", `${API_KEY_GRANT},${REFRESH_GRANT}`);
  }
}

function formOf({ headers, body }: FastifyRequest): URLSearchParams {
  if (!FORM_TYPE.test(headers["content-type"] ?? "")) {
    throw new Refusal(
      "unsupported_media_type",
      "The request body must be application/x-www-form-urlencoded.",
    );
  }
  if (!(body instanceof Uint8Array)) throw missing("grant_type");
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

function clientOf(authorization: string | undefined): string {
  if (authorization === undefined) return DEFAULT_CLIENT_ID;
  const encoded = BASIC.exec(authorization)?.[1];
  const decoded = encoded === undefined ? undefined : fromBase64(encoded);
  const client = decoded && CLIENT.exec(Buffer.from(decoded).toString("latin1"))?.[1];
  if (client === undefined) {
    throw new Refusal("invalid_request", "The Authorization header does not name a client.", {
      reason: "bad-client",
    });
  }
  return client;
}

function required(form: URLSearchParams, property: string): string {
  const value = form.get(property);
  if (value === null || value === "") throw missing(property);
  return value;
}

function missing(property: string): Refusal {
  const sentence = `Property '${property}' either missing or empty.`;
  return new Refusal("invalid_request", sentence, { reason: "missing", property });
}

function invalid(property: string, valid: string): Refusal {
  const sentence = `Validation of property '${property}' failed. Valid values: '${valid}'`;
  return new Refusal("invalid_request", sentence, { reason: "invalid", property });
}
