/** What an instance holds, by how many of each kind: it can be deleted when that is nothing. */
export interface Contents {
  readonly secrets: number;
  /** Without the default group, which every instance has. */
  readonly secretGroups: number;
  readonly configurations: number;
  /** Credentials that were made for its secrets, also for such as have been deleted, and have yet to be taken back. */
  readonly leases: number;
  readonly registrations: number;
}
