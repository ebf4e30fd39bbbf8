/** Who may do something to a secret with a policy of its own: the answer against the decision itself, and in its words. */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { accountNumber } from "../../audit/render/cloudtrail-arn.ts";
import type { Identity } from "../call.ts";
import { createSecret } from "../secrets/create-secret.ts";
import { readSecret } from "../secrets/read-secret.ts";
import { arbitrary } from "../secrets/testing/inputs.ts";
import { ACCOUNT, openTestApp, PLACE, type TestApp } from "../testing/test-app.ts";
import { Cast } from "./testing/cast.ts";
import { whoCan, type WhoCan } from "./who-can.ts";

const NUMBER = accountNumber(ACCOUNT);
const USERS = 4;

let app: TestApp;
let cast: Cast;
let secretId: string;
let people: readonly string[];
beforeEach(async () => {
  app = await openTestApp();
  cast = new Cast(app.state);
  const manager = await app.callerWith(["Manager"]);
  secretId = (await app.done(createSecret, manager, arbitrary("db"))).id;
  people = await Promise.all(
    Array.from({ length: USERS }, (_, i) => cast.user(`${i}@example.com`)),
  );
});
afterEach(() => app.close());

interface Given {
  readonly Effect: "Allow" | "Deny";
  readonly Principal?: unknown;
  readonly NotPrincipal?: unknown;
  readonly Action?: string;
  readonly Condition?: object;
  readonly Sid?: string;
}

async function attach(...statements: readonly Given[]): Promise<void> {
  const Statement = statements.map((one) => ({
    Action: "secretsmanager:GetSecretValue",
    Resource: "*",
    ...one,
  }));
  const resourcePolicy = JSON.stringify({ Version: "2012-10-17", Statement });
  await app.state.transact(async ({ secrets }) => {
    const at = { account: ACCOUNT, instance: PLACE.instance };
    const secret = (await secrets.secret(at, secretId))!;
    await secrets.updateSecret({ ...secret, resourcePolicy });
  });
}

const person = (i: number): string => people[i] ?? "";

function callerOf(iamId: string): Identity {
  return {
    kind: "identity",
    id: iamId,
    name: iamId,
    account: ACCOUNT,
    typeURI: "service/security/account/user",
    credentialType: "apikey",
    credentialId: "ApiKey-test",
  };
}

async function ask(permission = "secret.read"): Promise<WhoCan> {
  const auditor = await app.callerWith(["Auditor"]);
  return app.done(whoCan, auditor, { permission, target: secretId });
}

const namesOf = (found: WhoCan): readonly string[] => found.identities.map(({ name }) => name);

describe("who can, of a secret with a policy", () => {
  it("names whom the policy lets in without a role, and by which statement", async () => {
    await attach(
      { Effect: "Allow", Principal: { AWS: NUMBER } },
      { Sid: "Ada", Effect: "Allow", Principal: { AWS: person(0) } },
      {
        Effect: "Allow",
        Principal: { AWS: person(1) },
        Condition: { IpAddress: { "aws:SourceIp": "192.0.2.0/24" } },
      },
    );
    const found = await ask();
    expect(found.policy).toEqual({ statements: 3, outsiders: [] });
    expect(found.identities.map(({ name, paths }) => [name, paths])).toEqual([
      [
        "0@example.com",
        [
          {
            kind: "resource-policy",
            operations: ["secret.read"],
            statement: 2,
            sid: "Ada",
            isConditional: false,
            session: null,
          },
        ],
      ],
      ["1@example.com", [expect.objectContaining({ statement: 3, isConditional: true })]],
    ]);
    expect((await ask("secret.delete")).identities).toEqual([]);
  });

  it("names nobody whom it keeps out always, and says of whom it keeps out sometimes", async () => {
    for (const i of [0, 1]) await cast.grant(person(i), ["SecretsReader"]);
    await attach(
      { Effect: "Deny", Principal: { AWS: person(0) } },
      {
        Sid: "Home",
        Effect: "Deny",
        Principal: { AWS: person(1) },
        Condition: { NotIpAddress: { "aws:SourceIp": "192.0.2.0/24" } },
      },
    );
    const found = await ask();
    expect(found.identities).toMatchObject([
      { name: "1@example.com", limits: [{ statement: 2, sid: "Home", isConditional: true }] },
    ]);
    expect(namesOf(await ask("secret.metadata.read"))).toEqual(["0@example.com", "1@example.com"]);
  });

  it("names for what takes two actions only whom the policy lets in to both, and keeps out of neither", async () => {
    const [Action, both] = ["secretsmanager:RotateSecret", "secretsmanager:PutSecretValue"];
    const whom = (i: number) => ({ Principal: { AWS: person(i) } });
    await attach({ Effect: "Allow", ...whom(0), Action });
    const alone = namesOf(await ask("secret.rotate"));
    await attach(
      { Effect: "Allow", ...whom(0), Action },
      { Effect: "Allow", ...whom(0), Action: both },
    );
    const withBoth = namesOf(await ask("secret.rotate"));
    await attach(
      { Effect: "Allow", ...whom(0), Action: "secretsmanager:*" },
      { Effect: "Deny", ...whom(0), Action: both },
    );
    const denied = namesOf(await ask("secret.rotate"));
    expect(alone).not.toContain("0@example.com");
    expect(withBoth).toContain("0@example.com");
    expect(denied).not.toContain("0@example.com");
  });

  it("names the sessions of a role that are let in, and whom of other accounts", async () => {
    const profile = await cast.profile("on-call");
    await attach({
      Effect: "Allow",
      Principal: { AWS: [`${profile}:eve`, "123456789012", "arn:aws:iam::210987654321:root"] },
    });
    const found = await ask();
    expect(found.identities).toMatchObject([{ name: "on-call", paths: [{ session: "eve" }] }]);
    expect(found.policy?.outsiders).toEqual(["123456789012", "210987654321"]);
  });

  it("names whoever may exactly, whatever the roles and statements are", async () => {
    const whom = fc.oneof(
      fc.constant({ Principal: "*" }),
      fc.constant({ Principal: { AWS: NUMBER } }),
      fc.constant({ Principal: { AWS: "123456789012" } }),
      fc.nat({ max: USERS - 1 }).map((i) => ({ Principal: { AWS: person(i) } })),
      fc.nat({ max: USERS - 1 }).map((i) => ({ NotPrincipal: { AWS: person(i) } })),
    );
    const statement = fc.record({
      Effect: fc.constantFrom<"Allow" | "Deny">("Allow", "Deny"),
      Action: fc.constantFrom("*", "secretsmanager:Get*", "secretsmanager:Describe*"),
      whom,
    });
    await cast.grant(person(0), ["SecretsReader"]);
    await cast.grant(person(1), ["Manager"]);
    await fc.assert(
      fc.asyncProperty(fc.array(statement, { minLength: 1, maxLength: 4 }), async (given) => {
        await attach(...given.map(({ whom: principals, ...one }) => ({ ...one, ...principals })));
        const allowed: string[] = [];
        for (const iamId of people) {
          const read = await app.perform(readSecret, callerOf(iamId), { id: secretId });
          if (read.kind === "done") allowed.push(iamId);
        }
        const named = (await ask()).identities.map(({ iamId }) => iamId);
        expect(named.toSorted()).toEqual(allowed.toSorted());
      }),
      { numRuns: 60 },
    );
  });

  it("names nobody where the policy is none that could be read any more", async () => {
    await cast.grant(person(0), ["Manager"]);
    await attach();
    expect((await ask()).identities).toEqual([]);
  });
});
