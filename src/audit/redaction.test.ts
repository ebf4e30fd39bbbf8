import { describe, expect, it } from "vitest";
import { Sensitive } from "../kernel/sensitive.ts";
import { MAX_RECORDED_CHARS, MAX_RECORDED_ITEMS, recordable } from "./redaction.ts";

describe("what may be recorded", () => {
  it("is only what the row allows", () => {
    const source = { name: "db", payload: "hunter2", nested: { password: "hunter2" } };
    expect(recordable(source, ["name"])).toEqual({ name: "db" });
  });

  it("never opens a sensitive value, at any depth, allowed or not", () => {
    const source = {
      list: [{ key: new Sensitive("hunter2") }],
      key: new Sensitive({ a: "hunter2" }),
    };
    expect(JSON.stringify(recordable(source, ["list", "key"]))).not.toContain("hunter2");
  });

  it("is cut in length, in number and in depth", () => {
    const deep = { a: { a: { a: { a: { a: { a: { a: { a: 1 } } } } } } } };
    const source = {
      text: "x".repeat(5_000),
      many: Array.from({ length: 500 }, (_, i) => i),
      deep,
    };
    const picked = recordable(source, ["text", "many", "deep"]) as {
      text: string;
      many: unknown[];
    };
    expect(picked.text).toHaveLength(MAX_RECORDED_CHARS + 1);
    expect(picked.many).toHaveLength(MAX_RECORDED_ITEMS + 1);
    expect(JSON.stringify(picked)).toContain("…");
  });

  it("leaves out what is undefined and keeps what is null or false", () => {
    expect(recordable({ a: undefined, b: null, c: false }, ["a", "b", "c"])).toEqual({
      b: null,
      c: false,
    });
  });
});
