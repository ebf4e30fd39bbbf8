/** A version of a secret: what is known of it, and whether it still has its payload. */
import type { Millis } from "../kernel/clock.ts";
import type { VersionAttributes } from "./payload.ts";
import type { JsonObject } from "./secret.ts";
import { versionAt, type Staging } from "./stages.ts";

export const VERSION_ALIASES = ["current", "previous"] as const;

export type VersionAlias = (typeof VERSION_ALIASES)[number];

/** Ours are UUIDs; clients of AWS choose theirs, in visible characters of ASCII. No alias is as long. */
export const MIN_VERSION_ID_CHARS = 32;
export const MAX_VERSION_ID_CHARS = 64;

const VERSION_ID = /^[\x21-\x7e]+$/;

export function isVersionId(text: string): boolean {
  const { length } = text;
  return length >= MIN_VERSION_ID_CHARS && length <= MAX_VERSION_ID_CHARS && VERSION_ID.test(text);
}

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

/**
 * Versions without a staging label that a secret keeps with their values, where it keeps any. Of those beyond, the
 * oldest are dropped, but none that is younger than MIN_UNLABELLED_AGE_MS (AWS Secrets Manager, "Quotas").
 */
export const MAX_UNLABELLED_VERSIONS = 100;
export const MIN_UNLABELLED_AGE_MS = 24 * 3_600_000;
/** With those that are too young to go. Whoever changes a value as often as that waits for them to get older. */
export const MAX_UNLABELLED_IN_ALL = 1_000;

/** By its id, by what it currently is, by a staging label, or by its number, which counts from 1. */
export type VersionSelector =
  | (Named<"versionId"> & { readonly versionId: string })
  | (Named<"alias"> & { readonly alias: VersionAlias })
  | (Named<"stage"> & { readonly stage: string })
  | (Named<"number"> & { readonly number: number });

type Naming = "versionId" | "alias" | "stage" | "number";
/** By this, and by nothing else. */
type Named<By extends Naming> = { readonly [Other in Exclude<Naming, By>]?: undefined };

/** Reads what stands in a path: an alias, or an id. */
export function versionSelector(text: string): VersionSelector {
  const alias = VERSION_ALIASES.find((one) => one === text);
  return alias ? { alias } : { versionId: text };
}

export function aliasOf(staging: Staging, number: number): VersionAlias | null {
  if (number === staging.currentVersion) return "current";
  return number === staging.previousVersion ? "previous" : null;
}

/** The number of the version that is meant; 0, which no version has, when there is none. */
export function numberOf(
  staging: Staging,
  selector: Exclude<VersionSelector, { versionId: string }>,
): number {
  if (selector.number !== undefined) return selector.number;
  if (selector.stage !== undefined) return versionAt(staging, selector.stage);
  return selector.alias === "current" ? staging.currentVersion : staging.previousVersion;
}
