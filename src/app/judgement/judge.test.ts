/** Who is let in, by roles, the policies of secrets and those of sessions, whichever wire a call came by. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { accountNumber } from "../../audit/render/cloudtrail-arn.ts";
import { randomId } from "../../kernel/ids.ts";
import type { Refusal } from "../../kernel/errors.ts";
import type { RoleName } from "../../identity/roles.ts";
import type { PolicyResource } from "../../identity/authorize.ts";
import type { Caller, Identity, SignedBy } from "../call.ts";
import { createApiKey } from "../identity/api-keys.ts";
import { createUser, listUsers } from "../identity/users.ts";
import { readCallerIdentity } from "../identity/caller-identity.ts";
import type { Operation } from "../operation.ts";
import { createSecret } from "../secrets/create-secret.ts";
import { deleteSecret } from "../secrets/delete-secret.ts";
import { describeSecret } from "../secrets/describe-secret.ts";
import { listSecrets } from "../secrets/list-secrets.ts";
import { readSecret } from "../secrets/read-secret.ts";
import { readSecretMetadata } from "../secrets/read-secret-metadata.ts";
import { arbitrary, kv } from "../secrets/testing/inputs.ts";
import { ACCOUNT, openTestApp, PLACE, START, type TestApp } from "../testing/test-app.ts";

const OTHER = "fedcba9876543210fedcba9876543210";
const NUMBER = accountNumber(ACCOUNT);
const OTHER_NUMBER = accountNumber(OTHER);

let app: TestApp;
let id: string;
beforeEach(async () => {
  app = await openTestApp();
  ({ id } = await app.done(createSecret, await app.callerWith(["Manager"]), arbitrary("db")));
});
afterEach(() => app.close());

const allow = (AWS: unknown, Action: unknown = "*", Effect = "Allow"): object => ({
  Effect,
  Principal: { AWS },
  Action,
  Resource: "*",
});

const text = (...statements: readonly object[]): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: statements });

async function attach(...statements: readonly object[]): Promise<void> {
  const resourcePolicy = statements.length === 0 ? null : text(...statements);
  await app.state.transact(async ({ secrets }) => {
    const secret = (await secrets.secret({ account: ACCOUNT, instance: PLACE.instance }, id))!;
    await secrets.updateSecret({ ...secret, resourcePolicy });
  });
}

async function outcome<I extends object, S, O extends object>(
  operation: Operation<I, S, O>,
  caller: Caller,
  input: I,
): Promise<"done" | Refusal> {
  const performed = await app.perform(operation, caller, input);
  return performed.kind === "done" ? "done" : performed.refusal;
}

const reasonOf = (one: "done" | Refusal): unknown =>
  one === "done" ? "done" : (one.details["reason"] ?? one.code);

const reads = async (caller: Caller): Promise<unknown> =>
  reasonOf(await outcome(readSecret, caller, { id }));

async function signed(
  roles: readonly RoleName[],
  by: Partial<SignedBy> & { readonly bounds?: string } = {},
  resource?: PolicyResource,
): Promise<Identity> {
  const { bounds, ...rest } = by;
  const caller = (await app.callerWith(roles, resource)) as Identity;
  const signedBy: SignedBy = { accessKeyId: "AKIATEST", kind: "user", ...rest };
  const typeURI = signedBy.kind === "role" ? "service/security/account/profile" : caller.typeURI;
  return { ...caller, typeURI, signedBy, ...(bounds === undefined ? {} : { bounds }) };
}

describe("the policy of a secret", () => {
  it("is nothing to whom it does not speak of", async () => {
    const reader = await app.callerWith(["SecretsReader"]);
    const nobody = await app.callerWith([]);
    await attach(allow("123456789012"));
    expect([await reads(reader), await reads(nobody)]).toEqual(["done", "forbidden"]);
  });

  it("counts by IBM's wire too: lets in whom it names, and keeps out whom it denies", async () => {
    const nobody = (await app.callerWith([])) as Identity;
    const manager = (await app.callerWith(["Manager"])) as Identity;
    await attach(
      allow(nobody.id, "secretsmanager:GetSecretValue"),
      allow(manager.id, "secretsmanager:*", "Deny"),
    );
    expect(await reads(nobody)).toBe("done");
    expect(reasonOf(await outcome(readSecretMetadata, nobody, { id }))).toBe("forbidden");
    expect(await reads(manager)).toBe("denied-by-resource");
    expect(app.lastEvent()).toMatchObject({
      operation: "secret.read",
      outcome: "failure",
      reason: { reasonCode: 403 },
    });
    expect(reasonOf(await outcome(deleteSecret, manager, { id }))).toBe("denied-by-resource");
    await attach();
    expect([await reads(nobody), await reads(manager)]).toEqual(["forbidden", "done"]);
  });

  it("takes no service ID for the user whose name it has", async () => {
    const Condition = { StringEquals: { "aws:username": "ada@example.com" } };
    await attach({ ...allow("*"), Condition });
    const of = { ...(await signed([])), name: "ada@example.com" };
    const ada: Identity = { ...of, typeURI: "service/security/account/user" };
    const typeURI = "service/security/account/serviceid" as const;
    expect(await reads(ada)).toBe("done");
    expect(await reads({ ...ada, typeURI })).toBe("no-identity-policy");
  });

  it("that cannot be read any more lets nobody in", async () => {
    await app.state.transact(async ({ secrets }) => {
      const secret = (await secrets.secret({ account: ACCOUNT, instance: PLACE.instance }, id))!;
      await secrets.updateSecret({ ...secret, resourcePolicy: '{"Statement":[]}' });
    });
    expect(await reads(await app.callerWith(["Manager"]))).toBe("denied-by-resource");
  });

  it("binds no job of the server", async () => {
    await attach({ ...allow("x"), Principal: "*", Effect: "Deny" });
    expect(await reads({ kind: "internal", job: "schedule" })).toBe("done");
  });

  it("nor tells anybody else that there are several secrets of a name", async () => {
    const manager = await app.callerWith(["Manager"]);
    await app.done(createSecret, manager, kv("db", { a: 1 }));
    const named = (name: string) => ({ secretId: name, called: [{ name, suffix: null }] });
    const nobody = await app.callerWith([]);
    const several = await outcome(describeSecret, nobody, named("db"));
    expect(several).toEqual(await outcome(describeSecret, nobody, named("nothing")));
    expect(reasonOf(await outcome(describeSecret, manager, named("db")))).toBe("ambiguous-name");
  });

  it("shows in lists what roles show, and nothing else", async () => {
    const nobody = (await app.callerWith([])) as Identity;
    await attach(allow(nobody.id));
    expect(reasonOf(await outcome(listSecrets, nobody, {}))).toBe("forbidden");
  });
});

describe("from another account", () => {
  async function foreigner(roles: readonly RoleName[], resource = {}): Promise<Identity> {
    const caller = await signed([]);
    await app.state.transact(async ({ identity }) => {
      await identity.putAccount({ id: OTHER, name: "O", createdAt: START, isHandedOver: true });
      await identity.putPolicy({
        id: randomId(),
        account: OTHER,
        subject: caller.id,
        roles,
        resource,
        description: "",
        state: "active",
        entityTag: "1-0",
        createdAt: START,
        createdBy: "test",
        modifiedAt: START,
        modifiedBy: "test",
      });
    });
    return { ...caller, account: OTHER };
  }

  it("it takes that the secret's policy allows it, and that the caller's own account does", async () => {
    const trusted = await foreigner(["SecretsReader"]);
    const stranger = await foreigner([]);
    expect(await reads(trusted)).toBe("no-resource-policy");
    for (const whom of [OTHER_NUMBER, `arn:aws:iam::${OTHER_NUMBER}:root`, trusted.id]) {
      await attach(allow(whom));
      expect([whom, await reads(trusted)]).toEqual([whom, "done"]);
      expect(await reads(stranger)).not.toBe("done");
    }
    await attach(allow(OTHER_NUMBER));
    expect(await reads(stranger)).toBe("no-identity-policy");
    await attach(allow(OTHER_NUMBER), allow(trusted.id, "*", "Deny"));
    expect(await reads(trusted)).toBe("no-resource-policy");
  });

  it("what is acted on is of the secret's account, and who acts of another", async () => {
    const trusted = await foreigner(["SecretsReader"]);
    const of = (resource: string, principal: string) => ({
      ...allow(OTHER_NUMBER),
      Condition: {
        StringEquals: { "aws:ResourceAccount": resource, "aws:PrincipalAccount": principal },
      },
    });
    await attach(of(OTHER_NUMBER, OTHER_NUMBER), of(NUMBER, NUMBER));
    expect(await reads(trusted)).toBe("no-resource-policy");
    await attach(of(NUMBER, OTHER_NUMBER));
    expect(await reads(trusted)).toBe("done");
  });

  it("a role in one's own instance, or group, is none in another's", async () => {
    await attach(allow(OTHER_NUMBER));
    const own = await foreigner(["Manager"], { instance: randomId() });
    const group = await foreigner(["Manager"], { secretGroup: "default" });
    const there = await foreigner(["Manager"], { region: PLACE.region });
    expect([await reads(own), await reads(group), await reads(there)]).toEqual([
      "no-identity-policy",
      "no-identity-policy",
      "done",
    ]);
  });

  it("what is not there and what may not be seen look the same", async () => {
    const trusted = await foreigner(["SecretsReader"]);
    const there = await outcome(readSecret, trusted, { id });
    const not = await outcome(readSecret, trusted, { id: randomId() });
    expect(there).toEqual(not);
  });
});

describe("a session with a policy", () => {
  const bounds = text({ Effect: "Allow", Action: "secretsmanager:Get*", Resource: "*" });

  it("may do no more than that and its identity both allow", async () => {
    const session = await signed(["Manager", "Administrator"], { bounds });
    expect(await reads(session)).toBe("done");
    expect(reasonOf(await outcome(readSecretMetadata, session, { id }))).toBe("no-session-policy");
    expect(reasonOf(await outcome(listSecrets, session, {}))).toBe("no-session-policy");
    expect(reasonOf(await outcome(listUsers, session, {}))).toBe("no-session-policy");
    expect(await reads(await signed([], { bounds }))).toBe("no-identity-policy");
    expect(reasonOf(await outcome(readCallerIdentity, session, {}))).toBe("done");
  });

  it("is bounded in other services by their own names", async () => {
    const all = text({ Effect: "Allow", Action: "iam:ListUsers", Resource: "*" });
    const session = await signed(["Administrator"], { bounds: all });
    expect(reasonOf(await outcome(listUsers, session, {}))).toBe("done");
    const made = { email: "x@example.com", name: "X" };
    expect(reasonOf(await outcome(createUser, session, made))).toBe("no-session-policy");
  });

  it("that denies something with one identity denies it with the keys of each, which are called by no name", async () => {
    const administrator = await app.callerWith(["Administrator"]);
    const email = "somebody@example.com";
    const { iamId } = await app.done(createUser, administrator, { email, name: "S" });
    const statements = (denied: object) =>
      text({ Effect: "Allow", Action: "*", Resource: "*" }, { Effect: "Deny", ...denied });
    const makesKey = async (denied: object): Promise<unknown> => {
      const session = await signed(["Administrator"], { bounds: statements(denied) });
      const given = { iamId, name: "key", form: "access-key" } as const;
      return reasonOf(await outcome(createApiKey, session, given));
    };
    const Resource = `arn:aws:iam::${NUMBER}:user/admin@example.com`;
    expect(await makesKey({ Action: "iam:CreateAccessKey", Resource })).toBe("denied-by-session");
    expect(await makesKey({ Action: "iam:DeleteUser", Resource })).toBe("done");
  });

  it("is bounded to the secrets that it names, of which no other is told from one that is not there", async () => {
    const one = text({
      Effect: "Allow",
      Action: "secretsmanager:*",
      Resource: `arn:aws:secretsmanager:us-south:${NUMBER}:secret:other-*`,
    });
    const session = await signed(["Manager"], { bounds: one });
    const there = await outcome(readSecret, session, { id });
    const not = await outcome(readSecret, session, { id: randomId() });
    expect(reasonOf(there)).toBe("no-session-policy");
    expect(there).toEqual(not);
  });

  it("denies what it denies, whoever allows it", async () => {
    const denies = text({ Effect: "Deny", Action: "*", Resource: "*" });
    const session = await signed(["Manager"], { bounds: denies });
    await attach(allow(session.id));
    expect(await reads(session)).toBe("denied-by-session");
  });

  it("of a role has besides what the secret's policy gives to that very session", async () => {
    const kind = "role" as const;
    const nothing = text({ Effect: "Allow", Action: "sts:*", Resource: "*" });
    const session = await signed([], { kind, sessionName: "eve", bounds: nothing });
    await attach(allow(session.id));
    expect(await reads(session)).toBe("no-session-policy");
    await attach(allow(`${session.id}:eve`));
    expect(await reads(session)).toBe("done");
    await attach(allow(`${session.id}:bob`));
    expect(await reads(session)).toBe("no-identity-policy");
  });

  it("of whom somebody has named may do nothing without one", async () => {
    const kind = "federated" as const;
    const session = await signed(["Manager"], { kind, sessionName: "eve" });
    expect(await reads(session)).toBe("no-session-policy");
    await attach(allow(`arn:aws:sts::${NUMBER}:federated-user/eve`));
    expect(await reads(session)).toBe("done");
    expect(await reads({ ...session, bounds })).toBe("done");
    await attach();
    expect(await reads({ ...session, bounds })).toBe("done");
  });

  it("of whom somebody without the right has named has it by no name", async () => {
    const session = await signed([], { kind: "federated", sessionName: "eve" });
    await attach(allow(`arn:aws:sts::${NUMBER}:federated-user/eve`));
    expect(await reads(session)).toBe("no-identity-policy");
    expect(await reads({ ...session, bounds })).toBe("no-identity-policy");
    await attach(allow(session.id));
    expect(await reads({ ...session, bounds })).toBe("done");
  });

  it("that cannot be read any more may do nothing", async () => {
    expect(await reads(await signed(["Manager"], { bounds: "{}" }))).toBe("denied-by-session");
  });
});
