/**
 * One destination through its life by DSV's wire, by IBM's event routing and by the native API: what each shows of what
 * another has done, side by side, and how it is recorded. Whichever wire changes it, what the others have said stays.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DeliveryDesk } from "../../src/app/destinations/desk.ts";
import { deliveringFrom } from "../../src/app/destinations/testing/delivering.ts";
import { LineReceiver } from "../../src/app/destinations/testing/line-receiver.ts";
import { catalogue } from "../../src/audit/catalogue.ts";
import type { AuditEvent } from "../../src/audit/event.ts";
import { renderings } from "../../src/audit/renderings.ts";
import type { Delivery } from "../../src/delivery/delivery.ts";
import { DsvServer } from "../../src/http/dialects/dsv/testing/dsv-server.ts";
import { cadfProblems } from "../support/cadf-validator.ts";
import { faultsOfCloudTrail } from "../support/cloudtrail-validator.ts";

let server: DsvServer;
let receiver: LineReceiver;
let delivery: Delivery;

beforeAll(async () => {
  server = await DsvServer.open();
  receiver = await LineReceiver.open();
  const { app } = server;
  const desk = app.capabilities.deliveries as DeliveryDesk;
  delivery = await deliveringFrom(app.log, { app, desk });
  app.trail.onRecorded((events) => desk.onRecorded(events));
});
afterAll(async () => {
  await delivery.stop();
  await receiver.close();
  await server.close();
});

// oxlint-disable-next-line typescript/no-explicit-any -- bodies are compared, not trusted
type Json = any;

interface Told {
  readonly status: number;
  readonly body: Json;
  /** What the call itself has left: what the delivery finds is the server's own doing. */
  readonly events: readonly AuditEvent[];
}

const FOUND: readonly string[] = ["destination.fail", "destination.recover"];
const BASES = { dsv: "/v1/config/siem", ibm: "/api/v2", native: "/trail/v1/destinations" };
type Wire = keyof typeof BASES;

/** `native("PATCH /siem", …)`, as the account's owner. */
function wire(name: Wire) {
  return async (call: string, payload?: object): Promise<Told> => {
    const [method = "", path = ""] = call.split(" ");
    const before = server.app.events().length;
    const { token } = server.admin;
    const { status, body } = await server.http.send({
      method: method as "GET",
      url: `${BASES[name]}${path === "/" ? "" : path}`,
      authorization: name === "dsv" ? token : `Bearer ${token}`,
      ...(payload ? { payload, type: "application/json" } : {}),
    });
    const events = server.app.events().slice(before);
    return { status, body, events: events.filter(({ operation }) => !FOUND.includes(operation)) };
  };
}
const dsv = wire("dsv");
const ibm = wire("ibm");
const native = wire("native");

const SECRETS = /hidden-/;
const COS = {
  endpoint: "s3.private.eu-de.cloud-object-storage.appdomain.cloud",
  target_crn: "crn:v1:bluemix:public:cloud-object-storage:global:a/acc:4711::",
  bucket: "audit-trail",
  api_key: "hidden-api-key",
  service_to_service_enabled: false,
};
/** As the wizard of DSV's command line sends it. */
const endpoint = (more: object = {}) => ({
  siemType: "json",
  host: "127.0.0.1",
  port: receiver.port,
  protocol: "tcp",
  endpoint: "",
  loggingFormat: "json",
  authMethod: "token",
  auth: "hidden-token",
  sendToEngine: false,
  pool: "",
  allowSelfSigned: false,
  ...more,
});

interface Recorded {
  readonly operation: AuditEvent["operation"];
  readonly by: Wire;
  readonly name: string;
  readonly id: string;
  readonly eventName: string;
  readonly record: readonly [path: string, method: string];
  readonly outcomes?: readonly AuditEvent["outcome"][];
}

/** Once, or begun and done; under every vocabulary's name, about what it is about, and without a secret. */
function expectRecorded(told: Told, expected: Recorded): void {
  const { operation, by, name, id, eventName, record } = expected;
  const { outcomes = ["success"] } = expected;
  expect(told.events.map((event) => [event.operation, event.outcome])).toEqual(
    outcomes.map((outcome) => [operation, outcome]),
  );
  for (const event of told.events) {
    expect(event).toMatchObject({ dialect: by, action: catalogue[operation].action });
    expect(event.target.name).toBe(name);
    expect(event.target.id).toContain(id);
    expect(event.initiator.id).toBe(server.admin.user.iamId);
    const trail = renderings.cloudtrail.render(event);
    expect(trail).toMatchObject({ eventName });
    expect(faultsOfCloudTrail(trail)).toEqual([]);
    const [path, action] = record;
    expect(renderings.dsv.render(event)).toMatchObject({ path, action });
    expect(cadfProblems(renderings.cadf.render(event))).toEqual([]);
  }
  expect(JSON.stringify([told.body, told.events])).not.toMatch(SECRETS);
}

