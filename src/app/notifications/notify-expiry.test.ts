import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Caller } from "../call.ts";
import { Schedule } from "../schedule.ts";
import { createSecret } from "../secrets/create-secret.ts";
import { expirationJob } from "../secrets/jobs.ts";
import {
  createSecretLocks,
  createSecretLocksInput,
  deleteSecretLocks,
} from "../secrets/secret-locks.ts";
import { arbitrary } from "../secrets/testing/inputs.ts";
import {
  updateSecretMetadata,
  updateSecretMetadataInput,
} from "../secrets/update-secret-metadata.ts";
import { openTestApp, SCHEDULE, START, type TestApp } from "../testing/test-app.ts";
import { expiryNoticeJob, notifyExpiry } from "./notify-expiry.ts";

const DAY_MS = 86_400_000;

let app: TestApp;
let manager: Caller;
let schedule: Schedule;
beforeEach(async () => {
  app = await openTestApp();
  manager = await app.callerWith(["Manager"]);
  schedule = newSchedule();
});
afterEach(() => app.close());

/** As after a restart: it knows of nothing but the state. */
function newSchedule(): Schedule {
  return new Schedule({
    jobs: [expirationJob(app), expiryNoticeJob(app)],
    clock: app.clock,
    onError: (_job, error) => expect.unreachable(String(error)),
  });
}

async function expiring(name: string, expiresAt: number): Promise<string> {
  const expirationDate = new Date(expiresAt).toISOString();
  return (await app.done(createSecret, manager, { ...arbitrary(name), expirationDate })).id;
}

function moved(id: string, expiresAt: number) {
  const expirationDate = new Date(expiresAt).toISOString();
  return app.done(updateSecretMetadata, manager, updateSecretMetadataInput(id, { expirationDate }));
}

/** What the schedule says now, of all secrets. */
async function told(): Promise<readonly unknown[]> {
  const before = app.log.size;
  await schedule.pass();
  return app
    .events()
    .slice(before)
    .map(({ operation, outcome, responseData: { noticeDays, daysLeft, isOverdue } }) => {
      if (outcome === "failure") return [operation, outcome];
      return operation === "secret.expire" ? "expired" : [noticeDays ?? isOverdue, daysLeft];
    });
}

describe("a secret that is about to expire", () => {
  it("is told of 90, 60, 30, 10 and 1 days before and half a day before, each once", async () => {
    const expiresAt = START + 100 * DAY_MS;
    await expiring("db", expiresAt);
    expect(await told()).toEqual([]);
    for (const days of [90, 60, 30, 10, 1]) {
      app.clock.set(expiresAt - days * DAY_MS - 1);
      expect(await told()).toEqual([]);
      app.clock.set(expiresAt - days * DAY_MS);
      expect(await told()).toEqual([[days, days]]);
      schedule = newSchedule();
      expect(await told()).toEqual([]);
    }
    app.clock.set(expiresAt - DAY_MS / 2);
    expect(await told()).toEqual([[0, 0]]);
    expect(await told()).toEqual([]);
    app.clock.set(expiresAt);
    expect(await told()).toEqual(["expired"]);
    app.clock.advance(365 * DAY_MS);
    expect(await told()).toEqual([]);
  });

  it("is told of by the server itself, with its date, type and group", async () => {
    const expiresAt = START + 100 * DAY_MS;
    const id = await expiring("db", expiresAt);
    app.clock.advance(10 * DAY_MS);
    await schedule.pass();
    expect(app.lastEvent()).toMatchObject({
      action: "secrets-manager.secret-expiry.notify",
      outcome: "success",
      severity: "warning",
      initiator: { id: "keytrail-expiry-notice" },
      target: { name: "db" },
      requestData: { id },
      responseData: {
        expirationDate: new Date(expiresAt).toISOString(),
        daysLeft: 90,
        noticeDays: 90,
        secretType: "arbitrary",
        secretGroupId: "default",
      },
    });
  });

  it("after a pause is told of once, by the nearest of the times that have passed", async () => {
    const expiresAt = START + 100 * DAY_MS;
    await expiring("db", expiresAt);
    app.clock.set(expiresAt - 5 * DAY_MS);
    expect(await told()).toEqual([[10, 5]]);
    expect(await told()).toEqual([]);
    app.clock.set(expiresAt - DAY_MS);
    expect(await told()).toEqual([[1, 1]]);
  });

  it("is not told of again when the clock goes back and comes again", async () => {
    const expiresAt = START + 100 * DAY_MS;
    await expiring("db", expiresAt);
    app.clock.set(expiresAt - 60 * DAY_MS);
    expect(await told()).toEqual([[60, 60]]);
    app.clock.set(START);
    expect(await told()).toEqual([]);
    app.clock.set(expiresAt - 60 * DAY_MS);
    expect(await told()).toEqual([]);
    app.clock.set(expiresAt - 30 * DAY_MS);
    expect(await told()).toEqual([[30, 30]]);
  });

  it("is not told of at times that were past when it was made", async () => {
    const expiresAt = START + 30 * DAY_MS;
    await expiring("db", expiresAt);
    expect(await told()).toEqual([]);
    app.clock.set(expiresAt - 10 * DAY_MS);
    expect(await told()).toEqual([[10, 10]]);
  });

  it("begins anew when its date is moved, earlier or later, and ends when it is taken away", async () => {
    const id = await expiring("db", START + 40 * DAY_MS);
    app.clock.set(START + 10 * DAY_MS);
    expect(await told()).toEqual([[30, 30]]);
    await moved(id, START + 200 * DAY_MS);
    app.clock.set(START + 170 * DAY_MS);
    expect(await told()).toEqual([[30, 30]]);
    await moved(id, START + 175 * DAY_MS);
    expect(await told()).toEqual([]);
    app.clock.set(START + 174 * DAY_MS);
    expect(await told()).toEqual([[1, 1]]);
    const never = updateSecretMetadataInput(id, { expirationDate: null });
    await app.done(updateSecretMetadata, manager, never);
    app.clock.advance(365 * DAY_MS);
    expect(await told()).toEqual([]);
  });

  it("keeps its times when anything else of it is changed", async () => {
    const id = await expiring("db", START + 40 * DAY_MS);
    app.clock.set(START + 10 * DAY_MS);
    await app.done(updateSecretMetadata, manager, updateSecretMetadataInput(id, { name: "db1" }));
    expect(await told()).toEqual([[30, 30]]);
    await app.done(updateSecretMetadata, manager, updateSecretMetadataInput(id, { name: "db2" }));
    expect(await told()).toEqual([]);
    app.clock.set(START + 30 * DAY_MS);
    expect(await told()).toEqual([[10, 10]]);
  });

  it("is said to be overdue, once, while locks keep it alive past its date", async () => {
    const id = await expiring("db", START + DAY_MS);
    await app.done(createSecretLocks, manager, createSecretLocksInput(id, [{ name: "app" }]));
    app.clock.set(START + 2 * DAY_MS);
    expect(await told()).toEqual([[true, 0]]);
    expect(await told()).toEqual([]);
    await app.done(deleteSecretLocks, manager, { id });
    expect(await told()).toEqual(["expired"]);
    expect(await told()).toEqual([]);
  });

  it("is not told of by anybody but the schedule, nor when nothing is due", async () => {
    const id = await expiring("db", START + 40 * DAY_MS);
    const refusal = await app.refused(notifyExpiry, SCHEDULE, { id });
    expect(refusal.code).toBe("precondition_failed");
    await expect(app.done(notifyExpiry, manager, { id })).rejects.toThrow(/role/);
  });
});
