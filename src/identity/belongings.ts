/** What an identity has that goes with it when it is deleted, and comes back with it when it is restored. */
import type { Member } from "./access-group.ts";
import type { Policy } from "./policy.ts";
import type { ProfileIdentity } from "./trusted-profile.ts";

export interface Belongings {
  readonly policies: readonly Policy[];
  /** Memberships by hand; those by rules come with the next login. */
  readonly memberships: readonly Member[];
  /** The trust that profiles have in it. */
  readonly trust: readonly ProfileIdentity[];
}
