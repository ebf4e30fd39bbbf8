/** The versions that rotations by rotators make: how many stay, which labels they bear, and what locks mean for them. */
import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Sensitive } from "../../kernel/sensitive.ts";
import { FIRST_RETRY_MS } from "../../secrets/rotator.ts";
import { MAX_STAGES_PER_VERSION } from "../../secrets/stages.ts";
import { MAX_UNLABELLED_VERSIONS } from "../../secrets/version.ts";
import { openTestApp, SCHEDULE, type TestApp } from "../testing/test-app.ts";
import { Schedule } from "../schedule.ts";
import { beginRotation } from "./begin-rotation.ts";
import { createNamedSecret } from "./create-named-secret.ts";
import { createSecret } from "./create-secret.ts";
import { createVersion } from "./create-version.ts";
import { deleteSecret } from "./delete-secret.ts";
import { describeSecret } from "./describe-secret.ts";
import { putValue } from "./put-value.ts";
import { readSecret } from "./read-secret.ts";
import { replicateSecret } from "./replicate-secret.ts";
import { rotatorJobs } from "./rotation-job.ts";
import { takeRotationStep } from "./rotation-step.ts";
import { RotatorFault, type FoundRotator, type MasterRef } from "./rotators.ts";
import { deleteSecretLocks } from "./secret-locks.ts";
import { arbitrary, revealed } from "./testing/inputs.ts";
import { comparedReplicas } from "./testing/replicas.ts";
import { called, named, TO_WEST, versionId } from "./testing/two-regions.ts";
import { scheduleDeletion } from "./schedule-deletion.ts";
import { setVersionStage } from "./set-version-stage.ts";
import { createVersionLocks, createVersionLocksInput } from "./version-locks.ts";

const DAY_MS = 86_400_000;

let app: TestApp;
let schedule: Schedule;
/** What the rotator has put where it is used. */
let set: string[];
/** Why it does not. */
let fault: RotatorFault | undefined;
/** The secret that it needs besides. */
let master: MasterRef | undefined;
beforeEach(async () => {
  set = [];
  fault = undefined;
  master = undefined;
  const rotator: FoundRotator = {
    kind: "built-in",
    next: () => new Sensitive(randomUUID()),
    masterOf: () => master,
    async set({ pending }) {
      if (fault) throw fault;
      set.push(pending.reveal());
    },
  };
  app = await openTestApp({ rotators: { find: () => rotator } });
  const { state, performer, clock } = app;
  schedule = new Schedule({ jobs: rotatorJobs({ state, performer }), clock });
  await app.done(createNamedSecret, SCHEDULE, named("db"));
});
afterEach(() => app.close());

async function pass(): Promise<void> {
  await schedule.pass();
  await schedule.settled();
}

const beginning = (token: string, rotateImmediately: boolean, name = "db") => ({
  ...called(name),
  clientRequestToken: token,
  rotationLambdaARN: "rotator",
  rotationRules: { automaticallyAfterDays: 1 },
  rotateImmediately,
});
const begin = (...asked: Parameters<typeof beginning>) =>
  app.done(beginRotation, SCHEDULE, beginning(...asked));
const secretOf = async () => (await app.done(describeSecret, SCHEDULE, called("db"))).secret;

describe("a secret that rotations alone change", () => {
  it("lets go of its oldest versions, and records that it does", async () => {
    await begin(randomUUID(), true);
    await pass();
    const rotations = MAX_UNLABELLED_VERSIONS + 20;
    for (let i = 0; i < rotations; i += 1) {
      app.clock.advance(DAY_MS);
      await pass();
    }
    const { id, lastVersion, versionsTotal } = await secretOf();
    const versions = app.database.all("SELECT number FROM versions WHERE secret_id = ?", id);
    expect(lastVersion).toBe(rotations + 2);
    // Besides those, the current and the previous one, and the one that was that when the last rotation began.
    expect(versions).toHaveLength(MAX_UNLABELLED_VERSIONS + 3);
    expect(versionsTotal).toBe(versions.length);
    const pruned = app.events().filter(({ operation }) => operation === "version.prune");
    expect(pruned).toHaveLength(lastVersion - versions.length);
  });
});

describe("the version that a rotation makes", () => {
  it("has no more labels than any other, whoever gives it its value", async () => {
    const token = randomUUID();
    await begin(token, true);
    const all = Array.from({ length: MAX_STAGES_PER_VERSION }, (_, i) => `label-${i}`);
    const giving = (versionStages: readonly string[]) => {
      const value = new Sensitive("by hand");
      return { ...called("db"), clientRequestToken: token, value, versionStages };
    };
    expect(await app.refused(putValue, SCHEDULE, giving(all))).toMatchObject({
      code: "limit_reached",
    });
    await app.done(putValue, SCHEDULE, giving(all.slice(1)));
  });

  it("only to be tried stays without its label where somebody has locked it, and the lock can be taken off", async () => {
    const token = randomUUID();
    await begin(token, false);
    const { id } = await secretOf();
    const locking = createVersionLocksInput({ id, versionId: token }, [{ name: "app" }]);
    await app.done(createVersionLocks, SCHEDULE, locking);
    await pass();
    expect(app.lastEvent().operation).toBe("secret.rotation-test.succeed");
    expect(await secretOf()).toMatchObject({ locksTotal: 1, versionsTotal: 2, stages: {} });
    await app.done(deleteSecretLocks, SCHEDULE, { id, lockNames: ["app"] });
    await app.done(deleteSecret, SCHEDULE, { id });
  });
});

