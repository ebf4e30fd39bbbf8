/** Credentials of a service instance with one role on it, made for the secret and revoked at the end of their lease. */
import { fromUtf8, utf8 } from "../../kernel/bytes.ts";
import type { Millis } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import { Sensitive } from "../../kernel/sensitive.ts";
import { checkJson, type JsonObject } from "../json.ts";
import { MAX_LEASE_TTL_S } from "./iam-credentials.ts";
import { plain, type Kind } from "./kind.ts";

export interface ServiceCredentialsPayload {
  readonly kind: "service_credentials";
  readonly apiKeyId: string;
  /** `apikey`, `iam_apikey_id` and the like, as the source service gives them. */
  readonly credentials: Sensitive<JsonObject>;
}

/** What the credentials are for. */
export interface SourceService {
  readonly instanceCrn: string;
  /** By its name, and as the caller named it. */
  readonly role: string;
  readonly roleCrn: string;
  readonly parameters: JsonObject | null;
}

export interface NewServiceCredentials {
  readonly kind: "service_credentials";
  /** Left out: until the next version but one, or for good. */
  readonly ttlSeconds?: number | undefined;
  readonly source: SourceService;
}

/** What was made in IAM for a version, by ids and names. */
export interface MadeInIam {
  readonly apiKeyId: string;
  readonly apiKeyName: string;
  readonly apiKeyDescription: string;
  /** By its IAM id. */
  readonly serviceId: string;
  /** What stands for all of it together. */
  readonly leaseId: string;
}

export interface ServiceCredentialsAttributes {
  readonly kind: "service_credentials";
  /** Of credentials that are made from now on. */
  readonly ttlSeconds: number | null;
  readonly source: SourceService;
  /** For the newest version; and when its lease ends. */
  readonly made: MadeInIam;
  readonly leaseEndsAt: Millis | null;
}

export interface ServiceCredentialsVersionAttributes {
  readonly kind: "service_credentials";
  readonly made: MadeInIam;
  readonly source: SourceService;
}

export const MIN_SERVICE_TTL_S = 86_400;
export const MAX_PARAMETERS_BYTES = 2_048;
/** The one parameter there is: an existing service ID whose key it is to be. */
export const SERVICE_ID_PARAMETER = "serviceid_crn";

export const serviceCredentials: Kind<ServiceCredentialsPayload> = {
  ...plain,
  expiresByDate: false,
  rotation: { hour: null, day: [1, 90], month: [1, 3] },
  isLeased: true,
  check: () => undefined,
  encode: ({ apiKeyId, credentials }) =>
    utf8(JSON.stringify({ apiKeyId, credentials: credentials.reveal() })),
  decode(bytes) {
    const { apiKeyId, credentials } = JSON.parse(fromUtf8(bytes)) as {
      readonly apiKeyId: string;
      readonly credentials: JsonObject;
    };
    return { kind: "service_credentials", apiKeyId, credentials: new Sensitive(credentials) };
  },
  facts: ({ apiKeyId }) => ({ apiKeyId }),
};

export function checkServiceTtl(ttlSeconds: number): void {
  if (ttlSeconds >= MIN_SERVICE_TTL_S && ttlSeconds <= MAX_LEASE_TTL_S) return;
  throw new Refusal(
    "invalid_request",
    "A lease on service credentials lasts from 1 day to 90 days.",
    { field: "ttl" },
  );
}

/** The service ID that the parameters name by its CRN, if they name one. Refuses parameters that nothing reads. */
export function serviceIdCrnIn(parameters: JsonObject | null): string | undefined {
  if (parameters === null) return undefined;
  const field = "source_service.parameters";
  checkJson(parameters, { field, maxBytes: MAX_PARAMETERS_BYTES });
  const { [SERVICE_ID_PARAMETER]: given, ...others } = parameters;
  const isText = given === undefined || typeof given === "string";
  if (isText && Object.keys(others).length === 0) return given;
  throw new Refusal(
    "invalid_request",
    `The one parameter of service credentials is ${SERVICE_ID_PARAMETER}, the CRN of a service ID.`,
    { field },
  );
}
