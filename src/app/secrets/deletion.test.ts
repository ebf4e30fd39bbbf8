/** Secrets that wait to be deleted, through time: restored, deleted on their day, whatever restarts lie between. */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Sensitive } from "../../kernel/sensitive.ts";
import { DAY_MS, MAX_RECOVERY_DAYS, MIN_RECOVERY_DAYS } from "../../secrets/deletion.ts";
import type { Caller } from "../call.ts";
import { Schedule } from "../schedule.ts";
import { openTestApp, SCHEDULE, START, type TestApp } from "../testing/test-app.ts";
import { createSecret } from "./create-secret.ts";
import { createVersion } from "./create-version.ts";
import { deleteSecret } from "./delete-secret.ts";
import { endDeletion, endDeletionInput } from "./end-deletion.ts";
import type { CalledSecret } from "./find.ts";
import { deletionJob, expirationJob, rotationJob } from "./jobs.ts";
import { listSecrets } from "./list-secrets.ts";
import { readSecret } from "./read-secret.ts";
import { restoreSecret } from "./restore-secret.ts";
import { scheduleDeletion } from "./schedule-deletion.ts";
import { TestRunner } from "./testing/custom-credentials.ts";
import { arbitrary, login } from "./testing/inputs.ts";

const NEXT = { kind: "arbitrary", payload: new Sensitive("next") } as const;
const MARKED = "was marked for deletion";

let app: TestApp;
let manager: Caller;
let schedule: Schedule;
beforeEach(async () => {
  app = await openTestApp();
  manager = await app.callerWith(["Manager"]);
  restart();
});
afterEach(() => app.close());

/** It knows of nothing but the state. */
function restart(): void {
  schedule = new Schedule({
    jobs: [rotationJob(app), expirationJob(app), deletionJob(app)],
    clock: app.clock,
    onError: (_job, error) => expect.unreachable(String(error)),
  });
}

/** How many of each job were done in a pass, and how many not. */
const pass = async () =>
  (await schedule.pass()).flatMap(({ job, done, failed }) =>
    done + failed === 0 ? [] : [[job, done, failed]],
  );
const called = (name: string): CalledSecret => ({
  secretId: name,
  called: [{ name, suffix: null }],
});
const wait = (name: string, recoveryWindowInDays?: number) =>
  app.done(scheduleDeletion, manager, { ...called(name), recoveryWindowInDays });
const since = (size: number) => app.events().slice(size);

describe("a secret that waits to be deleted", () => {
  it("goes on its day, once, with an event of the server's for it and for each version", async () => {
    const { id, versionId } = await app.done(createSecret, manager, arbitrary("db"));
    await app.done(createVersion, manager, { id, payload: NEXT });
    await wait("db", 7);
    app.clock.set(START + 7 * DAY_MS - 1);
    expect(await pass()).toEqual([]);
    restart();
    app.clock.set(START + 7 * DAY_MS);
    const before = app.log.size;
    expect(await pass()).toEqual([["deletion", 1, 0]]);
    const events = since(before);
    expect(events.map(({ operation, initiator }) => [operation, initiator.id])).toEqual([
      ["secret.deletion.end", "keytrail-deletion"],
      ["version.deletion.end", "keytrail-deletion"],
      ["version.deletion.end", "keytrail-deletion"],
    ]);
    expect(events[0]).toMatchObject({
      target: { name: "db" },
      requestData: {
        id,
        deletionDate: new Date(START + 7 * DAY_MS).toISOString(),
        secretType: "arbitrary",
      },
      responseData: { versionsDeleted: 2 },
    });
    expect(events[2]?.requestData).toEqual({ id, versionId });
    restart();
    expect(await pass()).toEqual([]);
    for (const table of ["secrets", "versions", "payloads"]) {
      expect(app.database.all(`SELECT * FROM ${table}`)).toEqual([]);
    }
  });

  it("is refused and hidden on IBM's wire too, and cannot be deleted at once there", async () => {
    const { id } = await app.done(createSecret, manager, arbitrary("db"));
    await wait("db");
    for (const refusal of [
      await app.refused(readSecret, manager, { id }),
      await app.refused(createVersion, manager, { id }),
      await app.refused(deleteSecret, manager, { id }),
    ]) {
      expect(refusal).toMatchObject({ code: "precondition_failed" });
      expect(refusal.message).toContain(MARKED);
    }
    expect((await app.done(listSecrets, manager, {})).secrets).toEqual([]);
    await app.done(restoreSecret, manager, called("db"));
    expect((await app.done(listSecrets, manager, {})).secrets).toHaveLength(1);
    await app.done(readSecret, manager, { id });
  });

  it("is not rotated, and is when it has been restored", async () => {
    const rotation = { autoRotate: true, interval: 1, unit: "day" } as const;
    await app.done(createSecret, manager, { ...login("db"), rotation });
    await wait("db");
    app.clock.advance(2 * DAY_MS);
    expect(await pass()).toEqual([]);
    await app.done(restoreSecret, manager, called("db"));
    expect(await pass()).toEqual([["rotation", 1, 0]]);
  });

  it("loses its values on the date that it expires all the same", async () => {
    const expirationDate = new Date(START + DAY_MS).toISOString();
    await app.done(createSecret, manager, { ...arbitrary("db"), expirationDate });
    await wait("db");
    app.clock.advance(DAY_MS);
    expect(await pass()).toEqual([["expiration", 1, 0]]);
    expect(app.database.all("SELECT * FROM payloads")).toEqual([]);
  });

  it("is not deleted before its day, nor when it has been restored, nor by anybody else", async () => {
    const { id } = await app.done(createSecret, manager, arbitrary("db"));
    const input = endDeletionInput(id, START);
    await wait("db");
    expect((await app.refused(endDeletion, SCHEDULE, input)).code).toBe("precondition_failed");
    expect((await app.refused(endDeletion, manager, input)).code).toBe("forbidden");
    await app.done(restoreSecret, manager, called("db"));
    app.clock.advance(31 * DAY_MS);
    expect((await app.refused(endDeletion, SCHEDULE, input)).code).toBe("precondition_failed");
    expect(await pass()).toEqual([]);
  });

  it("has nothing in use elsewhere, unless it goes at once by force: then the record has it", async () => {
    const runner = await TestRunner.open(app);
    await runner.filled("saas");
    const refusal = await app.refused(scheduleDeletion, runner.manager, called("saas"));
    expect(refusal.message).toContain("credentials that its runner has yet to delete");
    const before = app.log.size;
    const force = { ...called("saas"), forceDeleteWithoutRecovery: true };
    await app.done(scheduleDeletion, runner.manager, force);
    expect(since(before).map(({ operation, outcome }) => [operation, outcome])).toContainEqual([
      "secret-credentials.delete",
      "failure",
    ]);
  });
});

