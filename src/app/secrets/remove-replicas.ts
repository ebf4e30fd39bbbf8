/** Ends the replication of a secret to regions: its replicas there are deleted. */
import { invalidReplicaRegion } from "../../secrets/replication.ts";
import type { Secret } from "../../secrets/secret.ts";
import { changeOperation } from "../operation.ts";
import { locateToldSecret, toldOf, type WhichSecret } from "./find.ts";
import { removeSecret } from "./remove-secret.ts";
import { onReplica } from "./replica-events.ts";
import { placeOf, replicationsOf } from "./replications.ts";
import type { ReplicationOutput } from "./replicate-secret.ts";
import { namedSecretOf } from "./show.ts";

export type RemoveReplicasInput = WhichSecret & {
  readonly removeReplicaRegions: readonly string[];
};

/** Of a region where it had failed, that is forgotten. Refused for one that the secret is not replicated to. */
export const removeReplicas = changeOperation<RemoveReplicasInput, Secret, ReplicationOutput>({
  name: "secret.replica.delete",

  locate: locateToldSecret,

  async run({ removeReplicaRegions }, { subject: secret }, context) {
    const { store } = context;
    const regions = [...new Set(removeReplicaRegions)];
    const left = new Set(regions);
    for (const replica of await store.secrets.replicasOf(secret.id)) {
      const place = await placeOf(replica.at, store);
      if (!left.delete(place.region)) continue;
      await removeSecret(replica, { isForced: false }, context);
      const input = { id: replica.id, ...toldOf(replica) };
      const output = { versionsDeleted: replica.versionsTotal };
      context.also(onReplica(replica, place, { operation: "secret.delete", input, output }));
    }
    for (const { region } of await store.secrets.failedReplications(secret.id)) {
      if (left.delete(region)) await store.secrets.deleteFailedReplication(secret.id, region);
    }
    if (left.size > 0) throw invalidReplicaRegion();
    const replications = await replicationsOf(secret, context);
    return { ...namedSecretOf(secret, context.call.place), regions, replications };
  },
});
