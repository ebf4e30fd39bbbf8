/** Whose rights the credentials of an instance are made with: see `app/secrets/engine.ts` for which of several is used. */
import { credentialRefusal } from "../../../identity/api-key.ts";
import { Refusal } from "../../../kernel/errors.ts";
import type { Sensitive } from "../../../kernel/sensitive.ts";
import { attributesOf } from "../../../secrets/configurations/configuration.ts";
import { credentialOfKey } from "../../identity/login-by-key.ts";
import type { Context } from "../../operation.ts";
import type { Transaction } from "../../state.ts";
import type { ConfigurationBehaviour } from "./behaviour.ts";

export interface NewIamEngine {
  readonly kind: "iam-engine";
  readonly apiKey: Sensitive<string>;
  readonly disabled?: boolean | undefined;
}

export interface IamEnginePatch {
  readonly kind: "iam-engine";
  readonly apiKey?: Sensitive<string> | undefined;
  readonly disabled?: boolean | undefined;
}

/**
 * Of the API key only the id is kept: it says whose rights they are, and nobody can log in with it. What its owner may
 * do is looked at whenever something is made, not here, so that a configuration can come before the policies. It can be
 * deleted while there are secrets: what was made stays on its lease, and until there is another configuration none of
 * them is given anything new.
 */
export const iamEngine: ConfigurationBehaviour<NewIamEngine, IamEnginePatch> = {
  async make({ apiKey, disabled = false }, _making, context) {
    const apiKeyId = await idOfGood(apiKey, context);
    return { attributes: { kind: "iam-engine", apiKeyId, disabled } };
  },

  async patch({ apiKey, disabled }, configuration, context) {
    const before = attributesOf(configuration, "iam-engine");
    const apiKeyId = apiKey ? await idOfGood(apiKey, context) : before.apiKeyId;
    return { attributes: { ...before, apiKeyId, disabled: disabled ?? before.disabled } };
  },

  assertDeletable: () => Promise.resolve(),
};

/** As a login looks at it. One sentence for every fault: whether a text is some other account's key is not told. */
async function idOfGood(apiKey: Sensitive<string>, context: Context<Transaction>): Promise<string> {
  const credential = await credentialOfKey(apiKey, context);
  const isOurs = credential?.owner.account === context.call.place.account;
  if (isOurs && credential.key && !credentialRefusal(credential, context.now)) {
    return credential.key.id;
  }
  throw new Refusal(
    "invalid_request",
    "This is no API key of a user or a service ID of the account, or one that is no good any more.",
    { field: "api_key" },
  );
}
