/** Credentials of a system of the owner's own: made and deleted by a runner of the owner's, task by task. */
import { fromUtf8, utf8 } from "../../kernel/bytes.ts";
import type { Millis } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import { Sensitive } from "../../kernel/sensitive.ts";
import { checkJson, type JsonObject } from "../json.ts";
import { plain, type Kind } from "./kind.ts";

export interface CustomCredentialsPayload {
  readonly kind: "custom_credentials";
  readonly content: Sensitive<JsonObject>;
}

export interface NewCustomCredentials {
  readonly kind: "custom_credentials";
  /** The configuration that says how they are made, by its name. */
  readonly configuration: string;
  readonly parameters?: JsonObject | undefined;
  readonly ttlSeconds?: number | undefined;
}

export interface CustomCredentialsAttributes {
  readonly kind: "custom_credentials";
  readonly configuration: string;
  /** Of the next credentials; those that there are keep theirs. */
  readonly parameters: JsonObject | null;
  readonly ttlSeconds: number | null;
  /** What its tasks come to, as of the last change of any of them. */
  readonly tasks: TasksSummary;
  /** When the current credentials are at their end; null while there are none, and where they have none. */
  readonly leaseEndsAt: Millis | null;
  /** The last rotation that ended brought no credentials. */
  readonly lastRotationFailed: boolean;
}

export interface TasksSummary {
  readonly count: number;
  readonly queuedCount: number;
  /** The oldest that a runner has begun. */
  readonly processingTaskId: string | null;
  readonly lastFailedTaskId: string | null;
}

/** What is known of a version that a runner has brought. */
export interface CustomCredentialsVersionAttributes {
  readonly kind: "custom_credentials";
  /** What the runner calls the credentials; by this it is asked to delete them. */
  readonly credentialsId: string;
}

export const MAX_CREDENTIALS_BYTES = 512 * 1_024;
export const MIN_CREDENTIALS_TTL_SECONDS = 60;
export const MAX_CREDENTIALS_TTL_SECONDS = 90 * 86_400;
export const MAX_CREDENTIALS_ID_CHARS = 256;

/** Visible characters of ASCII. */
const CREDENTIALS_ID = /^[\x21-\x7e]+$/;

export const customCredentials: Kind<CustomCredentialsPayload> = {
  ...plain,
  expiresByDate: false,
  rotation: { hour: [6, 2_160], day: [1, 90], month: [1, 3] },
  isLeased: true,
  isDeletedElsewhere: true,
  check({ content }) {
    const value = content.reveal();
    checkJson(value, { field: "credentials", maxBytes: MAX_CREDENTIALS_BYTES });
    if (Object.keys(value).length > 0) return;
    throw new Refusal("invalid_request", "Credentials have at least one field.", {
      field: "credentials",
    });
  },
  encode: ({ content }) => utf8(JSON.stringify(content.reveal())),
  decode: (bytes) => ({
    kind: "custom_credentials",
    content: new Sensitive(JSON.parse(fromUtf8(bytes)) as JsonObject),
  }),
};

export function checkCredentialsTtl(seconds: number): void {
  if (
    Number.isInteger(seconds) &&
    seconds >= MIN_CREDENTIALS_TTL_SECONDS &&
    seconds <= MAX_CREDENTIALS_TTL_SECONDS
  ) {
    return;
  }
  throw new Refusal("invalid_request", "Credentials are good for 1 minute to 90 days.", {
    field: "ttl",
  });
}

/** An identifier, never a secret: it is in the record where credentials are left behind. */
export function checkCredentialsId(id: string): void {
  if (id.length <= MAX_CREDENTIALS_ID_CHARS && CREDENTIALS_ID.test(id)) return;
  throw new Refusal(
    "invalid_request",
    `The id of credentials has 1 to ${MAX_CREDENTIALS_ID_CHARS} visible characters of ASCII, and no spaces.`,
    { field: "credentials" },
  );
}
