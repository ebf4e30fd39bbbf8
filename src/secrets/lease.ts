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
  /** The service ID whose key it is, by its IAM id. */
  readonly serviceId: string;
  /** Whether that was made for the secret: then it goes with the last lease on it. */
  readonly ownsServiceId: boolean;
  /** The policy that was made for credentials like these; it goes with the last lease that has it. */
  readonly policyId: string | null;
  /** Null: until its version gives up its value. */
  readonly expiresAt: Millis | null;
}

export interface LeaseReader {
  /** Oldest first. */
  leasesOf(secretId: string): Promise<readonly Lease[]>;
  /** Every lease on a key of this service ID, of whichever secret, oldest first. */
  leasesOn(serviceId: string): Promise<readonly Lease[]>;
  /** Oldest due first; not those of versions that are locked. */
  dueLeases(now: Millis, limit: number): Promise<readonly Lease[]>;
}

export interface LeaseStore extends LeaseReader {
  insertLease(lease: Lease): Promise<void>;
  /** The credentials become the value of another version of the secret. */
  moveLease(id: string, versionId: string): Promise<void>;
  deleteLease(id: string): Promise<void>;
}
