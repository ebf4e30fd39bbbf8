/** Takes back that a secret is to be deleted. Of one that nobody wants deleted there is nothing to take back. */
import type { Secret } from "../../secrets/secret.ts";
import { changeOperation } from "../operation.ts";
import type { NamedSecret } from "./answers.ts";
import { evenDeleted, locateToldSecret, type CalledSecret } from "./find.ts";
import { namedSecretOf } from "./show.ts";
import { ofItsVersions } from "./version-deletion.ts";

export const restoreSecret = changeOperation<CalledSecret, Secret, NamedSecret>({
  name: "secret.restore",

  locate: async (input, context) => evenDeleted(await locateToldSecret(input, context)),

  async run(_input, { subject: secret }, context) {
    const { store, now } = context;
    if (secret.deletion) {
      await store.secrets.updateSecret({ ...secret, deletion: null, updatedAt: now });
      await ofItsVersions("version.deletion.cancel", { secret, output: {} }, context);
    }
    return namedSecretOf(secret, context.call.place);
  },
});
