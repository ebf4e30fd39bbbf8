/** The end of a secret, whichever way that comes about: its values, what was made elsewhere for them, and its key. */
import { locked } from "../../secrets/lock.ts";
import type { Secret } from "../../secrets/secret.ts";
import type { Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import { giveUpValue } from "./give-up.ts";
import type { Discarding } from "./kinds/behaviour.ts";
import { behaviourOf } from "./kinds/behaviours.ts";

/** Refused while a version is locked; whoever calls this records it. */
export async function removeSecret(
  secret: Secret,
  how: Discarding,
  context: Context<Transaction>,
): Promise<void> {
  const { store, capabilities } = context;
  if (secret.locksTotal > 0) throw locked();
  const behaviour = behaviourOf(secret.type);
  if (behaviour.discard) {
    await behaviour.discard(secret, how, context);
  } else {
    for (const version of await store.secrets.versions(secret)) {
      if (version.hasPayload) await giveUpValue(secret, version, context);
    }
    await behaviour.releaseSecret?.(secret, context);
  }
  await store.secrets.deleteSecret(secret.id);
  capabilities.vault.forget(secret.at, secret.id);
}
