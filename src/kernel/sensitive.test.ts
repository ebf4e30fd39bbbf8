import { format, inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { Sensitive } from "./sensitive.ts";

describe("a sensitive value", () => {
  const secret = new Sensitive({ password: "hunter2" });
  const anything: object = secret;

  it.each([
    ["as JSON", () => JSON.stringify({ secret })],
    ["as a text", () => String(secret) + secret[Symbol.toPrimitive]()],
    ["joined to a text", () => ["x", secret].join("")],
    ["inspected", () => inspect({ secret }, { depth: 10, showHidden: true })],
    ["formatted", () => format("%s %j %o", secret, secret, secret)],
    ["by its keys", () => JSON.stringify(Object.entries(secret)) + Object.keys(secret).join("")],
    ["copied", () => JSON.stringify(Object.assign({}, anything))],
    ["cloned", () => inspect(structuredClone(secret))],
    ["in an error", () => inspect(new Error("x", { cause: secret }))],
  ])("does not show %s", (_how, show) => {
    expect(show()).not.toContain("hunter2");
  });

  it("is opened by `reveal` alone", () => {
    expect(secret.reveal()).toEqual({ password: "hunter2" });
  });
});
