/**
 * Deletes a secret as clients of AWS and DSV do: it waits for its day and can be restored until then, or it goes at once. IBM's
 * deletion (`delete-secret.ts`) is always at once.
 */
import { toRfc3339, type Millis } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import {
  DEFAULT_RECOVERY_DAYS,
  deletionDue,
  MAX_RECOVERY_DAYS,
  MIN_RECOVERY_DAYS,
} from "../../secrets/deletion.ts";
import type { Secret } from "../../secrets/secret.ts";
import { changeOperation, type Context, type Located } from "../operation.ts";
import type { Transaction } from "../state.ts";
import type { NamedSecret } from "./answers.ts";
import { evenDeleted, locateToldSecret, wholeOf, type CalledSecret } from "./find.ts";
import { behaviourOf } from "./kinds/behaviours.ts";
import { assertRemovable, removeSecret } from "./remove-secret.ts";
import { ofItsVersions } from "./version-deletion.ts";

export type ScheduleDeletionInput = CalledSecret & {
  /** MIN_RECOVERY_DAYS to MAX_RECOVERY_DAYS; DEFAULT_RECOVERY_DAYS where it is left out. */
  readonly recoveryWindowInDays?: number | undefined;
  /** At once, and whether or not there is such a secret. Not to be had beside a window. */
  readonly forceDeleteWithoutRecovery?: boolean | undefined;
  /** At once; refused where there is no such secret. */
  readonly force?: boolean | undefined;
  /** Of wires whose window is always the same. */
  readonly recoveryMs?: Millis | undefined;
};

export interface ScheduleDeletionOutput extends Omit<NamedSecret, "id"> {
  /** Null where there was no such secret. */
  readonly id: string | null;
  /** From when on it is gone. */
  readonly dueAt: Millis;
  /** The same, for the record. */
  readonly deletionDate: string;
  readonly versionsDeleted?: number;
}

/** Null: there is none, and that is what was wanted. */
type Subject = Secret | null;

export const scheduleDeletion = changeOperation<
  ScheduleDeletionInput,
  Subject,
  ScheduleDeletionOutput
>({
  name: "secret.delete",

  async locate(input, context) {
    checkWindow(input);
    if (input.force) return evenDeleted(await locateToldSecret(input, context));
    if (!input.forceDeleteWithoutRecovery) return locateToldSecret(input, context);
    try {
      return evenDeleted(await locateToldSecret(input, context));
    } catch (error) {
      if (error instanceof Refusal && error.code === "not_found") return nothingThere(context);
      throw error;
    }
  },

  async run(input, { subject: secret }, context) {
    const { call, now } = context;
    const name = secret?.name ?? input.called[0]?.name ?? "";
    const about = { place: call.place, id: secret?.id ?? null, name };
    if (input.force || input.forceDeleteWithoutRecovery) {
      const isThere = secret !== null;
      if (isThere) await deleteNow(secret, context);
      const versionsDeleted = secret?.versionsTotal ?? 0;
      return { ...about, ...dated(now), ...(isThere ? { versionsDeleted } : {}) };
    }
    if (!secret) throw new Error("a secret that is to wait has been found");
    const { recoveryWindowInDays: days = DEFAULT_RECOVERY_DAYS, recoveryMs } = input;
    const dueAt = recoveryMs === undefined ? deletionDue(now, days) : now + recoveryMs;
    await schedule(secret, dueAt, context);
    return { ...about, ...dated(dueAt) };
  },
});

async function schedule(
  secret: Secret,
  dueAt: Millis,
  context: Context<Transaction>,
): Promise<void> {
  const { store, now } = context;
  await assertRemovable(secret, store);
  // What is in use elsewhere refuses now: on its day nobody is there to hear of it.
  await behaviourOf(secret.type).discard?.(secret, { isForced: false }, context);
  const deletion = { requestedAt: now, dueAt };
  await store.secrets.updateSecret({ ...secret, deletion, updatedAt: now });
  const { deletionDate } = dated(dueAt);
  await ofItsVersions("version.deletion.start", { secret, output: { deletionDate } }, context);
}

async function deleteNow(secret: Secret, context: Context<Transaction>): Promise<void> {
  await ofItsVersions("version.deletion.end", { secret, output: {} }, context);
  await removeSecret(secret, { isForced: true }, context);
}

function dated(dueAt: Millis): Pick<ScheduleDeletionOutput, "dueAt" | "deletionDate"> {
  return { dueAt, deletionDate: toRfc3339(dueAt) };
}

/** Whoever may delete anything here hears that it is gone, as it is. */
function nothingThere({ call: { place } }: Context<Transaction>): Located<Subject> {
  const target = { place, kind: "", id: "", name: "" };
  return { target, resource: wholeOf(place), subject: null, inPart: true };
}

function checkWindow({
  recoveryWindowInDays: days,
  forceDeleteWithoutRecovery: isForced,
}: ScheduleDeletionInput): void {
  if (days === undefined) return;
  if (isForced) {
    const sentence =
      "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.";
    throw new Refusal("invalid_request", sentence, { field: "recoveryWindowInDays" });
  }
  if (days < MIN_RECOVERY_DAYS || days > MAX_RECOVERY_DAYS) {
    const sentence = `The RecoveryWindowInDays value must be between ${MIN_RECOVERY_DAYS} and ${MAX_RECOVERY_DAYS} days (inclusive).`;
    throw new Refusal("invalid_request", sentence, { field: "recoveryWindowInDays" });
  }
}
