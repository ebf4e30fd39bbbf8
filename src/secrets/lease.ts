/** A lease: a credential that was made for a secret, and when it is to be taken back. */
import type { Millis } from "../kernel/clock.ts";
import type { Instance } from "./secret.ts";

export interface Lease {
  readonly id: string;
  readonly at: Instance;
  readonly secretId: string;
  /** The version whose value it is; null for a key that was made for one reading. */
  readonly versionId: string | null;
  readonly apiKeyId: string;
  /** The service ID whose key it is, by its IAM id; deleted with the lease where it was made for it. */
  readonly serviceId: string;
  readonly ownsServiceId: boolean;
  /** The policy that was made for it. */
  readonly policyId: string | null;
  /** Null: until its version gives up its value. */
  readonly expiresAt: Millis | null;
}

export interface LeaseReader {
  lease(id: string): Promise<Lease | undefined>;
  /** Oldest first. */
  leasesOf(secretId: string): Promise<readonly Lease[]>;
  /** Oldest due first; not those of versions that are locked. */
  dueLeases(now: Millis, limit: number): Promise<readonly Lease[]>;
}

export interface LeaseStore extends LeaseReader {
  insertLease(lease: Lease): Promise<void>;
  deleteLease(id: string): Promise<void>;
}
