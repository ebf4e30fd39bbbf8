/**
 * What an update changed, as the record tells it: every field by name, and of some the values
 * before and after.
 */

export interface Change {
  readonly field: string;
  readonly initialValue?: unknown;
  readonly newValue?: unknown;
}

/** The names of a patch's fields that are given, null included. */
export function changedFields(patch: object): readonly string[] {
  return Object.entries(patch)
    .filter(([, value]) => value !== undefined)
    .map(([field]) => field);
}
