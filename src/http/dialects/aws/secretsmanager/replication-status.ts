/** `AddReplicaRegions` and `ReplicationStatus`, as several actions have them. */
import type { ReplicaRegion } from "../../../../app/secrets/replicate-secret.ts";
import { MAX_REGIONS } from "../../../../identity/region.ts";
import type { Replication } from "../../../../secrets/replication.ts";
import type { Members, TextBounds } from "../members.ts";
import { Timestamp, type WireObject } from "../wire-values.ts";
import { kmsKeyIdIn } from "./kms-key-id.ts";

/** AWS, `RegionType`; whether there is such a region is for the operation to say. */
export const REGION_BOUNDS: TextBounds = { min: 1, max: 128 };
/** What AWS names where no key was named. */
const DEFAULT_KEY = "alias/aws/secretsmanager";
const DAY_MS = 86_400_000;

/** Undefined where the member is not given. */
export function replicaRegionsIn(members: Members): readonly ReplicaRegion[] | undefined {
  const bounds = { min: 1, max: MAX_REGIONS };
  return members.itemsOrNothing("AddReplicaRegions", replicaRegionIn, bounds);
}

function replicaRegionIn(item: Members): ReplicaRegion {
  const region = item.text("Region", REGION_BOUNDS);
  return { region, kmsKeyId: kmsKeyIdIn(item) };
}

export function replicationStatus(replications: readonly Replication[]): readonly WireObject[] {
  return replications.map((replication) => {
    const { region, kmsKeyId } = replication;
    const which = { Region: region, KmsKeyId: kmsKeyId ?? DEFAULT_KEY };
    if (replication.status === "failed") {
      return { ...which, Status: "Failed", StatusMessage: replication.sentence };
    }
    const { retrievedAt } = replication;
    return {
      ...which,
      Status: "InSync",
      StatusMessage: "Replication succeeded",
      // To the day, as everywhere in AWS's answers.
      LastAccessedDate: Timestamp.orNothing(
        retrievedAt === null ? null : retrievedAt - (retrievedAt % DAY_MS),
      ),
    };
  });
}
