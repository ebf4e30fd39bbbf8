/** Secret groups: the part of an instance in which a role may be given. */
import { Refusal } from "../kernel/errors.ts";
import type { Millis } from "../kernel/clock.ts";
import type { Instance } from "./secret.ts";

export interface SecretGroup {
  readonly id: string;
  readonly at: Instance;
  readonly name: string;
  readonly description: string | null;
  readonly createdBy: string;
  readonly createdAt: Millis;
  readonly updatedAt: Millis;
}

/** The group that every instance has, from before its first secret: its dates are the epoch. */
export const DEFAULT_GROUP_ID = "default";

export const MAX_GROUPS = 200;
export const MIN_GROUP_NAME_CHARS = 2;
export const MAX_GROUP_NAME_CHARS = 64;

// Printable, without a slash: a group's name is a segment of the path by which secrets are read.
const GROUP_NAME = /^[^\p{Cc}\p{Cs}/]+$/u;

export function defaultGroup(at: Instance): SecretGroup {
  return {
    id: DEFAULT_GROUP_ID,
    at,
    name: DEFAULT_GROUP_ID,
    description: "The group of secrets that were given no other.",
    createdBy: "keytrail",
    createdAt: 0,
    updatedAt: 0,
  };
}

export function checkGroupName(name: string): void {
  if (
    name.length < MIN_GROUP_NAME_CHARS ||
    name.length > MAX_GROUP_NAME_CHARS ||
    !GROUP_NAME.test(name)
  ) {
    throw new Refusal(
      "invalid_request",
      `A group's name has ${MIN_GROUP_NAME_CHARS} to ${MAX_GROUP_NAME_CHARS} printable characters, none of them a slash.`,
      { field: "name" },
    );
  }
}
