/**
 * What the owners of an instance are told of the lives of its secrets, read from what is recorded: a table over the
 * operations, by how each ended. The types are those of IBM's notifications ("Events for Secrets Manager").
 */
import type { OperationName } from "../audit/catalogue.ts";
import type { EventDraft } from "../audit/event.ts";
import { LOCKED } from "./lock.ts";

export const NOTICE_TYPES = [
  "secret_created",
  "secret_creation_failed",
  "secret_rotated",
  "secret_rotation_failed",
  "secret_rotation_blocked",
  "secret_about_to_expire",
  "secret_expired",
  "secret_expiration_blocked",
  "secret_revoked",
  "secret_revocation_blocked",
  "secret_deleted",
  "secret_deletion_failed",
  "secret_deletion_blocked",
  "secret_data_removed",
  "secret_version_data_deleted",
  "secret_task_created",
  "secret_task_succeeded",
  "secret_task_failed",
  "secret_task_deleted",
  "test_event",
] as const;

export type NoticeType = (typeof NOTICE_TYPES)[number];

type Told = NoticeType | readonly NoticeType[] | undefined;

/** What one operation's events are told as; what is left out is not told. */
interface Telling {
  readonly success?: NoticeType | ((event: EventDraft) => Told);
  /** Refused since the secret, or one of its versions, is locked. */
  readonly locked?: NoticeType | ((event: EventDraft) => Told);
  /** Any other failure that is more than a caller's mistake. */
  readonly failed?: NoticeType | ((event: EventDraft) => Told);
}

const rotation: Telling = {
  success: valueBrought,
  locked: "secret_rotation_blocked",
  failed: "secret_rotation_failed",
};

const revocation: Telling = {
  success: (event) => (isRevocation(event) ? "secret_revoked" : undefined),
  locked: (event) => (isRevocation(event) ? "secret_revocation_blocked" : undefined),
};

const deletion: Telling = {
  // One that is to come, and can be taken back, is none so far: its end is told.
  success: ({ responseData: { versionsDeleted } }) =>
    typeof versionsDeleted === "number" ? "secret_deleted" : undefined,
  locked: "secret_deletion_blocked",
  failed: "secret_deletion_failed",
};

const tellings: Readonly<Partial<Record<OperationName, Telling>>> = {
  "secret.create": {
    success: ({ responseData: { versionId } }) =>
      typeof versionId === "string" ? "secret_created" : undefined,
    failed: "secret_creation_failed",
  },
  "version.create": rotation,
  "secret.rotate": rotation,
  "secret.issue": {
    ...rotation,
    failed: issuanceFailed,
  },
  "secret.delete": deletion,
  "secret.deletion.end": deletion,
  "secret.expire": { success: "secret_expired", locked: "secret_expiration_blocked" },
  "secret.expiry.notify": {
    success: ({ responseData: { isOverdue } }) =>
      isOverdue === true ? "secret_expiration_blocked" : "secret_about_to_expire",
  },
  "secret.action": revocation,
  "version.action": revocation,
  "version.data.delete": { success: "secret_version_data_deleted" },
  "secret-credentials.delete": { success: credentialsRemoved },
  "secret-task.create": { success: "secret_task_created" },
  "secret-task.update": { success: taskReported },
  "secret-task.delete": { success: "secret_task_deleted" },
};

/**
 * The answers by which a caller is told of its own mistake, or that it may not do this: nothing to wake the owners for,
 * and nothing by which a stranger may have them woken.
 */
const CALLERS_OWN: ReadonlySet<number> = new Set([400, 401, 403, 404, 405, 413, 415, 429]);

/** Whether events of the operation are ever told of. Cheap: asked of every event there is. */
export function isTold(operation: string): operation is OperationName {
  return Object.hasOwn(tellings, operation);
}

/** Of two the first is what the operation itself came to. */
export function noticesOf(event: EventDraft): readonly NoticeType[] {
  const told = toldOf(event);
  if (told === undefined) return [];
  return typeof told === "string" ? [told] : told;
}

function toldOf(event: EventDraft): Told {
  const telling = tellings[event.operation];
  if (!telling) return undefined;
  if (event.outcome === "success") return resolved(telling.success, event);
  if (event.outcome !== "failure") return undefined;
  if (event.reason.reasonForFailure === LOCKED) return resolved(telling.locked, event);
  const isOwn = event.dialect !== "internal" && CALLERS_OWN.has(event.reason.reasonCode);
  return isOwn ? undefined : resolved(telling.failed, event);
}

function resolved(telling: Telling["success"], event: EventDraft): Told {
  return typeof telling === "function" ? telling(event) : telling;
}

/**
 * A secret is told of as created when it has its first value, and as rotated at each later one: a value may come long
 * after it was asked for.
 */
function valueBrought({ responseData: { versionId, previousVersionId } }: EventDraft): Told {
  if (typeof versionId !== "string") return undefined;
  return typeof previousVersionId === "string" ? "secret_rotated" : "secret_created";
}

function isRevocation({ requestData: { actionType } }: EventDraft): boolean {
  return actionType === "private_cert_action_revoke_certificate";
}

/** What is tried again may still become a certificate: an authority that is away for a minute wakes nobody. */
function issuanceFailed({ requestData: { isRenewal, isTriedAgain } }: EventDraft): Told {
  if (isTriedAgain !== false) return undefined;
  return isRenewal === true ? "secret_rotation_failed" : "secret_creation_failed";
}

/** With a version, or with the secret, they go as what else happens says already. */
function credentialsRemoved({ requestData: { trigger } }: EventDraft): Told {
  return trigger === "lease-end" || trigger === "request" ? "secret_data_removed" : undefined;
}

function taskReported(event: EventDraft): Told {
  const { status, wasSettled } = event.responseData;
  // Reported once more by a runner that did not hear the answer: told already.
  if (wasSettled === true) return undefined;
  if (status === "failed") return "secret_task_failed";
  if (status === "credentials_deleted") return "secret_task_succeeded";
  if (status !== "credentials_created") return undefined;
  const value = valueBrought(event);
  return typeof value === "string" ? ["secret_task_succeeded", value] : "secret_task_succeeded";
}
