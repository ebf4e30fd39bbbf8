/**
 * What AWS's services call our refusals: by the refusal's code, and by its reason where AWS has a name or words for that.
 * The wire answers with it, and the CloudTrail record of any wire's call says the same.
 */
import type { ErrorCode } from "../../kernel/errors.ts";

export interface AwsError {
  /** `ResourceNotFoundException` */
  readonly code: string;
  readonly status: number;
  readonly message: string;
  /** One of the service's own exceptions, whose message is written with a capital letter in JSON. */
  readonly isModelled: boolean;
}

/** What is known of a refusal, now or from its event. */
export interface RefusalFacts {
  readonly code: ErrorCode;
  /** `details.reason`: of a closed set, never anything that was sent. */
  readonly reason?: string | undefined;
  readonly sentence: string;
}

/** `secretsmanager`, `cloudtrail`, `sts`, `iam`: the first label of an event source. */
export type AwsServiceName = string;

interface Naming {
  readonly code: string;
  readonly status: number;
  /** In AWS's words, where those are known; else the refusal's own. */
  readonly message?: string;
}

const JSON_SERVICES: ReadonlySet<AwsServiceName> = new Set(["secretsmanager", "cloudtrail"]);

/** Services that answer in JSON: 400 for every client error. */
const inJson: Readonly<Record<ErrorCode, Naming>> = {
  invalid_request: { code: "InvalidParameterException", status: 400 },
  unauthenticated: {
    code: "MissingAuthenticationTokenException",
    status: 400,
    message: "Missing Authentication Token",
  },
  forbidden: { code: "AccessDeniedException", status: 400 },
  not_found: { code: "ResourceNotFoundException", status: 400 },
  method_not_allowed: { code: "UnknownOperationException", status: 404 },
  conflict: { code: "ResourceExistsException", status: 400 },
  precondition_failed: { code: "InvalidRequestException", status: 400 },
  locked: { code: "InvalidRequestException", status: 400 },
  gone: { code: "InvalidRequestException", status: 400 },
  too_large: { code: "RequestEntityTooLargeException", status: 413 },
  unsupported_media_type: { code: "SerializationException", status: 400 },
  limit_reached: { code: "LimitExceededException", status: 400 },
  rate_limited: { code: "ThrottlingException", status: 400, message: "Rate exceeded" },
  sealed: { code: "ServiceUnavailableException", status: 503 },
};

/** STS and IAM. */
const inXml: Readonly<Record<ErrorCode, Naming>> = {
  invalid_request: { code: "ValidationError", status: 400 },
  unauthenticated: {
    code: "MissingAuthenticationToken",
    status: 403,
    message: "Request is missing Authentication Token",
  },
  forbidden: { code: "AccessDenied", status: 403 },
  not_found: { code: "NoSuchEntity", status: 404 },
  method_not_allowed: { code: "InvalidAction", status: 400 },
  conflict: { code: "EntityAlreadyExists", status: 409 },
  precondition_failed: { code: "DeleteConflict", status: 409 },
  locked: { code: "UnmodifiableEntity", status: 400 },
  gone: { code: "NoSuchEntity", status: 404 },
  too_large: { code: "RequestEntityTooLarge", status: 413 },
  unsupported_media_type: { code: "MalformedInput", status: 400 },
  limit_reached: { code: "LimitExceeded", status: 409 },
  rate_limited: { code: "Throttling", status: 400, message: "Rate exceeded" },
  sealed: { code: "ServiceUnavailable", status: 503 },
};

type InBoth = readonly [json: Naming, xml: Naming];

/** Of whom a signature does not show to be anybody: 403 in XML. */
function both(json: string, xml: string, message?: string): InBoth {
  const words = message === undefined ? {} : { message };
  return [
    { code: json, status: 400, ...words },
    { code: xml, status: 403, ...words },
  ];
}

/** Of a service that has but one form, or the same name in both. */
function alone(naming: { readonly code: string; readonly message?: string }): InBoth {
  const named = { status: 400, ...naming };
  return [named, named];
}

const INVALID_TOKEN = both(
  "UnrecognizedClientException",
  "InvalidClientTokenId",
  "The security token included in the request is invalid.",
);

