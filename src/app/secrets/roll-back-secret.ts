/** Gives a secret once more the value that an earlier version of it has, as that of a new version. */
import { Refusal } from "../../kernel/errors.ts";
import { randomId } from "../../kernel/ids.ts";
import type { Secret } from "../../secrets/secret.ts";
import { changeOperation } from "../operation.ts";
import type { NamedSecret } from "./answers.ts";
import { locateToldSecret, type CalledSecret } from "./find.ts";
import { giveValue } from "./give-value.ts";
import { hasOwnValues } from "./given-value.ts";
import { countedVersion } from "./counted-version.ts";
import { openVersion } from "./open.ts";
import { givenAgain } from "./parts.ts";
import { namedSecretOf } from "./show.ts";

export interface RollBackSecretInput extends CalledSecret {
  /** Counts from 0. */
  readonly version: number;
}

export interface RollBackSecretOutput extends NamedSecret {
  readonly versionId: string;
  readonly previousVersionId: string | null;
}

export const rollBackSecret = changeOperation<RollBackSecretInput, Secret, RollBackSecretOutput>({
  name: "version.rollback",

  locate: locateToldSecret,

  async run(input, { subject: secret }, context) {
    const version = await countedVersion(secret, input.version, context);
    if (!hasOwnValues(secret.type)) {
      const sentence = `The values of a ${secret.type} secret are made for it: none can be given to it once more.`;
      throw new Refusal("precondition_failed", sentence, { reason: "value-of-type" });
    }
    const payload = await openVersion({ secret, version }, context);
    if (!payload) throw valueGone();
    const giving = { token: randomId(), value: givenAgain(payload) };
    const given = await giveValue(secret, giving, context);
    return {
      ...namedSecretOf(secret, context.call.place),
      versionId: given.version.id,
      previousVersionId: given.previousVersionId,
    };
  },
});

function valueGone(): Refusal {
  const sentence = "The version is known of, but its value has been destroyed.";
  return new Refusal("precondition_failed", sentence, { reason: "value-gone" });
}
