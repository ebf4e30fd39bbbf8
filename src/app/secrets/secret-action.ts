/** Actions on a secret: which there are is its type's affair. Any other is recorded, and refused by name. */
import { Refusal } from "../../kernel/errors.ts";
import type { Secret, SecretType } from "../../secrets/secret.ts";
import { changeOperation } from "../operation.ts";
import { locateToldSecret, type WhichSecret } from "./find.ts";
import type { ActionInput, ActionOutput, SecretAction } from "./kinds/behaviour.ts";
import { behaviourOf } from "./kinds/behaviours.ts";

export type SecretActionInput = WhichSecret &
  ActionInput & {
    /** What the action found out before there was a transaction. */
    readonly found?: unknown;
  };

export interface SecretActionOutput {
  readonly actionType: string;
  readonly secretType: SecretType;
  readonly result: ActionOutput;
}

export const secretAction = changeOperation<SecretActionInput, Secret, SecretActionOutput>({
  name: "secret.action",

  locate: locateToldSecret,

  reachesOut: ({ actionType }, secret) => actionOf(secret, actionType).reachesOut === true,

  async work(input, secret, context) {
    const found = await actionOf(secret, input.actionType).prepare?.(secret, context);
    return { ...input, found };
  },

  async run({ actionType, found }, { subject: secret }, context) {
    const result = await actionOf(secret, actionType).run(secret, context, found);
    // What came of it stands there by name as well, for the catalogue's row to say what is recorded.
    return { ...result, actionType, secretType: secret.type, result };
  },
});

function actionOf({ type }: Secret, actionType: string): SecretAction {
  const { actions = {} } = behaviourOf(type);
  const action = Object.hasOwn(actions, actionType) ? actions[actionType] : undefined;
  if (action) return action;
  throw new Refusal("invalid_request", "Secrets of this type have no such action.", {
    field: "actionType",
  });
}