interface ModelSecret {
  /** Null: nobody wants it deleted. */
  dueAt: number | null;
}

type Step =
  | { readonly kind: "create" | "restore" | "force" | "restart" }
  | { readonly kind: "schedule" | "pass-days"; readonly days: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constantFrom("create", "restore", "force", "restart") }),
  fc.record({
    kind: fc.constant("schedule"),
    days: fc.integer({ min: MIN_RECOVERY_DAYS, max: MAX_RECOVERY_DAYS }),
  }),
  fc.record({ kind: fc.constant("pass-days"), days: fc.integer({ min: 1, max: 12 }) }),
);

describe("any sequence of deletions and restorings", () => {
  it("ends as the model says, and leaves no value of what is gone", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        let model: ModelSecret | null = null;
        for (const one of steps) model = await taken(one, model);
        await wipe();
      }),
      { numRuns: 60 },
    );
  });
});

/** Takes the step, in the application and in the model, and compares what there is then. */
async function taken(one: Step, before: ModelSecret | null): Promise<ModelSecret | null> {
  const { isDone, after } = await expectedOf(one, before);
  expect(isDone, JSON.stringify([one, before])).toBe(await doneBy(one));
  const rows = app.database.all("SELECT deletion_due_at AS due FROM secrets");
  expect(rows).toEqual(after === null ? [] : [{ due: after.dueAt }]);
  expect(app.database.all("SELECT * FROM payloads")).toHaveLength(after === null ? 0 : 1);
  return after;
}

async function expectedOf(
  one: Step,
  model: ModelSecret | null,
): Promise<{ readonly isDone: boolean; readonly after: ModelSecret | null }> {
  const now = app.clock.now();
  switch (one.kind) {
    case "create":
      return { isDone: model === null, after: model ?? { dueAt: null } };
    case "restore":
      return { isDone: model !== null, after: model && { dueAt: null } };
    case "force":
      return { isDone: true, after: null };
    case "restart":
      return { isDone: true, after: model };
    case "schedule": {
      if (model === null || model.dueAt !== null) return { isDone: false, after: model };
      return { isDone: true, after: { dueAt: now + one.days * DAY_MS } };
    }
    case "pass-days": {
      const isOver =
        model !== null && model.dueAt !== null && model.dueAt <= now + one.days * DAY_MS;
      return { isDone: true, after: isOver ? null : model };
    }
  }
}

async function doneBy(one: Step): Promise<boolean> {
  const db = called("db");
  switch (one.kind) {
    case "create":
      return succeeded(await app.perform(createSecret, manager, arbitrary("db")));
    case "restore":
      return succeeded(await app.perform(restoreSecret, manager, db));
    case "force":
      return succeeded(
        await app.perform(scheduleDeletion, manager, { ...db, forceDeleteWithoutRecovery: true }),
      );
    case "restart":
      restart();
      return true;
    case "schedule":
      return succeeded(
        await app.perform(scheduleDeletion, manager, { ...db, recoveryWindowInDays: one.days }),
      );
    case "pass-days":
      app.clock.advance(one.days * DAY_MS);
      await pass();
      return true;
  }
}

function succeeded({ kind }: { readonly kind: "done" | "refused" }): boolean {
  return kind === "done";
}

function wipe(): Promise<unknown> {
  return app.done(scheduleDeletion, manager, { ...called("db"), forceDeleteWithoutRecovery: true });
}
