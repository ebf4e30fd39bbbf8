/** Gives a secret a new value, under the id and the staging labels that the client chooses. */
import type { Secret } from "../../secrets/secret.ts";
import { stagesOf } from "../../secrets/stages.ts";
import { changeOperation } from "../operation.ts";
import type { NamedSecret } from "./answers.ts";
import { locateToldSecret, type CalledSecret } from "./find.ts";
import { giveValue } from "./give-value.ts";
import type { GivenValue } from "./given-value.ts";
import { namedSecretOf } from "./show.ts";

export interface PutValueInput extends CalledSecret {
  readonly clientRequestToken: string;
  readonly value: GivenValue;
  /** Left out, the version becomes the current one. */
  readonly versionStages?: readonly string[] | undefined;
}

export interface PutValueOutput extends NamedSecret {
  readonly versionId: string;
  readonly versionStages: readonly string[];
  readonly previousVersionId: string | null;
  readonly payloadDroppedFrom: string | null;
}

/** A value that was given before under the same id, and is the same, is answered as it was then. */
export const putValue = changeOperation<PutValueInput, Secret, PutValueOutput>({
  name: "version.create",

  locate: locateToldSecret,

  async run({ clientRequestToken, value, versionStages }, { subject }, context) {
    const giving = { token: clientRequestToken, value, stages: versionStages };
    const given = await giveValue(subject, giving, context);
    const { secret, version, previousVersionId, payloadDroppedFrom } = given;
    return {
      ...namedSecretOf(secret, context.call.place),
      versionId: version.id,
      versionStages: stagesOf(secret, version.number),
      previousVersionId,
      payloadDroppedFrom,
    };
  },
});
