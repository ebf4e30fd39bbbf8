/** Makes a replica a secret of its own: it follows its primary no longer, and its region is no more one of its replicas'. */
import { Refusal } from "../../kernel/errors.ts";
import type { ReplicaOf, Secret } from "../../secrets/secret.ts";
import { changeOperation, type Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import type { NamedSecret } from "./answers.ts";
import { locateToldSecret, ofItsOwn, type WhichSecret } from "./find.ts";
import { namedSecretOf } from "./show.ts";

export const promoteReplica = changeOperation<WhichSecret, Secret, NamedSecret>({
  name: "secret.replica.promote",

  /** A replica is promoted where it is. */
  async locate(input, context) {
    return ofItsOwn(await locateToldSecret(input, context));
  },

  async run(_input, { subject: secret }, { store, call, now }) {
    if (!secret.replicaOf) {
      const sentence = "The secret is not a replica: it follows no secret of another region.";
      throw new Refusal("precondition_failed", sentence, { reason: "no-replica" });
    }
    const alone: Secret = { ...secret, replicaOf: null, updatedAt: now };
    const expiresAt = await dateToCome(secret, secret.replicaOf, { store, now });
    await store.secrets.updateSecret({ ...alone, expiresAt });
    return namedSecretOf(secret, call.place);
  },
});

/**
 * While its primary is locked, a replica has no date. It gets it back with its freedom, unless that is over: what the
 * locks have kept is not destroyed by a promotion.
 */
async function dateToCome(
  { expiresAt }: Secret,
  { secretId }: ReplicaOf,
  { store, now }: Pick<Context<Transaction>, "store" | "now">,
): Promise<Secret["expiresAt"]> {
  const primary = await store.secrets.secretById(secretId);
  const date = primary?.expiresAt ?? null;
  return date !== null && date > now ? date : expiresAt;
}
