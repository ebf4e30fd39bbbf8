/**
 * What the operations on secrets answer with: domain values, which each dialect encodes in its own
 * words.
 */
import type { Place } from "../../audit/crn.ts";
import type { Millis } from "../../kernel/clock.ts";
import type { Payload, SecretAttributes, VersionAttributes } from "../../secrets/payload.ts";
import type { PasswordPolicy } from "../../secrets/password.ts";
import type { RotationPolicy } from "../../secrets/rotation.ts";
import type { JsonObject, SecretState, SecretType } from "../../secrets/secret.ts";
import type { VersionAlias } from "../../secrets/version.ts";

/** A secret by what names it on AWS's wire: enough for its ARN. */
export interface NamedSecret {
  readonly id: string;
  readonly name: string;
  readonly place: Place;
}

export interface SecretMetadata {
  readonly id: string;
  readonly crn: string;
  readonly name: string;
  readonly secretType: SecretType;
  readonly secretGroupId: string;
  readonly description: string | null;
  readonly labels: readonly string[];
  readonly customMetadata: JsonObject | null;
  readonly createdBy: string;
  readonly createdAt: Millis;
  readonly updatedAt: Millis;
  readonly state: SecretState;
  readonly stateDescription: string;
  readonly versionsTotal: number;
  readonly locksTotal: number;
  readonly expiresAt: Millis | null;
  /** Of the types that are rotated on time; null for the others. */
  readonly rotation: RotationPolicy | null;
  /** Of username_password secrets; null for the others. */
  readonly passwordPolicy: PasswordPolicy | null;
  readonly nextRotationAt: Millis | null;
  /** What its type knows of it besides; null for the plain types. */
  readonly attributes: SecretAttributes | null;
  /** Of its current certificate, where it has one; for the record. */
  readonly serialNumber?: string;
  /** Whether any of its values has ever been given out, and when that was last. */
  readonly downloaded: boolean;
  readonly retrievedAt: Millis | null;
}

export interface SecretWithPayload extends SecretMetadata {
  /** Of the current version; null while there is none. */
  readonly versionId: string | null;
  readonly payloadAvailable: boolean;
  /** Null when it has expired, was deleted, or is yet to come. */
  readonly payload: Payload | null;
}

export interface VersionMetadata {
  /** The version's own id. */
  readonly versionId: string;
  /** The secret's. */
  readonly id: string;
  readonly name: string;
  readonly secretType: SecretType;
  readonly secretGroupId: string;
  readonly alias: VersionAlias | null;
  readonly autoRotated: boolean;
  readonly createdBy: string;
  readonly createdAt: Millis;
  readonly expiresAt: Millis | null;
  readonly payloadAvailable: boolean;
  readonly versionCustomMetadata: JsonObject | null;
  readonly attributes: VersionAttributes | null;
  /** Of its certificate, where it is one; for the record. */
  readonly serialNumber?: string;
  readonly downloaded: boolean;
}

export interface VersionWithPayload extends VersionMetadata {
  readonly payload: Payload | null;
}

export interface LockView {
  readonly name: string;
  readonly description: string | null;
  readonly attributes: JsonObject | null;
  readonly createdBy: string;
  readonly createdAt: Millis;
  readonly updatedAt: Millis;
  readonly secretId: string;
  readonly secretGroupId: string;
  readonly versionId: string;
  readonly versionAlias: VersionAlias | null;
}

/** The locks of a secret, by version; what creating and deleting locks answers with. */
export interface SecretLocks {
  /** The secret's id. */
  readonly id: string;
  readonly name: string;
  readonly secretType: SecretType;
  readonly secretGroupId: string;
  /** The versions that carry locks, or from which they were taken; newest first. */
  readonly versions: readonly {
    readonly versionId: string;
    readonly alias: VersionAlias | null;
    readonly lockNames: readonly string[];
    readonly payloadAvailable: boolean;
  }[];
  readonly versionIds: readonly string[];
}

/** A slice of a list. `totalCount` counts what the caller may see and what passes the filters. */
export interface PageFacts {
  readonly totalCount: number;
  readonly returnedCount: number;
  readonly offset: number;
  readonly limit: number;
}
