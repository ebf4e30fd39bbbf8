import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { utf8 } from "../kernel/bytes.ts";
import { compareText, fold } from "./fold.ts";
import { MAX_PATH_DEPTH, projectEvent, projectLine } from "./projection.ts";

describe("an event's row", () => {
  test("holds texts folded, and as written only where that differs", () => {
    const row = projectEvent(3, { outcome: "success", initiator: { name: "Eve ÉCOLE" } });
    expect(row).toMatchObject({ seq: 3, outcome: "success", initiator_name: "eve école" });
    expect(row["initiator_name_cs"]).toBe("Eve ÉCOLE");
    expect(row).not.toHaveProperty("outcome_cs");
  });

  test("holds what has no column by path, arrays under the array's path", () => {
    const row = projectEvent(0, {
      requestData: { a: ["x", { b: 1 }], c: null, d: {}, e: "" },
      new: true,
    });
    expect(row["data"]).toBe(
      "␞requestData.a␟x␞requestData.a.b␟1␞new␟true␞"
        .replaceAll("␞", "\u001e")
        .replaceAll("␟", "\u001f"),
    );
  });

  test("keeps every value of a path as written when one of them has capitals", () => {
    const row = projectEvent(0, { requestData: { tags: ["a", "B"], other: "c" } });
    expect(row["data_cs"]).toBe("\u001erequestData.tags\u001fa\u001erequestData.tags\u001fB\u001e");
  });

  test("finds values of an unexpected kind by path", () => {
    const row = projectEvent(0, { reason: { reasonCode: "403" }, target: "t", message: ["m"] });
    expect(row["data"]).toBe(
      "\u001ereason.reasonCode\u001f403\u001etarget\u001ft\u001emessage\u001fm\u001e",
    );
    expect(row).not.toHaveProperty("reason_reasoncode");
  });

  test("makes text well formed and keeps separators out of it", () => {
    const row = projectEvent(0, {
      target: { name: "\ud800\u0000\ufeff\u001ex" },
      requestData: { "k\u001f": "\u001f" },
    });
    expect(row["target_name"]).toBe("\ufffd\ufffd\ufffd x");
    expect(row["data"]).toBe("\u001erequestData.k \u001f \u001e");
  });

  test("takes the time from the id when there is none to read", () => {
    const id = "01a1fba9-aa28-78d4-bca9-fee5b7bbac76";
    expect(projectEvent(0, { id, eventTime: "?" })["time"]).toBe(0x01a1fba9aa28);
    expect(projectEvent(0, {})["time"]).toBe(0);
  });

  test("of a line that is no event is its index alone", () => {
    expect(projectLine(9, utf8("not json"))).toEqual({ seq: 9, time: 0 });
    expect(projectLine(9, utf8("[1]"))).toEqual({ seq: 9, time: 0 });
  });

  test("leaves out what is nested too deep instead of failing", () => {
    const deep = JSON.parse(`${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}`);
    expect(projectEvent(0, { requestData: deep })).not.toHaveProperty("data");
    const fits = JSON.parse(
      `${'{"a":'.repeat(MAX_PATH_DEPTH - 2)}1${"}".repeat(MAX_PATH_DEPTH - 2)}`,
    );
    expect(projectEvent(0, { requestData: fits })).toHaveProperty("data");
  });
});

describe("texts", () => {
  test("fold a prefix to a prefix", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (a, b) => {
        expect(fold(a + b)).toBe(fold(a) + fold(b));
        expect(fold(fold(a))).toBe(fold(a));
      }),
    );
    expect(fold("ΣΑΣ")).toBe("σασ");
  });

  test("are ordered as their UTF-8 bytes are", () => {
    const char = fc.constantFrom("a", "Z", "é", "\ud7ff", "\ue000", "\uffff", "😀", "\u{10ffff}");
    const string = fc.array(char, { maxLength: 4 }).map((chars) => chars.join(""));
    fc.assert(
      fc.property(string, string, (a, b) => {
        expect(Math.sign(compareText(a, b))).toBe(Buffer.compare(utf8(a), utf8(b)));
      }),
    );
  });
});
