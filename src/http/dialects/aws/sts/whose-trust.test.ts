/** Whose a trust is, and whose rights: not those of whoever stands behind a session, nor of another account. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createApiKey } from "../../../../app/identity/api-keys.ts";
import { createAccount } from "../../../../app/identity/create-account.ts";
import { createPolicy } from "../../../../app/identity/policies.ts";
import { createUser } from "../../../../app/identity/users.ts";
import type { Operation } from "../../../../app/operation.ts";
import { addProfileIdentity } from "../../../../app/profiles/identities.ts";
import { createProfile } from "../../../../app/profiles/profiles.ts";
import { SCHEDULE } from "../../../../app/testing/test-app.ts";
import { accountNumber } from "../../../../audit/render/cloudtrail-arn.ts";
import { accountPlace } from "../../../../identity/account.ts";
import { crnOfPrincipal } from "../../../../identity/trust-principal.ts";
import { accessKeyFor, type AwsServer, type AwsUser } from "../testing/aws-server.ts";
import { allowing, credentialsIn, StsCaller } from "./testing/sts-caller.ts";

let sts: StsCaller;
let server: AwsServer;
let ada: AwsUser;
beforeEach(async () => {
  sts = await StsCaller.open();
  ({ server, ada } = sts);
});
afterEach(() => sts.close());

async function trusting(name: string, user: AwsUser) {
  const { app } = server.http;
  const made = await app.done(createProfile, SCHEDULE, { name });
  const identity = { identityType: "user", identifier: user.user.iamId } as const;
  await app.done(addProfileIdentity, SCHEDULE, { id: made.id, ...identity });
  return made;
}

/** Another account, and what is done in it. */
async function elsewhere() {
  const asked = { name: "Other", region: "us-south" };
  const { id } = await server.http.app.done(createAccount, SCHEDULE, asked);
  const call = server.app.call(SCHEDULE, accountPlace(id));
  const done = async <I extends object, O extends object>(
    operation: Operation<I, unknown, O>,
    input: I,
  ): Promise<O> => {
    const performed = await server.app.performer.perform(operation, call, () => input);
    if (performed.kind === "refused") throw performed.refusal;
    return performed.output;
  };
  return { id, done };
}

describe("a session of a role", () => {
  it("is not trusted as the user who assumed it", async () => {
    await trusting("first", ada);
    await trusting("second", ada);
    const one = credentialsIn(await sts.assume(ada, "first"));
    expect((await sts.assume(one, "second")).error).toBe("AccessDenied");
    expect((await sts.assume(ada, "second")).status).toBe(200);
  });

  it("needs each right that a call takes within its policy", async () => {
    const { iamId: subject } = await trusting("admin", ada);
    const right = { subject, roles: ["Administrator"], resource: {} };
    await server.http.app.done(createPolicy, SCHEDULE, right);
    const keyOf = async (Policy: string) => {
      const as = credentialsIn(await sts.assume(ada, "admin", { Policy }));
      const UserName = server.manager.user.email;
      return (await server.aws("iam", "CreateAccessKey", { UserName }, { as })).error;
    };
    expect(await keyOf(allowing("iam:CreateAccessKey"))).toBe("AccessDenied");
    expect(await keyOf(allowing("iam:*AccessKey"))).toBeUndefined();
  });
});

describe("another account", () => {
  it("that is trusted as a whole does not make those of this one trusted", async () => {
    const { id: account, done } = await elsewhere();
    const far = await done(createProfile, { name: "far" });
    const identifier = crnOfPrincipal({ kind: "account", account });
    await done(addProfileIdentity, { id: far.id, identityType: "crn", identifier });
    const arn = `arn:aws:iam::${accountNumber(account)}:role/far`;
    expect((await sts.assume(server.manager, arn)).error).toBe("AccessDenied");
  });

  it("hears itself of what was signed wrongly in the name of its keys", async () => {
    const { id: account, done } = await elsewhere();
    const { iamId } = await done(createUser, { email: "eve@example.com", name: "eve" });
    const { accessKeyId } = await done(createApiKey, { iamId, form: "access-key" });
    const as = { accessKeyId: accessKeyId ?? "", secretAccessKey: "guessed" };
    const refused = await sts.call(as, "GetCallerIdentity");
    expect(refused.error).toBe("SignatureDoesNotMatch");
    expect(refused.events.map((event) => event.account)).toEqual([account]);
  });
});

describe("a session that the owner of the account has made for somebody", () => {
  it("is held by policies of secrets that do not hold the owner", async () => {
    const root = await accessKeyFor(server.http.app, server.http.app.first.administrator);
    await server.secrets("CreateSecret", { Name: "s" });
    const Statement = [
      { Effect: "Deny", Principal: "*", Action: "secretsmanager:*", Resource: "*" },
    ];
    const ResourcePolicy = JSON.stringify({ Version: "2012-10-17", Statement });
    const members = { SecretId: "s", ResourcePolicy };
    expect((await server.secrets("PutResourcePolicy", members, { as: root })).status).toBe(200);
    const asked = { Name: "bob", Policy: allowing("*") };
    const bob = credentialsIn(await sts.call(root, "GetFederationToken", asked));
    const deleted = async (as: typeof root) =>
      (await server.secrets("DeleteResourcePolicy", { SecretId: "s" }, { as })).error;
    expect(await deleted(bob)).toBe("AccessDeniedException");
    expect(await deleted(root)).toBeUndefined();
  });
});
