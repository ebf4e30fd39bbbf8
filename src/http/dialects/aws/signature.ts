/** The signature of a request, from its headers or from its URL, checked for form, scope and time. */
import type { FastifyRequest } from "fastify";
import type { Caller } from "../../../app/call.ts";
import type { SignedAuthentication } from "../../../app/identity/authenticate-signed.ts";
import type { Clock, Millis } from "../../../kernel/clock.ts";
import { Refusal } from "../../../kernel/errors.ts";
import {
  ALGORITHM,
  credentialIn,
  isSignature,
  SigningKeys,
  type Signature,
  type SignedParts,
} from "./sigv4.ts";
import { MAX_UNFOLDED_BYTES } from "./wire-call.ts";

/** How far a client's clock may be off, either way. */
export const MAX_SKEW_MS = 5 * 60_000;
/** How long a signed URL may be good for: a week. */
export const MAX_EXPIRES_S = 604_800;

/** `details.reason` of the refusals of this file. */
export type RequestFault =
  | "incomplete-signature"
  | "signature-expired"
  | "signature-in-the-future"
  | "wrong-scope";

interface Offered extends Signature {
  readonly sessionToken: string | null;
  /** Of a signed URL; null for headers. */
  readonly expiresS: number | null;
}

const NO_BODY = new Uint8Array(0);

/** Whoever signed a request; `service` is what the request is addressed to, or undefined where that is nothing. */
export type AuthenticateSignature = (
  request: FastifyRequest,
  service: string | undefined,
) => Promise<Caller>;

export function authenticateSignature(
  authentication: SignedAuthentication,
  clock: Clock,
): AuthenticateSignature {
  const keys = new SigningKeys();
  return async (request, service) => {
    const offered = signatureIn(request);
    if (offered === null) return { kind: "anonymous", refusal: null };
    if (offered instanceof Refusal) return { kind: "anonymous", refusal: offered };
    const refusal = outOfTime(offered, clock.now()) ?? outOfScope(offered, service);
    if (refusal) return { kind: "anonymous", refusal };
    const unread = unreadBody(request);
    if (unread) return { kind: "anonymous", refusal: unread };
    const parts = partsOf(request);
    return authentication.authenticate({
      accessKeyId: offered.accessKeyId,
      sessionToken: offered.sessionToken,
      isSignedWith: (secret, holder) =>
        isSignature(offered, parts, keys.get(secret, holder, offered.scope)),
    });
  };
}

/** The region that a request is addressed to: that of its signature's scope, whoever made it. */
export function regionIn(request: FastifyRequest): string | undefined {
  const offered = signatureIn(request);
  return offered === null || offered instanceof Refusal ? undefined : offered.scope.region;
}

/** Where a request keeps what was read of it: a property, since a weak map of every request costs the collector. */
const OFFERED = Symbol("offered");
interface Read {
  [OFFERED]?: { readonly offered: Offered | Refusal | null };
}

/** Null where the request is not signed at all. */
function signatureIn(request: FastifyRequest): Offered | Refusal | null {
  const held = (request as Read)[OFFERED];
  if (held) return held.offered;
  const { authorization } = request.headers;
  const query = queryOf(request);
  const found =
    authorization === undefined
      ? query.includes("X-Amz-Signature=")
        ? inQuery(new URLSearchParams(query))
        : null
      : inHeader(authorization, request);
  const offered = found === null || found instanceof Refusal ? found : covering(found, request);
  (request as Read)[OFFERED] = { offered };
  return offered;
}

/** What means something to us must be what the signer meant, also beside a signed URL: AWS asks the same of all of these. */
function covering(offered: Offered, { headers }: FastifyRequest): Offered | Refusal {
  const { signedHeaders: signed } = offered;
  const unsigned = Object.keys(headers).find(
    (name) => name.startsWith("x-amz-") && !signed.includes(name),
  );
  return unsigned === undefined ? offered : incomplete(`The header ${unsigned} must be signed.`);
}

const FIELD = /^(Credential|SignedHeaders|Signature)=(\S+)$/;

function inHeader(authorization: string, request: FastifyRequest): Offered | Refusal {
  const [algorithm = "", ...rest] = authorization.split(" ");
  if (algorithm !== ALGORITHM) {
    return incomplete(`The Authorization header does not begin with ${ALGORITHM}.`);
  }
  const fields = new Map<string, string>();
  for (const part of rest.join(" ").split(",")) {
    const [, name = "", value = ""] = FIELD.exec(part.trim()) ?? [];
    if (name !== "") fields.set(name, value);
  }
  const token = request.headers["x-amz-security-token"];
  const moment = request.headers["x-amz-date"] ?? dateHeader(request);
  const offered = complete({
    credential: fields.get("Credential"),
    signedHeaders: fields.get("SignedHeaders"),
    signature: fields.get("Signature"),
    moment: typeof moment === "string" ? moment : undefined,
  });
  if (offered instanceof Refusal) return offered;
  return { ...offered, sessionToken: typeof token === "string" ? token : null, expiresS: null };
}

