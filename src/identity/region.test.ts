import { describe, expect, it } from "vitest";
import { Refusal } from "../kernel/errors.ts";
import {
  assertTakesInstances,
  MAX_REGIONS,
  MAX_REGIONS_CHARS,
  Regions,
  RegionsError,
} from "./region.ts";

const DALLAS = { id: "us-south", name: "Dallas", geography: "Americas", events: true };

function parse(...list: readonly unknown[]): Regions {
  return Regions.parse(JSON.stringify(list));
}

describe("the regions", () => {
  it("are by default those of IBM's documentation, with the one that sends no events", () => {
    const ofIbm = Regions.default.all.slice(0, 11);
    const table = ofIbm.map(({ id, name, events }) => `${name} (${id}) ${events}`);
    expect(table).toEqual([
      "Dallas (us-south) true",
      "Washington (us-east) true",
      "Toronto (ca-tor) true",
      "Sao Paulo (br-sao) true",
      "Tokyo (jp-tok) true",
      "Sydney (au-syd) true",
      "Osaka (jp-osa) true",
      "Chennai (in-che) false",
      "Frankfurt (eu-de) true",
      "London (eu-gb) true",
      "Madrid (eu-es) true",
    ]);
  });

  it("are those besides that AWS's clients have in their configurations, all with events", () => {
    const ofAws = Regions.default.all.slice(11);
    expect(ofAws.filter(({ id }) => !/^[a-z]{2}-[a-z]+-\d$/.test(id))).toEqual([]);
    expect(ofAws.every(({ events }) => events)).toBe(true);
    expect(ofAws.map(({ id }) => id)).toEqual(
      expect.arrayContaining(["us-east-1", "eu-central-1", "sa-east-1"]),
    );
  });

  it("can be read from a file in the same form as they are", () => {
    const { all } = Regions.default;
    expect(Regions.parse(JSON.stringify(all)).all).toEqual(all);
    const chennai = { ...DALLAS, id: "in-che", name: "Chennai" };
    expect(parse(DALLAS, chennai).find("in-che")).toEqual(chennai);
    expect(parse(DALLAS).find("eu-de")).toBeUndefined();
  });

  it.each([
    ["{", "it is not JSON"],
    ["{}", "no JSON array"],
    ["[]", "no region in it has `events` true"],
    [JSON.stringify([{ ...DALLAS, events: false }]), "no region in it has `events` true"],
    [JSON.stringify(["us-south"]), "region 1 is no object"],
    [JSON.stringify([DALLAS, DALLAS]), "the region us-south stands in it twice"],
    [JSON.stringify([{ ...DALLAS, zone: 1 }]), "region 1 has a field besides"],
    [JSON.stringify([{ ...DALLAS, events: "Yes" }]), "`events` of region 1 (us-south) is neither"],
    [JSON.stringify([{ ...DALLAS, name: "" }]), "`name` of region 1 (us-south)"],
    [JSON.stringify([DALLAS, { id: "eu-de", events: true }]), "`name` of region 2 (eu-de)"],
    [JSON.stringify([{ ...DALLAS, id: "US South" }]), "`id` of region 1"],
    [JSON.stringify([{ ...DALLAS, id: "global" }]), "`id` of region 1"],
    [JSON.stringify(Array.from({ length: MAX_REGIONS + 1 }, () => DALLAS)), "more than 100"],
    [" ".repeat(MAX_REGIONS_CHARS + 1), "longer than"],
  ])("are refused where the file is not of the form: %.60s", (text, problem) => {
    expect(() => Regions.parse(text)).toThrow(RegionsError);
    expect(() => Regions.parse(text)).toThrow(problem);
  });

  it("are named in the refusal of one that there is not, without what was sent", () => {
    expect(() => Regions.default.named("mars-1")).toThrow(Refusal);
    try {
      Regions.default.named("mars-1");
    } catch (error) {
      const { code, message } = error as Refusal;
      expect(code).toBe("invalid_request");
      expect(message).toContain("us-south, us-east");
      expect(message).not.toContain("in-che");
      expect(message).not.toContain("mars");
    }
  });

  it("take instances where events are sent, and say how that is changed where not", () => {
    expect(() => assertTakesInstances(Regions.default.named("eu-de"))).not.toThrow();
    expect(() => assertTakesInstances(Regions.default.named("in-che"))).toThrow(
      /in-che sends no activity tracking events.*--regions/,
    );
  });
});
