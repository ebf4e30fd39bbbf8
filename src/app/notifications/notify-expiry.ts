/**
 * Says in the record that a secret is about to expire, for those who follow it. Run by the schedule, at the times of
 * `secrets/expiry-notice.ts`, each once however often the server starts.
 */
import { toRfc3339 } from "../../kernel/clock.ts";
import { invariant, Refusal } from "../../kernel/errors.ts";
import { expired, isExpired } from "../../secrets/expiry.ts";
import { daysLeft, expiryNoticeAt, nextExpiryNotice } from "../../secrets/expiry-notice.ts";
import { ACTIVE, type Secret, type SecretType } from "../../secrets/secret.ts";
import { changeOperation } from "../operation.ts";
import type { Job } from "../schedule.ts";
import { locateSecret } from "../secrets/find.ts";
import { secretJob, type JobPorts } from "../secrets/secret-job.ts";

export interface NotifyExpiryInput {
  readonly id: string;
}

export interface NotifyExpiryOutput {
  readonly expirationDate: string;
  readonly daysLeft: number;
  /** Of which of the fixed times this is, in days before the date. */
  readonly noticeDays?: number;
  /** The date is past: only its locks keep the secret alive. */
  readonly isOverdue?: true;
  readonly secretType: SecretType;
  readonly secretGroupId: string;
}

export const notifyExpiry = changeOperation<NotifyExpiryInput, Secret, NotifyExpiryOutput>({
  name: "secret.expiry.notify",

  locate: locateSecret,

  async run(_input, { subject: secret }, { store, caller, now }) {
    invariant(caller.kind === "internal", "notices of expiry are the schedule's alone");
    const { id, expiresAt, type: secretType, groupId: secretGroupId } = secret;
    if (isExpired(secret, now)) throw expired();
    // Between being found due and now, the date may have been moved, or a value be gone.
    const dueAt = await store.secrets.expiryNoticeAt(id);
    const isDue = dueAt !== null && dueAt <= now && secret.state === ACTIVE;
    const notice = isDue && expiresAt !== null ? expiryNoticeAt(expiresAt, now) : null;
    if (!notice || expiresAt === null) {
      throw new Refusal("precondition_failed", "No notice of the secret's expiry is due.");
    }
    await store.secrets.setExpiryNoticeAt(id, nextExpiryNotice(expiresAt, now));
    return {
      expirationDate: toRfc3339(expiresAt),
      daysLeft: daysLeft(expiresAt, now),
      ...(notice.kind === "ahead" ? { noticeDays: notice.days } : { isOverdue: true }),
      secretType,
      secretGroupId,
    };
  },
});

/** After the expirations of a pass: what is past its date by then is kept alive by locks. */
export function expiryNoticeJob({ state, performer }: JobPorts): Job {
  return secretJob(state, {
    name: "expiry-notice",
    find: (secrets, now, limit) => secrets.dueExpiryNotices(now, limit),
    perform: ({ id }, call) => performer.perform(notifyExpiry, call, () => ({ id })),
  });
}