/** The same thing by each wire's words. */
async function shown(id: string, name: string) {
  const [byDsv, byIbm, byNative] = [
    await dsv(`GET /${name}`),
    await ibm(`GET /targets/${id}`),
    await native(`GET /${name}`),
  ];
  return { dsv: byDsv.body, ibm: byIbm.body, native: byNative.body };
}

describe("a destination that DSV's wire has made", () => {
  let id: string;
  const about = (name: string) => ({ id, name, record: [`config:siem:${name}`, "PUT"] as const });

  it("is there for all", async () => {
    const made = await dsv("POST /", { name: "siem", ...endpoint() });
    ({ id } = made.body);
    expectRecorded(made, {
      ...about("siem"),
      operation: "destination.create",
      by: "dsv",
      eventName: "PutDestination",
      record: ["config:siem", "POST"],
    });
    const { port } = receiver;
    expect(await shown(id, "siem")).toMatchObject({
      dsv: { id, name: "siem", siemType: "json", protocol: "tcp", port, auth: "****" },
      ibm: { id, name: "siem", target_type: "json", region: "", api_version: 2 },
      native: { id, settings: { kind: "json", transport: "tcp", form: "dsv", port } },
    });
  });

  it("is called otherwise by IBM's", async () => {
    const named = await ibm(`PUT /targets/${id}`, { name: "my siem" });
    expectRecorded(named, {
      ...about("my-siem"),
      operation: "destination.update",
      by: "ibm",
      eventName: "PutDestination",
    });
    expect(await shown(id, "my-siem")).toMatchObject({
      dsv: { name: "my-siem", auth: "****" },
      ibm: { name: "my siem", message: expect.stringContaining("whatever routes say") },
      native: { name: "my-siem", credentials: ["token"], is_routed: false },
    });
  });

  it("is told what only the native API can say", async () => {
    const terms = { filter: "outcome:failure", required: { max_backlog: 5_000 }, is_routed: true };
    const changed = await native("PATCH /my-siem", {
      ...terms,
      settings: {
        kind: "json",
        transport: "tcp",
        host: "127.0.0.1",
        port: receiver.port,
        form: "ecs",
      },
    });
    expectRecorded(changed, {
      ...about("my-siem"),
      operation: "destination.update",
      by: "native",
      eventName: "PutDestination",
    });
    const all = await shown(id, "my-siem");
    expect(all).toMatchObject({
      dsv: { name: "my-siem", siemType: "json", auth: "****" },
      ibm: { name: "my siem" },
      native: { ...terms, settings: { form: "ecs" }, credentials: ["token"] },
    });
    expect(all.ibm).not.toHaveProperty("message");
  });

  it("keeps all of that when DSV's or IBM's changes it again", async () => {
    const before = (await native("GET /my-siem")).body;
    const put = await dsv("PUT /my-siem", endpoint({ auth: "****" }));
    expectRecorded(put, {
      ...about("my-siem"),
      operation: "destination.update",
      by: "dsv",
      eventName: "PutDestination",
    });
    expect((await ibm(`PUT /targets/${id}`, { name: "my siem" })).status).toBe(200);
    const { settings, filter, required, is_routed, credentials, name } = before;
    expect(await shown(id, "my-siem")).toMatchObject({
      dsv: { name: "my-siem", allowSelfSigned: false },
      ibm: { name: "my siem" },
      native: { settings, filter, required, is_routed, credentials, name },
    });
  });

  it("is tried by IBM's and by the native API alike", async () => {
    const tried = {
      ...about("my-siem"),
      operation: "destination.test",
      eventName: "TestDestination",
      record: ["config:siem:my-siem:test", "POST"],
      outcomes: ["pending", "success"],
    } as const;
    const validated = await ibm(`POST /targets/${id}/validate`);
    expectRecorded(validated, { ...tried, by: "ibm" });
    expect(validated.body.write_status).toMatchObject({ status: "success" });
    const tested = await native("POST /my-siem/test");
    expectRecorded(tested, { ...tried, by: "native" });
    expect(tested.body).toMatchObject({ is_reached: true, problem: null });
  });

  it("is paused by the native API, and goes on as DSV's updates it", async () => {
    const paused = await native("POST /my-siem/pause");
    expectRecorded(paused, {
      ...about("my-siem"),
      operation: "destination.pause",
      by: "native",
      eventName: "PauseDestination",
      record: ["config:siem:my-siem:pause", "PUT"],
    });
    await ibm(`PUT /targets/${id}`, { name: "my siem" });
    expect(await shown(id, "my-siem")).toMatchObject({
      dsv: { failed: true, failedEvents: 0 },
      ibm: { message: "It is paused: nothing is sent to it for now." },
      native: { status: { state: "paused" } },
    });
    await dsv("PUT /my-siem", endpoint({ auth: "****" }));
    const after = await shown(id, "my-siem");
    expect([after.dsv.failed, after.native.status.state]).toEqual([
      false,
      expect.not.stringMatching("paused"),
    ]);
  });

  it("is said not to be reached, by both, when it is not there any more", async () => {
    expect((await dsv("PUT /my-siem", endpoint({ port: 1 }))).status).toBe(200);
    const validated = await ibm(`POST /targets/${id}/validate`);
    const problem = "nothing listens there";
    expect(validated.body.write_status).toEqual({
      status: "failure",
      last_failure: expect.stringMatching(/Z$/),
      reason_for_last_failure: problem,
    });
    const tested = await native("POST /my-siem/test");
    expect(tested.body).toMatchObject({ is_reached: false, problem });
    for (const { events } of [validated, tested]) {
      expect(events.map(({ operation }) => operation)).toEqual([
        "destination.test",
        "destination.test",
      ]);
    }
  });

  it("is deleted by IBM's, which says what still names it, and is gone for all", async () => {
    const rules = [{ target_ids: [id], locations: ["*"] }];
    expect((await ibm("POST /routes", { name: "r", rules })).status).toBe(201);
    const gone = await ibm(`DELETE /targets/${id}`);
    expect([gone.status, gone.body.warnings]).toMatchObject([200, [{ code: "target_in_use" }]]);
    expectRecorded(gone, {
      ...about("my-siem"),
      operation: "destination.delete",
      by: "ibm",
      eventName: "DeleteDestination",
      record: ["config:siem:my-siem", "DELETE"],
    });
    const looks = [
      await dsv("GET /my-siem"),
      await ibm(`GET /targets/${id}`),
      await native("GET /my-siem"),
    ];
    expect(looks.map(({ status, events }) => [status, events.length])).toEqual([
      [404, 1],
      [404, 1],
      [404, 1],
    ]);
  });
});

