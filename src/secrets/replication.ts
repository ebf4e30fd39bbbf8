/** Replicas: a secret, and the same one in other regions of its account (AWS Secrets Manager, "Replicate secrets"). */
import type { Millis } from "../kernel/clock.ts";
import { Refusal } from "../kernel/errors.ts";
import { randomId } from "../kernel/ids.ts";
import type { Secret } from "./secret.ts";

/** Why a secret did not get to a region: a secret of its name is there, one that is not to be, or cannot be, replaced. */
export const REPLICATION_FAILURES = ["name-taken", "not-replaceable"] as const;

export type ReplicationFailure = (typeof REPLICATION_FAILURES)[number];

/** A replication that was asked for and failed: remembered until it succeeds or is given up. */
export interface FailedReplication {
  readonly secretId: string;
  readonly region: string;
  readonly kmsKeyId: string | null;
  readonly reason: ReplicationFailure;
  readonly at: Millis;
}

/** How a secret stands in one of the regions that it was replicated to. */
export type Replication =
  | {
      readonly status: "in-sync";
      readonly region: string;
      readonly kmsKeyId: string | null;
      /** When a value was last given out there. */
      readonly retrievedAt: Millis | null;
    }
  | {
      readonly status: "failed";
      readonly region: string;
      readonly kmsKeyId: string | null;
      readonly sentence: string;
    };

const LAST_GROUP = 24;

/** A new id that ends as the primary's does: by that ending their ARNs are the same but for the region. */
export function replicaId({ id }: Pick<Secret, "id">): string {
  return randomId().slice(0, LAST_GROUP) + id.slice(LAST_GROUP);
}

export function failureSentence(name: string, { reason, region }: FailedReplication): string {
  const taken = `Replication failed: Secret name ${name} already exists in region ${region}`;
  return reason === "name-taken" ? `${taken}.` : `${taken}, and cannot be overwritten.`;
}

export function invalidReplicaRegion(): Refusal {
  return new Refusal("invalid_request", "Invalid replica region.", { reason: "replica-region" });
}
