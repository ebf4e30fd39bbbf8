/**
 * Destroys the values of a secret whose time has come. Run by the schedule; locks put it off until
 * they are gone.
 */
import { toRfc3339 } from "../../kernel/clock.ts";
import { invariant, Refusal } from "../../kernel/errors.ts";
import { isExpired } from "../../secrets/expiry.ts";
import { locked } from "../../secrets/lock.ts";
import { DESTROYED, type Secret } from "../../secrets/secret.ts";
import { changeOperation } from "../operation.ts";
import { evenDeleted, locateToldSecret } from "./find.ts";
import { giveUpValue } from "./give-up.ts";

export interface ExpireSecretInput {
  readonly id: string;
  readonly expirationDate: string;
}

export interface ExpireSecretOutput {
  readonly versionsDestroyed: number;
}

export function expireSecretInput(id: string, expiresAt: number): ExpireSecretInput {
  return { id, expirationDate: toRfc3339(expiresAt) };
}

export const expireSecret = changeOperation<ExpireSecretInput, Secret, ExpireSecretOutput>({
  name: "secret.expire",

  // Its date is kept also while it waits to be deleted: nobody can restore a value that is to be gone.
  locate: async (input, context) => evenDeleted(await locateToldSecret(input, context)),

  async run(_input, { subject: secret }, context) {
    const { store, caller, now } = context;
    invariant(caller.kind === "internal", "secrets are expired by the schedule alone");
    // Between being found due and now, the date may have been moved or a lock been set.
    if (secret.state === DESTROYED || secret.expiresAt === null || secret.expiresAt > now) {
      throw new Refusal("precondition_failed", "The secret is not due to expire.");
    }
    if (!isExpired(secret, now)) throw locked();
    let versionsDestroyed = 0;
    for (const version of await store.secrets.versions(secret)) {
      if (!version.hasPayload) continue;
      await giveUpValue(secret, version, context);
      versionsDestroyed += 1;
    }
    await store.secrets.updateSecret({
      ...secret,
      state: DESTROYED,
      username: null,
      csrKey: null,
      nextRotationAt: null,
      updatedAt: now,
    });
    return { versionsDestroyed };
  },
});
