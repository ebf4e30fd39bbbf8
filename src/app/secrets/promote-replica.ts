/** Makes a replica a secret of its own: it follows its primary no longer, and its region is no more one of its replicas'. */
import { Refusal } from "../../kernel/errors.ts";
import type { Secret } from "../../secrets/secret.ts";
import { changeOperation } from "../operation.ts";
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
    await store.secrets.updateSecret({ ...secret, replicaOf: null, updatedAt: now });
    return namedSecretOf(secret, call.place);
  },
});
