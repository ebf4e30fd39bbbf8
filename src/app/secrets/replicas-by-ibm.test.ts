/** Replicas of secrets that IBM's wire knows more of: passwords that are rotated on time, dates, locks. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { Sensitive } from "../../kernel/sensitive.ts";
import { PLACE } from "../testing/test-app.ts";
import { createSecret, type CreateSecretInput } from "./create-secret.ts";
import { createVersion } from "./create-version.ts";
import { describeSecret } from "./describe-secret.ts";
import { expirationJob, rotationJob } from "./jobs.ts";
import { promoteReplica } from "./promote-replica.ts";
import { readSecret } from "./read-secret.ts";
import { replicateSecret } from "./replicate-secret.ts";
import { createSecretLocks, createSecretLocksInput, deleteSecretLocks } from "./secret-locks.ts";
import { arbitrary, kv, login, revealed } from "./testing/inputs.ts";
import { called, TO_WEST, TwoRegions, WEST } from "./testing/two-regions.ts";

const DAY_MS = 86_400_000;
const HOME = PLACE.region;

let regions: TwoRegions;
beforeEach(async () => {
  regions = await TwoRegions.open();
});
afterEach(() => regions.close());

async function replicated(input: CreateSecretInput): Promise<string> {
  const { id } = await regions.done(HOME, createSecret, input);
  await regions.done(HOME, replicateSecret, { id, ...TO_WEST });
  regions.forget();
  return id;
}

async function westValue(name: string): Promise<unknown> {
  const { id } = await regions.done(WEST, describeSecret, called(name));
  return revealed((await regions.done(WEST, readSecret, { id })).payload);
}

it("gives replicas the passwords that their primary is rotated to on time, and none of their own", async () => {
  const rotation = { autoRotate: true, interval: 1, unit: "day" } as const;
  await replicated({ ...login("scott", "tiger lily"), rotation });
  const { app } = regions;
  app.clock.advance(2 * DAY_MS);
  const job = rotationJob({ state: app.state, performer: app.performer });
  const due = await job.due(app.clock.now(), 10);
  expect(due).toHaveLength(1);
  for (const task of due) await task.run();
  expect(regions.recorded()).toMatchObject([
    ["version.create", { versionStages: ["AWSCURRENT"], secretType: "username_password" }],
  ]);
  expect(regions.inWest()[0]?.responseData).toMatchObject({ autoRotated: true });
  expect(await westValue("scott")).toMatchObject({ username: "scott" });
  expect(await westValue("scott")).not.toMatchObject({ password: "tiger lily" });
});

it("ends replicas with their primary, and keeps them as long as its locks keep that", async () => {
  const { app } = regions;
  const expirationDate = new Date(app.clock.now() + DAY_MS).toISOString();
  const id = await replicated({ ...arbitrary("short"), expirationDate });
  await regions.done(HOME, createSecretLocks, createSecretLocksInput(id, [{ name: "app" }]));
  app.clock.advance(2 * DAY_MS);
  const job = expirationJob({ state: app.state, performer: app.performer });
  expect(await job.due(app.clock.now(), 10)).toEqual([]);
  expect(await westValue("short")).toBe("hunter2");

  await regions.done(HOME, deleteSecretLocks, { id });
  regions.forget();
  const due = await job.due(app.clock.now(), 10);
  expect(due).toHaveLength(1);
  for (const task of due) await task.run();
  expect(regions.recorded()).toMatchObject([["secret.expire", { expirationDate }]]);
  expect(app.database.all("SELECT 1 FROM payloads")).toEqual([]);
  expect(await job.due(app.clock.now(), 10)).toEqual([]);
});

it("gives a replica that is promoted the date that its primary's locks keep off, unless that is over", async () => {
  const { app } = regions;
  const dueAt = app.clock.now() + DAY_MS;
  const expirationDate = new Date(dueAt).toISOString();
  const westDate = async (name: string) =>
    (await regions.done(WEST, describeSecret, called(name))).secret.expiresAt;
  for (const name of ["early", "late"]) {
    const id = await replicated({ ...arbitrary(name), expirationDate });
    await regions.done(HOME, createSecretLocks, createSecretLocksInput(id, [{ name: "app" }]));
    expect(await westDate(name)).toBeNull();
  }
  await regions.done(WEST, promoteReplica, called("early"));
  expect(await westDate("early")).toBe(dueAt);
  app.clock.advance(2 * DAY_MS);
  await regions.done(WEST, promoteReplica, called("late"));
  expect(await westValue("late")).toBe("hunter2");
});

it("keeps of replicas the values of two versions, as of their primary", async () => {
  const id = await replicated(kv("plain", { n: 1 }));
  for (const n of [2, 3]) {
    const payload = { kind: "kv", data: new Sensitive({ n }) } as const;
    await regions.done(HOME, createVersion, { id, payload });
  }
  const dropped = regions.inWest().map(({ responseData }) => responseData["payloadDroppedFrom"]);
  expect(dropped).toEqual([null, expect.any(String)]);
  expect(regions.inWest().map(({ operation }) => operation)).toEqual([
    "version.create",
    "version.create",
  ]);
  expect(regions.app.database.all("SELECT 1 FROM payloads")).toHaveLength(4);
  expect(await westValue("plain")).toEqual({ n: 3 });
});
