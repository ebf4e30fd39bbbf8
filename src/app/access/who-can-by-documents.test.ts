/** Who may do something by policy documents: as the answer says it, and against real calls over random documents. */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Permission } from "../../identity/documents/document.ts";
import { Sensitive } from "../../kernel/sensitive.ts";
import type { Caller } from "../call.ts";
import { initiatorTypeOf, nameOf } from "../identity/caller.ts";
import { listUsers, readUser } from "../identity/users.ts";
import type { Operation } from "../operation.ts";
import { createSecret } from "../secrets/create-secret.ts";
import { createVersion } from "../secrets/create-version.ts";
import { readSecret } from "../secrets/read-secret.ts";
import { arbitrary } from "../secrets/testing/inputs.ts";
import { ACCOUNT, openTestApp, PLACE, START, type TestApp } from "../testing/test-app.ts";
import { Cast } from "./testing/cast.ts";
import { whoCan, type WhoCan } from "./who-can.ts";

let app: TestApp;
let cast: Cast;
let asker: Caller;
let secret: string;

beforeEach(open);
afterEach(() => app.close());

async function open(): Promise<void> {
  app = await openTestApp();
  cast = new Cast(app.state);
  const auditor = await cast.user("auditor@x.y");
  await cast.grant(auditor, ["Manager", "Auditor"]);
  asker = await callerOf(auditor);
  secret = (await app.done(createSecret, asker, arbitrary("us-east/db"))).id;
}

const ask = (permission: string, target?: string): Promise<WhoCan> =>
  app.done(whoCan, asker, { permission, target });
const found = async (permission: string, target?: string) =>
  (await ask(permission, target)).identities.filter(({ iamId }) => iamId !== idOf(asker));

function idOf(caller: Caller): string {
  return caller.kind === "identity" ? caller.id : "";
}

async function callerOf(iamId: string): Promise<Caller> {
  const principal = await app.state.read(({ identity }) => identity.principal(ACCOUNT, iamId));
  if (!principal) throw new Error("whoever calls is there");
  return {
    kind: "identity",
    id: iamId,
    name: nameOf(principal),
    account: ACCOUNT,
    typeURI: initiatorTypeOf(iamId),
    credentialType: "apikey",
    credentialId: "ApiKey-test",
  };
}

describe("who can, by policy documents", () => {
  it("names whom they let in, and by which document, group and condition", async () => {
    const [ada, bob] = [await cast.user("ada@x.y"), await cast.user("bob@x.y")];
    await cast.join(await cast.group("Ops"), bob, START + 1_000);
    const conditions = {
      remoteIP: { type: "CIDRCondition", options: { cidr: "10.0.0.0/8" } },
    } as const;
    await cast.document("secrets:us-east", [
      { subjects: ["users:<ada|eve>@x.y"], actions: ["read"] },
      { subjects: ["groups:ops"], actions: ["<read|list>"], conditions },
    ]);
    const operations = ["secret.read"];
    const document = { kind: "document", operations, document: "secrets:us-east" };
    expect(await found("secret.read", secret)).toMatchObject([
      { iamId: ada, paths: [{ ...document, permission: "p0", isConditional: false, via: null }] },
      {
        iamId: bob,
        paths: [
          {
            ...document,
            permission: "p1",
            isConditional: true,
            via: { name: "Ops", membership: "dynamic", until: START + 1_000 },
          },
        ],
      },
    ]);
    expect(await found("secret.delete", secret)).toEqual([]);
    app.clock.advance(1_000);
    expect(await found("secret.read", secret)).toMatchObject([{ iamId: ada }]);
  });

  it("leaves out whom they deny, and says where they deny only sometimes, or a part", async () => {
    const [ada, bob] = [await cast.user("ada@x.y"), await cast.user("bob@x.y")];
    for (const iamId of [ada, bob]) await cast.grant(iamId, ["SecretsReader"]);
    const conditions = {
      remoteIP: { type: "CIDRCondition", options: { cidr: "10.0.0.0/8" } },
    } as const;
    await cast.document("secrets:us-east", [
      { subjects: ["users:ada@x.y"], effect: "deny" },
      { subjects: ["users:bob@x.y"], effect: "deny", conditions },
    ]);
    expect(await found("secret.read", secret)).toMatchObject([
      {
        iamId: bob,
        paths: [{ kind: "policy" }],
        documentLimits: [{ document: "secrets:us-east", permission: "p1", isConditional: true }],
      },
    ]);
    expect(await found("secret.read", PLACE.instance)).toMatchObject([
      { iamId: ada, documentLimits: [{ isPartial: true, isConditional: false }] },
      { iamId: bob, documentLimits: [{ isPartial: true, isConditional: true }] },
    ]);
  });

  it("takes what gives all there is for the whole, and nothing less", async () => {
    await cast.user("ada@x.y");
    await cast.document("secrets:us-east", [{}]);
    await cast.document("secrets:<all>", [{ resources: ["secrets:<[^:]+>"] }]);
    expect(await found("secret.read", PLACE.instance)).toEqual([]);
    await cast.document("secrets", [{}]);
    expect(await found("secret.read", PLACE.instance)).toMatchObject([
      { paths: [{ document: "secrets" }] },
    ]);
  });
});

