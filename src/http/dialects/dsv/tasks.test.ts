import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DsvServer } from "./testing/dsv-server.ts";

let server: DsvServer;
beforeEach(async () => {
  server = await DsvServer.open();
});
afterEach(() => server.close());

describe("the status of a task", () => {
  it("is that of what IBM's wire has begun, with the path of DSV's table", async () => {
    const headers = { authorization: `Bearer ${server.admin.token}` };
    const post = async (url: string, payload: object) =>
      (await server.http.server.inject({ method: "POST", url, headers, payload })).json();
    const key = { name: "key", secret_type: "arbitrary", payload: "of the job" };
    const engine = await post("/api/v2/configurations", {
      name: "saas-accounts",
      config_type: "custom_credentials_configuration",
      api_key_ref: (await post("/api/v2/secrets", key)).id,
      code_engine: { job_name: "job", project_id: crypto.randomUUID(), region: "us-south" },
      task_timeout: "10m",
    });
    expect(engine).toMatchObject({ name: "saas-accounts" });
    const secret = await post("/api/v2/secrets", {
      name: "saas",
      secret_type: "custom_credentials",
      configuration: "saas-accounts",
    });
    const tasks = await server.http.send({
      method: "GET",
      url: `/api/v2/secrets/${secret.id}/tasks`,
      authorization: headers.authorization,
    });
    const { id } = tasks.body.tasks[0];
    const status = await server.call("GET", `/task/status/${id}`);
    expect(status).toMatchObject({
      status: 200,
      body: {
        taskName: "create_credentials",
        state: "pending",
        createdAt: "2026-11-21T09:00:00Z",
        results: [{ type: "secretId", value: secret.id }],
      },
      record: { path: `task:status:${id}`, action: "GET", status: 200 },
    });
  });

  it("of what is nobody's is not there", async () => {
    const id = crypto.randomUUID();
    expect(await server.call("GET", `/task/status/${id}`)).toMatchObject({
      status: 404,
      body: { code: 404, message: "unable to find item with specified identifier" },
      record: { path: `task:status:${id}`, action: "GET", status: 404 },
    });
    const as = await server.user("bob@example.com");
    expect((await server.call("GET", `/task/status/${id}`, { as })).status).toBe(403);
    expect((await server.call("GET", `/task/status/${id}`, { as: null })).status).toBe(401);
  });
});
