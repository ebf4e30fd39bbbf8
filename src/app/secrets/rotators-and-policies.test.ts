/** Rotation by rotators beside IBM's: a secret has the one or the other. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Sensitive } from "../../kernel/sensitive.ts";
import type { RotationPolicy } from "../../secrets/rotation.ts";
import { openTestApp, PLACE, SCHEDULE, type TestApp } from "../testing/test-app.ts";
import { Schedule } from "../schedule.ts";
import { beginRotation } from "./begin-rotation.ts";
import { cancelRotation } from "./cancel-rotation.ts";
import { createSecret } from "./create-secret.ts";
import { createVersion } from "./create-version.ts";
import { instanceOf } from "./find.ts";
import { rotationJob } from "./jobs.ts";
import { rotatorJobs } from "./rotation-job.ts";
import type { FoundRotator } from "./rotators.ts";
import { login } from "./testing/inputs.ts";
import { updateSecretMetadata, updateSecretMetadataInput } from "./update-secret-metadata.ts";

const DAY_MS = 86_400_000;

let app: TestApp;
let schedule: Schedule;
let taken: number;
beforeEach(async () => {
  taken = 0;
  const rotator: FoundRotator = {
    kind: "built-in",
    next: () =>
      new Sensitive(JSON.stringify({ username: "scott", password: `password-${(taken += 1)}` })),
  };
  app = await openTestApp({ rotators: { find: () => rotator } });
  const { state, performer, clock } = app;
  const ports = { state, performer };
  schedule = new Schedule({ jobs: [rotationJob(ports), ...rotatorJobs(ports)], clock });
});
afterEach(() => app.close());

async function pass(): Promise<void> {
  await schedule.pass();
  await schedule.settled();
}

const begin = (id: string, further: object = {}) => ({
  id,
  clientRequestToken: crypto.randomUUID(),
  rotationLambdaARN: "rotator",
  rotationRules: { automaticallyAfterDays: 5 },
  rotateImmediately: true,
  ...further,
});
const secretOf = async (id: string) => {
  const secret = await app.state.read(({ secrets }) => secrets.secret(instanceOf(PLACE), id));
  if (!secret) throw new Error("the secret is there");
  return secret;
};

async function passwordSecret(rotation: RotationPolicy): Promise<string> {
  const { id } = await app.done(createSecret, SCHEDULE, { ...login("db"), rotation });
  return id;
}

describe("a secret with a rotation policy of IBM's", () => {
  const policy = { autoRotate: true, interval: 3, unit: "day" } as const;

  it("is given no rotator before that is turned off", async () => {
    const id = await passwordSecret(policy);
    const refusal = await app.refused(beginRotation, SCHEDULE, begin(id));
    expect(refusal.details).toMatchObject({ reason: "rotated-otherwise" });
    const off = updateSecretMetadataInput(id, { rotation: { autoRotate: false } });
    await app.done(updateSecretMetadata, SCHEDULE, off);
    await app.done(beginRotation, SCHEDULE, begin(id));
    await pass();
    expect(taken).toBe(1);
    expect((await secretOf(id)).lastRotatedAt).toBe(app.clock.now());
  });

  it("is rotated by that policy, and by no rotator", async () => {
    const id = await passwordSecret(policy);
    app.clock.advance(3 * DAY_MS);
    await pass();
    expect([taken, (await secretOf(id)).lastVersion]).toEqual([0, 2]);
  });
});

describe("a secret with a rotator", () => {
  it("is given no rotation policy while that is on, and is rotated by the policy afterwards", async () => {
    const id = await passwordSecret({ autoRotate: false });
    await app.done(beginRotation, SCHEDULE, begin(id));
    await pass();
    const due = (await secretOf(id)).nextRotationAt;
    const policy = { rotation: { autoRotate: true, interval: 1, unit: "day" } } as const;
    const on = updateSecretMetadataInput(id, policy);
    const refusal = await app.refused(updateSecretMetadata, SCHEDULE, on);
    expect(refusal.details).toMatchObject({ reason: "rotated-otherwise" });
    const off = updateSecretMetadataInput(id, { rotation: { autoRotate: false } });
    await app.done(updateSecretMetadata, SCHEDULE, off);
    expect((await secretOf(id)).nextRotationAt).toBe(due);
    await app.done(cancelRotation, SCHEDULE, { id });
    await app.done(updateSecretMetadata, SCHEDULE, on);
    app.clock.advance(DAY_MS);
    await pass();
    expect([taken, (await secretOf(id)).lastVersion]).toEqual([1, 3]);
  });

  it("is rotated when its days are over, counted anew from a value that somebody gives it", async () => {
    const id = await passwordSecret({ autoRotate: false });
    await app.done(beginRotation, SCHEDULE, begin(id));
    await pass();
    app.clock.advance(4 * DAY_MS);
    await app.done(createVersion, SCHEDULE, { id });
    app.clock.advance(2 * DAY_MS);
    await pass();
    expect(taken).toBe(1);
    app.clock.advance(3 * DAY_MS);
    await pass();
    expect(taken).toBe(2);
  });

  it("shows its versions to clients of IBM's as any", async () => {
    const id = await passwordSecret({ autoRotate: false });
    await app.done(beginRotation, SCHEDULE, begin(id));
    await pass();
    const secret = await secretOf(id);
    const versions = await app.state.read(({ secrets }) => secrets.versions(secret));
    expect(versions.map(({ number, hasPayload }) => [number, hasPayload])).toEqual([
      [2, true],
      [1, true],
    ]);
    await app.done(beginRotation, SCHEDULE, begin(id));
    await pass();
    const later = await app.state.read(({ secrets }) => secrets.versions(secret));
    // The values of two are kept, as IBM has it.
    expect(later.map(({ hasPayload }) => hasPayload)).toEqual([true, true, false]);
  });
});
