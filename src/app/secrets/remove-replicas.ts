/** Ends the replication of a secret to regions: its replicas there are deleted. */
import type { Place } from "../../audit/crn.ts";
import { invalidReplicaRegion } from "../../secrets/replication.ts";
import type { Secret } from "../../secrets/secret.ts";
import { changeOperation, type Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import { locatedSecret, locateToldSecret, toldOf, type WhichSecret } from "./find.ts";
import { removeSecret } from "./remove-secret.ts";
import { onReplica } from "./replica-events.ts";
import { placeOf, replicationsOf } from "./replications.ts";
import type { ReplicationOutput } from "./replicate-secret.ts";
import { namedSecretOf } from "./show.ts";

const PERMISSION = "secret.replica.delete";

export type RemoveReplicasInput = WhichSecret & {
  readonly removeReplicaRegions: readonly string[];
};

/** Of a region where it had failed, that is forgotten. Refused for one that the secret is not replicated to. */
export const removeReplicas = changeOperation<RemoveReplicasInput, Secret, ReplicationOutput>({
  name: PERMISSION,

  locate: locateToldSecret,

  async run(input, { subject: secret }, context) {
    const { store } = context;
    const { removeReplicaRegions } = input;
    const regions = [...new Set(removeReplicaRegions)];
    const left = new Set(regions);
    for (const replica of await store.secrets.replicasOf(secret.id)) {
      const place = await placeOf(replica.at, store);
      if (!left.delete(place.region)) continue;
      assertMayRemove(replica, { place, input }, context);
      await removeSecret(replica, { isForced: false }, context);
      const told = { id: replica.id, ...toldOf(replica) };
      const output = { versionsDeleted: replica.versionsTotal };
      context.also(onReplica(replica, place, { operation: "secret.delete", input: told, output }));
    }
    for (const { region } of await store.secrets.failedReplications(secret.id)) {
      if (left.delete(region)) await store.secrets.deleteFailedReplication(secret.id, region);
    }
    if (left.size > 0) throw invalidReplicaRegion();
    const replications = await replicationsOf(secret, context);
    return { ...namedSecretOf(secret, context.call.place), regions, replications };
  },
});

/** It takes as much to take a secret from a region as to bring it there. */
function assertMayRemove(
  replica: Secret,
  { place, input }: { readonly place: Place; readonly input: RemoveReplicasInput },
  { judge }: Context<Transaction>,
): void {
  const located = locatedSecret(place, replica, replica);
  const refusal = judge({ permission: PERMISSION, located, input });
  if (refusal) throw refusal;
}
