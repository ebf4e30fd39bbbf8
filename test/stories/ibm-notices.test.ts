/**
 * Notices over the whole stack: an owner registers by IBM's wire, in both of its versions, and a receiver on loopback is
 * told what then happens to the owner's secrets.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Schedule } from "../../src/app/schedule.ts";
import { secretJobs } from "../../src/app/secrets/jobs.ts";
import { START } from "../../src/app/testing/test-app.ts";
import { positionsOn, recipientsOn } from "../../src/compose/notices.ts";
import { ManualClock } from "../../src/kernel/clock.ts";
import { Notifier } from "../../src/notifications/notifier.ts";
import { Webhooks } from "../../src/notifications/webhooks.ts";
import { messagesOf } from "../../src/secrets/notice-message.ts";
import { isTold } from "../../src/secrets/notices.ts";
import { NoticeReceiver } from "../support/notice-receiver.ts";
import { openIbmApp, type IbmApp, type Person } from "./ibm-app.ts";

const CRN =
  "crn:v1:bluemix:public:event-notifications:us-south:a/0123456789abcdef0123456789abcdef:0a1b2c3d-0000-4000-8000-000000000001::";
const V2 = "/api/v2/notifications/registration";
const V1 = "/api/v1/notifications/registration";
const SECRETS = "/api/v2/secrets";
const DAY_MS = 86_400_000;
const REGISTRATION = {
  event_notifications_instance_crn: CRN,
  event_notifications_source_name: "ours",
  event_notifications_source_description: "of the team",
};

let app: IbmApp;
let manager: Person;
let receiver: NoticeReceiver;
let webhooks: Webhooks;
let notifier: Notifier;
let clock: ManualClock;
beforeEach(async () => {
  receiver = await NoticeReceiver.open();
  clock = new ManualClock(START);
  const destinations = [{ crn: CRN, url: receiver.url }];
  webhooks = new Webhooks({ destinations, signingKeys: [], clock });
  app = await openIbmApp({ notices: webhooks, clock });
  manager = await app.person("ada@example.com", ["Manager"]);
  notifier = startNotifier();
});
afterEach(async () => {
  await notifier.stop();
  await app.close();
  await receiver.close();
});

function startNotifier(): Notifier {
  const { state, log } = app.test;
  return Notifier.start(
    {
      source: log,
      positions: positionsOn(state),
      recipients: recipientsOn(state),
      wording: { isTold, messagesOf },
      sender: webhooks,
    },
    { notice: () => {}, trouble: ({ kind }) => expect.unreachable(kind) },
    { gatherMs: 0, firstWaitMs: 1, saveIntervalMs: 10 },
  );
}

const told = (): Promise<void> =>
  vi.waitFor(() => expect(notifier.lag).toBe(0), { timeout: 5_000, interval: 5 });

describe("a registration on IBM's wire", () => {
  it("is made, read, tried and deleted by version 2", async () => {
    expect(await manager.post(V2, REGISTRATION)).toMatchObject({
      status: 201,
      body: { event_notifications_instance_crn: CRN },
    });
    expect((await manager.get(V2)).body).toEqual({ event_notifications_instance_crn: CRN });
    expect(await manager.get(`${V2}/test`)).toMatchObject({ status: 200 });
    expect(receiver.types).toEqual(["test_event"]);
    expect(await manager.delete(V2)).toMatchObject({ status: 204, text: "" });
    expect(await manager.get(V2)).toMatchObject({ status: 404, body: { status_code: 404 } });
  });

  it("is the same by version 1, in its wrapping", async () => {
    const wrapped = { resources: [{ event_notifications_instance_crn: CRN }] };
    expect(await manager.post(V1, REGISTRATION)).toMatchObject({ status: 201, body: wrapped });
    expect(await manager.get(V1)).toMatchObject({ status: 200, body: wrapped });
    expect((await manager.get(V2)).body).toEqual({ event_notifications_instance_crn: CRN });
    for (const path of [`${V1}/test`, "/api/v1/notifications/test"]) {
      expect(await manager.get(path)).toMatchObject({ status: 200 });
    }
    expect(receiver.types).toEqual(["test_event", "test_event"]);
    expect(await manager.delete(V1)).toMatchObject({ status: 204 });
    expect((await manager.get(V1)).status).toBe(404);
  });

  it.each([
    ["without a CRN", { event_notifications_source_name: "ours" }],
    [
      "with a CRN that nobody has named",
      { ...REGISTRATION, event_notifications_instance_crn: "x" },
    ],
    ["with a field too many", { ...REGISTRATION, url: "http://CANARY/" }],
    ["with a name that is a number", { ...REGISTRATION, event_notifications_source_name: 7 }],
  ])("is refused %s", async (_what, body) => {
    for (const path of [V1, V2]) {
      expect(await manager.post(path, body)).toMatchObject({ status: 400 });
      expect(app.events().at(-1)).toMatchObject({
        action: "secrets-manager.notifications-registration.create",
        outcome: "failure",
        requestData: {},
      });
    }
    expect((await manager.get(V2)).status).toBe(404);
  });

  it("that does not get through says so, and how", async () => {
    await manager.post(V2, REGISTRATION);
    receiver.always = () => ({ status: 500 });
    const answer = await manager.get(`${V2}/test`);
    expect(answer.status).toBe(412);
    expect(answer.body.errors[0].message).toContain("answered with status 500");
  });
});

describe("what happens to secrets", () => {
  beforeEach(() => manager.post(V2, REGISTRATION));

  it("is told in its order, with what IBM's notices say and nothing secret", async () => {
    const body = { name: "db", secret_type: "arbitrary", payload: "CANARY-1", labels: ["dev"] };
    const { body: secret } = await manager.post(SECRETS, body);
    const path = `${SECRETS}/${secret.id}`;
    expect((await manager.post(SECRETS, body)).status).toBe(400);
    for (const payload of ["CANARY-2", "CANARY-3"])
      await manager.post(`${path}/versions`, { payload });
    await manager.post(`${path}/versions/previous/locks_bulk`, { locks: [{ name: "app" }] });
    await manager.post(`${path}/versions`, { payload: "CANARY-4" });
    await manager.delete(path);
    await manager.delete(`${path}/locks_bulk`);
    await manager.delete(`${path}/versions/previous/secret_data`);
    await manager.delete(path);
    await told();
    expect(receiver.types).toEqual([
      "secret_created",
      "secret_creation_failed",
      "secret_rotated",
      "secret_rotated",
      "secret_rotation_blocked",
      "secret_deletion_blocked",
      "secret_version_data_deleted",
      "secret_deleted",
    ]);
    const events = new Map(app.events().map((event) => [String(event.id), event]));
    for (const { body: notice, headers } of receiver.received) {
      expect(events.get(notice.id)).toMatchObject({ eventTime: notice.time });
      expect(headers["webhook-id"]).toBe(notice.id);
      expect(notice).toMatchObject({
        source: app.instanceCrn,
        sourcename: "ours",
        data: {
          secret_type: "arbitrary",
          source_instance_crn: app.instanceCrn,
          secrets: [
            {
              secret_name: "db",
              secret_group_id: "default",
              event_triggered_by: manager.iamId,
              ...(notice.type.endsWith("_failed") ? {} : { secret_id: secret.crn }),
            },
          ],
        },
      });
    }
    expect(receiver.received.map(({ text }) => text).join()).not.toContain("CANARY");
  });

  it("by the schedule is told as the server's own doing", async () => {
    const expiration = new Date(START + 100 * DAY_MS).toISOString();
    const { body: secret } = await manager.post(SECRETS, {
      name: "login",
      secret_type: "username_password",
      username: "CANARY-user",
      expiration_date: expiration,
      rotation: { auto_rotate: true, interval: 9, unit: "month" },
    });
    const schedule = new Schedule({ jobs: secretJobs(app.test), clock });
    for (const days of [10, 70, 100]) {
      clock.set(START + days * DAY_MS);
      await schedule.pass();
    }
    await told();
    const notices = receiver.received.map(({ body: { data, ibmenseverity } }) => [
      data.event_sub_type ?? data.event_type,
      data.secrets[0].event_triggered_by,
      ibmenseverity,
    ]);
    expect(notices).toEqual([
      ["secret_created", manager.iamId, "LOW"],
      ["in_90_days", "SecretsManager", "HIGH"],
      ["in_30_days", "SecretsManager", "HIGH"],
      ["secret_expired", "SecretsManager", "HIGH"],
    ]);
    expect(receiver.received[1]?.body.data.secrets[0]).toMatchObject({
      secret_id: secret.crn,
      secret_expiration: expiration,
      days_left: 90,
    });
    expect(receiver.received.map(({ text }) => text).join()).not.toContain("CANARY");
  });

  it("is not told of strangers' attempts", async () => {
    await app.nobody.post(SECRETS, { name: "x1", secret_type: "arbitrary", payload: "p" });
    const reader = await app.person("eve@example.com", ["Reader"]);
    await reader.post(SECRETS, { name: "x2", secret_type: "arbitrary", payload: "p" });
    await manager.post(SECRETS, { name: "x3" });
    await told();
    expect(receiver.received).toEqual([]);
  });

  it("while the server is down, or the receiver, is told when both are there again", async () => {
    const { port } = receiver;
    await receiver.close();
    const make = (name: string): Promise<unknown> =>
      manager.post(SECRETS, { name, secret_type: "arbitrary", payload: "p" });
    await make("one");
    await notifier.stop();
    await make("two");
    receiver = await NoticeReceiver.open(port);
    notifier = startNotifier();
    await make("three");
    await told();
    const names = receiver.received.map(({ body }) => body.data.secrets[0].secret_name);
    expect(names).toEqual(["one", "two", "three"]);
    const readers = (): unknown => app.test.database.all("SELECT reader FROM cursors");
    await vi.waitFor(() => expect(readers()).toEqual([{ reader: "notices" }]));
  });
});
