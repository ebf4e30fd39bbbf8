import { describe, expect, it } from "vitest";
import {
  checkCredentials,
  checkJob,
  checkParameters,
  checkSchema,
  checkTaskTimeout,
  NO_SCHEMA,
  secretsNamedIn,
  type FieldType,
  type JobSchema,
} from "./custom-engine.ts";

const field = (name: string, type: FieldType = "string", isRequired = false) => ({
  name,
  type,
  isRequired,
});

const schema: JobSchema = {
  parameters: [
    field("plan", "string", true),
    field("seats", "integer"),
    field("login", "secret_id"),
  ],
  credentials: [field("token", "string", true), field("admin", "boolean")],
};

describe("the schema of a job", () => {
  it("says what parameters are taken", () => {
    checkParameters({ plan: "large", seats: 3, login: "an-id" }, schema);
    checkParameters({ plan: "small" }, schema);
    expect(() => checkParameters({}, schema)).toThrow("plan has to be given and is a text");
    expect(() => checkParameters({ plan: 1 }, schema)).toThrow("plan has to be given");
    expect(() => checkParameters({ plan: "x", seats: "3" }, schema)).toThrow("a whole number");
    expect(() => checkParameters({ plan: "x", more: 1 }, schema)).toThrow("plan, seats, login");
  });

  it("says what credentials are given, and quotes nothing of those that are not", () => {
    checkCredentials({ token: "x", admin: true }, schema);
    expect(() => checkCredentials({ admin: true }, schema)).toThrow("token has to be given");
    expect(() => checkCredentials({ token: "x", admin: 1 }, schema)).toThrow("true or false");
    try {
      checkCredentials({ token: "canary-1", "canary-2": "canary-3" }, schema);
      expect.unreachable();
    } catch (refusal) {
      expect(JSON.stringify(refusal) + String(refusal)).not.toContain("canary");
    }
  });

  it("says which parameters name secrets", () => {
    expect(secretsNamedIn({ plan: "a", login: "b" }, schema)).toEqual(["b"]);
    expect(secretsNamedIn({ plan: "a" }, schema)).toEqual([]);
  });

  it("that is left out takes and gives anything plain", () => {
    checkParameters({ any: "x", number: 1, flag: false }, NO_SCHEMA);
    checkCredentials({ any: { thing: [1] } }, NO_SCHEMA);
  });

  it.each([
    [{ parameters: [field("twice"), field("twice")], credentials: [] }],
    [{ parameters: [field("no-dash")], credentials: [] }],
    [{ parameters: [], credentials: [field("")] }],
    [{ parameters: [], credentials: [field("key", "secret_id")] }],
    [{ parameters: Array.from({ length: 51 }, (_, at) => field(`f${at}`)), credentials: [] }],
  ] as const)("is refused where it makes no sense: %#", (bad) => {
    checkSchema(schema);
    expect(() => checkSchema(bad)).toThrow();
  });
});

describe("the limits of a configuration of custom credentials", () => {
  it("of the timeout are 5 minutes and 24 hours", () => {
    for (const seconds of [300, 86_400]) checkTaskTimeout(seconds);
    for (const seconds of [299, 86_401, 300.5]) expect(() => checkTaskTimeout(seconds)).toThrow();
  });

  it("of the job are those of words", () => {
    const job = { name: "n", projectId: "p", region: null };
    checkJob(job);
    for (const bad of [{ name: "" }, { region: "a\nb" }, { projectId: "x".repeat(257) }]) {
      expect(() => checkJob({ ...job, ...bad })).toThrow("control character");
    }
  });
});
