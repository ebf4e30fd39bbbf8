/** Custom credentials over IBM's wire: their configuration, their secret, and the tasks of its runner. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openIbmApp, type IbmApp, type Person } from "./ibm-app.ts";

let app: IbmApp;
let manager: Person;
let runner: Person;
let keyId: string;

const CONFIGURATIONS = "/api/v2/configurations";
const SECRETS = "/api/v2/secrets";
const NOBODY = "00000000-0000-4000-8000-000000000000";

beforeAll(async () => {
  app = await openIbmApp();
  manager = await app.person("manager@example.com", ["Manager"]);
  runner = await app.person("runner@example.com", ["SecretTaskUpdater"]);
  const key = { name: "runner-key", secret_type: "arbitrary", payload: "canary-key" };
  keyId = (await manager.post(SECRETS, key)).body.id;
  expect((await manager.post(CONFIGURATIONS, engine("saas-accounts"))).status).toBe(201);
});

afterAll(() => app.close());

const engine = (name: string) => ({
  config_type: "custom_credentials_configuration",
  name,
  api_key_ref: keyId,
  code_engine: { job_name: "make-accounts", project_id: "p-1", region: "us-south" },
  task_timeout: "10m",
});

async function newSecret(name: string, more: object = {}) {
  const body = { name, secret_type: "custom_credentials", configuration: "saas-accounts", ...more };
  const { status, body: secret } = await manager.post(SECRETS, body);
  expect(status).toBe(201);
  const { tasks } = (await manager.get(`${SECRETS}/${secret.id}/tasks`)).body;
  return { secret, task: tasks[0], url: `${SECRETS}/${secret.id}` };
}

const put = (url: string, body: object) => runner.call({ method: "PUT", url, body });
const brought = (id: string, payload: object = { token: `canary-${id}` }) => ({
  status: "credentials_created",
  credentials: { id, payload },
});

describe("a configuration of custom credentials", () => {
  it("is shown as it was made, by both names of the reference to its key", async () => {
    const { body } = await manager.get(`${CONFIGURATIONS}/saas-accounts`);
    expect(body).toEqual({
      ...engine("saas-accounts"),
      code_engine_key_ref: keyId,
      secret_type: "custom_credentials",
      schema: { parameters: [], credentials: [] },
      created_by: manager.iamId,
      created_at: expect.any(String),
      updated_at: expect.any(String),
    });
  });

  it("has a schema in the form in which IBM reads it from a job", async () => {
    const schema = {
      parameters: [
        { name: "plan", format: "type:string, required:true", env_variable_name: "SMIN_PLAN" },
      ],
      credentials: [{ name: "token", format: "type:string, required:false" }],
    };
    const made = await manager.post(CONFIGURATIONS, { ...engine("with-schema"), schema });
    expect(made.body.schema).toEqual(schema);
    const secret = { name: "no-plan", secret_type: "custom_credentials" };
    const refused = await manager.post(SECRETS, { ...secret, configuration: "with-schema" });
    expect(refused.status).toBe(400);
    expect(refused.body.errors[0].message).toContain("plan has to be given");
  });

  it.each([
    [{ task_timeout: "4m" }],
    [{ task_timeout: "soon" }],
    [{ code_engine: { project_id: "p" } }],
    [{ code_engine: { job_name: "" } }],
    [{ api_key_ref: NOBODY }],
    [{ code_engine_key_ref: NOBODY }],
    [{ schema: { parameters: [{ name: "a", format: "type:float" }] } }],
    [{ unknown: "canary" }],
  ])("is not made of what cannot be: %j", async (change) => {
    const before = app.events().length;
    const body = { ...engine("bad"), ...change };
    expect((await manager.post(CONFIGURATIONS, body)).status).toBe(400);
    expect(app.events().slice(before)).toMatchObject([
      { action: "secrets-manager.configuration.create", outcome: "failure" },
    ]);
    expect((await manager.get(`${CONFIGURATIONS}/bad`)).status).toBe(404);
  });

  it("changes its timeout", async () => {
    await manager.post(CONFIGURATIONS, engine("to-change"));
    const url = `${CONFIGURATIONS}/to-change`;
    expect((await manager.patch(url, { task_timeout: "3h" })).body.task_timeout).toBe("3h");
    expect((await manager.patch(url, { task_timeout: "90m" })).body.task_timeout).toBe("90m");
    expect((await manager.patch(url, { task_timeout: "25h" })).status).toBe(400);
    expect((await manager.delete(url)).status).toBe(204);
  });
});

describe("a secret of custom credentials", () => {
  it("waits for its runner, and says what it waits for", async () => {
    const more = { parameters: { plan: "large" }, ttl: "1d", labels: ["saas"] };
    const { secret, task, url } = await newSecret("waits", more);
    expect(secret).toMatchObject({
      state: 0,
      state_description: "pre_activation",
      versions_total: 0,
      configuration: "saas-accounts",
      parameters: { plan: "large" },
      ttl: "86400",
      rotation: { auto_rotate: false },
      task_count: 1,
      queued_task_count: 1,
      last_rotation_failed: false,
    });
    expect(secret).not.toHaveProperty("processing_task_id");
    expect(secret).not.toHaveProperty("credentials_content");
    expect(task).toEqual({
      id: expect.any(String),
      type: "create_credentials",
      trigger: "secret_creation",
      status: "queued",
      secret_id: secret.id,
      created_by: manager.iamId,
      creation_date: secret.created_at,
      updated_by: manager.iamId,
      last_update_date: secret.created_at,
      expiration_date: expect.any(String),
    });
    const begun = await put(`${url}/tasks/${task.id}`, { status: "processing" });
    expect([begun.status, begun.body.status]).toEqual([200, "processing"]);
    const { body } = await manager.get(`${url}/metadata`);
    expect(body).toMatchObject({ processing_task_id: task.id, queued_task_count: 0 });
    const listed = await manager.get(`${SECRETS}?search=waits`);
    expect(listed.body.secrets[0]).toMatchObject({ processing_task_id: task.id });
  });

  it("gives out what its runner brought, and has it deleted in the end", async () => {
    const { secret, task, url } = await newSecret("lives", { ttl: 3_600 });
    const done = await put(`${url}/tasks/${task.id}`, brought("account-7"));
    expect(done.body).toMatchObject({
      status: "credentials_created",
      credentials: { id: "account-7" },
      updated_by: runner.iamId,
    });
    expect(done.text).not.toContain("canary");
    const read = (await manager.get(url)).body;
    expect(read).toMatchObject({
      state_description: "active",
      credentials_content: { token: "canary-account-7" },
      expiration_date: expect.any(String),
    });
    const version = (await manager.get(`${url}/versions/current`)).body;
    expect(version).toMatchObject({
      id: done.body.secret_version_id,
      credentials_content: { token: "canary-account-7" },
      expiration_date: read.expiration_date,
    });
    const rotated = await manager.post(`${url}/versions`, {});
    expect(rotated.status).toBe(201);
    expect(rotated.body).toMatchObject({ id: secret.id, queued_task_count: 1 });

    expect((await manager.delete(url)).status).toBe(412);
    const [second] = (await manager.get(`${url}/tasks`)).body.tasks;
    const errors = [{ code: "E42", description: "canary: no more seats" }];
    const failed = await put(`${url}/tasks/${second.id}`, { status: "failed", errors });
    expect(failed.body).toMatchObject({ status: "failed", errors });
    const data = `${url}/versions/${version.id}/secret_data`;
    expect((await manager.delete(data)).status).toBe(204);
    const [deletion] = (await manager.get(`${url}/tasks`)).body.tasks;
    expect(deletion).toMatchObject({
      type: "delete_credentials",
      trigger: "secret_version_data_deletion",
      secret_version_id: version.id,
      credentials: { id: "account-7" },
    });
    await put(`${url}/tasks/${deletion.id}`, { status: "credentials_deleted" });
    expect((await manager.delete(url)).status).toBe(204);
    const lines = app.lines().map((line) => Buffer.from(line).toString());
    expect(lines.join("\n")).not.toContain("canary");
  });

  it("is deleted by force with what its runner has not deleted", async () => {
    const { task, url } = await newSecret("forced");
    await put(`${url}/tasks/${task.id}`, brought("account-8"));
    expect((await manager.delete(url)).status).toBe(412);
    expect((await manager.delete(`${url}?force_delete=true`)).status).toBe(204);
    expect(app.events().at(-1)).toMatchObject({
      action: "secrets-manager.secret-credentials.delete",
      outcome: "failure",
      requestData: { credentialsId: "account-8" },
    });
  });
});

describe("a task", () => {
  it.each([
    [{}, 400],
    [{ status: "canary" }, 400],
    [{ status: "credentials_created" }, 400],
    [{ status: "credentials_created", credentials: { id: "x", payload: "canary" } }, 400],
    [{ status: "credentials_deleted" }, 400],
    [{ status: "failed", errors: [] }, 400],
    [{ status: "failed", errors: [{ code: "canary" }] }, 400],
    [{ status: "processing", more: "canary" }, 400],
  ])("is not updated by %j", async (body, status) => {
    const { task, url } = await newSecret(`bad-${app.events().length}`);
    const answer = await put(`${url}/tasks/${task.id}`, body);
    expect(answer.status).toBe(status);
    expect(answer.text).not.toContain("canary");
    expect(app.events().at(-1)).toMatchObject({
      action: "secrets-manager.secret-task.update",
      outcome: "failure",
      requestData: {},
      target: { id: expect.stringContaining(task.secret_id) },
    });
    expect((await manager.get(`${url}/tasks/${task.id}`)).body.status).toBe("queued");
  });

  it("is found by its id and its secret's alone, and deleted by managers alone", async () => {
    const { task, url } = await newSecret("found");
    const other = await newSecret("other");
    const path = `${url}/tasks/${task.id}`;
    expect((await manager.get(path)).body).toEqual(task);
    expect((await manager.get(`${other.url}/tasks/${task.id}`)).status).toBe(404);
    expect((await manager.get(`${url}/tasks/${NOBODY}`)).status).toBe(404);
    expect((await manager.get(`${url}/tasks/no-id`)).status).toBe(400);
    expect((await runner.get(path)).status).toBe(403);
    expect((await runner.delete(path)).status).toBe(403);
    expect((await runner.get(url)).status).toBe(403);
    expect((await manager.delete(path)).status).toBe(204);
    expect((await put(path, brought("late"))).status).toBe(404);
  });
});
