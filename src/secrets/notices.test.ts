import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { catalogue, operationNames, type OperationName } from "../audit/catalogue.ts";
import { describe as describeEvent, type Ending } from "../audit/describe.ts";
import type { EventDraft } from "../audit/event.ts";
import { ManualClock } from "../kernel/clock.ts";
import { TimeOrderedIds } from "../kernel/ids.ts";
import { locked } from "./lock.ts";
import { messagesOf, NOTICE_EVENT_TYPES, testMessage } from "./notice-message.ts";
import { isTold, NOTICE_TYPES, noticesOf } from "./notices.ts";

const NOW = Date.UTC(2026, 10, 21, 9, 0, 0);
const ids = new TimeOrderedIds(new ManualClock(NOW));

interface Facts {
  readonly input?: object;
  readonly ending?: Ending;
  readonly dialect?: EventDraft["dialect"];
}

function eventOf(operation: OperationName, { input = {}, ending, dialect = "ibm" }: Facts) {
  return describeEvent({
    ...ids.stamped(),
    operation,
    initiator: {
      id: "IBMid-1",
      name: "ada@example.com",
      typeURI: "service/security/account/user",
      credential: { type: "token" },
      host: { address: "10.1.2.3", addressType: "IPv4", agent: "curl" },
    },
    target: {
      place: { account: "1", region: "us-south", instance: "2" },
      kind: "secret",
      id: "3",
      name: "db",
    },
    input: { id: "3", secretType: "arbitrary", secretGroupId: "default", ...input },
    ending: ending ?? { kind: "success", output: {} },
    dialect,
    requestId: "request",
    correlationId: "correlation",
  });
}

const success = (output: object = {}): Facts => ({ ending: { kind: "success", output } });
const failure = (status: number, sentence = "No."): Facts => ({
  ending: { kind: "failure", status, sentence },
});
const LOCKED = failure(412, locked().message);
const FIRST = success({ versionId: "v", previousVersionId: null });
const NEXT = success({ versionId: "v", previousVersionId: "u" });
const bySchedule = (facts: Facts): Facts => ({ ...facts, dialect: "internal" });
const revoking = (facts: Facts): Facts => ({
  ...facts,
  input: { actionType: "private_cert_action_revoke_certificate" },
});
const reporting = (status: string, more: object = {}): Facts => success({ status, ...more });

