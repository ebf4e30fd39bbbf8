import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { COS, cosTarget, RoutingWire, type Answer } from "./testing/routing-wire.ts";

let wire: RoutingWire;
beforeEach(async () => void (wire = await RoutingWire.open()));
afterEach(() => wire.close());

const UNKNOWN = "00000000-0000-4000-8000-000000000000";

function refusalIn({ status, body }: Answer): string {
  return `${status} ${body.errors[0].code} ${body.errors[0].message}`;
}

/** Nothing of a key is in any line of the log. */
function hasNoKey(): boolean {
  return wire.server.app.parts.log.lines.every((line) => !Buffer.from(line).includes("hidden"));
}

describe("a target", () => {
  it("is made, read, listed, replaced and deleted, each on the record by IBM's name of it", async () => {
    const made = await wire.call("POST /targets", cosTarget("my-cos-target", { region: "eu-de" }));
    expect(made.status).toBe(201);
    const { id } = made.body;
    expect(made.body).toEqual({
      id,
      name: "my-cos-target",
      crn: `crn:v1:bluemix:public:atracker:eu-de:a/${wire.account}::target:${id}`,
      target_type: "cloud_object_storage",
      region: "eu-de",
      cos_endpoint: { ...COS, api_key: "REDACTED" },
      write_status: { status: "success" },
      created_at: expect.stringMatching(/Z$/),
      updated_at: made.body.created_at,
      api_version: 2,
      managed_by: "account",
    });
    expect(made.event).toMatchObject({
      action: "atracker.target.create",
      target: { name: "my-cos-target" },
      requestData: {
        name: "my-cos-target",
        kind: "bucket",
        host: COS.endpoint,
        isRouted: true,
        target_type: "cloud_object_storage",
        region: "eu-de",
      },
      responseData: { id },
    });

    const read = await wire.call(`GET /targets/${id}`);
    expect([read.body, read.event.action]).toEqual([made.body, "atracker.target.get"]);
    const listed = await wire.call("GET /targets");
    expect([listed.body, listed.event.action]).toEqual([
      { targets: [made.body] },
      "atracker.target.list",
    ]);
    expect((await wire.call("GET /targets?region=eu-de")).body.targets).toHaveLength(1);
    expect((await wire.call("GET /targets?region=us-south")).body.targets).toHaveLength(0);

    // As Terraform does it: what was read is sent back, with what is to be another.
    const cos = { ...made.body.cos_endpoint, bucket: "other-bucket" };
    const changed = await wire.call(`PUT /targets/${id}`, { name: "renamed", cos_endpoint: cos });
    expect(changed.body).toMatchObject({
      name: "renamed",
      cos_endpoint: { bucket: "other-bucket", api_key: "REDACTED" },
      crn: made.body.crn,
      region: "eu-de",
    });
    expect(changed.event).toMatchObject({
      action: "atracker.target.update",
      severity: "critical",
      target: { name: "renamed" },
      requestData: { name: "renamed", id, target_type: "cloud_object_storage" },
    });

    const gone = await wire.call(`DELETE /targets/${id}`);
    expect([gone.status, gone.body, gone.event.action]).toEqual([
      204,
      null,
      "atracker.target.delete",
    ]);
    expect(refusalIn(await wire.call(`GET /targets/${id}`))).toMatch(/^404 not_found /);
    expect(hasNoKey()).toBe(true);
  });

  it("is the same after it has been said again as it was read: nothing drifts", async () => {
    const id = await wire.target("My target: v1.2", { region: "eu-gb" });
    const before = (await wire.call(`GET /targets/${id}`)).body;
    expect(before.name).toBe("My target: v1.2");
    const { name, cos_endpoint: cos } = before;
    const after = (await wire.call(`PUT /targets/${id}`, { name, cos_endpoint: cos })).body;
    expect(after).toEqual({ ...before, updated_at: after.updated_at });
    const renamed = await wire.call(`PUT /targets/${id}`, { name: "plain" });
    expect(renamed.body).toMatchObject({ name: "plain", cos_endpoint: cos });
  });

  it("may be told where it is, as IBM's SDK for Go does, and stays there", async () => {
    const id = await wire.target("t", { region: "eu-gb" });
    const said = await wire.call(`PUT /targets/${id}`, { name: "t2", region: "eu-gb" });
    expect(said.body).toMatchObject({ name: "t2", region: "eu-gb" });
    const moved = await wire.call(`PUT /targets/${id}`, { name: "t3", region: "eu-de" });
    expect(refusalIn(moved)).toMatch(/^400 invalid_value The field region .*eu-gb/);
    expect((await wire.call(`GET /targets/${id}`)).body).toMatchObject({ name: "t2" });
  });

  it("is given its key anew when it is to be shown to another endpoint", async () => {
    const id = await wire.target("t");
    const moved = { ...COS, endpoint: "s3.elsewhere.example.com", api_key: "REDACTED" };
    const refused = await wire.call(`PUT /targets/${id}`, { cos_endpoint: moved });
    expect(refusalIn(refused)).toMatch(/^400 invalid_value .*given anew/);
    const given = { ...moved, api_key: "hidden-api-key-4712" };
    const put = await wire.call(`PUT /targets/${id}`, { cos_endpoint: given });
    expect([put.status, put.body.cos_endpoint.endpoint]).toEqual([200, moved.endpoint]);
    expect(hasNoKey()).toBe(true);
  });

  it("warns when routes or settings still name what is deleted, as IBM does", async () => {
    const id = await wire.target("t");
    const route = { name: "r", rules: [{ target_ids: [id], locations: ["*"] }] };
    await wire.call("POST /routes", route);
    const settings = { metadata_region_primary: "us-south", private_api_endpoint_only: false };
    await wire.call("PUT /settings", { ...settings, default_targets: [id] });
    const gone = await wire.call(`DELETE /targets/${id}`);
    expect(gone.status).toBe(200);
    expect(gone.body).toEqual({
      status_code: 200,
      trace: gone.headers["transaction-id"],
      warnings: [
        { code: "target_in_use", message: expect.stringMatching(/^The route r \(/) },
        { code: "target_in_use", message: expect.stringContaining("default_targets") },
      ],
    });
  });

  it("shows destinations that were made otherwise, and what kind they are", async () => {
    const id = await wire.destination("native");
    const { body } = await wire.call(`GET /targets/${id}`);
    expect(body).toMatchObject({
      id,
      name: "native",
      target_type: "json",
      message: "It gets everything that it is for, whatever routes say.",
    });
    expect(JSON.stringify(body)).not.toContain("hidden");
    expect((await wire.call("GET /targets")).body.targets).toHaveLength(1);
    const mixed = await wire.call(`PUT /targets/${id}`, { cos_endpoint: COS });
    expect(refusalIn(mixed)).toMatch(/cos_endpoint is for targets of another type/);
  });

  it("may be another name for a target of the account, and for nothing else", async () => {
    const id = await wire.destination("native", true);
    const { crn } = (await wire.call(`GET /targets/${id}`)).body;
    const logs = (target_crn: string, name = "logs") =>
      wire.call("POST /targets", {
        name,
        target_type: "cloud_logs",
        cloudlogs_endpoint: { target_crn },
      });
    const made = await logs(crn);
    expect(made.body).toMatchObject({
      target_type: "cloud_logs",
      cloudlogs_endpoint: { target_crn: crn },
    });
    for (const wrong of [
      "crn:v1:bluemix:public:logs:eu-de:a/acc:4711::",
      crn.replace(id, UNKNOWN),
      crn.replace(wire.account, "0".repeat(32)),
      // One name for another leads nowhere.
      made.body.crn,
    ]) {
      expect(refusalIn(await logs(wrong, "other"))).toMatch(
        /^400 invalid_value The field cloudlogs_endpoint\.target_crn/,
      );
    }
    expect(refusalIn(await logs("nonsense", "other"))).toMatch(/^400 invalid_value .*crn/);
  });

  it.each([
    ["event_streams", /Kafka is not spoken here/],
    ["app_config", /targets of that type are not served/],
    ["syslog", /POST \/trail\/v1\/destinations/],
  ])("is of no type that is not served: %s", async (type, words) => {
    const refused = await wire.call("POST /targets", {
      name: "t",
      target_type: type,
      eventstreams_endpoint: { brokers: ["b"], topic: "t", password: "hidden" },
    });
    expect(refusalIn(refused)).toMatch(/^400 invalid_value The field target_type/);
    expect(refusalIn(refused)).toMatch(words);
    expect(hasNoKey()).toBe(true);
  });

  it("is refused by the name of the field for what it cannot be", async () => {
    const refused = async (body: object) => refusalIn(await wire.call("POST /targets", body));
    const { api_key: _key, ...keyless } = COS;
    const cos = (more: object) => cosTarget("t", { cos_endpoint: { ...COS, ...more } });
    expect(await refused({ name: "t", target_type: "cloud_object_storage" })).toMatch(
      /cos_endpoint is missing/,
    );
    expect(await refused(cosTarget("t", { cos_endpoint: keyless }))).toMatch(/api_key is missing/);
    expect(await refused(cos({ service_to_service_enabled: true }))).toMatch(
      /service_to_service_enabled must be false/,
    );
    expect(await refused(cos({ endpoint: "http://cos.example.com" }))).toMatch(/endpoint/);
    expect(await refused(cos({ endpoint: "169.254.169.254" }))).toMatch(/address/);
    expect(await refused(cosTarget("a/b"))).toMatch(/The name of a target/);
    expect(await refused(cosTarget("t", { region: "mars" }))).toMatch(/region/);
    expect(await refused(cosTarget("t", { managed_by: "enterprise" }))).toMatch(/managed_by/);
    const topic = { target_crn: "crn", brokers: ["b:1"], topic: "t", password: "hidden" };
    expect(await refused(cosTarget("t", { eventstreams_endpoint: topic }))).toMatch(
      /eventstreams_endpoint is for targets of another type/,
    );
    expect((await wire.call("GET /targets")).body).toEqual({ targets: [] });
  });

  it("is one of sixteen at most", async () => {
    for (let i = 0; i < 16; i += 1) await wire.target(`t${i}`);
    const refused = await wire.call("POST /targets", cosTarget("one-too-many"));
    expect(refusalIn(refused)).toMatch(/^400 target_limit_reached There may be 16 targets/);
    expect(refusalIn(await wire.call("POST /targets", cosTarget("t1")))).toMatch(/^(400|409)/);
  });

  it("is nobody's without a token or the right, and recorded then as well", async () => {
    const nobody = await wire.call("POST /targets", cosTarget("t"), "");
    expect([nobody.status, nobody.body.errors[0].code]).toEqual([401, "invalid_token"]);
    expect(nobody.event).toMatchObject({ action: "atracker.target.create", requestData: {} });
    const { app } = wire.server;
    const user = await app.user("viewer@example.com", ["Viewer"]);
    const { accessToken } = await app.login(user.key.value);
    const viewer = `Bearer ${accessToken.reveal()}`;
    const refused = await wire.call("POST /targets", cosTarget("t"), viewer);
    expect([refused.status, refused.body.errors[0].code]).toEqual([403, "forbidden"]);
    expect(refused.event).toMatchObject({ outcome: "failure", reason: { reasonCode: 403 } });
  });

  it("leaves paths that are none of this wire to Secrets Manager's", async () => {
    expect((await wire.call("GET /secrets")).status).toBe(200);
    expect((await wire.call("PATCH /targets", {})).status).toBe(404);
  });
});
