/**
 * Locks: whoever uses a version says so, and until the lock is gone the version can be neither
 * changed nor deleted.
 */
import { Refusal } from "../kernel/errors.ts";
import type { Millis } from "../kernel/clock.ts";
import { checkJson, type JsonObject } from "./json.ts";

export interface Lock {
  readonly name: string;
  readonly secretId: string;
  readonly versionId: string;
  readonly versionNumber: number;
  readonly description: string | null;
  readonly attributes: JsonObject | null;
  readonly createdBy: string;
  readonly createdAt: Millis;
  readonly updatedAt: Millis;
}

export interface NewLock {
  readonly name: string;
  readonly description?: string | undefined;
  readonly attributes?: JsonObject | undefined;
}

/**
 * What a new lock does to the version before: `remove_previous` takes the locks of the same names
 * off it, `remove_previous_and_delete` deletes its payload as well if that leaves it without locks.
 */
export const LOCK_MODES = ["remove_previous", "remove_previous_and_delete"] as const;

export type LockMode = (typeof LOCK_MODES)[number];

export const MAX_LOCKS = 1_000;
export const MIN_LOCK_NAME_CHARS = 2;
export const MAX_LOCK_NAME_CHARS = 256;
export const MAX_LOCK_ATTRIBUTES_BYTES = 10 * 1_024;

const LOCK_NAME = /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?$/;

/** IBM's own sentence, by which clients recognise it, and readers of the trail. */
export const LOCKED =
  "The requested action can't be completed because the secret version is locked.";

export function locked(): Refusal {
  return new Refusal("locked", LOCKED);
}

export function checkLockName(name: string): void {
  if (
    name.length < MIN_LOCK_NAME_CHARS ||
    name.length > MAX_LOCK_NAME_CHARS ||
    !LOCK_NAME.test(name)
  ) {
    throw new Refusal(
      "invalid_request",
      `A lock's name has ${MIN_LOCK_NAME_CHARS} to ${MAX_LOCK_NAME_CHARS} letters, digits, underscores, dashes or dots, and begins and ends with none of the last two.`,
      { field: "name" },
    );
  }
}

export function checkLockAttributes(attributes: JsonObject): void {
  checkJson(attributes, { field: "attributes", maxBytes: MAX_LOCK_ATTRIBUTES_BYTES });
}
