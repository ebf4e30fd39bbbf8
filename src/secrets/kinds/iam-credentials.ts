/** An API key of a service ID, made for the secret and deleted at the end of its lease. */
import { fromUtf8, utf8 } from "../../kernel/bytes.ts";
import type { Millis } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import { Sensitive } from "../../kernel/sensitive.ts";
import { plain, type Kind } from "./kind.ts";

export interface IamCredentialsPayload {
  readonly kind: "iam_credentials";
  readonly apiKey: Sensitive<string>;
  readonly apiKeyId: string;
  /** By its IAM id. */
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
  /** Of credentials that are made from now on. */
  readonly ttlSeconds: number;
  readonly accessGroups: readonly string[] | null;
  /** Whose keys they are, made for it or given, by its IAM id; null where each reading has one of its own. */
  readonly serviceId: string | null;
  readonly serviceIdIsStatic: boolean;
  readonly reuseApiKey: boolean;
  /** The newest version's key, and when its lease ends; null where each reading has its own. */
  readonly apiKeyId: string | null;
  readonly leaseEndsAt: Millis | null;
}

/** What is known of a version: whose key it has or had. */
export interface IamCredentialsVersionAttributes {
  readonly kind: "iam_credentials";
  readonly apiKeyId: string;
  readonly serviceId: string;
}

export const MIN_IAM_TTL_S = 60;
export const MAX_LEASE_TTL_S = 90 * 86_400;
export const MAX_ACCESS_GROUPS = 10;

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
  facts: ({ apiKeyId }) => ({ apiKeyId }),
};

export function checkIamTtl(ttlSeconds: number): void {
  if (ttlSeconds >= MIN_IAM_TTL_S && ttlSeconds <= MAX_LEASE_TTL_S) return;
  throw new Refusal("invalid_request", "A lease on an API key lasts from 1 minute to 90 days.", {
    field: "ttl",
  });
}

/** Refuses what names neither access groups nor a service ID, or both, or too many of the first. */
export function checkBearer({ accessGroups, serviceId }: NewIamCredentials): void {
  if ((accessGroups === undefined) === (serviceId === undefined)) {
    const sentence = "Credentials are those of a service ID that exists, or of access groups.";
    throw new Refusal("invalid_request", sentence, { field: "access_groups" });
  }
  if (accessGroups === undefined) return;
  const isSized = accessGroups.length > 0 && accessGroups.length <= MAX_ACCESS_GROUPS;
  if (isSized && new Set(accessGroups).size === accessGroups.length) return;
  throw new Refusal(
    "invalid_request",
    `Credentials are those of 1 to ${MAX_ACCESS_GROUPS} different access groups.`,
    { field: "access_groups" },
  );
}
