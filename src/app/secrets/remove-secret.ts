/** The end of a secret, whichever way that comes about: its values, what was made elsewhere for them, and its key. */
import { Refusal } from "../../kernel/errors.ts";
import { locked } from "../../secrets/lock.ts";
import type { Secret } from "../../secrets/secret.ts";
import type { Context } from "../operation.ts";
import type { Transaction, View } from "../state.ts";
import { giveUpValue } from "./give-up.ts";
import type { Discarding } from "./kinds/behaviour.ts";
import { behaviourOf } from "./kinds/behaviours.ts";

/** Refuses while one of its versions is locked, or while there are replicas of it in other regions. */
export async function assertRemovable(
  { id, name, locksTotal }: Pick<Secret, "id" | "name" | "locksTotal">,
  { secrets, identity }: Pick<View, "secrets" | "identity">,
): Promise<void> {
  if (locksTotal > 0) throw locked();
  const replicas = await secrets.replicasOf(id);
  if (replicas.length === 0) return;
  const instances = await Promise.all(replicas.map(({ at }) => identity.instance(at.instance)));
  const regions = instances.map((instance) => instance?.region ?? "").toSorted();
  const sentence = `You can't delete secret ${name} that still has replica regions [${regions.join(", ")}].`;
  throw new Refusal("precondition_failed", sentence, { reason: "has-replicas" });
}

/** Refused as `assertRemovable` does; whoever calls this records it. */
export async function removeSecret(
  secret: Secret,
  how: Discarding,
  context: Context<Transaction>,
): Promise<void> {
  const { store, capabilities } = context;
  await assertRemovable(secret, store);
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