const PATHS = ["secrets:us-east", "secrets", "users", "config", "home"];
const anyPermission: fc.Arbitrary<Partial<Permission>> = fc.record(
  {
    subjects: fc.subarray(
      ["users:a@x.y", "users:<a|b>@x.y", "groups:g0", "roles:on-<call|duty>", "clients:<.*>"],
      { minLength: 1 },
    ),
    effect: fc.constantFrom("allow" as const, "allow" as const, "deny" as const),
    actions: fc.constantFrom(["read"], ["<read|list>"], ["<.*>"], ["delete", "list"]),
    resources: fc.subarray(
      ["<.*>", "secrets", "secrets:us-east:<.*>", "secrets:us-east:db", "users", "users:<a.*>"],
      { minLength: 1 },
    ),
  },
  { requiredKeys: ["subjects", "effect"] },
);

it("names exactly those whom the performer lets through", async () => {
  const seen = { yes: 0, no: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(anyPermission, { minLength: 1, maxLength: 3 }), { maxLength: 5 }),
      fc.array(fc.nat({ max: 3 }), { maxLength: 2 }),
      fc.subarray([0, 1, 2, 3]),
      async (documents, members, readers) => {
        await app.close();
        await open();
        const people = [
          await cast.user("a@x.y"),
          await cast.user("b@x.y"),
          await cast.service("deployer"),
          await cast.profile("On-Call"),
        ];
        const group = await cast.group("G0");
        for (const one of new Set(members)) await cast.join(group, people[one]!);
        for (const one of readers) await cast.grant(people[one]!, ["SecretsReader", "Viewer"]);
        for (const [i, permissions] of documents.entries()) {
          await cast.document(PATHS[i]!, permissions);
        }
        const lets = async <I extends object, S, O extends object>(
          operation: Operation<I, S, O>,
          input: I,
          target?: string,
        ): Promise<void> => {
          const named = new Set((await found(operation.name, target)).map(({ iamId }) => iamId));
          for (const one of people) {
            const performed = await app.perform(operation, await callerOf(one), input);
            const isLet = performed.kind === "done" || performed.refusal.code !== "forbidden";
            seen[isLet ? "yes" : "no"] += 1;
            expect([operation.name, one, named.has(one)]).toEqual([operation.name, one, isLet]);
          }
        };
        await lets(readSecret, { id: secret }, secret);
        const [first] = people as [string];
        await lets(readUser, { iamId: first }, first);
        await lets(listUsers, {});
        const payload = { kind: "arbitrary", payload: new Sensitive("next") } as const;
        await lets(createVersion, { id: secret, payload }, secret);
      },
    ),
    { numRuns: 60 },
  );
  expect(Math.min(seen.yes, seen.no)).toBeGreaterThan(100);
}, 60_000);
