import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Caller } from "../call.ts";
import { Schedule } from "../schedule.ts";
import { openTestApp, SCHEDULE, START, type TestApp } from "../testing/test-app.ts";
import { createSecret } from "./create-secret.ts";
import { createVersion } from "./create-version.ts";
import { expireSecret, expireSecretInput } from "./expire-secret.ts";
import { expirationJob, rotationJob } from "./jobs.ts";
import { listVersions } from "./list-versions.ts";
import { readSecretMetadata } from "./read-secret-metadata.ts";
import { readSecret } from "./read-secret.ts";
import { createSecretLocks, createSecretLocksInput, deleteSecretLocks } from "./secret-locks.ts";
import { arbitrary, login, revealed } from "./testing/inputs.ts";
import { updateSecretMetadata, updateSecretMetadataInput } from "./update-secret-metadata.ts";

const DAY_MS = 86_400_000;
const DAILY = { autoRotate: true, interval: 1, unit: "day" } as const;

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
  const jobs = [rotationJob(app), expirationJob(app)];
  return new Schedule({
    jobs,
    clock: app.clock,
    onError: (_job, error) => expect.unreachable(String(error)),
  });
}

const done = async () =>
  (await schedule.pass()).map((result) => [result.job, result.done, result.failed]);
const NOTHING = [
  ["rotation", 0, 0],
  ["expiration", 0, 0],
];

describe("rotation on time", () => {
  it("gives the secret a generated password when it is due, once, and says who did it", async () => {
    const made = await app.done(createSecret, manager, { ...login("db"), rotation: DAILY });
    app.clock.set(START + DAY_MS - 1);
    expect(await done()).toEqual(NOTHING);
    app.clock.set(START + DAY_MS);
    expect(await done()).toEqual([
      ["rotation", 1, 0],
      ["expiration", 0, 0],
    ]);
    expect(app.lastEvent()).toMatchObject({
      action: "secrets-manager.secret-version.create",
      outcome: "success",
      dialect: "internal",
      initiator: { id: "keytrail-rotation", host: { address: "" } },
      target: { id: made.crn, name: "db" },
      requestData: { autoRotated: true },
      responseData: { autoRotated: true, previousVersionId: made.versionId },
    });
    expect(await done()).toEqual(NOTHING);
    const read = await app.done(readSecret, manager, { id: made.id });
    expect(read.nextRotationAt).toBe(START + 2 * DAY_MS);
    expect(revealed(read.payload)).not.toEqual(revealed(made.payload));
    const { versions } = await app.done(listVersions, manager, { id: made.id });
    expect(versions.map(({ autoRotated, createdBy }) => [autoRotated, createdBy])).toEqual([
      [true, "rotation"],
      [false, made.createdBy],
    ]);
  });

  it("that fell due while the server was down is done at its start, once however long that was", async () => {
    const { id } = await app.done(createSecret, manager, { ...login("db"), rotation: DAILY });
    app.clock.advance(10 * DAY_MS);
    schedule = newSchedule();
    expect(await done()).toEqual([
      ["rotation", 1, 0],
      ["expiration", 0, 0],
    ]);
    expect(await done()).toEqual(NOTHING);
    expect((await app.done(readSecretMetadata, manager, { id })).versionsTotal).toBe(2);
  });

  it("starts anew with a rotation by hand, and ends with the policy", async () => {
    const { id } = await app.done(createSecret, manager, { ...login("db"), rotation: DAILY });
    app.clock.advance(DAY_MS / 2);
    await app.done(createVersion, manager, { id });
    app.clock.advance(DAY_MS / 2);
    expect(await done()).toEqual(NOTHING);
    const off = updateSecretMetadataInput(id, { rotation: { autoRotate: false } });
    await app.done(updateSecretMetadata, manager, off);
    app.clock.advance(100 * DAY_MS);
    expect(await done()).toEqual(NOTHING);
  });

  it("that a lock prevents is recorded as refused, and tried again later", async () => {
    const { id } = await app.done(createSecret, manager, { ...login("db"), rotation: DAILY });
    await app.done(createVersion, manager, { id });
    const before = createSecretLocksInput(id, [{ name: "app" }]);
    await app.done(createSecretLocks, manager, before);
    await app.done(createVersion, manager, { id });
    app.clock.advance(DAY_MS);
    expect(await done()).toEqual([
      ["rotation", 0, 1],
      ["expiration", 0, 0],
    ]);
    expect(app.lastEvent()).toMatchObject({
      outcome: "failure",
      reason: { reasonCode: 412 },
      initiator: { id: "keytrail-rotation" },
    });
    const events = app.log.size;
    await schedule.pass();
    expect(app.log.size).toBe(events);
    await app.done(deleteSecretLocks, manager, { id });
    app.clock.advance(60_000);
    expect(await done()).toEqual([
      ["rotation", 1, 0],
      ["expiration", 0, 0],
    ]);
  });

  it("is refused when it is no longer due", async () => {
    const { id } = await app.done(createSecret, manager, { ...login("db"), rotation: DAILY });
    expect((await app.refused(createVersion, SCHEDULE, { id, autoRotated: true })).code).toBe(
      "precondition_failed",
    );
  });
});

