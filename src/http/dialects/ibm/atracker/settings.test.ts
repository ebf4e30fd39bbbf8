import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cosTarget, RoutingWire } from "./testing/routing-wire.ts";

let wire: RoutingWire;
beforeEach(async () => void (wire = await RoutingWire.open()));
afterEach(() => wire.close());

const SETTINGS = {
  metadata_region_primary: "us-south",
  private_api_endpoint_only: false,
};

async function refusal(settings: object): Promise<string> {
  const { status, body } = await wire.call("PUT /settings", { ...SETTINGS, ...settings });
  return `${status} ${body.errors[0].code} ${body.errors[0].message}`;
}

describe("the settings of routing", () => {
  it("are read before anybody has said anything, and say where nothing is sent", async () => {
    await wire.instance("eu-de");
    const read = await wire.call("GET /settings");
    expect(read.body).toEqual({
      default_targets: [],
      permitted_target_regions: [],
      metadata_region_primary: "",
      metadata_region_backup: "",
      private_api_endpoint_only: false,
      api_version: 2,
      message:
        "No route and no default target is for events of global, us-south, eu-de: they are kept in the log, and sent to no target.",
    });
    expect(read.event).toMatchObject({ action: "atracker.setting.get", outcome: "success" });
  });

  it("are replaced as a whole, and on the record", async () => {
    const target = await wire.target("default");
    const said = {
      ...SETTINGS,
      default_targets: [target],
      permitted_target_regions: ["us-south", "eu-de"],
      metadata_region_backup: "eu-de",
    };
    const put = await wire.call("PUT /settings", said);
    expect([put.status, put.body]).toEqual([200, { ...said, api_version: 2 }]);
    expect(put.event).toMatchObject({
      action: "atracker.setting.set",
      severity: "critical",
      requestData: said,
    });
    expect((await wire.call("GET /settings")).body).toEqual(put.body);
    const less = await wire.call("PUT /settings", SETTINGS);
    expect(less.body).toMatchObject({
      default_targets: [],
      permitted_target_regions: [],
      metadata_region_backup: "",
    });
  });

  it("say which places no rule is for, as routes come and go", async () => {
    const target = await wire.target("t");
    const message = async () => (await wire.call("GET /settings")).body.message as string;
    const body = { name: "r", rules: [{ target_ids: [target], locations: ["global"] }] };
    const { id } = (await wire.call("POST /routes", body)).body;
    expect(await message()).toContain("for events of us-south:");
    // Nothing is to be sent there: that has been said.
    const rules = [...body.rules, { target_ids: [], locations: ["*"] }];
    await wire.call(`PUT /routes/${id}`, { rules });
    expect(await message()).toBeUndefined();
    await wire.call(`DELETE /targets/${target}`);
    expect(await message()).toContain("for events of global:");
  });

  it("name targets that there are, two at most, and regions that there are", async () => {
    const ids = [await wire.target("a"), await wire.target("b"), await wire.target("c")];
    expect(await refusal({ default_targets: ids })).toMatch(
      /^400 invalid_value The field default_targets has at most 2 targets/,
    );
    expect(await refusal({ default_targets: ["nothing"] })).toMatch(
      /default_targets names a target/,
    );
    expect(await refusal({ default_targets: [await wire.destination("all")] })).toMatch(
      /is_routed/,
    );
    expect(await refusal({ permitted_target_regions: ["mars"] })).toMatch(
      /permitted_target_regions names no region/,
    );
    expect(await refusal({ metadata_region_primary: "mars" })).toMatch(/metadata_region_primary/);
    expect(await refusal({ metadata_region_backup: "us-south" })).toMatch(/metadata_region_backup/);
    expect(await refusal({ private_api_endpoint_only: true })).toMatch(
      /private_api_endpoint_only must be false/,
    );
    expect(await refusal({ private_api_endpoint_only: undefined })).toMatch(/is missing/);
  });

  it("keep targets out of regions that are not permitted, in IBM's words", async () => {
    await wire.call("PUT /settings", {
      ...SETTINGS,
      permitted_target_regions: ["eu-gb", "us-south"],
    });
    const refused = await wire.call("POST /targets", cosTarget("t", { region: "us-east" }));
    expect([refused.status, refused.body.errors]).toEqual([
      400,
      [
        {
          code: "region_not_allowed",
          message: expect.stringMatching(/Requested: us-east, Permitted: \[eu-gb us-south\]$/),
          recovery: expect.any(String),
        },
      ],
    ]);
    // Without a region it is where the account is.
    const made = await wire.call("POST /targets", cosTarget("t"));
    expect([made.status, made.body.region]).toEqual([201, "us-south"]);
  });
});
