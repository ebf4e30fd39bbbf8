/** Credentials of a service instance with one role on it, made for the secret and revoked at the end of their lease. */
import { fromUtf8, utf8 } from "../../kernel/bytes.ts";
import { Sensitive } from "../../kernel/sensitive.ts";
import type { JsonObject } from "../json.ts";
import { plain, type Kind } from "./kind.ts";

export interface ServiceCredentialsPayload {
  readonly kind: "service_credentials";
  /** `apikey`, `iam_apikey_id` and the like, as the source service gives them. */
  readonly credentials: Sensitive<JsonObject>;
}

/** What the credentials are for. */
export interface SourceService {
  readonly instanceCrn: string;
  readonly roleCrn: string | null;
  readonly parameters: JsonObject | null;
}

export interface NewServiceCredentials {
  readonly kind: "service_credentials";
  /** Left out: until the next version, or for good. */
  readonly ttlSeconds?: number | undefined;
  readonly source: SourceService;
}

export interface ServiceCredentialsAttributes {
  readonly kind: "service_credentials";
  readonly ttlSeconds: number | null;
  readonly source: SourceService;
}

export const serviceCredentials: Kind<ServiceCredentialsPayload> = {
  ...plain,
  expiresByDate: false,
  rotation: { hour: null, day: [1, 90], month: [1, 3] },
  isLeased: true,
  check: () => undefined,
  encode: ({ credentials }) => utf8(JSON.stringify(credentials.reveal())),
  decode: (bytes) => ({
    kind: "service_credentials",
    credentials: new Sensitive(JSON.parse(fromUtf8(bytes)) as JsonObject),
  }),
};
