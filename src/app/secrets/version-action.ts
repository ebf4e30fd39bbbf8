/**
 * Actions on a version. The types kept so far have none: an action is recorded, and refused by
 * name.
 */
import { Refusal } from "../../kernel/errors.ts";
import { changeOperation } from "../operation.ts";
import { locateVersion, type SecretVersion, type WhichVersion } from "./find.ts";

export type VersionActionInput = WhichVersion & { readonly actionType: string };

export type VersionActionOutput = Readonly<Record<string, never>>;

export const versionAction = changeOperation<
  VersionActionInput,
  SecretVersion,
  VersionActionOutput
>({
  name: "version.action",

  locate: locateVersion,

  async run() {
    throw new Refusal("invalid_request", "Versions of this type have no such action.", {
      field: "actionType",
    });
  },
});