const told: readonly (readonly [string, OperationName, Facts, readonly string[]])[] = [
  ["made with a value", "secret.create", success({ versionId: "v" }), ["secret_created"]],
  ["made without one", "secret.create", success({ versionId: null }), []],
  ["not made, its name being taken", "secret.create", failure(409), ["secret_creation_failed"]],
  ["not made by a fault of ours", "secret.create", failure(500), ["secret_creation_failed"]],
  ["given its first value", "version.create", FIRST, ["secret_created"]],
  ["given another value", "version.create", NEXT, ["secret_rotated"]],
  ["asked for another value", "version.create", success({ id: "3" }), []],
  ["not rotated", "version.create", failure(503), ["secret_rotation_failed"]],
  ["locked against rotation", "version.create", LOCKED, ["secret_rotation_blocked"]],
  [
    "locked against the schedule",
    "version.create",
    bySchedule(LOCKED),
    ["secret_rotation_blocked"],
  ],
  ["not rotated on time", "version.create", bySchedule(failure(400)), ["secret_rotation_failed"]],
  ["rotated by version 1", "secret.rotate", NEXT, ["secret_rotated"]],
  ["not rotated by version 1", "secret.rotate", failure(500), ["secret_rotation_failed"]],
  ["locked against version 1", "secret.rotate", LOCKED, ["secret_rotation_blocked"]],
  ["issued at last", "secret.issue", bySchedule(FIRST), ["secret_created"]],
  ["issued anew", "secret.issue", bySchedule(NEXT), ["secret_rotated"]],
  ["a step nearer to being issued", "secret.issue", bySchedule(success({ step: "collect" })), []],
  ["not due to be issued", "secret.issue", bySchedule(failure(412)), []],
  [
    "not issued yet, and tried again",
    "secret.issue",
    { ...bySchedule(failure(412)), input: { isRenewal: false, isTriedAgain: true } },
    [],
  ],
  [
    "never issued",
    "secret.issue",
    { ...bySchedule(failure(412)), input: { isRenewal: false, isTriedAgain: false } },
    ["secret_creation_failed"],
  ],
  [
    "not issued anew",
    "secret.issue",
    { ...bySchedule(failure(412)), input: { isRenewal: true, isTriedAgain: false } },
    ["secret_rotation_failed"],
  ],
  [
    "locked against a new certificate",
    "secret.issue",
    bySchedule(LOCKED),
    ["secret_rotation_blocked"],
  ],
  ["deleted", "secret.delete", success({ versionsDeleted: 1 }), ["secret_deleted"]],
  ["to be deleted one day", "secret.delete", success({ deletionDate: "2026-12-21T09:00:00Z" }), []],
  [
    "deleted on its day",
    "secret.deletion.end",
    bySchedule(success({ versionsDeleted: 1 })),
    ["secret_deleted"],
  ],
  ["not deleted", "secret.delete", failure(412), ["secret_deletion_failed"]],
  ["locked against deletion", "secret.delete", LOCKED, ["secret_deletion_blocked"]],
  ["expired", "secret.expire", bySchedule(success()), ["secret_expired"]],
  ["locked against expiry", "secret.expire", bySchedule(LOCKED), ["secret_expiration_blocked"]],
  ["not due to expire", "secret.expire", bySchedule(failure(412)), []],
  [
    "about to expire",
    "secret.expiry.notify",
    bySchedule(success({ daysLeft: 10, noticeDays: 10 })),
    ["secret_about_to_expire"],
  ],
  [
    "overdue",
    "secret.expiry.notify",
    bySchedule(success({ isOverdue: true })),
    ["secret_expiration_blocked"],
  ],
  ["revoked", "secret.action", revoking(success()), ["secret_revoked"]],
  ["locked against revocation", "secret.action", revoking(LOCKED), ["secret_revocation_blocked"]],
  ["in a version revoked", "version.action", revoking(success()), ["secret_revoked"]],
  [
    "in a version locked against revocation",
    "version.action",
    revoking(LOCKED),
    ["secret_revocation_blocked"],
  ],
  ["validated", "secret.action", success(), []],
  ["without a version's data", "version.data.delete", success(), ["secret_version_data_deleted"]],
  [
    "without credentials, at the end of their lease",
    "secret-credentials.delete",
    { ...success(), input: { trigger: "lease-end" } },
    ["secret_data_removed"],
  ],
  [
    "without credentials, on request",
    "secret-credentials.delete",
    { ...success(), input: { trigger: "request" } },
    ["secret_data_removed"],
  ],
  [
    "without credentials, being deleted itself",
    "secret-credentials.delete",
    { ...success(), input: { trigger: "secret-deletion" } },
    [],
  ],
  ["to be worked on", "secret-task.create", success({ taskId: "t" }), ["secret_task_created"]],
  ["being worked on", "secret-task.update", reporting("processing"), []],
  [
    "filled by a runner",
    "secret-task.update",
    reporting("credentials_created", { versionId: "v", previousVersionId: null }),
    ["secret_task_succeeded", "secret_created"],
  ],
  [
    "rotated by a runner",
    "secret-task.update",
    reporting("credentials_created", { versionId: "v", previousVersionId: "u" }),
    ["secret_task_succeeded", "secret_rotated"],
  ],
  [
    "reported once more",
    "secret-task.update",
    reporting("credentials_created", { versionId: "v", wasSettled: true }),
    [],
  ],
  [
    "rid of credentials",
    "secret-task.update",
    reporting("credentials_deleted", { versionId: "u" }),
    ["secret_task_succeeded"],
  ],
  ["failed by a runner", "secret-task.update", reporting("failed"), ["secret_task_failed"]],
  ["rid of a task", "secret-task.delete", success({ taskId: "t" }), ["secret_task_deleted"]],
  ["read", "secret.read", success({ versionId: "v" }), []],
  ["renamed", "secret.metadata.update", success(), []],
];

describe("a secret that is", () => {
  it.each(told)("%s", (...[, operation, facts, types]) => {
    expect(noticesOf(eventOf(operation, facts))).toEqual(types);
  });
});

