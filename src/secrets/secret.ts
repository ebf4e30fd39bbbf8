/**
 * A secret: what is known of it apart from its value. Names, labels and metadata are never secret.
 */
import { Refusal } from "../kernel/errors.ts";
import type { Millis } from "../kernel/clock.ts";
import { checkJson, type JsonObject } from "./json.ts";
import type { SealedValue, WrappedKey } from "./vault.ts";
import type { PasswordPolicy } from "./password.ts";
import type { SecretAttributes } from "./payload.ts";
import type { RotationPolicy } from "./rotation.ts";
import type { Rotator } from "./rotator.ts";

export type { JsonObject } from "./json.ts";

export const SECRET_TYPES = [
  "arbitrary",
  "username_password",
  "kv",
  "iam_credentials",
  "service_credentials",
  "imported_cert",
  "public_cert",
  "private_cert",
  "custom_credentials",
] as const;

export type SecretType = (typeof SECRET_TYPES)[number];

/** The instance that holds a secret; everything in the store is found through it. */
export interface Instance {
  readonly account: string;
  readonly instance: string;
}

/** Key states by their numbers in NIST SP 800-57 part 1, section 7, as IBM's `state` gives them. */
export const SECRET_STATES = {
  0: "pre_activation",
  1: "active",
  2: "suspended",
  3: "deactivated",
  5: "destroyed",
} as const;

export type SecretState = keyof typeof SECRET_STATES;

/** Asked for, and without a value so far: an order, a task or a signature is awaited. */
export const PRE_ACTIVATION = 0 satisfies SecretState;
export const ACTIVE = 1 satisfies SecretState;
/** What was to give it a value has failed. */
export const DEACTIVATED = 3 satisfies SecretState;
export const DESTROYED = 5 satisfies SecretState;

export interface Secret {
  readonly id: string;
  readonly at: Instance;
  readonly groupId: string;
  readonly type: SecretType;
  readonly name: string;
  readonly description: string | null;
  readonly labels: readonly string[];
  readonly customMetadata: JsonObject | null;
  readonly createdBy: string;
  readonly createdAt: Millis;
  readonly updatedAt: Millis;
  readonly state: SecretState;
  /** When its values are destroyed. */
  readonly expiresAt: Millis | null;
  /** Null for the types that are not rotated by us. */
  readonly rotation: RotationPolicy | null;
  readonly passwordPolicy: PasswordPolicy | null;
  readonly nextRotationAt: Millis | null;
  /** Of a username_password secret, until it is destroyed: what its versions have in common. */
  readonly username: SealedValue | null;
  /** Of a secret with a managed CSR, until it is destroyed: the key that the CSR is for, as PKCS #8 in PEM. */
  readonly csrKey: SealedValue | null;
  /** What its type knows of it besides; null for the plain types. */
  readonly attributes: SecretAttributes | null;
  /** The number of the newest version: versions count from 1. 0 while there is none. */
  readonly lastVersion: number;
  /** The numbers of the versions that are current and that was before; 0 where there is none. */
  readonly currentVersion: number;
  readonly previousVersion: number;
  /** The further staging labels, with the number of the version that each is on. See `stages.ts`. */
  readonly stages: Readonly<Record<string, number>>;
  /**
   * Whether versions that are neither current nor previous keep their values, up to MAX_UNLABELLED_VERSIONS, until they
   * are dropped as a whole: what clients of AWS rely on. Otherwise the values of those two only are kept, as with IBM.
   */
  readonly keepsUnlabelled: boolean;
  /** Pairs of AWS's kind; `labels` are IBM's. */
  readonly tags: Readonly<Record<string, string>>;
  /** The name of a key, as it was given: kept and shown. Every value is sealed by the installation's own keys. */
  readonly kmsKeyId: string | null;
  /** Set while the secret waits to be deleted: nothing can be done with its value, and it can be restored. */
  readonly deletion: ScheduledDeletion | null;
  /** The JSON text of the policy that is attached to it. */
  readonly resourcePolicy: string | null;
  /** Of a replica: which secret, in which region, it follows. */
  readonly replicaOf: ReplicaOf | null;
  readonly rotator: Rotator | null;
  readonly lastRotatedAt: Millis | null;
  /** How many versions are still known of, with or without a payload. */
  readonly versionsTotal: number;
  /** How many locks its versions carry together. */
  readonly locksTotal: number;
  /** The key that seals its versions, itself sealed by the root key. */
  readonly dataKey: WrappedKey;
}

