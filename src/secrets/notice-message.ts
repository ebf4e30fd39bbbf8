/**
 * A notice as it is sent: a CloudEvent (CloudEvents 1.0, JSON format) whose data has the form of IBM's notifications
 * ("Notification payload details"), made from recorded fields alone. Unlike IBM's it is about one secret, at once.
 */
import type { EventDraft } from "../audit/event.ts";
import { NOTICE_TYPES, noticesOf, type NoticeType } from "./notices.ts";

export interface NoticeMessage {
  readonly specversion: "1.0";
  /** The event's, by which it is found in the trail; the same each time the notice is sent. */
  readonly id: string;
  /** The CRN of the instance. */
  readonly source: string;
  readonly type: `com.ibm.cloud.secrets-manager.${NoticeType}`;
  /** The CRN of the secret. */
  readonly subject?: string;
  readonly time: string;
  readonly datacontenttype: "application/json";
  /** Extension attributes: how much it weighs, as IBM has it, and what the registration calls the instance. */
  readonly ibmenseverity: "LOW" | "HIGH";
  readonly sourcename?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

const SERVICE = "SecretsManager";

const HIGH: ReadonlySet<NoticeType> = new Set<NoticeType>([
  "secret_rotation_failed",
  "secret_about_to_expire",
  "secret_expired",
  "secret_deletion_failed",
  "secret_expiration_blocked",
  "secret_task_failed",
]);

/** Every type with its prefix, as receivers know it. */
export const NOTICE_EVENT_TYPES = NOTICE_TYPES.map(eventType);

/** What a recorded event is told as: none, one, or two of it. */
export function messagesOf(event: EventDraft): readonly NoticeMessage[] {
  return noticesOf(event).map((type, at) => ({
    ...envelope(type, event.logSourceCRN, event.eventTime),
    // Of one event told of twice, the second has an id of its own: receivers tell notices apart by it.
    id: at === 0 ? event.id : `${event.id}.${type}`,
    subject: event.target.id,
    data: dataOf(event, type),
  }));
}

/** What a receiver is tried with. */
export function testMessage(of: {
  readonly id: string;
  readonly source: string;
  readonly time: string;
}): NoticeMessage {
  const { id, source, time } = of;
  const data = { event_type: "test_event", source_instance_crn: source, source_service: SERVICE };
  return { ...envelope("test_event", source, time), id, data };
}

function eventType<Type extends NoticeType>(type: Type) {
  return `com.ibm.cloud.secrets-manager.${type}` as const;
}

function envelope(type: NoticeType, source: string, time: string) {
  return {
    specversion: "1.0",
    source,
    type: eventType(type),
    time,
    datacontenttype: "application/json",
    ibmenseverity: HIGH.has(type) ? "HIGH" : "LOW",
  } as const;
}

function dataOf(event: EventDraft, type: NoticeType): NoticeMessage["data"] {
  const { requestData: request, responseData: response } = event;
  const about = type.startsWith("secret_task_") ? "tasks" : "secrets";
  return defined({
    event_type: type,
    event_sub_type: type === "secret_about_to_expire" ? subType(response["noticeDays"]) : undefined,
    secret_type: response["secretType"] ?? request["secretType"],
    [about]: [
      defined({
        ...secretOf(event, type),
        ...(about === "tasks" ? taskOf(event) : versionOf(event)),
      }),
    ],
    source_instance_crn: event.logSourceCRN,
    source_service: SERVICE,
  });
}

function secretOf(event: EventDraft, type: NoticeType): object {
  const { requestData: request, responseData: response, initiator, reason, target } = event;
  return {
    event_time: event.eventTime,
    event_triggered_by: event.dialect === "internal" ? SERVICE : initiator.id,
    // IBM's is the CRN too. What could not be created has an id that leads nowhere.
    secret_id: type === "secret_creation_failed" ? undefined : target.id,
    secret_name: target.name,
    secret_group_id: response["secretGroupId"] ?? request["secretGroupId"],
    secret_expiration: response["expirationDate"] ?? request["expirationDate"],
    failure_reason: reason.reasonForFailure,
  };
}

function versionOf({ requestData: request, responseData: response }: EventDraft): object {
  return {
    secret_version_id: response["versionId"] ?? request["versionId"],
    serial_number: response["serialNumber"],
    auto_rotated: response["autoRotated"],
    api_key_id: response["apiKeyId"],
    days_left: response["daysLeft"],
  };
}

function taskOf({ requestData: request, responseData: response }: EventDraft): object {
  return {
    task_id: response["taskId"] ?? request["taskId"],
    task_type: response["taskType"] ?? request["taskType"],
    task_trigger: response["trigger"] ?? request["trigger"],
    task_status: response["status"],
    secret_version_id: response["versionId"] ?? request["versionId"],
  };
}

/** `in_90_days`, `in_1_day`, `in_0_days` */
function subType(days: unknown): string | undefined {
  if (typeof days !== "number") return undefined;
  return `in_${days}_day${days === 1 ? "" : "s"}`;
}

/** Null says no more than nothing to a receiver. */
function defined(fields: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== null),
  );
}
