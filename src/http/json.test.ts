import type { FastifyRequest } from "fastify";
import { describe, expect, it } from "vitest";
import { Refusal } from "../kernel/errors.ts";
import { jsonObject, MAX_JSON_DEPTH, MAX_JSON_VALUES } from "./json.ts";

function read(body: string): object | string {
  try {
    return jsonObject({ body: Buffer.from(body) } as unknown as FastifyRequest);
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    throw error;
  }
}

const TOO_MANY = "The request body has too many values.";
const listOf = (item: string, count: number): string =>
  `{"a":[${Array<string>(count).fill(item).join()}]}`;

describe("a JSON body", () => {
  it("has as many values as it may, with the object and the list counted", () => {
    expect(read(listOf("0", MAX_JSON_VALUES - 2))).toHaveProperty("a");
    expect(read(listOf("{}", MAX_JSON_VALUES - 2))).toHaveProperty("a");
    expect(read(listOf("0", MAX_JSON_VALUES - 1))).toBe(TOO_MANY);
    expect(read(`{"a":"${",[{".repeat(MAX_JSON_VALUES)}"}`)).toHaveProperty("a");
  });

  it.each([
    ["values", listOf("0", MAX_JSON_VALUES + 2)],
    ["objects", listOf("[[]]", MAX_JSON_VALUES / 2 + 1)],
  ])("with too many %s is refused before any of it is parsed", (_what, body) => {
    expect(read(`${body}!`)).toBe(TOO_MANY);
  });

  it("is as deep as it may be", () => {
    const nested = (depth: number): string => `{"a":${"[".repeat(depth)}${"]".repeat(depth)}}`;
    expect(read(nested(MAX_JSON_DEPTH - 1))).toHaveProperty("a");
    expect(read(nested(MAX_JSON_DEPTH))).toMatch(/nests deeper/);
  });

  it.each(["[]", "7", "null", "", "{", '{"__proto__":1}'])(
    "that is no object is refused: %s",
    (body) => {
      expect(read(body)).toEqual(expect.any(String));
    },
  );
});
