/** What of a list a caller may see: the groups asked for, as far as they are allowed. */
import type { Scope } from "../../identity/authorize.ts";

/** The ids of the groups to show; undefined for all of them. */
export function groupsWithin(
  scope: Scope,
  asked: readonly string[] | undefined,
): readonly string[] | undefined {
  if (scope.kind === "all") return asked;
  return asked ? asked.filter((group) => scope.groups.has(group)) : [...scope.groups];
}
