/** Policies against vectors from AWS's documentation of its grammar, and against slow references. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Refusal } from "../../kernel/errors.ts";
import { isPublic } from "./breadth.ts";
import { decide, type Asked, type Decision } from "./decide.ts";
import { MAX_RESOURCE_POLICY_CHARS, parsePolicy } from "./document.ts";
import { isMatch, patternOf, plainPattern } from "./pattern.ts";
import type { Principal } from "./principals.ts";

const ACCOUNT = "123456789012";
const ARN = `arn:aws:secretsmanager:us-east-1:${ACCOUNT}:secret:prod/db-a1b2c3`;

const ada: Principal = {
  kind: "user",
  account: ACCOUNT,
  arn: `arn:aws:iam::${ACCOUNT}:user/ada`,
  identity: `arn:aws:iam::${ACCOUNT}:user/ada`,
  id: "IBMid-ADAADAADAADAADAA",
  sessionId: null,
};
const onCall: Principal = {
  kind: "role",
  account: ACCOUNT,
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/on-call/eve`,
  identity: `arn:aws:iam::${ACCOUNT}:role/on-call`,
  id: "iam-Profile-11111111-2222-4333-8444-555555555555",
  sessionId: "iam-Profile-11111111-2222-4333-8444-555555555555:eve",
};
const root: Principal = {
  kind: "root",
  account: ACCOUNT,
  arn: `arn:aws:iam::${ACCOUNT}:root`,
  identity: `arn:aws:iam::${ACCOUNT}:root`,
  id: "IBMid-ROOTROOTROOTROOT",
  sessionId: null,
};

type Keys = Readonly<Record<string, string | readonly string[]>>;

function asked(keys: Keys = {}, more: Partial<Asked> = {}): Asked {
  return {
    action: "secretsmanager:GetSecretValue",
    resource: ARN,
    principal: ada,
    keys: (key) => {
      const value = keys[key];
      return typeof value === "string" ? [value] : value;
    },
    ...more,
  };
}

const statement = {
  Effect: "Allow",
  Principal: { AWS: ACCOUNT },
  Action: "secretsmanager:GetSecretValue",
  Resource: "*",
};

const text = (...statements: readonly object[]): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: statements });

function decided(given: object | readonly object[], at: Asked = asked()): Decision["kind"] {
  const all = (Array.isArray(given) ? given : [given]) as readonly object[];
  return decide(parsePolicy(text(...all), "resource"), at).kind;
}

describe("a decision", () => {
  it("is a denial wherever one stands, else what allows, else nothing", () => {
    const deny = { ...statement, Effect: "Deny" };
    expect(decided(statement)).toBe("allowed");
    expect(decided([statement, deny])).toBe("denied");
    expect(decided([deny, statement])).toBe("denied");
    expect(decided({ ...statement, Action: "secretsmanager:PutSecretValue" })).toBe("silent");
  });

  it.each([
    ["*", true],
    ["secretsmanager:*", true],
    ["secretsmanager:Get*", true],
    ["SecretsManager:getsecretvalue", true],
    ["secretsmanager:Get??????Value", true],
    ["secretsmanager:Get?????Value", false],
    ["iam:*", false],
    [["iam:*", "secretsmanager:*Value"], true],
  ])("reads the action %j", (Action, isAllowed) => {
    expect(decided({ ...statement, Action })).toBe(isAllowed ? "allowed" : "silent");
    const { Action: _, ...rest } = statement;
    expect(decided({ ...rest, NotAction: Action })).toBe(isAllowed ? "silent" : "allowed");
  });

  it.each([
    ["*", true],
    [ARN, true],
    ["arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/*", true],
    ["arn:aws:secretsmanager:*:123456789012:secret:prod/db-??????", true],
    ["arn:aws:secretsmanager:*:*:secret:*", true],
    ["arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/db", false],
    ["arn:aws:secretsmanager:us-east-1:123456789012:secret:PROD/*", false],
  ])("reads the resource %s", (Resource, isAllowed) => {
    expect(decided({ ...statement, Resource })).toBe(isAllowed ? "allowed" : "silent");
    const { Resource: _, ...rest } = statement;
    expect(decided({ ...rest, NotResource: Resource })).toBe(isAllowed ? "silent" : "allowed");
  });

  it.each([
    ["its account by the number", ACCOUNT, ada, "account"],
    ["its account by the root", root.arn, ada, "account"],
    ["the owner by the root", root.arn, root, "identity"],
    ["a user", ada.arn, ada, "identity"],
    ["a user by the id", ada.id, ada, "identity"],
    ["a role", onCall.identity, onCall, "identity"],
    ["a session", onCall.arn, onCall, "session"],
    ["a session by the id", onCall.sessionId, onCall, "session"],
    ["everybody", "*", ada, "anyone"],
    ["another session of the role", `${onCall.arn}2`, onCall, undefined],
    ["another account", "210987654321", ada, undefined],
    ["the same name elsewhere", "arn:aws:iam::210987654321:user/ada", ada, undefined],
  ])("means by %s a caller as whom it has named", (...[, AWS, principal, means]) => {
    const policy = parsePolicy(text({ ...statement, Principal: { AWS } }), "resource");
    const decision = decide(policy, asked({}, { principal }));
    expect(decision.kind === "allowed" ? decision.means : undefined).toBe(means);
  });

  it("takes the strongest way in which several statements mean the caller", () => {
    const policy = parsePolicy(
      text(
        statement,
        { ...statement, Principal: "*" },
        { ...statement, Principal: { AWS: ada.arn } },
      ),
      "resource",
    );
    expect(decide(policy, asked())).toMatchObject({ means: "identity" });
  });

  it("denies all but whom NotPrincipal names; naming the account excepts no user of it", () => {
    const { Principal: _, ...rest } = statement;
    const denied = (AWS: unknown, principal = ada): Decision["kind"] =>
      decided({ ...rest, Effect: "Deny", NotPrincipal: { AWS } }, asked({}, { principal }));
    expect(denied(ada.arn)).toBe("silent");
    expect(denied(ACCOUNT)).toBe("denied");
    expect(denied(ACCOUNT, root)).toBe("silent");
    expect(denied(onCall.identity)).toBe("denied");
    expect(denied(onCall.identity, onCall)).toBe("silent");
  });

  it("lets no service or identity of a provider be anybody here", () => {
    for (const Principal of [
      { Service: "secretsmanager.amazonaws.com" },
      { Federated: "cognito-identity.amazonaws.com" },
      { CanonicalUser: "79a59df900b949e55d96a1e698fbaced" },
    ]) {
      expect(decided({ ...statement, Principal })).toBe("silent");
    }
  });

  it("puts what a request says in place of variables, in policies since 2012", () => {
    const own = "arn:aws:secretsmanager:*:*:secret:${aws:username}/*";
    const at = asked({ "aws:username": "prod" });
    expect(decided({ ...statement, Resource: own }, at)).toBe("allowed");
    expect(decided({ ...statement, Resource: own })).toBe("silent");
    const fallback = "arn:aws:secretsmanager:*:*:secret:${aws:username, 'prod'}/*";
    expect(decided({ ...statement, Resource: fallback })).toBe("allowed");
    // What a request says is text: a star in it is one.
    expect(decided({ ...statement, Resource: own }, asked({ "aws:username": "*" }))).toBe("silent");
    const older = JSON.stringify({
      Version: "2008-10-17",
      Statement: { ...statement, Resource: own },
    });
    expect(decide(parsePolicy(older, "resource"), at).kind).toBe("silent");
    const several = asked({ "aws:username": ["prod", "test"] });
    expect(decided({ ...statement, Resource: own }, several)).toBe("silent");
    const literal = { StringLike: { "aws:userid": "a${*}b" } };
    const starred = { ...statement, Condition: literal };
    expect(decided(starred, asked({ "aws:userid": "a*b" }))).toBe("allowed");
    expect(decided(starred, asked({ "aws:userid": "axb" }))).toBe("silent");
  });
});

describe("a condition", () => {
  const met = (condition: object, keys: Keys = {}): boolean =>
    decided({ ...statement, Condition: condition }, asked(keys)) === "allowed";

  type Compared = readonly [
    operator: string,
    value: unknown,
    yes: readonly string[],
    no: readonly string[],
  ];
  it.each<Compared>([
    ["StringEquals", "a", ["a"], ["A", "ab"]],
    ["StringNotEquals", "a", ["A"], ["a"]],
    ["StringEqualsIgnoreCase", "aB", ["Ab"], ["abc"]],
    ["StringNotEqualsIgnoreCase", "aB", ["abc"], ["Ab"]],
    ["StringLike", "a*c?", ["abcd", "acd"], ["abc", "bacd"]],
    ["StringNotLike", "a*", ["ba"], ["ab"]],
    ["StringEquals", "a*", ["a*"], ["ab"]],
    ["ArnLike", "arn:aws:iam::*:user/a*", [ada.arn], [onCall.arn, "arn:aws:iam::1:x:user/a"]],
    ["ArnEquals", "arn:aws:iam::*:user/a*", [ada.arn], [onCall.arn]],
    ["ArnNotLike", "arn:aws:iam::*:user/a*", [onCall.arn], [ada.arn]],
    ["NumericEquals", "7", ["7", "7.0"], ["8", "x"]],
    ["NumericNotEquals", "7", ["8"], ["7.0"]],
    ["NumericLessThan", "7", ["6.5"], ["7"]],
    ["NumericLessThanEquals", "7", ["7"], ["7.5"]],
    ["NumericGreaterThan", 7, ["8"], ["7"]],
    ["NumericGreaterThanEquals", 7, ["7"], ["6"]],
    ["DateGreaterThan", "2026-11-21", ["2026-11-21T00:00:01Z"], ["2026-11-21T00:00:00Z"]],
    ["DateLessThan", "2026-11-21T09:00:00Z", ["1795250000"], ["2026-11-21T09:00:00Z"]],
    ["DateEquals", "2026-11-21T09:00:00+01:00", ["2026-11-21T08:00:00Z"], ["2026-11-21"]],
    ["Bool", true, ["true", "True"], ["false"]],
    ["IpAddress", "192.0.2.0/24", ["192.0.2.7"], ["192.0.3.7", "2001:db8::7", "x"]],
    ["IpAddress", "2001:db8::/32", ["2001:db8:1::1"], ["2001:db9::1", "192.0.2.7"]],
    ["NotIpAddress", "192.0.2.0/24", ["198.51.100.1", "2001:db8::7"], ["192.0.2.7"]],
  ])("%s %j is met by %j and not by %j", (operator, value, ...[yes, no]) => {
    const condition = { [operator]: { "aws:Thing": value } };
    for (const one of yes) expect([one, met(condition, { "aws:thing": one })]).toEqual([one, true]);
    for (const one of no) expect([one, met(condition, { "aws:thing": one })]).toEqual([one, false]);
  });

  it("of what is not there is met only where it says that something is not so, or that it need not be", () => {
    const of = (operator: string): boolean => met({ [operator]: { "aws:Thing": "true" } });
    expect(of("StringEquals")).toBe(false);
    expect(of("StringNotEquals")).toBe(true);
    expect(of("StringEqualsIfExists")).toBe(true);
    expect(of("BoolIfExists")).toBe(true);
    expect(of("Null")).toBe(true);
    expect(met({ Null: { "aws:Thing": "false" } })).toBe(false);
    expect(met({ Null: { "aws:Thing": "false" } }, { "aws:thing": "x" })).toBe(true);
    expect(of("ForAllValues:StringEquals")).toBe(true);
    expect(of("ForAnyValue:StringEquals")).toBe(false);
    expect(of("ForAnyValue:StringNotEquals")).toBe(false);
  });

  it("of several values holds for one of them, or where it negates for none", () => {
    const two = ["a", "b"];
    expect(met({ StringEquals: { "aws:Thing": two } }, { "aws:thing": "b" })).toBe(true);
    expect(met({ StringNotEquals: { "aws:Thing": two } }, { "aws:thing": "b" })).toBe(false);
    expect(met({ StringNotEquals: { "aws:Thing": two } }, { "aws:thing": "c" })).toBe(true);
    const keys = { "aws:tagkeys": ["a", "c"] };
    const of = (operator: string): boolean => met({ [operator]: { "aws:TagKeys": two } }, keys);
    expect(of("ForAllValues:StringEquals")).toBe(false);
    expect(of("ForAnyValue:StringEquals")).toBe(true);
    expect(of("ForAllValues:StringNotEquals")).toBe(false);
    expect(of("ForAnyValue:StringNotEquals")).toBe(true);
  });

  it("has to hold with all the others", () => {
    const both = {
      StringEquals: { "aws:A": "a", "aws:B": "b" },
      Bool: { "aws:C": "true" },
    };
    const keys = { "aws:a": "a", "aws:b": "b", "aws:c": "true" };
    expect(met(both, keys)).toBe(true);
    for (const key of Object.keys(keys)) expect(met(both, { ...keys, [key]: "x" })).toBe(false);
  });
});

describe("a document", () => {
  const malformed = (policy: string): string => {
    try {
      parsePolicy(policy, "resource");
    } catch (error) {
      if (error instanceof Refusal) {
        expect(error.details).toEqual({ reason: "malformed-policy-document" });
        return error.message;
      }
      throw error;
    }
    return "well-formed";
  };

  it.each([
    ["", "not valid JSON"],
    ['{"Version":"2012-10-17","Version":"2008-10-17","Statement":[]}', "stands twice"],
    ['{"Statement":[{"Effect":"Deny","\\u0045ffect":"Allow"}]}', "stands twice"],
    ["[".repeat(9_000), "at most 8 deep"],
    [text(), "has statements"],
    [text({ ...statement, Efect: 1 }), "none of"],
    [text({ ...statement, Sid: "hunter2!" }), "Sid"],
    [text({ ...statement, Sid: "a" }, { ...statement, Sid: "a" }), "same Sid"],
    [text({ ...statement, Action: [] }), "has a value"],
    [text({ ...statement, Action: "hunter2" }), "of no form"],
    [text({ ...statement, Resource: "hunter2" }), "of no form"],
    [text({ ...statement, NotAction: "*" }), "either"],
    [text({ ...statement, Resource: "arn:aws:x:::${hunter2" }), "of no form"],
    [text({ ...statement, Principal: {} }), "names no principal"],
    [text({ ...statement, Principal: { AWS: "arn:aws:iam::123456789012:user/*" } }), "unsupported"],
    [text({ ...statement, Condition: { Bool: { "aws:x": "hunter2" } } }), "does not compare"],
    [text({ ...statement, Condition: { IpAddress: { "aws:x": "hunter2" } } }), "not compare"],
    [
      text({ ...statement, Condition: { "ForAllValues:Null": { "aws:x": "true" } } }),
      "there is not",
    ],
    [text({ ...statement, Condition: { toString: { "aws:x": "true" } } }), "there is not"],
    [JSON.stringify({ Version: "2020-01-01", Statement: statement }), "Version"],
    [" ".repeat(MAX_RESOURCE_POLICY_CHARS + 1), "at most 20480"],
  ])("of the text %s is refused", (policy, why) => {
    expect(malformed(policy)).toContain(why);
    expect(malformed(policy)).not.toContain("hunter2");
  });

  it("of a session names nobody", () => {
    const { Principal: _, ...own } = statement;
    expect(() => parsePolicy(text(statement), "session")).toThrow("none of");
    expect(decide(parsePolicy(text(own), "session"), asked()).kind).toBe("allowed");
  });

  it("is read or refused, whatever it is", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), (json) => {
        expect(typeof malformed(json)).toBe("string");
      }),
    );
  });
});

describe("a pattern", () => {
  const letters = fc.string({ unit: fc.constantFrom("a", "b", "*", "?"), maxLength: 8 });

  it("matches as a slow reference does", () => {
    fc.assert(
      fc.property(
        letters,
        fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 10 }),
        (p, t) => {
          expect(isMatch(plainPattern(p), t)).toBe(slowly(p, t));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it("takes no time over what makes others go back and forth", () => {
    const pattern = patternOf(`${"a*".repeat(2_000)}b`, {
      hasVariables: true,
      hasWildcards: true,
    })!;
    const started = performance.now();
    expect(isMatch(pattern, "a".repeat(4_000))).toBe(false);
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});

function slowly(pattern: string, subject: string): boolean {
  if (pattern === "") return subject === "";
  const [first = "", rest] = [pattern[0], pattern.slice(1)];
  if (first === "*") {
    return slowly(rest, subject) || (subject !== "" && slowly(pattern, subject.slice(1)));
  }
  return (
    subject !== "" && (first === "?" || first === subject[0]) && slowly(rest, subject.slice(1))
  );
}

describe("a policy for everybody", () => {
  const open = { ...statement, Principal: "*" };
  const cases: readonly (readonly [string, object, boolean])[] = [
    ["everybody", open, true],
    ["everybody as AWS", { ...statement, Principal: { AWS: ["*"] } }, true],
    ["all but one", { ...statement, Principal: undefined, NotPrincipal: { AWS: ACCOUNT } }, true],
    ["an account", statement, false],
    ["nobody", { ...open, Effect: "Deny" }, false],
    ...(
      [
        [{ StringEquals: { "aws:PrincipalAccount": ACCOUNT } }, false],
        [{ StringEqualsIfExists: { "aws:PrincipalAccount": ACCOUNT } }, true],
        [{ "ForAllValues:StringEquals": { "aws:PrincipalAccount": ACCOUNT } }, true],
        [{ StringNotEquals: { "aws:PrincipalAccount": ACCOUNT } }, true],
        [{ StringLike: { "aws:PrincipalAccount": "*" } }, true],
        [{ ArnLike: { "aws:PrincipalArn": `arn:aws:iam::${ACCOUNT}:role/*` } }, false],
        [{ ArnLike: { "aws:PrincipalArn": "arn:aws:iam::*:role/x" } }, true],
        [{ StringEquals: { "aws:PrincipalAccount": "${aws:PrincipalAccount}" } }, true],
        [{ IpAddress: { "aws:SourceIp": "10.0.0.0/8" } }, false],
        [{ IpAddress: { "aws:SourceIp": "0.0.0.0/0" } }, true],
        [{ IpAddress: { "aws:SourceIp": "::/0" } }, true],
        [{ Bool: { "aws:SecureTransport": "true" } }, true],
        [{ StringEquals: { "secretsmanager:VersionStage": "AWSCURRENT" } }, true],
      ] as const
    ).map(
      ([Condition, isOpen]) => [JSON.stringify(Condition), { ...open, Condition }, isOpen] as const,
    ),
  ];

  it.each(cases)("is, or is not, one for %s", (_, given, expected) => {
    expect(isPublic(parsePolicy(text(given), "resource"))).toBe(expected);
  });
});
