import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { NoticeReceiver } from "../../../test/support/notice-receiver.ts";
import { crn } from "../../audit/crn.ts";
import { ManualClock } from "../../kernel/clock.ts";
import { Webhooks } from "../../notifications/webhooks.ts";
import type { Caller } from "../call.ts";
import { NOBODY, openTestApp, PLACE, START, type TestApp } from "../testing/test-app.ts";
import { createRegistration, deleteRegistration, readRegistration } from "./registration.ts";
import { testRegistration } from "./test-registration.ts";

const CRN = "crn:v1:bluemix:public:event-notifications:us-south:a/1:first::";
const OTHER = "crn:v1:bluemix:public:event-notifications:us-south:a/1:second::";
const INSTANCE = crn("secrets-manager", PLACE);
const AT = { account: PLACE.account, instance: PLACE.instance };

let receiver: NoticeReceiver;
let app: TestApp;
let manager: Caller;
let reader: Caller;
beforeEach(async () => {
  receiver = await NoticeReceiver.open();
  const destinations = [CRN, OTHER].map((one) => ({ crn: one, url: receiver.url }));
  const clock = new ManualClock(START);
  const notices = new Webhooks({ destinations, signingKeys: [], clock });
  app = await openTestApp({ clock, notices });
  manager = await app.callerWith(["Manager"]);
  reader = await app.callerWith(["Reader"]);
});
afterEach(async () => {
  await app.close();
  await receiver.close();
});

const registration = (notificationsCrn = CRN) => ({ notificationsCrn, sourceName: "ours" });
const stored = () => app.state.read(({ registrations }) => registrations.registration(AT));

describe("a registration", () => {
  it("is made, read and deleted, and the record says which", async () => {
    expect(await app.done(createRegistration, manager, registration())).toEqual({
      notificationsCrn: CRN,
    });
    expect(app.lastEvent()).toMatchObject({
      action: "secrets-manager.notifications-registration.create",
      severity: "normal",
      target: { id: INSTANCE, name: "" },
      requestData: { notificationsCrn: CRN, sourceName: "ours" },
      responseData: { notificationsCrn: CRN },
    });
    expect(await app.done(readRegistration, reader, {})).toEqual({ notificationsCrn: CRN });
    await app.done(deleteRegistration, manager, {});
    expect(app.lastEvent()).toMatchObject({
      action: "secrets-manager.notifications-registration.delete",
      severity: "critical",
      target: { id: INSTANCE },
      responseData: { notificationsCrn: CRN },
    });
    expect(await stored()).toBeUndefined();
    for (const operation of [readRegistration, deleteRegistration, testRegistration] as const) {
      const refused = await app.perform(operation as typeof readRegistration, manager, {});
      expect(refused).toMatchObject({ kind: "refused", refusal: { code: "not_found" } });
    }
  });

  it("replaces the one before; of the same destination it goes on where that was", async () => {
    await app.done(createRegistration, manager, registration());
    app.clock.advance(1_000);
    const again = { ...registration(), sourceName: "renamed", sourceDescription: "of the team" };
    await app.done(createRegistration, manager, again);
    expect(await stored()).toMatchObject({
      sourceName: "renamed",
      sourceDescription: "of the team",
      createdAt: START,
    });
    await app.done(createRegistration, manager, registration(OTHER));
    expect(await stored()).toMatchObject({
      notificationsCrn: OTHER,
      sourceDescription: null,
      createdAt: START + 1_000,
    });
  });

  it.each([
    ["a destination that its operator has not named", { ...registration("crn:v1:HUNTER2") }],
    ["a name that is too short", { ...registration(), sourceName: "H" }],
    ["a name that is too long", { ...registration(), sourceName: "HUNTER2".repeat(40) }],
    ["a name that is no text", { ...registration(), sourceName: "HUNTER2\ud800" }],
    ["a name that no CloudEvent can carry", { ...registration(), sourceName: "HUNTER2\u0007" }],
    ["a description without end", { ...registration(), sourceDescription: "HUNTER2".repeat(200) }],
  ])("is refused for %s, and nothing of it is recorded", async (_what, input) => {
    const refusal = await app.refused(createRegistration, manager, input);
    expect(refusal.code).toBe("invalid_request");
    expect(app.lastEvent()).toMatchObject({ outcome: "failure", requestData: {} });
    expect(JSON.stringify(app.events()) + refusal.message).not.toContain("HUNTER2");
    expect(await stored()).toBeUndefined();
  });

  it("says how a destination comes to be known", async () => {
    const refusal = await app.refused(createRegistration, manager, registration("crn:v1:other"));
    expect(refusal.message).toContain("--event-notifications CRN=URL");
  });

  it("is a Manager's to make and to delete, and nobody else is told whether the destination exists", async () => {
    const writer = await app.callerWith(["Writer"]);
    for (const caller of [writer, reader]) {
      for (const one of [CRN, "crn:v1:other"]) {
        const refusal = await app.refused(createRegistration, caller, registration(one));
        expect(refusal.code).toBe("forbidden");
      }
    }
    await app.done(createRegistration, manager, registration());
    expect((await app.refused(deleteRegistration, writer, {})).code).toBe("forbidden");
    expect((await app.refused(readRegistration, NOBODY, {})).code).toBe("unauthenticated");
  });
});

describe("a trial of it", () => {
  beforeEach(() => app.done(createRegistration, manager, registration()));

  it("sends a test event, recorded before it goes and after it was accepted", async () => {
    receiver.replies.push({ status: 202 });
    const tested = await app.done(testRegistration, reader, {});
    expect(tested).toEqual({ notificationsCrn: CRN, status: 202 });
    expect(receiver.received.map(({ body }) => body)).toMatchObject([
      {
        type: "com.ibm.cloud.secrets-manager.test_event",
        source: INSTANCE,
        sourcename: "ours",
        time: new Date(START).toISOString(),
      },
    ]);
    expect(app.events().slice(-2)).toMatchObject([
      { outcome: "pending", reason: { reasonCode: 202 } },
      { outcome: "success", reason: { reasonCode: 200 }, responseData: { status: 202 } },
    ]);
  });

  it("that is not accepted is a refusal with what the receiver answered, and is sent once", async () => {
    receiver.always = () => ({ status: 503 });
    const refusal = await app.refused(testRegistration, reader, {});
    expect(refusal).toMatchObject({ code: "precondition_failed", details: { status: 503 } });
    expect(refusal.message).toContain("503");
    expect(receiver.received).toHaveLength(1);
    expect(
      app
        .events()
        .slice(-2)
        .map(({ outcome }) => outcome),
    ).toEqual(["pending", "failure"]);
    expect(app.lastEvent().reason.reasonForFailure).toContain("503");
  });

  it("that reaches nobody says so, and not where it went", async () => {
    await receiver.close();
    const refusal = await app.refused(testRegistration, reader, {});
    expect(refusal.message).toBe("The webhook cannot be reached.");
    expect(JSON.stringify(app.events())).not.toContain("of-the-receiver");
    receiver = await NoticeReceiver.open();
  });

  it("sends nothing for a caller who may not", async () => {
    const stranger = await app.callerWith([]);
    expect((await app.refused(testRegistration, stranger, {})).code).toBe("forbidden");
    expect(receiver.received).toEqual([]);
  });
});
