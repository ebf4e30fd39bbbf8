/** Policies on secrets by AWS's wire: who gets in by them, who is kept out, and what is said and recorded of it. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readSecret } from "../../../../app/secrets/read-secret.ts";
import { AwsServer, type AwsAnswered, type AwsUser } from "../testing/aws-server.ts";

let server: AwsServer;
let ada: AwsUser;
let arn: string;
const SECRET = { SecretId: "prod/db" };

beforeEach(async () => {
  server = await AwsServer.open();
  ada = await server.user("ada@example.com");
  const Tags = [{ Key: "team", Value: "a" }];
  const made = await call("CreateSecret", { Name: "prod/db", SecretString: "s3cret", Tags });
  arn = made.body.ARN;
});
afterEach(() => server.close());

const call = (action: string, members: object = {}, as?: AwsUser): Promise<AwsAnswered> =>
  server.secrets(action, members, as ? { as } : {});
const user = (email: string): string => `arn:aws:iam::${server.account}:user/${email}`;
const policy = (...statements: readonly object[]): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: statements });
const allow = (principal: unknown, action: unknown = "secretsmanager:GetSecretValue"): object => ({
  Effect: "Allow",
  Principal: principal,
  Action: action,
  Resource: "*",
});
const put = (text: string, members: object = {}): Promise<AwsAnswered> =>
  call("PutResourcePolicy", { ...SECRET, ResourcePolicy: text, ...members });
const saysOf = ({ error, body }: AwsAnswered): unknown[] => [error, body.Message ?? body.message];

describe("a policy on a secret", () => {
  it("is kept, shown with the names it was given with, and taken away", async () => {
    const text = policy(allow({ AWS: [user("ada@example.com"), server.account] }));
    expect((await call("GetResourcePolicy", SECRET)).body).toEqual({ ARN: arn, Name: "prod/db" });
    const { body, events } = await put(text);
    expect(body).toEqual({ ARN: arn, Name: "prod/db" });
    expect(events).toMatchObject([
      {
        operation: "secret.resource-policy.set",
        severity: "critical",
        requestData: { secretId: "prod/db", resourcePolicy: text },
      },
    ]);
    expect((await call("GetResourcePolicy", SECRET)).body).toEqual({
      ARN: arn,
      Name: "prod/db",
      ResourcePolicy: text,
    });
    expect((await call("DeleteResourcePolicy", SECRET)).status).toBe(200);
    expect((await call("DeleteResourcePolicy", SECRET)).status).toBe(200);
    expect((await call("GetResourcePolicy", SECRET)).body.ResourcePolicy).toBeUndefined();
  });

  it("lets in a user without a role, to what it allows and nothing else", async () => {
    expect(saysOf(await call("GetSecretValue", SECRET, ada))).toEqual([
      "AccessDeniedException",
      `User: ${user("ada@example.com")} is not authorized to perform: secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:us-east-1:${server.account}:secret:* because no identity-based policy allows the secretsmanager:GetSecretValue action`,
    ]);
    await put(policy(allow({ AWS: user("ada@example.com") })));
    expect((await call("GetSecretValue", SECRET, ada)).body.SecretString).toBe("s3cret");
    expect((await call("GetSecretValue", { SecretId: arn }, ada)).body.SecretString).toBe("s3cret");
    expect((await call("DescribeSecret", SECRET, ada)).error).toBe("AccessDeniedException");
    expect((await call("ListSecrets", {}, ada)).error).not.toBeUndefined();
  });

  it("says the same of a secret that is not there as of one that may not be seen", async () => {
    const there = await call("GetSecretValue", SECRET, ada);
    const not = await call("GetSecretValue", { SecretId: "prod/other" }, ada);
    expect(saysOf(there)).toEqual(saysOf(not));
    await put(policy({ ...allow({ AWS: user("ada@example.com") }), Effect: "Deny" }));
    expect(saysOf(await call("GetSecretValue", SECRET, ada))).toEqual(saysOf(not));
  });

  it("keeps out a Manager whom it denies, also by IBM's wire, and whoever it names besides", async () => {
    const bob = await server.user("bob@example.com", ["Manager"]);
    await put(
      policy({ ...allow({ AWS: user("bob@example.com") }, "secretsmanager:Get*"), Effect: "Deny" }),
    );
    const refused = await call("GetSecretValue", SECRET, bob);
    expect(saysOf(refused)).toEqual([
      "AccessDeniedException",
      `User: ${user("bob@example.com")} is not authorized to perform: secretsmanager:GetSecretValue on resource: ${arn} with an explicit deny in a resource-based policy`,
    ]);
    expect(refused.events).toMatchObject([{ operation: "secret.read", outcome: "failure" }]);
    expect((await call("DescribeSecret", SECRET, bob)).status).toBe(200);
    const { id } = (
      await server.app.state.read((view) => view.secrets.secretsCalled(heldIn(), "prod/db"))
    )[0]!;
    const before = server.app.events().length;
    const performed = await server.app.performer.perform(
      readSecret,
      { ...server.app.call(bob.caller), place: place() },
      () => ({ id }),
    );
    expect(performed).toMatchObject({ kind: "refused", refusal: { code: "forbidden" } });
    expect(server.app.events().length).toBe(before + 1);
  });

  it("of the account alone leaves it to the account whom to let in", async () => {
    await put(policy(allow({ AWS: `arn:aws:iam::${server.account}:root` })));
    expect((await call("GetSecretValue", SECRET, ada)).error).toBe("AccessDeniedException");
    const reader = await server.user("r@example.com", ["SecretsReader"]);
    expect((await call("GetSecretValue", SECRET, reader)).status).toBe(200);
  });

  it("means an identity and not its name: who bears that later gets nothing", async () => {
    await put(policy(allow({ AWS: user("ada@example.com") })));
    await server.app.state.transact(async (tx) => {
      await tx.identity.putUser({ ...ada.user, email: "was-ada@example.com" });
    });
    const next = await server.user("ada@example.com");
    expect((await call("GetSecretValue", SECRET, next)).error).toBe("AccessDeniedException");
    expect((await call("GetResourcePolicy", SECRET)).body.ResourcePolicy).toContain(
      "user/was-ada@example.com",
    );
  });

  it("looks at the conditions of a statement", async () => {
    const condition = (more: object): string =>
      policy({ ...allow({ AWS: user("ada@example.com") }), Condition: more });
    const outcomes: unknown[] = [];
    for (const one of [
      { StringEquals: { "secretsmanager:VersionStage": "AWSCURRENT" } },
      { StringEquals: { "secretsmanager:VersionStage": "AWSPREVIOUS" } },
      { IpAddress: { "aws:SourceIp": "127.0.0.0/8" } },
      { NotIpAddress: { "aws:SourceIp": ["127.0.0.0/8", "::1/128"] } },
      { StringEquals: { "secretsmanager:ResourceTag/Team": "a" } },
      { StringEquals: { "aws:ResourceTag/team": "b" } },
      { Bool: { "aws:SecureTransport": "true" } },
      { StringEquals: { "aws:username": "ada@example.com" } },
      { ArnLike: { "aws:PrincipalArn": `arn:aws:iam::${server.account}:user/a*` } },
      { DateLessThan: { "aws:CurrentTime": "2020-01-01T00:00:00Z" } },
    ]) {
      await put(condition(one));
      outcomes.push((await call("GetSecretValue", SECRET, ada)).status);
    }
    expect(outcomes).toEqual([200, 400, 200, 400, 200, 400, 400, 200, 200, 400]);
  });
});

describe("PutResourcePolicy", () => {
  it.each([
    ["{", "The policy is not valid JSON."],
    ["[]", "The policy is a JSON object."],
    [policy({ ...allow("*"), Effect: "allow" }), 'Statement 1: "Effect" is Allow or Deny.'],
    [policy({ ...allow("*"), Principal: undefined }), /either "Principal" or "NotPrincipal"/],
    [
      policy({ ...allow("*"), Condition: { StringIsh: { "aws:username": "hunter2" } } }),
      /an operator that there is not/,
    ],
    [policy(allow({ AWS: "hunter2" })), /unsupported principal/],
    [policy(allow({ AWS: "arn:aws:iam::123456789012:user/nobody" })), /unsupported principal/],
  ])("refuses %s as malformed, and says why without quoting it", async (text, why) => {
    const refused = await put(text);
    expect(refused.error).toBe("MalformedPolicyDocumentException");
    expect(refused.body.Message).toMatch(why);
    expect(JSON.stringify([refused.body, refused.events])).not.toContain("hunter2");
    expect((await call("GetResourcePolicy", SECRET)).body.ResourcePolicy).toBeUndefined();
  });

  it("refuses a policy for everybody where that is to be blocked", async () => {
    const open = policy(allow("*"));
    const refused = await put(open, { BlockPublicPolicy: true });
    expect(saysOf(refused)).toEqual([
      "PublicPolicyException",
      expect.stringContaining("did not prevent broad access"),
    ]);
    expect(refused.events[0]?.requestData).toMatchObject({ blockPublicPolicy: true });
    const narrow = policy({
      ...allow("*"),
      Condition: { StringEquals: { "aws:PrincipalAccount": server.account } },
    });
    expect((await put(narrow, { BlockPublicPolicy: true })).status).toBe(200);
    expect((await put(open)).status).toBe(200);
    expect((await call("GetSecretValue", SECRET, ada)).status).toBe(200);
  });

  it("refuses a policy by which the caller could not set the next", async () => {
    const closed = policy({ ...allow("*", "secretsmanager:*"), Effect: "Deny" });
    expect((await put(closed)).error).toBe("InvalidRequestException");
    const checked = await call("ValidateResourcePolicy", { ...SECRET, ResourcePolicy: closed });
    expect(checked.body).toEqual({
      PolicyValidationPassed: false,
      ValidationErrors: [
        { CheckName: "CALLER_LOCKOUT", ErrorMessage: expect.any(String) as string },
      ],
    });
  });
});

it("whom a policy is not about is kept by the id, too", async () => {
  const exempt = await server.user("exempt@example.com");
  const AWS = user("exempt@example.com");
  const denied = { Effect: "Deny", Action: "secretsmanager:TagResource", Resource: "*" };
  expect((await put(policy({ ...denied, NotPrincipal: { AWS } }))).status).toBe(200);
  const at = await server.placeIn();
  const [secret] = await server.app.state.read(({ secrets }) =>
    secrets.secretsCalled({ account: at.account, instance: at.instance ?? "" }, SECRET.SecretId),
  );
  expect(secret?.resourcePolicy).toContain(exempt.user.iamId);
  expect(secret?.resourcePolicy).not.toContain(AWS);
});

describe("the owner of the account", () => {
  it("is kept from the value like everybody, and never from the policy", async () => {
    const owner = await server.user("owner@example.com", ["Manager"]);
    const owning = { as: owner };
    await server.app.state.transact(async (tx) =>
      tx.identity.putUser({ ...owner.user, isOwner: true }),
    );
    const closed = policy({ ...allow("*", "secretsmanager:*"), Effect: "Deny" });
    const put2 = { ...SECRET, ResourcePolicy: closed };
    expect((await call("PutResourcePolicy", put2, owner)).status).toBe(200);
    expect((await call("GetSecretValue", SECRET, owner)).error).toBe("AccessDeniedException");
    expect((await call("DeleteResourcePolicy", SECRET)).error).toBe("AccessDeniedException");
    expect((await call("GetResourcePolicy", SECRET, owner)).status).toBe(200);
    // Whom the owner has made a session for is not the owner.
    const Policy = JSON.stringify({ Statement: { Effect: "Allow", Action: "*", Resource: "*" } });
    const members = { Name: "eve", Policy };
    const { body } = await server.aws("sts", "GetFederationToken", members, owning);
    const of = (name: string): string => new RegExp(`<${name}>([^<]*)<`).exec(body)?.[1] ?? "";
    const named = {
      accessKeyId: of("AccessKeyId"),
      secretAccessKey: of("SecretAccessKey"),
      sessionToken: of("SessionToken"),
    };
    expect((await server.secrets("DeleteResourcePolicy", SECRET, { as: named })).error).toBe(
      "AccessDeniedException",
    );
    expect((await call("DeleteResourcePolicy", SECRET, owner)).status).toBe(200);
    expect((await call("GetSecretValue", SECRET)).status).toBe(200);
  });
});

describe("ValidateResourcePolicy", () => {
  it("tells whether a policy is for everybody, of no secret in particular", async () => {
    const passed = await call("ValidateResourcePolicy", {
      ResourcePolicy: policy(allow({ AWS: server.account })),
    });
    expect(passed.body).toEqual({ PolicyValidationPassed: true, ValidationErrors: [] });
    const open = await call("ValidateResourcePolicy", { ResourcePolicy: policy(allow("*")) });
    expect(open.body).toMatchObject({
      PolicyValidationPassed: false,
      ValidationErrors: [{ CheckName: "BLOCK_PUBLIC_POLICY" }],
    });
    const broken = await call("ValidateResourcePolicy", { ResourcePolicy: "{" });
    expect(broken.error).toBe("MalformedPolicyDocumentException");
  });
});

function place() {
  const { account, region, instance } = server.app.events().at(-1)!;
  return { account, region, instance };
}

function heldIn() {
  const { account, instance } = place();
  return { account, instance: instance ?? "" };
}
