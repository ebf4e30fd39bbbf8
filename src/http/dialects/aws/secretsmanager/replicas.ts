/** Replicas in other regions: lines of Secrets Manager's table. */
import { promoteReplica } from "../../../../app/secrets/promote-replica.ts";
import {
  removeReplicas,
  type RemoveReplicasInput,
} from "../../../../app/secrets/remove-replicas.ts";
import {
  replicateSecret,
  type ReplicateSecretInput,
  type ReplicationOutput,
} from "../../../../app/secrets/replicate-secret.ts";
import { secretArn } from "../../../../audit/render/cloudtrail-arn.ts";
import { MAX_REGIONS } from "../../../../identity/region.ts";
import type { Members } from "../members.ts";
import { line, type AwsLine } from "../service.ts";
import type { WireObject } from "../wire-values.ts";
import { REGION_BOUNDS, replicaRegionsIn, replicationStatus } from "./replication-status.ts";
import { secretIdIn } from "./secret-id.ts";

export const replicaLines: readonly AwsLine[] = [
  line("ReplicateSecretToRegions", replicateSecret, [replicating, standing]),
  line("RemoveRegionsFromReplication", removeReplicas, [removing, standing]),
  line("StopReplicationToReplica", promoteReplica, [
    secretIdIn,
    (secret) => ({ ARN: secretArn(secret.place, secret) }),
  ]),
];

function replicating(members: Members): ReplicateSecretInput {
  return {
    ...secretIdIn(members),
    addReplicaRegions: members.required("AddReplicaRegions", replicaRegionsIn(members)),
    forceOverwriteReplicaSecret: members.flagOrNothing("ForceOverwriteReplicaSecret") ?? false,
  };
}

function removing(members: Members): RemoveReplicasInput {
  const bounds = { min: 1, max: MAX_REGIONS, each: REGION_BOUNDS };
  return {
    ...secretIdIn(members),
    removeReplicaRegions: members.required(
      "RemoveReplicaRegions",
      members.textsOrNothing("RemoveReplicaRegions", bounds),
    ),
  };
}

function standing({ place, id, name, replications }: ReplicationOutput): WireObject {
  return {
    ARN: secretArn(place, { id, name }),
    ReplicationStatus: replicationStatus(replications),
  };
}
