/**
 * A `cloud_logs` target of IBM's event routing on a running server: a name for what the operator has pinned under its CRN,
 * whose credential no account ever sees.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { removeFolder, RunningServer, temporaryFolder, tokenOf } from "../e2e/running-server.ts";
import { until } from "../support/delivery-rig.ts";
import { HttpReceiver } from "../support/http-receiver.ts";

const CRN = "crn:v1:bluemix:public:logs:eu-de:a/0123456789abcdef0123456789abcdef:4711::";
const TOKEN = "hidden-token-4711";

let folder: string;
let server: RunningServer;
let receiver: HttpReceiver;
let authorization: string;
beforeAll(async () => {
  folder = temporaryFolder();
  receiver = await HttpReceiver.start(() => ({ status: 200 }));
  writeFileSync(join(folder, "token"), TOKEN, { mode: 0o600 });
  const { port } = receiver;
  const destinations = [
    {
      name: "cloud-logs",
      crn: CRN,
      settings: { kind: "json", transport: "http", host: "127.0.0.1", port, form: "ibm" },
      credentials: { token: { file: "token" } },
      // Of itself it sends nothing: what goes there is what routes send.
      paused: true,
    },
  ];
  const file = join(folder, "destinations.yaml");
  writeFileSync(file, JSON.stringify({ destinations }), { mode: 0o600 });
  server = await RunningServer.start(join(folder, "data"), ["--destinations", file]);
  authorization = `Bearer ${await tokenOf(server.url, server.bootstrap.api_key)}`;
}, 60_000);
afterAll(async () => {
  await server.stop();
  await receiver.close();
  removeFolder(folder);
});

async function call(request: string, body?: object) {
  const [method = "GET", path = ""] = request.split(" ", 2);
  const type = body ? { "content-type": "application/json" } : {};
  const response = await fetch(`${server.url}/api/v2${path}`, {
    method,
    headers: { authorization, ...type },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  // oxlint-disable-next-line typescript/no-explicit-any -- bodies are compared, not trusted
  return { status: response.status, body: (await response.json()) as any };
}

describe("a target of the type cloud_logs", () => {
  it("sends what routes say to what is pinned under its CRN, and shows nothing of it", async () => {
    const made = await call("POST /targets", {
      name: "logs",
      target_type: "cloud_logs",
      cloudlogs_endpoint: { target_crn: CRN },
    });
    expect(made.status).toBe(201);
    const { id } = made.body;
    const valid = await call(`POST /targets/${id}/validate`);
    expect(valid.body.write_status).toEqual({ status: "success" });
    await call("POST /routes", {
      name: "regional",
      rules: [{ target_ids: [id], locations: ["us-south"] }],
    });
    await call("GET /secrets");
    // Validated before there was an event for it, it has had a request without one.
    const first = await until("the event has arrived", () =>
      receiver.requests.find(({ body }) => body.length > 0),
    );
    expect(JSON.parse(first.body.toString("utf8"))).toMatchObject({
      action: "secrets-manager.secrets.list",
    });
    expect(first.headers.authorization).toBe(`Bearer ${TOKEN}`);
    const shown = await call("GET /targets");
    expect(shown.body.targets).toHaveLength(2);
    expect(JSON.stringify(shown.body)).not.toContain(TOKEN);
    expect(shown.body.targets).toContainEqual(
      expect.objectContaining({ id, cloudlogs_endpoint: { target_crn: CRN } }),
    );
  });

  it("names what is not there to nobody's use", async () => {
    const { status, body } = await call("POST /targets", {
      name: "other",
      target_type: "cloud_logs",
      cloudlogs_endpoint: { target_crn: CRN.replace("4711", "4712") },
    });
    expect([status, body.errors[0].code]).toEqual([400, "invalid_value"]);
  });

  it("is refused by the native API as well, and stays routed while a route names it", async () => {
    const { targets } = (await call("GET /targets")).body;
    const { id } = targets.find(({ name }: { readonly name: string }) => name === "logs");
    const native = async (method: string, path: string, body: object) => {
      const response = await fetch(`${server.url}/trail/v1/destinations${path}`, {
        method,
        headers: { authorization, "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      return [response.status, await response.text()] as const;
    };
    const settings = { kind: "alias", crn: CRN.replace("4711", "4712") };
    const [made, why] = await native("POST", "", { name: "other", settings });
    expect([made, why]).toEqual([400, expect.stringContaining("The field crn")]);
    const [changed, because] = await native("PATCH", `/${id}`, { is_routed: false });
    expect([changed, because]).toEqual([
      412,
      expect.stringContaining("The route regional names it"),
    ]);
    const [moved] = await native("PATCH", `/${id}`, { settings });
    expect(moved).toBe(400);
  });
});
