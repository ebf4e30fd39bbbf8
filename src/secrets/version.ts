/** A version of a secret: what is known of it, and whether it still has its payload. */
import type { Millis } from "../kernel/clock.ts";
import type { VersionAttributes } from "./payload.ts";
import type { JsonObject, Secret } from "./secret.ts";

export const VERSION_ALIASES = ["current", "previous"] as const;

export type VersionAlias = (typeof VERSION_ALIASES)[number];

export interface Version {
  readonly id: string;
  readonly secretId: string;
  /** Counts from 1 within the secret. */
  readonly number: number;
  readonly createdBy: string;
  readonly createdAt: Millis;
  /** Made by the schedule of a rotation policy, not by a caller. */
  readonly autoRotated: boolean;
  readonly expiresAt: Millis | null;
  readonly customMetadata: JsonObject | null;
  /** What its secret's type knows of it besides; null for the plain types. */
  readonly attributes: VersionAttributes | null;
  /** False once the payload has been deleted, destroyed, or has grown too old. */
  readonly hasPayload: boolean;
}

/**
 * Versions of which something is still known; of those, the current and the previous one may have a
 * payload.
 */
export const MAX_VERSIONS_KEPT = 50;

/** By its id or by what it currently is. */
export type VersionSelector =
  | { readonly versionId: string; readonly alias?: undefined }
  | { readonly alias: VersionAlias; readonly versionId?: undefined };

/** Reads what stands in a path: an alias, or an id. */
export function versionSelector(text: string): VersionSelector {
  const alias = VERSION_ALIASES.find((one) => one === text);
  return alias ? { alias } : { versionId: text };
}

export function aliasOf(secret: Pick<Secret, "lastVersion">, number: number): VersionAlias | null {
  if (number === secret.lastVersion) return "current";
  return number === secret.lastVersion - 1 ? "previous" : null;
}

/**
 * The number of the version that an alias stands for; 0, which no version has, when there is none.
 */
export function numberOf(secret: Pick<Secret, "lastVersion">, alias: VersionAlias): number {
  return alias === "current" ? secret.lastVersion : secret.lastVersion - 1;
}
