/** What AWS's services call our refusals: Secrets Manager has its exceptions, everything else speaks as IAM does. */

interface Codes {
  readonly secretsManager: string;
  readonly others: string;
}

/** What AWS says of every sign-in that failed, and what alarms compare with. */
export const FAILED_AUTHENTICATION = "Failed authentication";

/** By the status that IBM's profile gives the refusal: see `refusalStatus` in `../reason.ts`. */
export const errorCodes: Readonly<Record<number, Codes>> = {
  400: { secretsManager: "InvalidParameterException", others: "InvalidInput" },
  401: { secretsManager: "UnrecognizedClientException", others: "InvalidClientTokenId" },
  403: { secretsManager: "AccessDenied", others: "AccessDenied" },
  404: { secretsManager: "ResourceNotFoundException", others: "NoSuchEntity" },
  405: { secretsManager: "UnknownOperationException", others: "InvalidAction" },
  409: { secretsManager: "ResourceExistsException", others: "EntityAlreadyExists" },
  410: { secretsManager: "InvalidRequestException", others: "NoSuchEntity" },
  412: { secretsManager: "InvalidRequestException", others: "UnmodifiableEntity" },
  413: { secretsManager: "ValidationException", others: "ValidationError" },
  415: { secretsManager: "SerializationException", others: "MalformedInput" },
  429: { secretsManager: "ThrottlingException", others: "Throttling" },
  500: { secretsManager: "InternalServiceError", others: "ServiceFailure" },
  503: { secretsManager: "ServiceUnavailable", others: "ServiceUnavailable" },
};

const INTERNAL: Codes = { secretsManager: "InternalServiceError", others: "ServiceFailure" };

export function errorCodeOf(status: number, source: string): string {
  const codes = errorCodes[status] ?? INTERNAL;
  return source.startsWith("secretsmanager.") ? codes.secretsManager : codes.others;
}
