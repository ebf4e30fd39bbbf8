import { describe, expect, it } from "vitest";
import { MAX_LIST_ITEMS, Query } from "./query.ts";

function queryOf(query: Readonly<Record<string, unknown>>): Query<"a" | "b"> {
  return new Query({ query }, ["a", "b"]);
}

describe("a query string", () => {
  it("takes an empty parameter for one that was not sent", () => {
    const query = queryOf({ a: "" });
    expect(query.text("a")).toBeUndefined();
    expect(query.whole("a")).toBeUndefined();
    expect(query.list("a")).toBeUndefined();
  });

  it("refuses a parameter it does not know, and names those it does", () => {
    for (const query of [{ labels: "dev" }, { "<script>": "1" }]) {
      expect(() => queryOf(query)).toThrow(
        "The query has a parameter that is not known here; those that are: a, b.",
      );
    }
  });

  it("refuses a parameter that is given twice", () => {
    expect(() => queryOf({ a: ["1", "2"] }).text("a")).toThrow("is given more than once");
  });

  it.each(["-1", "1.5", "1e3", "0x10", " 1", "9".repeat(16), "NaN"])(
    "does not take %j for a whole number",
    (text) => {
      expect(() => queryOf({ a: text }).whole("a")).toThrow("must be a whole number");
    },
  );

  it("splits lists at commas and passes over what is empty between them", () => {
    expect(queryOf({ a: "x,,y," }).list("a")).toEqual(["x", "y"]);
    expect(queryOf({ a: ",," }).list("a")).toBeUndefined();
    const long = Array.from({ length: MAX_LIST_ITEMS + 1 }, () => "x").join(",");
    expect(() => queryOf({ a: long }).list("a")).toThrow("has more than");
  });

  it("sorts by the wire's names alone, in both directions", () => {
    const fields = { created_at: "createdAt" } as const;
    expect(queryOf({ a: "created_at" }).sort("a", fields)).toBe("createdAt");
    expect(queryOf({ a: "-created_at" }).sort("a", fields)).toBe("-createdAt");
    for (const text of ["createdAt", "--created_at", "toString", "-"]) {
      expect(() => queryOf({ a: text }).sort("a", fields)).toThrow("must be one of created_at");
    }
  });
});
