/** Deletes a secret whose time to be restored is over. Run by the schedule. */
import { toRfc3339, type Millis } from "../../kernel/clock.ts";
import { invariant, Refusal } from "../../kernel/errors.ts";
import type { Secret } from "../../secrets/secret.ts";
import { changeOperation } from "../operation.ts";
import { evenDeleted, locateToldSecret } from "./find.ts";
import { removeSecret } from "./remove-secret.ts";
import { ofItsVersions } from "./version-deletion.ts";

export interface EndDeletionInput {
  readonly id: string;
  readonly deletionDate: string;
}

export interface EndDeletionOutput {
  readonly versionsDeleted: number;
}

export function endDeletionInput(id: string, dueAt: Millis): EndDeletionInput {
  return { id, deletionDate: toRfc3339(dueAt) };
}

export const endDeletion = changeOperation<EndDeletionInput, Secret, EndDeletionOutput>({
  name: "secret.deletion.end",

  locate: async (input, context) => evenDeleted(await locateToldSecret(input, context)),

  async run(_input, { subject: secret }, context) {
    invariant(context.caller.kind === "internal", "deletions are ended by the schedule alone");
    // Between being found due and now, it may have been restored.
    if (!secret.deletion || secret.deletion.dueAt > context.now) {
      throw new Refusal("precondition_failed", "The secret is not due to be deleted.");
    }
    await ofItsVersions("version.deletion.end", { secret, output: {} }, context);
    // By force: what would refuse has had its say when the deletion was asked for.
    await removeSecret(secret, { isForced: true }, context);
    return { versionsDeleted: secret.versionsTotal };
  },
});