function inQuery(query: URLSearchParams): Offered | Refusal {
  if (query.get("X-Amz-Algorithm") !== ALGORITHM) {
    return incomplete(`X-Amz-Algorithm is not ${ALGORITHM}.`);
  }
  const expires = query.get("X-Amz-Expires") ?? "";
  const expiresS = /^\d{1,6}$/.test(expires) ? Number(expires) : Number.NaN;
  if (!(expiresS >= 1 && expiresS <= MAX_EXPIRES_S)) {
    return incomplete(`X-Amz-Expires is no number of seconds from 1 to ${MAX_EXPIRES_S}.`);
  }
  const offered = complete({
    credential: query.get("X-Amz-Credential") ?? undefined,
    signedHeaders: query.get("X-Amz-SignedHeaders") ?? undefined,
    signature: query.get("X-Amz-Signature") ?? undefined,
    moment: query.get("X-Amz-Date") ?? undefined,
  });
  if (offered instanceof Refusal) return offered;
  return { ...offered, sessionToken: query.get("X-Amz-Security-Token"), expiresS };
}

interface Given {
  readonly credential: string | undefined;
  readonly signedHeaders: string | undefined;
  readonly signature: string | undefined;
  readonly moment: string | undefined;
}

const MOMENT = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/;

/** Nothing that was sent is quoted: it may be a secret in the wrong place. */
function complete(given: Given): Signature | Refusal {
  const credential = given.credential === undefined ? undefined : credentialIn(given.credential);
  const signedHeaders = given.signedHeaders?.toLowerCase().split(";") ?? [];
  const { signature = "", moment = "" } = given;
  if (!credential) {
    return incomplete("Credential must have the form KEY/YYYYMMDD/REGION/SERVICE/aws4_request.");
  }
  if (!/^[0-9a-f]{64}$/.test(signature)) return incomplete("Signature must be 64 hex digits.");
  if (!signedHeaders.includes("host")) return incomplete("'Host' must be a 'SignedHeader'.");
  // A moment that no calendar has would be neither past nor ahead, and its signature good for ever.
  if (Number.isNaN(millisOf(moment))) {
    return incomplete("The time of the request must stand in X-Amz-Date, as YYYYMMDDTHHMMSSZ.");
  }
  return { ...credential, signedHeaders, signature, moment };
}

/** RFC 9110's form of a date, where there is no X-Amz-Date. */
function dateHeader({ headers: { date } }: FastifyRequest): string | undefined {
  const at = date === undefined ? Number.NaN : Date.parse(date);
  if (Number.isNaN(at)) return undefined;
  return new Date(at).toISOString().replaceAll(/[-:]|\.\d{3}/g, "");
}

function outOfTime({ moment, scope, expiresS }: Offered, now: Millis): Refusal | undefined {
  const at = millisOf(moment);
  if (scope.day !== moment.slice(0, 8)) {
    return fault("wrong-scope", "Date in Credential scope does not match the date of the request.");
  }
  if (at > now + MAX_SKEW_MS) {
    return fault("signature-in-the-future", "Signature not yet current: check the client's clock.");
  }
  if (at + (expiresS === null ? MAX_SKEW_MS : expiresS * 1_000) < now) {
    return fault("signature-expired", "Signature expired: check the client's clock.");
  }
  return undefined;
}

function outOfScope({ scope }: Offered, service: string | undefined): Refusal | undefined {
  if (service === undefined || scope.service === service) return undefined;
  return fault("wrong-scope", `Credential should be scoped to correct service: '${service}'.`);
}

/** Not a number where the text is no moment. */
function millisOf(moment: string): Millis {
  const [, year, month, day, hour, minute, second] = MOMENT.exec(moment) ?? [];
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

function incomplete(sentence: string): Refusal {
  return fault("incomplete-signature", sentence);
}

function fault(reason: RequestFault, sentence: string): Refusal {
  return new Refusal("unauthenticated", sentence, { reason });
}

/** What has not been received cannot be what was signed: nobody is said to have signed wrongly. */
function unreadBody({ body, headers }: FastifyRequest): Refusal | undefined {
  const { "content-length": length = "0", "transfer-encoding": encoding } = headers;
  if (body !== undefined || (encoding === undefined && Number(length) === 0)) return undefined;
  if (encoding !== undefined || Number(length) > MAX_UNFOLDED_BYTES) {
    return new Refusal("too_large", `The body is larger than ${MAX_UNFOLDED_BYTES} bytes.`);
  }
  const sentence = "The body cannot be read: its media type is none, or the method has no body.";
  return new Refusal("invalid_request", sentence, { reason: "unreadable-body" });
}

function partsOf(request: FastifyRequest): SignedParts {
  const { url = "/" } = request.raw;
  const at = url.indexOf("?");
  return {
    method: request.method,
    path: at < 0 ? url : url.slice(0, at),
    query: queryOf(request),
    header: (name) => {
      const value = Object.hasOwn(request.headers, name) ? request.headers[name] : undefined;
      return Array.isArray(value) ? value.join(",") : value;
    },
    body: request.body instanceof Uint8Array ? request.body : NO_BODY,
  };
}

function queryOf({ raw: { url = "" } }: FastifyRequest): string {
  const at = url.indexOf("?");
  return at < 0 ? "" : url.slice(at + 1);
}
