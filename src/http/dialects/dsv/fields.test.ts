import type { FastifyRequest } from "fastify";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { bodyAs, flag, MAX_FORM_BYTES, queryAs, versionParameter, wholeNumber } from "./fields.ts";

const JSON_TYPE = "application/json";
const FORM_TYPE = "application/x-www-form-urlencoded; charset=utf-8";

function request(body: string, type = JSON_TYPE, url = "/v1/x"): FastifyRequest {
  const bytes = new Uint8Array(Buffer.from(body));
  return {
    body: bytes,
    headers: { "content-type": type },
    raw: { url },
  } as unknown as FastifyRequest;
}

const schema = z.object({
  displayName: z.string().optional(),
  limit: wholeNumber.optional(),
  force: flag.optional(),
  data: z.record(z.string(), z.unknown()).optional(),
});

const said = (work: () => unknown): string => {
  try {
    return JSON.stringify(work());
  } catch (error) {
    return `${(error as { code?: string }).code}: ${(error as Error).message}`;
  }
};

describe("the fields of a request", () => {
  it.each([
    ['{"DisplayName":"Bob"}', { displayName: "Bob" }],
    [
      '{"displayname":"Bob","LIMIT":"7","Force":"true"}',
      { displayName: "Bob", limit: 7, force: true },
    ],
    ['{"limit":7,"force":false}', { limit: 7, force: false }],
    // What is in a field is its sender's, letter case and all.
    ['{"Data":{"Password":"x","password":""}}', { data: { Password: "x", password: "" } }],
    ['{"displayName":"","limit":null}', {}],
    // Clients send more than they mean, as long as it is nothing.
    ['{"edit":false,"sort":"","meta":null}', {}],
    ["", {}],
  ])("are known in any letter case: %s", (body, fields) => {
    expect(bodyAs(schema, request(body))).toEqual(fields);
  });

  it("come in a form as well, and an object that curl calls a form is an object", () => {
    expect(bodyAs(schema, request("displayname=Bob&limit=7&force=false", FORM_TYPE))).toEqual({
      displayName: "Bob",
      limit: 7,
      force: false,
    });
    expect(bodyAs(schema, request('{"limit":7}', FORM_TYPE))).toEqual({ limit: 7 });
  });

  it("come in the query, where what is empty is left out", () => {
    const url = "/v1/x?Limit=7&force=&displayName=a%20b";
    expect(queryAs(schema, request("", JSON_TYPE, url))).toEqual({ limit: 7, displayName: "a b" });
    expect(queryAs(schema, request("", JSON_TYPE, "/v1/x"))).toEqual({});
  });

  it.each([
    ['{"hunter2":1}', "invalid_request: The request has a field that is not known here"],
    ['{"limit":"-1"}', "invalid_request: The field limit is not as it should be."],
    ['{"limit":1.5}', "invalid_request: The field limit is not as it should be."],
    ['{"force":"hunter2"}', "invalid_request: The field force is not as it should be."],
    ['{"displayName":"a","DISPLAYNAME":"b"}', "invalid_request: A field is given twice."],
    ['["hunter2"]', "invalid_request: The request body must be a JSON object."],
    ['{"__proto__":{"limit":1}}', "invalid_request: The request body has a reserved key."],
    ["{", "invalid_request: The request body is not valid JSON."],
  ])("are refused in words that quote nothing: %s", (body, words) => {
    const heard = said(() => bodyAs(schema, request(body)));
    expect(heard.startsWith(words)).toBe(true);
    expect(heard).not.toContain("hunter2");
  });

  it("are bounded, given once, and text", () => {
    expect(said(() => bodyAs(schema, request("a=1&a=2", FORM_TYPE)))).toContain("given twice");
    const long = `displayName=${"x".repeat(MAX_FORM_BYTES)}`;
    expect(said(() => bodyAs(schema, request(long, FORM_TYPE)))).toMatch(/^too_large/);
    const bytes = { ...request("", FORM_TYPE), body: Uint8Array.of(0x61, 0x3d, 0xff) };
    expect(said(() => bodyAs(schema, bytes))).toContain("UTF-8");
    const needed = z.object({ path: z.string() });
    expect(said(() => bodyAs(needed, request("{}")))).toBe(
      "invalid_request: The field path is missing.",
    );
  });
});

it("a version is a number, or there is none", () => {
  expect(versionParameter("12")).toBe(12);
  for (const text of ["", "-1", "1.0", "latest", "99999999999"]) {
    expect(said(() => versionParameter(text))).toBe("not_found: There is no such version.");
  }
});
