/** Documents as they are written: nothing that is accepted reaches beyond the path, whatever it looks like. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Refusal } from "../../kernel/errors.ts";
import { recordable } from "../../audit/redaction.ts";
import { rulesOf } from "./decide.ts";
import { MAX_PATTERNS_PER_PERMISSION, MAX_PERMISSIONS_PER_DOCUMENT } from "./document.ts";
import { documentPath } from "./path.ts";
import { MAX_PATTERN_CHARS } from "./pattern.ts";
import { readPermissions } from "./read-document.ts";
import { recordedPermissions } from "./recorded.ts";

const PATH = "secrets:a";
const ONE = { subjects: ["users:bob"], actions: ["read"] };
let ids = 0;
const read = (permission: object, path: string | null = PATH) =>
  readPermissions([{ ...ONE, ...permission }], { path, newId: () => `p${ids++}` });

describe("a path", () => {
  it.each([
    ["secrets/us-east", "secrets:us-east"],
    ["/secrets//us-east/", "secrets:us-east"],
    ["secrets:/:us-east:", "secrets:us-east"],
    [" groups:west admins ", "groups:west admins"],
  ])("%s is %s", (written, path) => {
    expect(documentPath(written)).toBe(path);
  });

  it.each(["", ":", "/", "secrets:<.*>", "secrets:*", "a\nb", "a\\b", "x".repeat(513)])(
    "%j is none",
    (written) => {
      expect(() => documentPath(written)).toThrow(Refusal);
    },
  );
});

describe("resources", () => {
  const signs = fc.constantFrom(
    "a",
    "b",
    ":",
    "/",
    "<",
    ">",
    "(",
    ")",
    "|",
    ".",
    "*",
    "secrets",
    "config:policies:",
    PATH,
    "home",
    "[",
    "]",
    "\\",
    "?",
  );
  const anyResource = fc.oneof(
    fc.array(signs, { minLength: 1, maxLength: 10 }).map((parts) => parts.join("")),
    fc.array(signs, { maxLength: 8 }).map((parts) => `${PATH}:<${parts.join("")}>`),
    fc.array(signs, { maxLength: 8 }).map((parts) => `${PATH}${parts.join("")}`),
  );
  const anyText = fc
    .array(fc.constantFrom("a", "b", ":", "secrets", "home", "config:policies:", PATH), {
      maxLength: 6,
    })
    .map((parts) => parts.join(""));

  it("that are accepted are met by nothing outside the path", () => {
    let met = 0;
    fc.assert(
      fc.property(
        anyResource,
        fc.array(anyText, { minLength: 5, maxLength: 20 }),
        (resource, texts) => {
          let permissions;
          try {
            permissions = read({ resources: [resource] });
          } catch (error) {
            expect(error).toBeInstanceOf(Refusal);
            return;
          }
          const [rule] = rulesOf({ permissionDocument: permissions });
          for (const text of [...texts, PATH, `${PATH}:b`, "secrets:ab"]) {
            if (!rule?.resources.some((pattern) => pattern.matches(text))) continue;
            met += 1;
            const under = text.replace(/^config:policies:/, "");
            const isUnder = [text, under].some((one) => one === PATH || one.startsWith(`${PATH}:`));
            expect([resource, text, isUnder]).toEqual([resource, text, true]);
          }
        },
      ),
      { numRuns: 20_000 },
    );
    expect(met).toBeGreaterThan(1_000);
  });

  it("are the path and what is below it, if there are none; and policies on it", () => {
    expect(read({})[0]?.resources).toEqual([PATH, `${PATH}:<.*>`]);
    const delegated = { resources: [`config:policies:${PATH}`, `config/policies/${PATH}/<.*>`] };
    expect(read(delegated)[0]?.resources).toEqual([
      `config:policies:${PATH}`,
      `config:policies:${PATH}:<.*>`,
    ]);
    expect(() => read({ resources: ["config:policies:secrets"] })).toThrow(Refusal);
    expect(() => read({}, null)).toThrow(Refusal);
    expect(read({ resources: "*" }, null)[0]?.resources).toEqual(["<.*>"]);
  });
});

it("what a record says of a document is all of it, as long as documents may be", () => {
  const resources = Array.from(
    { length: MAX_PATTERNS_PER_PERMISSION },
    (_, i) => `${PATH}:${String(i).padStart(500, "x")}`,
  );
  const longest = recordedPermissions(
    read({ resources, subjects: [`users:<${"x".repeat(MAX_PATTERN_CHARS - 8)}>`] }),
  );
  expect(recordable({ longest }, ["longest"])).toEqual({ longest });
  const many = recordedPermissions(
    readPermissions(
      Array.from({ length: MAX_PERMISSIONS_PER_DOCUMENT }, () => ONE),
      {
        path: PATH,
        newId: () => `p${ids++}`,
      },
    ),
  );
  expect(recordable({ many }, ["many"])).toEqual({ many });
});