describe("expiry", () => {
  const expirationDate = new Date(START + DAY_MS).toISOString();

  it("destroys every value when it is due, once, and leaves what is known of the secret", async () => {
    const made = await app.done(createSecret, manager, {
      ...login("db"),
      expirationDate,
      rotation: DAILY,
    });
    const { id } = made;
    await app.done(createVersion, manager, { id });
    app.clock.set(START + DAY_MS);
    expect((await app.done(readSecret, manager, { id })).payload).toBeNull();
    expect(await done()).toEqual([
      ["rotation", 0, 1],
      ["expiration", 1, 0],
    ]);
    expect(app.lastEvent()).toMatchObject({
      action: "secrets-manager.secret.expire",
      initiator: { id: "keytrail-expiration" },
      target: { id: made.crn },
      requestData: { id, expirationDate },
      responseData: { versionsDestroyed: 2 },
    });
    expect(await done()).toEqual(NOTHING);
    expect(app.database.all("SELECT * FROM payloads")).toEqual([]);
    expect(app.database.get("SELECT username FROM secrets")).toEqual({ username: null });
    const read = await app.done(readSecret, manager, { id });
    expect(read).toMatchObject({
      state: 5,
      stateDescription: "destroyed",
      payloadAvailable: false,
      payload: null,
      nextRotationAt: null,
    });
    expect((await app.refused(createVersion, manager, { id })).message).toContain("has expired");
    const later = updateSecretMetadataInput(id, {
      expirationDate: new Date(START + 9 * DAY_MS).toISOString(),
    });
    expect((await app.refused(updateSecretMetadata, manager, later)).message).toContain(
      "has expired",
    );
    await app.done(
      updateSecretMetadata,
      manager,
      updateSecretMetadataInput(id, { labels: ["gone"] }),
    );
  });

  it("waits for locks: the secret stays active and readable until they are gone", async () => {
    const { id } = await app.done(createSecret, manager, { ...arbitrary("db"), expirationDate });
    await app.done(createSecretLocks, manager, createSecretLocksInput(id, [{ name: "app" }]));
    app.clock.advance(2 * DAY_MS);
    expect(await done()).toEqual(NOTHING);
    expect(await app.done(readSecret, manager, { id })).toMatchObject({
      state: 1,
      payloadAvailable: true,
    });
    await app.done(deleteSecretLocks, manager, { id });
    expect(await app.done(readSecret, manager, { id })).toMatchObject({ payloadAvailable: false });
    expect(await done()).toEqual([
      ["rotation", 0, 0],
      ["expiration", 1, 0],
    ]);
    expect(await app.done(readSecretMetadata, manager, { id })).toMatchObject({ state: 5 });
  });

  it("gives no value out from the moment it is due, before the schedule has come to it", async () => {
    const { id } = await app.done(createSecret, manager, { ...arbitrary("db"), expirationDate });
    app.clock.set(START + DAY_MS - 1);
    expect((await app.done(readSecret, manager, { id })).payloadAvailable).toBe(true);
    app.clock.set(START + DAY_MS);
    expect((await app.done(readSecret, manager, { id })).payloadAvailable).toBe(false);
    const lock = createSecretLocksInput(id, [{ name: "late" }]);
    expect((await app.refused(createSecretLocks, manager, lock)).message).toContain("has expired");
  });

  it("is refused when the date was moved since the secret was found due", async () => {
    const { id } = await app.done(createSecret, manager, { ...arbitrary("db"), expirationDate });
    const input = expireSecretInput(id, START);
    expect((await app.refused(expireSecret, SCHEDULE, input)).code).toBe("precondition_failed");
  });
});
