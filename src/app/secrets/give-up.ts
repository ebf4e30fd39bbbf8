/** A version gives up its value: whichever way that comes about, it comes through here. */
import type { Secret } from "../../secrets/secret.ts";
import type { Version } from "../../secrets/version.ts";
import type { Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import { behaviourOf } from "./kinds/behaviours.ts";

/** Destroys the value, and what was made elsewhere for it. What is known of the version stays. */
export async function giveUpValue(
  secret: Secret,
  version: Version,
  context: Context<Transaction>,
): Promise<Version> {
  await behaviourOf(secret.type).release?.(secret, version, context);
  const emptied = { ...version, hasPayload: false };
  await context.store.secrets.updateVersion(emptied);
  return emptied;
}
