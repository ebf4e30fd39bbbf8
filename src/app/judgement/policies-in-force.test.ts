/** Policies are read once, as long as they are asked for, and never more of them kept than there is room for. */
import { expect, it } from "vitest";
import { MAX_RESOURCE_POLICY_CHARS } from "../../identity/statements/document.ts";
import { MAX_KNOWN_CHARS, MAX_KNOWN_POLICIES, policyInForce } from "./policies-in-force.ts";

function policy(n: number, chars = 0): string {
  const one = { Effect: "Allow", Principal: "*", Action: "*", Resource: "*" };
  const Id = String(n).padStart(chars, "0");
  return JSON.stringify({ Version: "2012-10-17", Id, Statement: [one] });
}

it("one that is asked for again is not read again", () => {
  expect(policyInForce(policy(-1), "resource")).toBe(policyInForce(policy(-1), "resource"));
  expect(policyInForce("{}", "resource")).toBe("unreadable");
});

it.each([
  ["many", 0, MAX_KNOWN_POLICIES],
  ["long ones", MAX_RESOURCE_POLICY_CHARS, Math.ceil(MAX_KNOWN_CHARS / MAX_RESOURCE_POLICY_CHARS)],
])("the oldest is forgotten for %s, and the newest are kept", (_, chars, room) => {
  const first = policyInForce(policy(0, chars), "resource");
  for (let n = 1; n < room - 1; n++) policyInForce(policy(n, chars), "resource");
  const last = policyInForce(policy(room, chars), "resource");
  for (let n = 0; n < 2; n++) policyInForce(policy(room + 1 + n, chars), "resource");
  expect(policyInForce(policy(room, chars), "resource")).toBe(last);
  expect(policyInForce(policy(0, chars), "resource")).not.toBe(first);
});
