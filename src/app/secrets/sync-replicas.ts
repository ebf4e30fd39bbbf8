/** Replicas follow their primary within the transaction of every change to it: there is no moment in which they differ. */
import type { Secret } from "../../secrets/secret.ts";
import type { Context } from "../operation.ts";
import type { Transaction } from "../state.ts";

export async function syncReplicas(primary: Secret, context: Context<Transaction>): Promise<void> {
  const replicas = await context.store.secrets.replicasOf(primary.id);
  if (replicas.length > 0) throw new Error("replicas are not followed yet");
}
