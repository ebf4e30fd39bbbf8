/** Actions on a version: which there are is the secret's type's affair. Any other is recorded, and refused by name. */
import { Refusal } from "../../kernel/errors.ts";
import { changeOperation } from "../operation.ts";
import { locateToldVersion, type SecretVersion, type WhichVersion } from "./find.ts";
import type { ActionInput } from "./kinds/behaviour.ts";
import { behaviourOf } from "./kinds/behaviours.ts";
import type { SecretActionOutput } from "./secret-action.ts";

export type VersionActionInput = WhichVersion & ActionInput;

export type VersionActionOutput = SecretActionOutput;

export const versionAction = changeOperation<
  VersionActionInput,
  SecretVersion,
  VersionActionOutput
>({
  name: "version.action",

  locate: locateToldVersion,

  async run({ actionType }, { subject: { secret, version } }, context) {
    const { versionActions = {} } = behaviourOf(secret.type);
    const action = Object.hasOwn(versionActions, actionType)
      ? versionActions[actionType]
      : undefined;
    if (!action) {
      throw new Refusal("invalid_request", "Versions of this type have no such action.", {
        field: "actionType",
      });
    }
    const result = await action.run(secret, version, context);
    return { ...result, actionType, secretType: secret.type, result };
  },
});
