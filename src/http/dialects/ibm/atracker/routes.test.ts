import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RoutingWire, type Answer } from "./testing/routing-wire.ts";

let wire: RoutingWire;
let target: string;
beforeAll(async () => {
  wire = await RoutingWire.open();
  target = await wire.target("main");
});
afterAll(() => wire.close());

const UNKNOWN = "00000000-0000-4000-8000-000000000000";
const rules = (locations: readonly string[], ids: readonly string[] = [target]) => [
  { target_ids: ids, locations },
];
const post = (name: string, of: readonly object[]) =>
  wire.call("POST /routes", { name, rules: of });

function refusalIn({ status, body }: Answer): string {
  return `${status} ${body.errors[0].code} ${body.errors[0].message}`;
}

describe("a route", () => {
  it("is made, read, listed, replaced and deleted, each on the record by IBM's name of it", async () => {
    const made = await post("my-route", rules(["us-south", "global"]));
    expect(made.status).toBe(201);
    const { id } = made.body;
    const account = wire.account;
    expect(made.body).toEqual({
      id,
      name: "my-route",
      crn: `crn:v1:bluemix:public:atracker:global:a/${account}::route:${id}`,
      version: 0,
      rules: [{ target_ids: [target], locations: ["us-south", "global"] }],
      created_at: expect.stringMatching(/^\d{4}-.*Z$/),
      updated_at: made.body.created_at,
      api_version: 2,
      managed_by: "account",
    });
    expect(made.event).toMatchObject({
      action: "atracker.route.create",
      outcome: "success",
      target: { id: made.body.crn, name: "my-route" },
      requestData: { name: "my-route", rules: made.body.rules },
      responseData: { id },
    });

    const read = await wire.call(`GET /routes/${id}`);
    expect([read.status, read.body]).toEqual([200, made.body]);
    expect(read.event).toMatchObject({
      action: "atracker.route.get",
      target: { name: "my-route" },
    });

    const listed = await wire.call("GET /routes");
    expect(listed.body).toEqual({ routes: [made.body] });
    expect(listed.event).toMatchObject({
      action: "atracker.route.list",
      responseData: { totalCount: 1 },
    });

    const body = { name: "My other: route", rules: rules(["*"], []) };
    const changed = await wire.call(`PUT /routes/${id}`, body);
    expect(changed.body).toMatchObject({ ...body, id, crn: made.body.crn, version: 1 });
    expect(changed.event).toMatchObject({
      action: "atracker.route.update",
      severity: "critical",
      target: { name: "My other: route" },
      requestData: { id, name: "My other: route", rules: body.rules },
    });

    const gone = await wire.call(`DELETE /routes/${id}`);
    expect([gone.status, gone.body]).toEqual([204, null]);
    expect(gone.event).toMatchObject({
      action: "atracker.route.delete",
      severity: "critical",
      target: { name: "My other: route" },
    });
    const missing = await wire.call(`GET /routes/${id}`);
    expect(refusalIn(missing)).toBe("404 not_found There is no such route.");
    expect(missing.body).toEqual({
      trace: missing.headers["transaction-id"],
      status_code: 404,
      errors: [{ code: "not_found", message: "There is no such route." }],
    });
  });

  it.each([
    [
      { locations: ["mars"] },
      /rules\.0\.locations names no location: those are \*, global, us-south/,
    ],
    [{ locations: [] }, /rules\.0\.locations names one location at least/],
    [{ locations: ["*", "*"] }, /rules\.0\.locations names one twice/],
    [
      {
        locations: ["global", "us-south", "us-east", "ca-tor", "br-sao", "jp-tok", "au-syd"].concat(
          ["jp-osa", "eu-de"],
        ),
      },
      /at most 8 locations/,
    ],
    [{ ids: [UNKNOWN] }, /rules\.0\.target_ids names a target that does not exist/],
    [{ ids: ["pinned:siem"] }, /rules\.0\.target_ids names a target that does not exist/],
    [{ ids: [UNKNOWN, "b", "c", "d"] }, /at most 3 targets/],
  ])("has rules that are as IBM has them, and is refused by the field: %j", async (rule, words) => {
    const { locations = ["*"], ids = [target] } = rule as Readonly<Record<string, string[]>>;
    const refused = await post("wrong", rules(locations, ids));
    expect(refusalIn(refused)).toMatch(/^400 invalid_value /);
    expect(refusalIn(refused)).toMatch(words);
    // What cannot be understood is not repeated by the record.
    expect(refused.event).toMatchObject({
      action: "atracker.route.create",
      outcome: "failure",
      requestData: {},
    });
    expect((await wire.call("GET /routes")).body).toEqual({ routes: [] });
  });

  it("is there in every region, which IBM's SDK for Go may ask for", async () => {
    await post("anywhere", rules(["*"]));
    const { body } = await wire.call("GET /routes?region=eu-de");
    expect(body.routes).toMatchObject([{ name: "anywhere" }]);
  });

  it("has a name of IBM's form, and no other route's", async () => {
    for (const name of ["", "a/b", " a", "a ", "x".repeat(1_001)]) {
      expect(refusalIn(await post(name, []))).toMatch(/^400 invalid_value The name of a route has/);
    }
    const made = await post("taken", rules(["*"]));
    expect(refusalIn(await post("taken", rules(["*"])))).toBe(
      "409 conflict A route with this name already exists.",
    );
    const other = await post("other", rules(["*"]));
    const renamed = await wire.call(`PUT /routes/${other.body.id}`, { name: "taken", rules: [] });
    expect(renamed.status).toBe(409);
    // A name that is another route's id leads nobody to this one.
    const decoy = await post(made.body.id, rules(["*"]));
    expect((await wire.call(`GET /routes/${made.body.id}`)).body.name).toBe("taken");
    for (const { body } of [made, other, decoy]) await wire.call(`DELETE /routes/${body.id}`);
  });

  it("has ten rules at most, and an account thirty routes", async () => {
    const many = (n: number) => Array.from({ length: n }, () => rules(["*"])[0] as object);
    expect(refusalIn(await post("many", many(11)))).toMatch(/at most 10 rules/);
    const ids: string[] = [];
    for (let i = 0; i < 30; i += 1) {
      ids.push((await post(`r${i}`, many(i === 0 ? 10 : 1))).body.id);
    }
    const refused = await post("one-too-many", many(1));
    expect(refusalIn(refused)).toMatch(/^400 route_limit_reached There may be 30 routes/);
    expect(refused.body.errors[0].recovery).toMatch(/Delete a route/);
    for (const id of ids) await wire.call(`DELETE /routes/${id}`);
  });

  it("names no destination that gets everything anyway, and says what to do about it", async () => {
    const id = await wire.destination("everything");
    expect(refusalIn(await post("r", rules(["*"], [id])))).toMatch(
      /names the target everything, which gets everything whatever routes say: set is_routed of it first/,
    );
    const routed = await wire.destination("routed", true);
    expect((await post("native", rules(["*"], [routed]))).status).toBe(201);
  });

  it("is refused as a whole for what no schema knows, and without a word of it", async () => {
    const unknown = await wire.call("POST /routes", { name: "r", rules: [], hidden4711: 1 });
    expect(refusalIn(unknown)).toMatch(/^400 binding_error The request body has a field/);
    expect(JSON.stringify(unknown.body)).not.toContain("hidden4711");
    expect(refusalIn(await wire.call("POST /routes", { name: "r" }))).toBe(
      "400 invalid_value The field rules is missing.",
    );
    const enterprise = { name: "r", rules: [], managed_by: "enterprise" };
    expect(refusalIn(await wire.call("POST /routes", enterprise))).toMatch(/managed_by/);
    expect(refusalIn(await wire.call("GET /routes/not-an-id"))).toMatch(
      /^400 invalid_value The id/,
    );
    expect(refusalIn(await wire.call("GET /routes?limit=1"))).toMatch(/^400/);
  });

  it("is nobody's without a token, and is recorded then as well", async () => {
    for (const authorization of ["", "Bearer nonsense"]) {
      const refused = await wire.call("GET /routes", undefined, authorization);
      expect([refused.status, refused.body.errors[0].code]).toEqual([401, "invalid_token"]);
      expect(refused.event).toMatchObject({ action: "atracker.route.list", outcome: "failure" });
    }
  });

  it("says which of its targets are no more", async () => {
    const id = await wire.target("short-lived");
    const made = await post("dangling", rules(["*"], [id]));
    expect(made.body).not.toHaveProperty("message");
    await wire.call(`DELETE /targets/${id}`);
    const { body } = await wire.call(`GET /routes/${made.body.id}`);
    expect(body.message).toContain(`The target ${id} does not exist any more`);
    // Said again as it is, it is refused: nobody sends to what is not there.
    const again = await wire.call(`PUT /routes/${made.body.id}`, { rules: body.rules });
    expect(refusalIn(again)).toMatch(/names a target that does not exist/);
  });
});