describe("a target that IBM's wire has made", () => {
  it("is nothing to DSV's, and keeps what the native API has said of it", async () => {
    const target = { name: "my cos", target_type: "cloud_object_storage", region: "eu-de" };
    const { id } = (await ibm("POST /targets", { ...target, cos_endpoint: COS })).body;
    for (const call of ["GET", "DELETE"]) expect((await dsv(`${call} /my-cos`)).status).toBe(404);
    expect((await dsv("PUT /my-cos", endpoint())).status).toBe(404);
    expect((await dsv("GET /")).body).toMatchObject({ total: 0, data: [] });

    const { body: seen } = await native("GET /my-cos");
    expect(seen).toMatchObject({
      settings: { kind: "bucket", form: "ibm", gzip: false },
      credentials: ["api_key"],
      is_routed: true,
    });
    const settings = { ...seen.settings, gzip: true, prefix: "trail" };
    await native("PATCH /my-cos", { settings, filter: "severity:critical" });
    const { body: read } = await ibm(`GET /targets/${id}`);
    expect(read).toMatchObject({ ...target, cos_endpoint: { ...COS, api_key: "REDACTED" } });
    const { name, region, cos_endpoint } = read;
    const put = await ibm(`PUT /targets/${id}`, { name, region, cos_endpoint });
    expect(put.body).toEqual({ ...read, updated_at: put.body.updated_at });
    expect((await native("GET /my-cos")).body).toMatchObject({
      settings,
      filter: "severity:critical",
      credentials: ["api_key"],
    });
    const gone = await native("DELETE /my-cos");
    expect(gone.status).toBe(204);
    expect((await ibm(`GET /targets/${id}`)).status).toBe(404);
    expect((await ibm("GET /targets")).body).toEqual({ targets: [] });
    expect(JSON.stringify(server.app.events())).not.toMatch(SECRETS);
  });
});
