/**
 * IBM's event routing on a running server, by the calls of IBM's Go SDK and of Terraform: events go where routes say from
 * the moment that these say so, to receivers that are really there.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { removeFolder, RunningServer, temporaryFolder, tokenOf } from "../e2e/running-server.ts";
import { ACCESS_KEY, BUCKET, BucketReceiver, REGION } from "../support/bucket-receiver.ts";
import { until } from "../support/delivery-rig.ts";
import { HttpReceiver } from "../support/http-receiver.ts";

interface Event {
  readonly id: string;
  readonly action: string;
  readonly region: string;
}

let folder: string;
let server: RunningServer;
let token: string;
let receivers: readonly HttpReceiver[];
let bucket: BucketReceiver;
beforeAll(async () => {
  folder = temporaryFolder();
  const take = () => ({ status: 200 });
  receivers = [await HttpReceiver.start(take), await HttpReceiver.start(take)];
  bucket = await BucketReceiver.start();
  server = await RunningServer.start(folder, ["--destination-addresses", "127.0.0.0/8"]);
  token = await tokenOf(server.url, server.bootstrap.api_key);
}, 60_000);
afterAll(async () => {
  await server.stop();
  await Promise.all([...receivers, bucket].map((one) => one.close()));
  removeFolder(folder);
});

async function call(request: string, body?: object) {
  const [method = "GET", path = ""] = request.split(" ", 2);
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body ? { "content-type": "application/json" } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await response.text();
  // oxlint-disable-next-line typescript/no-explicit-any -- bodies are compared, not trusted
  const json: any = text === "" ? null : JSON.parse(text);
  if (!response.ok) throw new Error(`${request}: ${response.status} ${text}`);
  return json;
}

/** A routed destination of the native API: event routing knows it by its id. */
async function destination(name: string, settings: object, credentials = {}): Promise<string> {
  const body = { name, settings, credentials, is_routed: true };
  return (await call("POST /trail/v1/destinations", body)).id as string;
}

function received(at: number): readonly Event[] {
  return (receivers[at]?.requests ?? []).map(
    ({ body }) => JSON.parse(body.toString("utf8")) as Event,
  );
}

const actionsAt = (at: number) => received(at).map(({ action }) => action);
/** In the account, and in no region. */
const globally = () => call("GET /v1/apikeys");
/** In the instance's. */
const regionally = () => call("GET /api/v2/secrets");

describe("event routing on a running server", () => {
  let ids: readonly string[];
  let route: string;

  it("sends nothing to a target that no route names", async () => {
    const to = (at: number) => ({
      kind: "json",
      transport: "http",
      host: "127.0.0.1",
      port: receivers[at]?.port,
      form: "entry",
    });
    ids = [await destination("first", to(0)), await destination("second", to(1))];
    await globally();
    const { message } = await call("GET /api/v2/settings");
    expect(message).toMatch(/No route and no default target is for events of global, us-south/);
    expect([...received(0), ...received(1)]).toEqual([]);
  });

  it("goes by the first rule that fits, from the next event on", async () => {
    const [first, second] = ids;
    const rules = [
      { target_ids: [first], locations: ["global"] },
      { target_ids: [second], locations: ["*"] },
    ];
    route = (await call("POST /api/v2/routes", { name: "by-place", rules })).id;
    await globally();
    await regionally();
    await until("both have arrived", () => {
      return received(0).length >= 2 && actionsAt(1).includes("secrets-manager.secrets.list");
    });
    // The making of the route is an event too, and the first that it is for.
    expect(received(0)[0]).toMatchObject({ action: "atracker.route.create", region: "global" });
    expect(received(0).every(({ region }) => region === "global")).toBe(true);
    expect(received(1).every(({ region }) => region === "us-south")).toBe(true);
  });

  it("follows a change of the rules at once", async () => {
    const [first, second] = ids;
    const before = [received(0).length, received(1).length];
    const rules = [
      { target_ids: [], locations: ["us-south"] },
      { target_ids: [second], locations: ["*"] },
    ];
    await call(`PUT /api/v2/routes/${route}`, { name: "by-place", rules });
    await regionally();
    await globally();
    await until("what is global has arrived", () =>
      actionsAt(1).slice(before[1]).includes("iam-identity.apikeys.list"),
    );
    const news = received(1).slice(before[1]);
    expect(news.every(({ region }) => region === "global")).toBe(true);
    expect(news[0]?.action).toBe("atracker.route.update");
    expect(received(0)).toHaveLength(before[0] ?? 0);
    // Another route is looked at by itself.
    const other = { name: "all", rules: [{ target_ids: [first], locations: ["*"] }] };
    await call("POST /api/v2/routes", other);
    await regionally();
    await until("the other route is followed", () =>
      actionsAt(0).slice(before[0]).includes("secrets-manager.secrets.list"),
    );
  });

  it("has in a bucket what a target of Cloud Object Storage is for, and validates it", async () => {
    const keys = { access_key_id: ACCESS_KEY.id, secret_access_key: ACCESS_KEY.secret };
    const id = await destination(
      "bucket",
      {
        kind: "bucket",
        endpoint: `http://127.0.0.1:${bucket.port}`,
        bucket: BUCKET,
        authorization: "sigv4",
        region: REGION,
        gather_seconds: 1,
      },
      keys,
    );
    const valid = await call(`POST /api/v2/targets/${id}/validate`);
    expect(valid).toMatchObject({
      target_type: "cloud_object_storage",
      cos_endpoint: { bucket: BUCKET },
      write_status: { status: "success" },
    });
    const settings = { metadata_region_primary: "us-south", private_api_endpoint_only: false };
    for (const { id: one } of (await call("GET /api/v2/routes")).routes) {
      await call(`DELETE /api/v2/routes/${one}`);
    }
    await call("PUT /api/v2/settings", { ...settings, default_targets: [id] });
    await regionally();
    await until("it is in the bucket", () =>
      bucket.lines().some((line) => line.includes("secrets-manager.secrets.list")),
    );
    const { account_id: account } = server.bootstrap;
    const [key] = [...bucket.objects.keys()].filter((one) => one.includes("/us-south/"));
    expect(key).toMatch(
      new RegExp(
        `^${account}/us-south/\\d{4}-\\d\\d-\\d\\dT\\d\\d/.*_\\d+-\\d+_[0-9a-f]{16}\\.log$`,
      ),
    );
    // Both others get nothing more: no route names them.
    const before = [received(0).length, received(1).length];
    await globally();
    expect([received(0).length, received(1).length]).toEqual(before);
  });

  it("says by the target's write status that its receiver is away, and why", async () => {
    await bucket.close();
    const [{ id }] = (await call("GET /api/v2/targets")).targets.filter(
      ({ name }: { readonly name: string }) => name === "bucket",
    );
    const valid = await call(`POST /api/v2/targets/${id}/validate`);
    expect(valid.write_status).toMatchObject({
      status: "failure",
      last_failure: expect.stringMatching(/^\d{4}-.*Z$/),
      reason_for_last_failure: "nothing listens there",
    });
  });
});
