import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Sensitive } from "../../kernel/sensitive.ts";
import { openTestApp, PLACE, SCHEDULE, START, type TestApp } from "../testing/test-app.ts";
import { beginRotation } from "./begin-rotation.ts";
import { createSecret } from "./create-secret.ts";
import { instanceOf } from "./find.ts";
import { readTaskStatus } from "./task-status.ts";
import { createdReport, TestRunner } from "./testing/custom-credentials.ts";
import { arbitrary } from "./testing/inputs.ts";
import { openIssuingApp, publicCert } from "./testing/issuing.ts";
import { updateTask } from "./update-task.ts";

let app: TestApp;
beforeEach(async () => {
  const find = () => ({ kind: "built-in", next: () => new Sensitive("next") }) as const;
  app = await openTestApp({ rotators: { find } });
});
afterEach(() => app.close());

async function statusOf(id: string, as = SCHEDULE, from = app) {
  const { results, ...status } = await from.done(readTaskStatus, as, { id });
  const found = Object.fromEntries(results.reveal().map(({ type, value }) => [type, value]));
  return { ...status, ...found };
}

describe("a task of a runner", () => {
  it("is found by its id alone, from its beginning to its end", async () => {
    const runner = await TestRunner.open(app);
    const { id: secretId } = await runner.secret("saas");
    const { taskId } = await runner.open(secretId);
    const reader = await app.callerWith(["Reader"]);
    const taskName = "create_credentials";
    const pending = { taskName, state: "pending", createdAt: START, secretId };
    expect(await statusOf(taskId, reader)).toEqual(pending);
    expect(app.lastEvent()).toMatchObject({
      operation: "task.read",
      target: { name: "saas", id: expect.stringContaining(`:task:${taskId}`) },
      requestData: { id: taskId },
    });
    await app.done(updateTask, runner.runner, { id: secretId, taskId, ...processing });
    expect(await statusOf(taskId)).toEqual({ ...pending, state: "running" });
    await app.done(updateTask, runner.runner, { id: secretId, taskId, ...createdReport("c-1") });
    const versionId = expect.any(String) as string;
    const done = { ...pending, state: "completed", credentialsId: "c-1", versionId };
    expect(await statusOf(taskId)).toEqual(done);
  });

  it("that has failed says why, and not in the record", async () => {
    const runner = await TestRunner.open(app);
    const { id } = await runner.secret("saas");
    const { taskId } = await runner.open(id);
    const errors = new Sensitive([{ code: "E1", description: "canary-words" }]);
    await app.done(updateTask, runner.runner, { id, taskId, status: "failed", errors });
    const failed = { state: "failed", error: "E1: canary-words" };
    expect(await statusOf(taskId)).toMatchObject(failed);
    expect(JSON.stringify(app.events())).not.toContain("canary");
  });

  it("is seen by those who may see its secret, and by nobody else", async () => {
    const runner = await TestRunner.open(app);
    const { id } = await runner.secret("saas");
    const { taskId } = await runner.open(id);
    const elsewhere = { ...PLACE, secretGroup: "99999999-2222-4333-8444-555555555555" };
    const stranger = await app.callerWith(["Manager"], elsewhere);
    expect((await app.refused(readTaskStatus, stranger, { id: taskId })).code).toBe("forbidden");
    const nobody = await app.callerWith([]);
    for (const unknown of [taskId, "nowhere"]) {
      const refusal = await app.refused(readTaskStatus, nobody, { id: unknown });
      expect(refusal.code).toBe("forbidden");
    }
  });
});

const processing = { status: "processing" } as const;

it("an order of a certificate is found by its id", async () => {
  const issuing = await openIssuingApp();
  try {
    const { app: there } = issuing;
    const { id: secretId } = await there.done(createSecret, SCHEDULE, publicCert());
    const order = await there.state.read(({ issuances }) => issuances.issuance(secretId));
    const at = (step: string, state: string) => ({
      taskName: "order_certificate",
      state,
      step,
      secretId,
      createdAt: START,
    });
    const { id = "" } = order ?? {};
    expect(await statusOf(id, SCHEDULE, there)).toEqual(at("order", "running"));
    await issuing.pass();
    expect(await statusOf(id, SCHEDULE, there)).toEqual(at("challenge", "pending"));
    await issuing.prove(secretId);
    await issuing.finish(secretId);
    expect(await statusOf(id, SCHEDULE, there)).toEqual(at("over", "completed"));
  } finally {
    await issuing.app.close();
    await issuing.server.close();
  }
});

describe("a rotation by a rotator", () => {
  async function rotating(name: string, token: string): Promise<string> {
    const { id } = await app.done(createSecret, SCHEDULE, arbitrary(name, "first"));
    await app.done(beginRotation, SCHEDULE, {
      id,
      clientRequestToken: token,
      rotationLambdaARN: "rotator",
      rotationRules: { automaticallyAfterDays: 5 },
      rotateImmediately: true,
    });
    return id;
  }

  it("is found by the id of the version that it makes, while it is under way", async () => {
    const token = crypto.randomUUID();
    const secretId = await rotating("db", token);
    expect(await statusOf(token)).toEqual({
      taskName: "rotate_secret",
      state: "running",
      createdAt: START,
      secretId,
      versionId: token,
      step: "createSecret",
    });
    await app.state.transact(({ secrets }) => secrets.deleteRotation(secretId));
    expect((await app.refused(readTaskStatus, SCHEDULE, { id: token })).code).toBe("not_found");
  });

  it("is not, where clients have called several by the same id", async () => {
    const token = crypto.randomUUID();
    await rotating("one", token);
    await rotating("two", token);
    expect((await app.refused(readTaskStatus, SCHEDULE, { id: token })).code).toBe("not_found");
  });

  it("is nothing that another account has", async () => {
    const token = crypto.randomUUID();
    const id = await rotating("db", token);
    const found = (account: string) =>
      app.state.read(({ tasks }) => tasks.undertaking(account, token));
    expect(await found(PLACE.account)).toMatchObject({ secretId: id, at: instanceOf(PLACE) });
    expect(await found("another")).toBeUndefined();
  });
});