describe("a rotation of a secret that keeps two values, of which the older one is locked", () => {
  it("changes nothing outside until the new value can become the current one", async () => {
    const { id } = await app.done(createSecret, SCHEDULE, arbitrary("two"));
    const payload = { kind: "arbitrary", payload: new Sensitive("second") } as const;
    await app.done(createVersion, SCHEDULE, { id, payload });
    const locking = createVersionLocksInput({ id, alias: "previous" }, [{ name: "app" }]);
    await app.done(createVersionLocks, SCHEDULE, locking);
    await begin(randomUUID(), true, "two");
    await pass();
    expect(app.lastEvent()).toMatchObject({
      operation: "secret.rotation.step",
      outcome: "failure",
    });
    expect(set).toEqual([]);
    await app.done(deleteSecretLocks, SCHEDULE, { id, lockNames: ["app"] });
    app.clock.advance(FIRST_RETRY_MS);
    await pass();
    expect(set).toEqual([revealed((await app.done(readSecret, SCHEDULE, { id })).payload)]);
  });
});

describe("a step of a rotation", () => {
  it("is taken when it is due and not before, whoever asks for another rotation, and once as the same attempt", async () => {
    const { id } = await secretOf();
    const token = randomUUID();
    await begin(token, true);
    fault = new RotatorFault("not yet", { isFinal: false });
    await pass();
    expect(app.lastEvent()).toMatchObject({
      operation: "secret.rotation.step",
      outcome: "failure",
    });
    const before = app.database.all("SELECT * FROM rotations_under_way");
    expect(before).toMatchObject([{ step: "setSecret", attempts: 1 }]);
    expect(await app.refused(beginRotation, SCHEDULE, beginning(randomUUID(), true))).toMatchObject(
      {
        details: { reason: "rotation-under-way" },
      },
    );
    expect(app.database.all("SELECT * FROM rotations_under_way")).toEqual(before);
    const step = { id, token, step: "setSecret" } as const;
    const notDue = { message: "The rotation is not due for this step." };
    expect(await app.refused(takeRotationStep, SCHEDULE, { ...step, attempt: 1 })).toMatchObject(
      notDue,
    );
    app.clock.advance(FIRST_RETRY_MS);
    expect(await app.refused(takeRotationStep, SCHEDULE, { ...step, attempt: 0 })).toMatchObject(
      notDue,
    );
    fault = undefined;
    await app.done(takeRotationStep, SCHEDULE, { ...step, attempt: 1 });
    expect(set).toHaveLength(1);
  });
});

describe("the master of a secret that is rotated", () => {
  beforeEach(async () => {
    master = { name: "master", suffix: null };
    await app.done(createNamedSecret, SCHEDULE, named("master"));
  });

  it("is asked for where it is of the same secret group", async () => {
    await begin(randomUUID(), true);
    await pass();
    expect(set).toHaveLength(1);
  });

  it.each([
    [
      "of another secret group",
      async () => app.database.run("UPDATE secrets SET group_id = 'x' WHERE name = 'master'"),
    ],
    [
      "with a policy of its own, which a schedule cannot ask",
      async () =>
        app.database.run("UPDATE secrets SET resource_policy = '{}' WHERE name = 'master'"),
    ],
    [
      "that waits to be deleted",
      async () => app.done(scheduleDeletion, SCHEDULE, called("master")),
    ],
  ])("is none %s", async (_which, change) => {
    await change();
    await begin(randomUUID(), true);
    await pass();
    expect(set).toEqual([]);
    expect(app.events().map(({ operation }) => operation)).toContain("secret.rotation.fail");
  });
});

describe("a version that waits for its value", () => {
  it("gets it in other regions too", async () => {
    await app.done(replicateSecret, SCHEDULE, { ...called("db"), ...TO_WEST });
    await begin(randomUUID(), true);
    await pass();
    const compared = await comparedReplicas(app);
    expect(compared).toHaveLength(1);
    for (const { replica, primary } of compared) expect(replica).toEqual(primary);
  });

  it("does not become the current one without it", async () => {
    const token = randomUUID();
    await begin(token, true);
    const moving = { versionStage: "AWSCURRENT", moveToVersionId: token };
    const from = { removeFromVersionId: versionId("db", 1) };
    expect(
      await app.refused(setVersionStage, SCHEDULE, { ...called("db"), ...moving, ...from }),
    ).toMatchObject({ details: { reason: "value-gone" } });
  });
});