/** By reason; the words are AWS's. */
const byReason: Readonly<Record<string, InBoth>> = {
  "unknown-access-key": INVALID_TOKEN,
  "bad-session-token": INVALID_TOKEN,
  "key-disabled": INVALID_TOKEN,
  "session-over": both(
    "ExpiredTokenException",
    "ExpiredToken",
    "The security token included in the request is expired",
  ),
  "bad-signature": both(
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
  ),
  "signature-expired": both("InvalidSignatureException", "SignatureDoesNotMatch"),
  "signature-in-the-future": both("InvalidSignatureException", "SignatureDoesNotMatch"),
  "wrong-scope": both("InvalidSignatureException", "SignatureDoesNotMatch"),
  "incomplete-signature": both("IncompleteSignatureException", "IncompleteSignature"),
  "unknown-member": [
    { code: "ValidationException", status: 400 },
    { code: "ValidationError", status: 400 },
  ],
  constraint: [
    { code: "ValidationException", status: 400 },
    { code: "ValidationError", status: 400 },
  ],
  "public-policy": alone({ code: "PublicPolicyException" }),
  "malformed-policy-document": [
    { code: "MalformedPolicyDocumentException", status: 400 },
    { code: "MalformedPolicyDocument", status: 400 },
  ],
  "mistyped-member": [
    { code: "SerializationException", status: 400 },
    { code: "MalformedInput", status: 400 },
  ],
  "unreadable-body": [
    { code: "SerializationException", status: 400 },
    { code: "MalformedInput", status: 400 },
  ],
  "has-replicas": alone({ code: "InvalidParameterException" }),
  "too-many-tags": alone({ code: "InvalidParameterException" }),
  "bad-next-token": alone({ code: "InvalidNextTokenException" }),
  replica: alone({ code: "InvalidParameterException" }),
  "no-secret": alone({
    code: "ResourceNotFoundException",
    message: "Secrets Manager can't find the specified secret.",
  }),
  "no-request-token": alone({ code: "InvalidRequestException" }),
  "no-value": alone({ code: "InvalidRequestException" }),
  "value-of-type": alone({ code: "InvalidRequestException" }),
  "rotation-under-way": alone({ code: "InvalidRequestException" }),
  "no-rotator": alone({ code: "InvalidRequestException" }),
  "rotated-otherwise": alone({ code: "InvalidRequestException" }),
  "rotator-not-called": alone({ code: "AccessDeniedException" }),
  "bad-name": alone({
    code: "ValidationException",
    message:
      "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
  }),
  // Of IAM alone.
  "invalid-input": alone({ code: "InvalidInput" }),
  "inline-policy": alone({ code: "InvalidInput" }),
  "called-by-provider": alone({ code: "UnmodifiableEntity" }),
  "malformed-trust-policy": alone({ code: "MalformedPolicyDocument" }),
  "last-administrator": [
    { code: "InvalidRequestException", status: 400 },
    { code: "DeleteConflict", status: 409 },
  ],
  "bad-attribute": alone({ code: "InvalidLookupAttributesException" }),
  "bad-category": alone({ code: "InvalidEventCategoryException" }),
  "bad-max-results": alone({ code: "InvalidMaxResultsException" }),
  "bad-time-range": alone({ code: "InvalidTimeRangeException" }),
};

const NOT_MODELLED =
  /^(?:UnrecognizedClient|InvalidSignature|IncompleteSignature|MissingAuthenticationToken|ExpiredToken|Serialization|Validation|AccessDenied|Throttling|UnknownOperation|RequestEntityTooLarge|ServiceUnavailable)/;

export function awsErrorOf(service: AwsServiceName, refusal: RefusalFacts): AwsError {
  const { reason = "" } = refusal;
  const isJson = JSON_SERVICES.has(service);
  const special = Object.hasOwn(byReason, reason) ? byReason[reason] : undefined;
  const naming = special?.[isJson ? 0 : 1] ?? (isJson ? inJson : inXml)[refusal.code];
  const { code, status, message = refusal.sentence } = naming;
  return { code, status, message, isModelled: !NOT_MODELLED.test(code) };
}

/** What is no refusal: a fault inside, or a trail or a store that is out of service. */
export function awsFaultOf(service: AwsServiceName, kind: "fault" | "outage"): AwsError {
  const isSecrets = service === "secretsmanager";
  return {
    code: isSecrets
      ? "InternalServiceError"
      : kind === "outage"
        ? "ServiceUnavailable"
        : "ServiceFailure",
    status: kind === "outage" ? 503 : 500,
    message:
      kind === "outage"
        ? "What is done cannot be recorded, or found, at the moment, so nothing is answered."
        : "An error occurred on the server side.",
    isModelled: isSecrets,
  };
}