export interface ScheduledDeletion {
  readonly requestedAt: Millis;
  /** From when on it is deleted for good. */
  readonly dueAt: Millis;
}

export interface ReplicaOf {
  readonly secretId: string;
  readonly region: string;
}

/** What a secret is without what AWS's clients give it. */
export const PLAIN_SECRET = {
  currentVersion: 0,
  previousVersion: 0,
  stages: {},
  keepsUnlabelled: false,
  tags: {},
  kmsKeyId: null,
  deletion: null,
  resourcePolicy: null,
  replicaOf: null,
  rotator: null,
  lastRotatedAt: null,
} as const satisfies Partial<Secret>;

export const MIN_NAME_CHARS = 1;
export const MAX_NAME_CHARS = 512;
export const MAX_DESCRIPTION_CHARS = 1_024;
/** As clients of AWS may give it. */
export const MAX_LONG_DESCRIPTION_CHARS = 2_048;
export const MAX_LABELS = 30;
export const MIN_LABEL_CHARS = 2;
export const MAX_LABEL_CHARS = 30;
export const MAX_CUSTOM_METADATA_BYTES = 10 * 1_024;

/** What any wire allows in a name; each is stricter in its own way. */
const NAME = /^[A-Za-z0-9/_+=.@!-]+$/;

export function isSecretType(text: string): text is SecretType {
  return (SECRET_TYPES as readonly string[]).includes(text);
}

/** Refuses what is no name on any wire. */
export function checkName(name: string): void {
  if (name.length < MIN_NAME_CHARS || name.length > MAX_NAME_CHARS || !NAME.test(name)) {
    throw new Refusal(
      "invalid_request",
      `A name has ${MIN_NAME_CHARS} to ${MAX_NAME_CHARS} letters, digits or characters of /_+=.@!-.`,
      { field: "name", reason: "bad-name" },
    );
  }
}

export const MIN_STRICT_NAME_CHARS = 2;
export const MAX_STRICT_NAME_CHARS = 256;
const STRICT_NAME = /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?$/;

/** IBM's names: letters, digits, `_`, `-` and `.`, with neither `-` nor `.` at an end. Refuses anything else. */
export function checkStrictName(name: string): void {
  const isSized = name.length >= MIN_STRICT_NAME_CHARS && name.length <= MAX_STRICT_NAME_CHARS;
  if (!isSized || !STRICT_NAME.test(name)) {
    throw new Refusal(
      "invalid_request",
      `A name has ${MIN_STRICT_NAME_CHARS} to ${MAX_STRICT_NAME_CHARS} letters, digits, underscores, dashes or dots, and begins and ends with none of the last two.`,
      { field: "name" },
    );
  }
}

export function checkDescription(description: string, maxChars = MAX_DESCRIPTION_CHARS): void {
  if (description.length > maxChars || !description.isWellFormed()) {
    throw new Refusal(
      "invalid_request",
      `A description has at most ${maxChars} characters of well-formed Unicode.`,
      { field: "description" },
    );
  }
}

/** Labels are a set: given twice is given once, in the order of their first mention. */
export function checkLabels(labels: readonly string[]): readonly string[] {
  const unique = [...new Set(labels)];
  if (unique.length > MAX_LABELS) {
    throw new Refusal("limit_reached", `A secret has at most ${MAX_LABELS} labels.`, {
      field: "labels",
    });
  }
  for (const label of unique) {
    const isSized = label.length >= MIN_LABEL_CHARS && label.length <= MAX_LABEL_CHARS;
    if (!isSized || !label.isWellFormed()) {
      throw new Refusal(
        "invalid_request",
        `A label has ${MIN_LABEL_CHARS} to ${MAX_LABEL_CHARS} characters of well-formed Unicode.`,
        { field: "labels" },
      );
    }
  }
  return unique;
}

export function checkCustomMetadata(metadata: JsonObject, field: string): void {
  checkJson(metadata, { field, maxBytes: MAX_CUSTOM_METADATA_BYTES });
}