describe("the table", () => {
  it("reaches every type there is; a test event alone is nobody's doing", () => {
    const reached = new Set(told.flatMap(([, , , types]) => types));
    expect([...reached, "test_event"].toSorted()).toEqual([...NOTICE_TYPES].toSorted());
  });

  it("has a case for every operation that is told", () => {
    const covered = new Set(told.map(([, operation]) => operation));
    expect(operationNames.filter((name) => isTold(name) && !covered.has(name))).toEqual([]);
  });

  const anyEvent = fc
    .record({
      operation: fc.constantFrom(...operationNames),
      ending: fc.oneof(
        fc.record({ status: fc.constantFrom(400, 401, 403, 404, 409, 412, 413, 429, 500, 503) }),
        fc.constant("pending" as const),
        fc.record({
          versionId: fc.option(fc.uuid()),
          previousVersionId: fc.option(fc.uuid()),
          status: fc.constantFrom("processing", "failed", "credentials_created"),
        }),
      ),
      isLocked: fc.boolean(),
      dialect: fc.constantFrom("ibm" as const, "internal" as const),
    })
    .map(({ operation, ending, isLocked, dialect }) => {
      if (ending === "pending") {
        return eventOf(operation, { ending: { kind: "pending" }, dialect });
      }
      if (typeof ending.status === "string") {
        return eventOf(operation, { ...success(ending), dialect });
      }
      const isThat = isLocked && ending.status === 412;
      return eventOf(operation, { ...(isThat ? LOCKED : failure(ending.status)), dialect });
    });

  it("tells nothing of what is read, is only begun, or is a caller's own mistake", () => {
    const mistakes = new Set([400, 401, 403, 404, 413, 429]);
    fc.assert(
      fc.property(anyEvent, (event) => {
        const types = noticesOf(event);
        const { outcome, dialect, operation, reason } = event;
        const isMistake = dialect !== "internal" && mistakes.has(reason.reasonCode);
        const isSilent =
          outcome === "pending" ||
          catalogue[operation].kind === "read" ||
          !isTold(operation) ||
          (outcome === "failure" && isMistake);
        if (isSilent) expect(types).toEqual([]);
        // What went wrong is never told as if it had gone well, nor the other way round.
        for (const type of types) {
          const isBad = /_(failed|blocked)$/.test(type);
          const isOfItsStatus = type === "secret_task_failed";
          if (!isOfItsStatus)
            expect([event.outcome, type]).toEqual([isBad ? "failure" : "success", type]);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it("gives each notice an id of its own, and the first one the event's", () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        const messages = messagesOf(event);
        expect(messages.length).toBe(noticesOf(event).length);
        expect(new Set(messages.map(({ id }) => id)).size).toBe(messages.length);
        if (messages[0]) expect(messages[0].id).toBe(event.id);
        for (const { type } of messages) expect(NOTICE_EVENT_TYPES).toContain(type);
      }),
    );
  });
});

describe("a notice", () => {
  const instance = "crn:v1:bluemix:public:secrets-manager:us-south:a/1:2::";
  const secret = "crn:v1:bluemix:public:secrets-manager:us-south:a/1:2:secret:3";

  it("has the form of IBM's, about one secret", () => {
    const [message] = messagesOf(
      eventOf(
        "secret.expiry.notify",
        bySchedule(
          success({
            expirationDate: "2026-12-01T00:00:00.000Z",
            daysLeft: 10,
            noticeDays: 10,
            secretType: "public_cert",
            secretGroupId: "default",
          }),
        ),
      ),
    );
    expect(message).toEqual({
      specversion: "1.0",
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      source: instance,
      type: "com.ibm.cloud.secrets-manager.secret_about_to_expire",
      subject: secret,
      time: "2026-11-21T09:00:00.000Z",
      datacontenttype: "application/json",
      ibmenseverity: "HIGH",
      data: {
        event_type: "secret_about_to_expire",
        event_sub_type: "in_10_days",
        secret_type: "public_cert",
        secrets: [
          {
            event_time: "2026-11-21T09:00:00.000Z",
            event_triggered_by: "SecretsManager",
            secret_id: secret,
            secret_name: "db",
            secret_group_id: "default",
            secret_expiration: "2026-12-01T00:00:00.000Z",
            days_left: 10,
          },
        ],
        source_instance_crn: instance,
        source_service: "SecretsManager",
      },
    });
  });

  it.each([
    [90, "in_90_days"],
    [1, "in_1_day"],
    [0, "in_0_days"],
  ])("says %i days as IBM does", (noticeDays, subType) => {
    const [message] = messagesOf(eventOf("secret.expiry.notify", success({ noticeDays })));
    expect(message?.data).toMatchObject({ event_sub_type: subType });
  });

  it("of a failure says why, of what type, in which group, and by whom", () => {
    const [message] = messagesOf(eventOf("secret.delete", LOCKED));
    expect(message).toMatchObject({
      ibmenseverity: "LOW",
      data: {
        secret_type: "arbitrary",
        secrets: [
          {
            event_triggered_by: "IBMid-1",
            secret_group_id: "default",
            secret_id: secret,
            failure_reason: locked().message,
          },
        ],
      },
    });
  });

  it("of a secret that could not be made has no id of it", () => {
    const [message] = messagesOf(eventOf("secret.create", failure(409)));
    expect(message?.data["secrets"]).toEqual([expect.not.objectContaining({ secret_id: secret })]);
  });

  it("of a task says which it is, and tells of the value apart", () => {
    const input = { taskId: "t", trigger: "manual_secret_rotation", status: "credentials_created" };
    const output = { taskId: "t", taskType: "create_credentials", status: "credentials_created" };
    const brought = { ...output, versionId: "v", previousVersionId: "u" };
    const messages = messagesOf(eventOf("secret-task.update", { ...success(brought), input }));
    expect(messages.map(({ data }) => data)).toMatchObject([
      {
        event_type: "secret_task_succeeded",
        tasks: [
          {
            secret_id: secret,
            task_id: "t",
            task_type: "create_credentials",
            task_trigger: "manual_secret_rotation",
            task_status: "credentials_created",
          },
        ],
      },
      { event_type: "secret_rotated", secrets: [{ secret_id: secret, secret_version_id: "v" }] },
    ]);
  });

  it("that is a trial is one of an instance", () => {
    expect(testMessage({ id: "1", source: instance, time: "2026-11-21T09:00:00.000Z" })).toEqual({
      specversion: "1.0",
      id: "1",
      source: instance,
      type: "com.ibm.cloud.secrets-manager.test_event",
      time: "2026-11-21T09:00:00.000Z",
      datacontenttype: "application/json",
      ibmenseverity: "LOW",
      data: {
        event_type: "test_event",
        source_instance_crn: instance,
        source_service: "SecretsManager",
      },
    });
  });
});
