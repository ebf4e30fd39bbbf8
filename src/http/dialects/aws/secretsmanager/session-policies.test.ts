/** What sessions may do at most, and what the policy of a secret gives to roles and to sessions, by AWS's wire. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { addProfileIdentity } from "../../../../app/profiles/identities.ts";
import { createProfile } from "../../../../app/profiles/profiles.ts";
import { SCHEDULE } from "../../../../app/testing/test-app.ts";
import {
  AwsServer,
  type AwsAnswered,
  type AwsCredentials,
  type AwsUser,
} from "../testing/aws-server.ts";

const SECRET = { SecretId: "prod/db" };

let server: AwsServer;
let ada: AwsUser;
beforeEach(async () => {
  server = await AwsServer.open();
  ada = await server.user("ada@example.com");
  const { id } = await server.http.app.done(createProfile, SCHEDULE, { name: "on-call" });
  const identity = { identityType: "user", identifier: ada.user.iamId } as const;
  await server.http.app.done(addProfileIdentity, SCHEDULE, { id, ...identity });
  for (const Name of ["prod/db", "test/db"]) {
    await server.secrets("CreateSecret", { Name, SecretString: "s3cret" });
  }
});
afterEach(() => server.close());

const policy = (...statements: readonly object[]): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: statements });
const allow = (Action: string, more: object = {}): object => ({
  Effect: "Allow",
  Action,
  Resource: "*",
  ...more,
});

function credentialsIn({ body, status }: AwsAnswered): AwsCredentials {
  expect(status, body).toBe(200);
  const of = (name: string): string => new RegExp(`<${name}>([^<]*)<`).exec(body)?.[1] ?? "";
  return {
    accessKeyId: of("AccessKeyId"),
    secretAccessKey: of("SecretAccessKey"),
    sessionToken: of("SessionToken"),
  };
}

async function assume(RoleSessionName: string, Policy?: string): Promise<AwsCredentials> {
  const RoleArn = `arn:aws:iam::${server.account}:role/on-call`;
  const members = { RoleArn, RoleSessionName, ...(Policy === undefined ? {} : { Policy }) };
  return credentialsIn(await server.aws("sts", "AssumeRole", members, { as: ada }));
}

async function federate(Policy?: string): Promise<AwsCredentials> {
  const members = { Name: "eve", ...(Policy === undefined ? {} : { Policy }) };
  return credentialsIn(await server.aws("sts", "GetFederationToken", members));
}

const put = (text: string): Promise<AwsAnswered> =>
  server.secrets("PutResourcePolicy", { ...SECRET, ResourcePolicy: text });

async function reads(as: AwsCredentials, members: object = SECRET): Promise<string> {
  const { error, body } = await server.secrets("GetSecretValue", members, { as });
  return error ? String(body.Message ?? body.message) : "read";
}

const sts = (kind: string): string => `arn:aws:sts::${server.account}:${kind}`;

describe("a federated session", () => {
  it("may do what its policy and its maker's rights both allow, and without one nothing", async () => {
    const bounded = await federate(
      policy(
        allow("secretsmanager:*", { Resource: "arn:aws:secretsmanager:*:*:secret:prod/*" }),
        allow("secretsmanager:GetRandomPassword"),
      ),
    );
    expect(await reads(bounded)).toBe("read");
    expect(await reads(bounded, { SecretId: "test/db" })).toContain("no session policy allows");
    expect(await reads(bounded, { SecretId: "test/other" })).toBe(
      await reads(bounded, { SecretId: "test/db" }),
    );
    expect(await reads(bounded, { SecretId: "prod/other" })).toContain("can't find");
    const bare = await federate();
    expect(await reads(bare)).toContain(
      `User: ${sts("federated-user/eve")} is not authorized to perform: secretsmanager:GetSecretValue`,
    );
    const principal = { Principal: { AWS: sts("federated-user/eve") } };
    await put(policy(allow("secretsmanager:GetSecretValue", principal)));
    expect(await reads(bare)).toBe("read");
  });

  it("does not get a policy that is none", async () => {
    for (const Policy of ["{}", policy(allow("x")), policy(allow("*", { Principal: "*" }))]) {
      const members = { Name: "eve", Policy };
      const refused = await server.aws("sts", "GetFederationToken", members);
      expect(refused.error).toBe("MalformedPolicyDocument");
    }
  });
});

describe("a session of a role", () => {
  it("has what the secret's policy gives the role, within its own policy", async () => {
    const role = { Principal: { AWS: `arn:aws:iam::${server.account}:role/on-call` } };
    expect(await reads(await assume("eve"))).toContain("no identity-based policy allows");
    await put(policy(allow("secretsmanager:GetSecretValue", role)));
    expect(await reads(await assume("eve"))).toBe("read");
    const narrow = policy(allow("secretsmanager:DescribeSecret"));
    expect(await reads(await assume("eve", narrow))).toContain("no session policy allows");
  });

  it("has what the secret's policy gives that very session, and no other of the role", async () => {
    const session = { Principal: { AWS: sts("assumed-role/on-call/eve") } };
    await put(policy(allow("secretsmanager:GetSecretValue", session)));
    const narrow = policy(allow("secretsmanager:DescribeSecret"));
    expect(await reads(await assume("eve", narrow))).toBe("read");
    expect(await reads(await assume("bob"))).toContain("no identity-based policy allows");
    const { body } = await server.secrets("GetResourcePolicy", SECRET);
    expect(body.ResourcePolicy).toContain(sts("assumed-role/on-call/eve"));
  });
});

describe("several secrets at once", () => {
  it("are each let out, or not, by their own policies", async () => {
    const principal = { Principal: { AWS: ada.user.iamId } };
    await put(policy(allow("secretsmanager:GetSecretValue", principal)));
    const reader = await server.user("reader@example.com", ["SecretsReader"]);
    const deny = { Effect: "Deny", Principal: { AWS: reader.user.iamId } };
    await server.secrets("PutResourcePolicy", {
      SecretId: "test/db",
      ResourcePolicy: policy(allow("secretsmanager:GetSecretValue", deny)),
    });
    const SecretIdList = ["prod/db", "test/db"];
    const { body } = await server.secrets("BatchGetSecretValue", { SecretIdList }, { as: reader });
    expect(body).toMatchObject({
      SecretValues: [{ Name: "prod/db" }],
      Errors: [{ SecretId: "test/db", ErrorCode: "AccessDeniedException" }],
    });
  });
});
