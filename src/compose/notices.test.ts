import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { NoticeReceiver, isGenuine } from "../../test/support/notice-receiver.ts";
import { createRegistration } from "../app/notifications/registration.ts";
import { createSecret } from "../app/secrets/create-secret.ts";
import { arbitrary } from "../app/secrets/testing/inputs.ts";
import { openTestApp, type TestApp } from "../app/testing/test-app.ts";
import { ConfigError } from "../config.ts";
import type { LogEntry } from "../http/exchange.ts";
import { Metrics } from "../http/metrics.ts";
import { ManualClock } from "../kernel/clock.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { openWebhooks, startNotices } from "./notices.ts";

const CRN = "crn:v1:bluemix:public:event-notifications:us-south:a/1:first::";
const SECRET = `whsec_${Buffer.alloc(32, 5).toString("base64")}`;
const clock = new ManualClock(Date.UTC(2026, 10, 21));

let receiver: NoticeReceiver;
let open: AsyncDisposableStack;
let app: TestApp;
let metrics: Metrics;
const logged: LogEntry[] = [];

beforeEach(async () => {
  logged.length = 0;
  receiver = await NoticeReceiver.open();
  open = new AsyncDisposableStack();
  const eventNotifications = [{ crn: CRN, url: receiver.url }];
  const webhooks = openWebhooks({ eventNotifications, notificationsSecrets: [SECRET] }, clock);
  app = await openTestApp({ notices: webhooks });
  metrics = new Metrics({
    ledgerEntries: () => app.log.size,
    checkpointSize: () => 0,
    indexedEntries: () => 0,
  });
  const log = (entry: LogEntry): void => void logged.push(entry);
  const ledger = app.log as unknown as Ledger;
  startNotices({ state: app.state, sender: webhooks }, { ledger, log, open }, metrics);
});
afterEach(async () => {
  await open.disposeAsync();
  await app.close();
  await receiver.close();
});

const counted = async (): Promise<readonly string[]> =>
  (await metrics.text()).body.split("\n").filter((line) => line.startsWith("keytrail_notices"));

describe("the notices of an installation", () => {
  it("are signed with the secret of its environment, and counted by type and outcome", async () => {
    const manager = await app.callerWith(["Manager"]);
    const registration = { notificationsCrn: CRN, sourceName: "ours" };
    await app.done(createRegistration, manager, registration);
    receiver.replies.push({ status: 500 });
    await app.done(createSecret, manager, arbitrary("db"));
    await receiver.arrived(2);
    expect(receiver.received.every((one) => isGenuine(one, SECRET))).toBe(true);
    await vi.waitFor(async () =>
      expect(await counted()).toEqual([
        'keytrail_notices_total{type="secret_created",outcome="failed"} 1',
        'keytrail_notices_total{type="secret_created",outcome="sent"} 1',
        "keytrail_notices_lag_entries 0",
      ]),
    );
  });

  it("that are not accepted are in the log, without the webhook's URL", async () => {
    const manager = await app.callerWith(["Manager"]);
    await app.done(createRegistration, manager, { notificationsCrn: CRN, sourceName: "ours" });
    receiver.always = () => ({ status: 401 });
    await app.done(createSecret, manager, arbitrary("db"));
    await vi.waitFor(() => expect(logged).toHaveLength(1));
    expect(logged[0]).toEqual({
      level: "warn",
      message: expect.stringMatching(
        /^The notice [0-9a-f-]{36} of secret_created to the owner of instance [0-9a-f-]{36} was not accepted: status 401\.$/,
      ),
    });
    expect(JSON.stringify(logged)).not.toContain("of-the-receiver");
  });

  it.each([["whsec_short"], ["no prefix at all"]])(
    "are not begun with a secret that cannot sign: %s",
    (secret) => {
      const config = { eventNotifications: [], notificationsSecrets: [secret] };
      expect(() => openWebhooks(config, clock)).toThrow(ConfigError);
      expect(() => openWebhooks(config, clock)).not.toThrow(secret);
    },
  );
});
