/**
 * Actions on a secret. The types kept so far have none: an action is recorded, and refused by name.
 */
import { Refusal } from "../../kernel/errors.ts";
import type { Secret } from "../../secrets/secret.ts";
import { changeOperation } from "../operation.ts";
import { locateSecret } from "./find.ts";

export interface SecretActionInput {
  readonly id: string;
  readonly actionType: string;
}

export type SecretActionOutput = Readonly<Record<string, never>>;

export const secretAction = changeOperation<SecretActionInput, Secret, SecretActionOutput>({
  name: "secret.action",

  locate: locateSecret,

  async run() {
    throw new Refusal("invalid_request", "Secrets of this type have no such action.", {
      field: "actionType",
    });
  },
});
