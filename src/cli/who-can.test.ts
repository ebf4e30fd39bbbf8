import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { serve, type Served } from "../../test/support/serve.ts";
import { run } from "../../test/support/run.ts";
import type { Access } from "../client/answers.ts";
import { whoCanCommand } from "./who-can.ts";

const SECRET = "6ebf8b8d-1c5e-4d0c-8f0a-1f6d2a7e9b10";

const POLICY = {
  kind: "policy",
  operations: ["secret.read"],
  policy_id: "p-1",
  roles: ["SecretsReader"],
  resource: {},
  via: null,
};

const ANSWER: Access = {
  operations: ["secret.read"],
  target: { kind: "secret", crn: `crn:…:secret:${SECRET}`, name: "db-prod" },
  identities: [
    {
      iam_id: "IBMid-1",
      kind: "user",
      name: "ada@example.com",
      state: "active",
      can_log_in: true,
      paths: [
        { ...POLICY, resource: { instance: "i-1", secret_group: "default" } },
        {
          ...POLICY,
          via: {
            group_id: "AccessGroupId-1",
            name: "on call",
            membership: "dynamic",
            until: "2026-11-21T10:00:00.000Z",
          },
        },
      ],
      limits: [],
      document_limits: [],
      applied_by: null,
    },
    {
      iam_id: "iam-Profile-1",
      kind: "profile",
      name: "rescue\u001b[2J",
      state: "active",
      can_log_in: false,
      paths: [POLICY],
      limits: [],
      document_limits: [],
      applied_by: {
        identities: [{ type: "user", id: "IBMid-2" }],
        rules: [
          {
            name: "r",
            realm_name: "https://idp.example",
            conditions: [{ claim: "group", operator: "EQUALS", value: '"ops"' }],
          },
        ],
      },
    },
  ],
  at_login: [{ group_name: "on call", realm_name: "https://idp.example", conditions: [] }],
  total_count: 3,
  truncated: true,
};

let server: Served;
let answer: Access;
let asked: string[];
let env: Record<string, string>;

/** A server's side of the conversation: what it answers is tested where it is. */
beforeEach(async () => {
  answer = ANSWER;
  asked = [];
  server = await serve(({ url = "" }, response) => {
    asked.push(url);
    const body = url === "/identity/token" ? { access_token: "t", expires_in: 3_600 } : answer;
    response.end(JSON.stringify(body));
  });
  env = { KEYTRAIL_URL: server.url, KEYTRAIL_API_KEY: "k" };
});
afterEach(() => server.close());

const whoCan = (...args: string[]) => run(whoCanCommand, args, { env });

describe("keytrail who-can", () => {
  it("prints a line for each way by which an identity may, and who acts as a profile", async () => {
    const { code, stdout, stderr } = await whoCan("secret.read", SECRET);
    expect(code).toBe(0);
    expect(stdout.split("\n")).toEqual([
      "secret.read on db-prod (secret): 3 identities may",
      "",
      "IDENTITY         KIND     STATE   LOGIN  BY",
      "ada@example.com  user     active  yes    SecretsReader on instance i-1, secret_group default, policy p-1",
      "                                         SecretsReader on the whole account, policy p-1 of group on call (dynamic until 2026-11-21T10:00:00Z)",
      "rescue           profile  active  no     SecretsReader on the whole account, policy p-1",
      "                                         applied by IBMid-2",
      '                                         applied by whoever logs in by https://idp.example with group EQUALS "ops"',
      "",
      "At their next login:",
      "  whoever logs in by https://idp.example joins on call",
      "",
    ]);
    expect(stderr).toBe("Only 2 of 3 identities are shown.\n");
    expect(asked.at(-1)).toBe(`/trail/v1/access?operation=secret.read&target=${SECRET}`);
  });

  it("says what the policy of a secret lets in, keeps out sometimes, and lets in from outside", async () => {
    const said = { statement: 2, sid: "Ada", session: null };
    const path = { ...said, kind: "resource-policy", operations: [], conditional: true };
    const [ada] = ANSWER.identities;
    answer = {
      ...ANSWER,
      secret_policy: { statements: 2, outsiders: ["123456789012", "*"] },
      identities: [{ ...ada!, paths: [path], limits: [{ ...said, sid: null, session: "eve" }] }],
      at_login: [],
    };
    const { stdout } = await whoCan("secret.read", SECRET);
    expect(stdout).toContain("the secret's policy, statement 2 (Ada), on its conditions");
    expect(stdout).toContain("not when the secret's policy, statement 2, as eve says so");
    expect(stdout).toContain("The secret has a policy of its own, of 2 statements");
    expect(stdout).toContain("  lets in 123456789012 of other accounts, where those do too");
    expect(stdout).toContain("  lets in everybody of other accounts");
  });

  it("says which policy documents let in, by which group, and what they keep from it", async () => {
    const [ada] = ANSWER.identities;
    const said = { operations: [], document: "secrets:db", permission_id: "p" };
    const via = { group_id: "g", name: "ops", membership: "static", until: null };
    const denial = { document: "secrets", permission_id: "q" };
    answer = {
      ...ANSWER,
      identities: [
        {
          ...ada!,
          paths: [
            { ...said, kind: "document", conditional: true, via },
            { operations: [], kind: "owner" },
          ],
          document_limits: [
            { ...denial, conditional: true, partial: false },
            { ...denial, conditional: false, partial: true },
          ],
        },
      ],
      at_login: [],
    };
    const { stdout } = await whoCan("secret.read", SECRET);
    expect(stdout).toContain(
      "the policy document secrets:db of group ops (static), from some addresses",
    );
    expect(stdout).toContain("the account is its own");
    expect(stdout).toContain("not from everywhere: denied by the policy document secrets");
    expect(stdout).toContain("not all of it: denied by the policy document secrets");
  });

  it("says so when nobody may, and asks about the account without a target", async () => {
    answer = { ...ANSWER, identities: [], at_login: [], total_count: 0, truncated: false };
    expect(await whoCan("policy.create")).toEqual({
      code: 0,
      stdout: "secret.read on db-prod (secret): nobody may\n",
      stderr: "",
    });
    expect(asked.at(-1)).toBe("/trail/v1/access?operation=policy.create");
  });

  it("gives the whole answer to programs", async () => {
    const { stdout } = await whoCan("secret.read", SECRET, "--json");
    expect(JSON.parse(stdout)).toEqual(ANSWER);
  });

  it.each([[[]], [["a", "b", "c"]], [["a", "--fast"]]])(
    "called with %j asks nothing",
    async (args) => {
      expect((await whoCan(...args)).code).toBe(2);
      expect(asked).toEqual([]);
    },
  );
});
