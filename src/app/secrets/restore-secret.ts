/** Takes back that a secret is to be deleted. Of one that nobody wants deleted there is nothing to take back. */
import type { Place } from "../../audit/crn.ts";
import type { Secret } from "../../secrets/secret.ts";
import { changeOperation } from "../operation.ts";
import { evenDeleted, locateToldSecret, type CalledSecret } from "./find.ts";
import { ofItsVersions } from "./version-deletion.ts";

export interface RestoreSecretOutput {
  readonly place: Place;
  readonly id: string;
  readonly name: string;
}

export const restoreSecret = changeOperation<CalledSecret, Secret, RestoreSecretOutput>({
  name: "secret.restore",

  locate: async (input, context) => evenDeleted(await locateToldSecret(input, context)),

  async run(_input, { subject: secret }, context) {
    const { store, call, now } = context;
    if (secret.deletion) {
      await store.secrets.updateSecret({ ...secret, deletion: null, updatedAt: now });
      await ofItsVersions("version.deletion.cancel", { secret, output: {} }, context);
    }
    return { place: call.place, id: secret.id, name: secret.name };
  },
});
