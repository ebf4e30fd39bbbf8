/** What is kept of access groups beside their store: their versions, and those that were deleted and can be had back. */
import type { AccessGroup, GroupRule, Member } from "./access-group.ts";
import type { Policy } from "./policy.ts";
import { recoverableKind } from "./recoverable.ts";

/** What a version of a group says. */
export interface ShownGroupVersion {
  readonly name: string;
  readonly description: string;
}

export interface GroupParts {
  readonly group: AccessGroup;
  /** Those that were added by hand. */
  readonly members: readonly Member[];
  readonly rules: readonly GroupRule[];
  readonly policies: readonly Policy[];
}

/** An item's name is the group's as it is compared: `groupNameKey`. */
export const GROUP = recoverableKind<ShownGroupVersion, GroupParts>("groups");
