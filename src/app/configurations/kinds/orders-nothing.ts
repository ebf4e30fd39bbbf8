/** Whether a configuration that public certificates are ordered with can go. */
import { Refusal } from "../../../kernel/errors.ts";
import type { Configuration } from "../../../secrets/configurations/configuration.ts";
import type { Context } from "../../operation.ts";
import type { Transaction } from "../../state.ts";

/** Refuses while there is a secret that would be renewed with it. */
export async function assertOrdersNothing(
  { at, name }: Configuration,
  { store }: Context<Transaction>,
): Promise<void> {
  if (!(await store.secrets.isMadeWith(at, "public_cert", name))) return;
  throw new Refusal(
    "precondition_failed",
    "The certificate of a secret is ordered with this configuration: delete such secrets first.",
  );
}
