/** What the policy of a secret forbids or allows, by ways to the secret that AWS's clients do not have. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Sensitive } from "../../kernel/sensitive.ts";
import type { Caller, Identity } from "../call.ts";
import type { Operation } from "../operation.ts";
import { openTestApp, PLACE, type TestApp } from "../testing/test-app.ts";
import { createSecret } from "./create-secret.ts";
import { createVersion } from "./create-version.ts";
import { readSecret } from "./read-secret.ts";
import { readVersion } from "./read-version.ts";
import { rotateSecret } from "./rotate-secret.ts";
import { created, login } from "./testing/inputs.ts";
import { updateSecretMetadata, updateSecretMetadataInput } from "./update-secret-metadata.ts";

let app: TestApp;
let id: string;
let manager: Identity;
beforeEach(async () => {
  app = await openTestApp();
  manager = (await app.callerWith(["Manager"])) as Identity;
  ({ id } = await app.done(createSecret, manager, login("db")));
});
afterEach(() => app.close());

interface Stated {
  readonly Effect: "Allow" | "Deny";
  readonly Action: string | readonly string[];
  readonly AWS?: string;
  readonly Resource?: string;
  readonly Condition?: object;
}

async function attach(...statements: readonly Stated[]): Promise<void> {
  const Statement = statements.map(({ AWS = "*", Resource = "*", ...rest }) => ({
    ...rest,
    Principal: { AWS },
    Resource,
  }));
  const resourcePolicy = JSON.stringify({ Version: "2012-10-17", Statement });
  await app.state.transact(async ({ secrets }) => {
    const secret = (await secrets.secret(
      { account: PLACE.account, instance: PLACE.instance },
      id,
    ))!;
    await secrets.updateSecret({ ...secret, resourcePolicy });
  });
}

async function refusal<I extends object, S, O extends object>(
  operation: Operation<I, S, O>,
  caller: Caller,
  input: I,
): Promise<object | "done"> {
  const performed = await app.perform(operation, caller, input);
  return performed.kind === "done" ? "done" : { ...performed.refusal.details };
}

const READ = "secretsmanager:GetSecretValue";
const payload = {
  kind: "username_password",
  password: new Sensitive("chosen by the caller"),
} as const;

describe("a new value that is made here", () => {
  it("is not told to whom a policy keeps from reading it", async () => {
    await attach({ Effect: "Deny", Action: READ });
    for (const operation of [createVersion, rotateSecret]) {
      const made = created(await app.done(operation, manager, { id }));
      expect(made).toMatchObject({ payload: null, payloadAvailable: true });
    }
    await attach({ Effect: "Deny", Action: "secretsmanager:DeleteSecret" });
    expect(created(await app.done(createVersion, manager, { id })).payload).not.toBeNull();
  });

  it("is not told to whom a policy has let in to make it", async () => {
    const nobody = (await app.callerWith([])) as Identity;
    await attach({ Effect: "Allow", AWS: nobody.id, Action: "secretsmanager:PutSecretValue" });
    expect(created(await app.done(createVersion, nobody, { id })).payload).toBeNull();
    const both = ["secretsmanager:PutSecretValue", READ];
    await attach({ Effect: "Allow", AWS: nobody.id, Action: both });
    expect(created(await app.done(createVersion, nobody, { id })).payload).not.toBeNull();
  });
});

describe("a version", () => {
  it("is the one that a policy means, by whichever name it is asked for", async () => {
    await app.done(createVersion, manager, { id });
    const Condition = { StringEquals: { "secretsmanager:VersionStage": "AWSPREVIOUS" } };
    await attach({ Effect: "Deny", Action: READ, Condition });
    const previous = { id, alias: "previous" } as const;
    expect(await refusal(readVersion, manager, previous)).toMatchObject({
      reason: "denied-by-resource",
    });
    expect(await refusal(readVersion, manager, { id, alias: "current" })).toBe("done");
    expect(await refusal(readSecret, manager, { id })).toBe("done");
  });
});

describe("a rotation with a value of the caller's", () => {
  it("takes that the caller may put one", async () => {
    await attach({ Effect: "Deny", Action: "secretsmanager:PutSecretValue" });
    const rotation = { id, payload };
    const reason = "denied-by-resource";
    expect(await refusal(rotateSecret, manager, rotation)).toMatchObject({ reason });
    const nobody = (await app.callerWith([])) as Identity;
    await attach({ Effect: "Allow", AWS: nobody.id, Action: "secretsmanager:RotateSecret" });
    expect(await refusal(rotateSecret, nobody, rotation)).not.toBe("done");
    const both = ["secretsmanager:RotateSecret", "secretsmanager:PutSecretValue"];
    await attach({ Effect: "Allow", AWS: nobody.id, Action: both });
    expect(await refusal(rotateSecret, nobody, rotation)).toBe("done");
  });
});

describe("another name", () => {
  const renaming = () => updateSecretMetadataInput(id, { name: "web" });

  it("does not get a secret out of a policy that speaks of it by its name", async () => {
    const arn = "arn:aws:secretsmanager:us-south:*:secret:db-??????";
    const deny = { Effect: "Deny", Action: READ } as const;
    const policies: readonly Stated[] = [
      { ...deny, Resource: arn },
      // oxlint-disable-next-line no-template-curly-in-string -- a variable of the policy's
      { ...deny, Resource: "arn:aws:secretsmanager:us-south:*:secret:${aws:username}-??????" },
      { ...deny, Condition: { ArnLike: { "secretsmanager:SecretId": arn } } },
    ];
    for (const policy of policies) {
      await attach(policy);
      expect(await refusal(updateSecretMetadata, manager, renaming())).toEqual({ field: "name" });
    }
    await attach({ ...deny, Resource: arn });
    expect(await refusal(readSecret, manager, { id })).toMatchObject({
      reason: "denied-by-resource",
    });
    const own = updateSecretMetadataInput(id, { name: "db", description: "the same name" });
    expect(await refusal(updateSecretMetadata, manager, own)).toBe("done");
  });

  it("may be given where the policy means the secret by whatever name", async () => {
    await attach({ Effect: "Deny", Action: READ });
    expect(await refusal(updateSecretMetadata, manager, renaming())).toBe("done");
    expect(await refusal(readSecret, manager, { id })).toMatchObject({
      reason: "denied-by-resource",
    });
  });
});
