/** What the record of a change says of a document: who may do what, all of it, and nothing that is only remarked. */
import type { Permission } from "./document.ts";

/** Texts and lists as long as records take whole: MAX_PATTERNS_PER_PERMISSION, MAX_PATTERN_CHARS. */
export interface RecordedPermission {
  readonly effect: string;
  readonly subjects: readonly string[];
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** Where calls have to come from. */
  readonly cidrs?: readonly string[];
}

export function recordedPermissions(
  permissions: readonly Permission[],
): readonly RecordedPermission[] {
  return permissions.map(({ effect, subjects, actions, resources, conditions }) => {
    const cidrs = Object.values(conditions).map(({ options }) => options.cidr);
    return { effect, subjects, actions, resources, ...(cidrs.length > 0 ? { cidrs } : {}) };
  });
}
