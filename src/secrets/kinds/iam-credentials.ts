/** An API key of a service ID, made for the secret and deleted at the end of its lease. */
import { fromUtf8, utf8 } from "../../kernel/bytes.ts";
import { Sensitive } from "../../kernel/sensitive.ts";
import { plain, type Kind } from "./kind.ts";

export interface IamCredentialsPayload {
  readonly kind: "iam_credentials";
  readonly apiKey: Sensitive<string>;
  readonly apiKeyId: string;
  readonly serviceId: string;
}

export interface NewIamCredentials {
  readonly kind: "iam_credentials";
  readonly ttlSeconds: number;
  /** Ids of access groups that the service ID made for it becomes a member of; or a service ID that exists. */
  readonly accessGroups?: readonly string[] | undefined;
  readonly serviceId?: string | undefined;
  readonly accountId?: string | undefined;
  /** False: each reading is given a key of its own. */
  readonly reuseApiKey: boolean;
}

export interface IamCredentialsAttributes {
  readonly kind: "iam_credentials";
  readonly ttlSeconds: number;
  readonly accessGroups: readonly string[] | null;
  /** The one its keys are of, made for it or given. */
  readonly serviceId: string;
  readonly serviceIdIsStatic: boolean;
  readonly reuseApiKey: boolean;
}

export const iamCredentials: Kind<IamCredentialsPayload> = {
  ...plain,
  expiresByDate: false,
  rotation: { hour: null, day: [1, 90], month: [1, 3] },
  isLeased: true,
  check: () => undefined,
  encode: ({ apiKey, apiKeyId, serviceId }) =>
    utf8(JSON.stringify({ apiKey: apiKey.reveal(), apiKeyId, serviceId })),
  decode(bytes) {
    const { apiKey, ...ids } = JSON.parse(fromUtf8(bytes)) as Record<
      "apiKey" | "apiKeyId" | "serviceId",
      string
    >;
    return { kind: "iam_credentials", apiKey: new Sensitive(apiKey), ...ids };
  },
};
