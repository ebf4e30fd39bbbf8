/** The decision, against one that looks at everything again for each question, with another engine of expressions. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decideByDocuments, rulesFor, rulesOf } from "./decide.ts";
import type { Permission } from "./document.ts";

const RESOURCES = [
  "<.*>",
  "secrets",
  "secrets:<.*>",
  "secrets:a:<.*>",
  "secrets:a:b",
  "secrets:<a|c>:b",
  "home:<.*>",
  "home:users:bob:<.*>",
  "<home.*>",
];
const SUBJECTS = ["users:bob", "users:<bob|eve>", "groups:ops", "roles:<.*>", "<.*>", "clients:x"];
const ACTIONS = ["read", "<read|list>", "<.*>", "update"];
const CIDRS = ["10.0.0.0/8", "::1", "192.168.1.7"];

const some = (all: readonly string[]) => fc.subarray([...all], { minLength: 1, maxLength: 3 });
const anyPermission: fc.Arbitrary<Permission> = fc.record({
  id: fc.constant("p"),
  description: fc.constant(""),
  subjects: some(SUBJECTS),
  effect: fc.constantFrom("allow" as const, "deny" as const),
  resources: some(RESOURCES),
  actions: some(ACTIONS),
  conditions: fc
    .option(fc.constantFrom(...CIDRS), { nil: undefined })
    .map((cidr) =>
      cidr === undefined ? {} : { remoteIP: { type: "CIDRCondition" as const, options: { cidr } } },
    ),
});

const anyQuestion = fc.record({
  names: some(["users:bob", "users:eve", "groups:ops", "roles:r", "clients:x", "users:bobby"]),
  resources: some([
    "secrets",
    "secrets:a:b",
    "secrets:a",
    "secrets:c:b",
    "home:users:bob:b",
    "home",
    "users:bob",
  ]),
  action: fc.constantFrom("read", "list", "update", "delete"),
  address: fc.constantFrom("10.1.2.3", "::1", "192.168.1.7", "192.168.1.8", ""),
});

const RANGES: Readonly<Record<string, readonly string[]>> = {
  "10.0.0.0/8": ["10.1.2.3"],
  "::1": ["::1"],
  "192.168.1.7": ["192.168.1.7"],
};

function isMet(pattern: string, text: string): boolean {
  const source = pattern
    .split(/(<[^>]*>)/)
    .map((part) => (part.startsWith("<") ? `(?:${part.slice(1, -1)})` : escaped(part)));
  return new RegExp(`^${source.join("")}$`, "s").test(text);
}

type Question = typeof anyQuestion extends fc.Arbitrary<infer T> ? T : never;

function speaks(one: Permission, { names, resources, action, address }: Question): boolean {
  const isOpen = (pattern: string, path: string) =>
    one.effect === "deny" || !/^home(:|$)/.test(path) || pattern.startsWith("home");
  const cidrs = Object.values(one.conditions).map(({ options }) => options.cidr);
  return (
    names.some((name) => one.subjects.some((pattern) => isMet(pattern, name))) &&
    one.actions.some((pattern) => isMet(pattern, action)) &&
    resources.some((path) =>
      one.resources.some((pattern) => isMet(pattern, path) && isOpen(pattern, path)),
    ) &&
    cidrs.every((cidr) => RANGES[cidr]?.includes(address))
  );
}

describe("the decision by documents", () => {
  it("is the one that is found slowly", () => {
    fc.assert(
      fc.property(
        fc.array(anyPermission, { maxLength: 6 }),
        anyQuestion,
        (permissions, question) => {
          const speaking = permissions.filter((one) => speaks(one, question));
          const isDenied = speaking.some(({ effect }) => effect === "deny");
          const slow = isDenied ? "denied" : speaking.length > 0 ? "allowed" : "silent";
          const rules = rulesFor(rulesOf({ permissionDocument: permissions }), question.names);
          expect(decideByDocuments(rules, question)).toBe(slow);
        },
      ),
      { numRuns: 5_000 },
    );
  });
});

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
