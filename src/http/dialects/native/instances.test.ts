import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ACCOUNT } from "../../../app/testing/test-app.ts";
import { instanceRoutes } from "./instances.ts";
import { openNativeServer, type NativeServer } from "./testing/native-server.ts";

const UNKNOWN = "00000000-0000-4000-8000-000000000000";

let native: NativeServer;
beforeAll(async () => (native = await openNativeServer()));
afterAll(() => native.close());

async function send(
  method: "GET" | "POST" | "PATCH" | "DELETE",
  path: string,
  { token = "operator", payload }: { token?: string; payload?: object } = {},
) {
  const response = await native.server.inject({
    method,
    url: `/trail/v1/instances${path}`,
    headers: { authorization: `Bearer ${token}` },
    ...(payload === undefined ? {} : { payload }),
  });
  return {
    status: response.statusCode,
    body: response.body === "" ? null : response.json(),
  };
}

/** What a route's document promises of its answer. */
function promised(operationId: string, body: unknown): unknown {
  const found = instanceRoutes.find(({ document }) => document.operationId === operationId);
  const shape = found?.document.answer.content["application/json"];
  if (typeof shape !== "object") throw new Error(`no shape of ${operationId}`);
  return shape.parse(body);
}

describe("the native wire of instances", () => {
  it("makes, lists, reads, renames and deletes them, and answers as its document says", async () => {
    const payload = { name: "payments", region: "eu-de" };
    const made = await send("POST", "", { payload });
    expect([made.status, promised("createInstance", made.body)]).toMatchObject([201, payload]);
    const { id } = made.body as { id: string };
    expect(made.body.crn).toBe(`crn:v1:bluemix:public:secrets-manager:eu-de:a/${ACCOUNT}:${id}::`);

    const listed = await send("GET", "");
    expect(promised("listInstances", listed.body)).toMatchObject({
      instances: [{ name: "test", region: "us-south" }, made.body],
      total_count: 2,
    });
    const { regions } = listed.body as { regions: readonly object[] };
    expect(regions).toContainEqual({
      id: "in-che",
      name: "Chennai",
      geography: "Asia Pacific",
      events: false,
    });

    const read = await send("GET", `/${id.toUpperCase()}`);
    expect(promised("readInstance", read.body)).toEqual(made.body);
    const renamed = await send("PATCH", `/${id}`, { payload: { name: "billing" } });
    expect(promised("updateInstance", renamed.body)).toEqual({ ...made.body, name: "billing" });
    expect((await send("DELETE", `/${id}`)).status).toBe(204);
    expect((await send("GET", `/${id}`)).status).toBe(404);
    const operations = (await native.app.events()).map(({ operation }) => operation);
    expect(operations).toEqual([
      "instance.create",
      "instance.list",
      "instance.read",
      "instance.update",
      "instance.delete",
      "instance.read",
    ]);
  });

  it.each([
    { status: 400, method: "POST", path: "", payload: { name: "x" } },
    { status: 400, method: "POST", path: "", payload: { name: "x", region: "eu-de", plan: "x" } },
    { status: 400, method: "POST", path: "", payload: { name: "x", region: "mars" } },
    { status: 409, method: "POST", path: "", payload: { name: "x", region: "in-che" } },
    { status: 400, method: "PATCH", path: `/${UNKNOWN}`, payload: { region: "eu-gb" } },
    { status: 404, method: "PATCH", path: `/${UNKNOWN}`, payload: { name: "x" } },
    { status: 404, method: "DELETE", path: `/${UNKNOWN}` },
    { status: 400, method: "GET", path: "/not-an-id" },
  ] as const)("refuses with $status, and records it: $method $path $payload", async (asked) => {
    const before = native.app.ledger.size;
    const refused = await send(asked.method, asked.path, "payload" in asked ? asked : {});
    expect(refused.status).toBe(asked.status);
    expect(refused.body.errors).toHaveLength(1);
    const added = (await native.app.events()).slice(before);
    expect(added).toMatchObject([{ outcome: "failure", reason: { reasonCode: asked.status } }]);
  });

  it("is for operators, and to be looked at for whoever has a role on secrets", async () => {
    expect((await send("GET", "", { token: "reader" })).status).toBe(200);
    const payload = { name: "x", region: "eu-de" };
    expect((await send("POST", "", { token: "reader", payload })).status).toBe(403);
    expect((await send("GET", "", { token: "auditor" })).status).toBe(403);
    expect((await send("GET", "", { token: "nobody" })).status).toBe(401);
    const last = (await native.app.events()).at(-1);
    expect(last).toMatchObject({ operation: "instance.list", account: "operator" });
  });
});
