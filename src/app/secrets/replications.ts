/** How a secret stands in the other regions that it was replicated to. */
import type { Place } from "../../audit/crn.ts";
import { instancePlace } from "../../identity/account.ts";
import { invariant } from "../../kernel/errors.ts";
import { failureSentence, type Replication } from "../../secrets/replication.ts";
import type { Instance, Secret } from "../../secrets/secret.ts";
import type { Context } from "../operation.ts";
import type { View } from "../state.ts";
import { retrievalOf } from "./show.ts";

/** By their regions. None of a secret that was never replicated, and of a replica. */
export async function replicationsOf(
  secret: Secret,
  context: Context<View>,
): Promise<readonly Replication[]> {
  const { store } = context;
  const replications: Replication[] = [];
  for (const replica of await store.secrets.replicasOf(secret.id)) {
    const { region } = await placeOf(replica.at, store);
    const { kmsKeyId } = replica;
    const { retrievedAt } = await retrievalOf(replica, context);
    replications.push({ status: "in-sync", region, kmsKeyId, retrievedAt });
  }
  for (const failed of await store.secrets.failedReplications(secret.id)) {
    const { region, kmsKeyId } = failed;
    const sentence = failureSentence(secret.name, failed);
    replications.push({ status: "failed", region, kmsKeyId, sentence });
  }
  return replications.toSorted((one, other) => (one.region < other.region ? -1 : 1));
}

/** The place of an instance that has something in it, and therefore is. */
export async function placeOf(
  { instance: id }: Instance,
  { identity }: Pick<View, "identity">,
): Promise<Place> {
  const instance = await identity.instance(id);
  invariant(instance !== undefined, "what holds a secret is an instance");
  return instancePlace(instance);
}
