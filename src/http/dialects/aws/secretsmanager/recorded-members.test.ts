/** What of a request's free texts is recorded, and what is not: a value in the wrong place has the form of a name. */
import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { recordedRotator } from "../../../../secrets/rotator.ts";
import { KnownRotators } from "../../../../rotators/known-rotators.ts";
import { AllowedHosts } from "../../../../rotators/allowed-hosts.ts";
import { AwsServer, type AwsAnswered } from "../testing/aws-server.ts";

const PASSWORD = "correct-horse-battery-staple-0123456789";
const HOOK = "https://hooks.example.com/rotate/a-token-of-its-path";

let server: AwsServer;
beforeEach(async () => {
  const hosts = new AllowedHosts(["hooks.example.com"], () => true);
  const rotators = new KnownRotators({ hooks: new Map(), hosts, sign: () => ({}), ca: undefined });
  server = await AwsServer.open({ rotators });
  await server.secrets("CreateSecret", { Name: "a", SecretString: "s3cret" });
});
afterEach(() => server.close());

const call = (action: string, members: object = {}): Promise<AwsAnswered> =>
  server.secrets(action, members);
const requestOf = ({ events }: AwsAnswered): unknown => events[0]?.requestData;
const said = (answered: AwsAnswered): string => JSON.stringify([answered.body, answered.events]);

describe("versions and staging labels", () => {
  it("are named by a refusal and its record where they can be nothing else", async () => {
    const VersionId = randomUUID();
    const byId = await call("GetSecretValue", { SecretId: "a", VersionId });
    expect(byId.body.Message).toContain(`for VersionId: ${VersionId}`);
    expect(requestOf(byId)).toMatchObject({ secretId: "a", versionId: VersionId });
    const byLabel = await call("GetSecretValue", { SecretId: "a", VersionStage: "AWSPENDING" });
    expect(byLabel.body.Message).toContain("for staging label: AWSPENDING");
    expect(requestOf(byLabel)).toMatchObject({ versionStage: "AWSPENDING" });
  });

  it("are left out where the secret has none of the kind, and recorded where it has", async () => {
    for (const member of ["VersionId", "VersionStage"]) {
      const refused = await call("GetSecretValue", { SecretId: "a", [member]: PASSWORD });
      expect(refused.error).toBe("ResourceNotFoundException");
      expect(said(refused)).not.toContain(PASSWORD);
    }
    const given = { SecretId: "a", SecretString: "x", ClientRequestToken: PASSWORD };
    await call("PutSecretValue", { ...given, VersionStages: ["mine"] });
    const read = await call("GetSecretValue", {
      SecretId: "a",
      VersionId: PASSWORD,
      VersionStage: "mine",
    });
    expect(requestOf(read)).toMatchObject({ versionId: PASSWORD, versionStage: "mine" });
  });

  it("are recorded of a label that is new, and not of one that goes nowhere", async () => {
    const refused = await call("UpdateSecretVersionStage", {
      SecretId: "a",
      VersionStage: PASSWORD,
      MoveToVersionId: `${PASSWORD}-2`,
    });
    expect(said(refused)).not.toContain(PASSWORD);
    const MoveToVersionId = randomUUID();
    const value = { SecretId: "a", SecretString: "x", ClientRequestToken: MoveToVersionId };
    await call("PutSecretValue", value);
    const moved = await call("UpdateSecretVersionStage", {
      SecretId: "a",
      VersionStage: "new",
      MoveToVersionId,
    });
    expect(requestOf(moved)).toMatchObject({
      versionStage: "new",
      moveToVersionId: MoveToVersionId,
    });
  });
});

describe("filters", () => {
  it("are recorded with the names that they ask for, and without words of free text", async () => {
    const listed = await call("ListSecrets", {
      Filters: [
        { Key: "name", Values: ["a"] },
        { Key: "description", Values: [PASSWORD] },
        { Key: "all", Values: [PASSWORD] },
      ],
    });
    expect(requestOf(listed)).toMatchObject({
      filters: [{ key: "name", values: ["a"] }, { key: "description" }, { key: "all" }],
    });
  });
});

describe("KmsKeyId", () => {
  it.each([
    "alias/aws/secretsmanager",
    "1234abcd-12ab-34cd-56ef-1234567890ab",
    "mrk-1234abcd12ab34cd56ef1234567890ab",
    "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    "arn:aws:kms:us-east-1:123456789012:alias/mine",
  ])("may be %s", async (KmsKeyId) => {
    expect(await call("UpdateSecret", { SecretId: "a", KmsKeyId })).toMatchObject({ status: 200 });
  });

  it("is refused where it names no key by its form, and not recorded", async () => {
    const refused = await call("UpdateSecret", { SecretId: "a", KmsKeyId: PASSWORD });
    expect(refused.error).toBe("ValidationException");
    expect(said(refused)).not.toContain(PASSWORD);
  });
});

describe("RotationLambdaARN", () => {
  it("is kept whole, and of a URL its origin is recorded", async () => {
    const begun = await call("RotateSecret", { SecretId: "a", RotationLambdaARN: HOOK });
    expect(begun.status).toBe(200);
    expect(requestOf(begun)).toMatchObject({ rotationLambdaARN: "https://hooks.example.com" });
    expect(JSON.stringify(begun.events)).not.toContain("a-token-of-its-path");
    const { body } = await call("DescribeSecret", { SecretId: "a" });
    expect(body.RotationLambdaARN).toBe(HOOK);
  });

  it.each([
    "https://u:p@hooks.example.com/",
    "https://u@hooks.example.com/",
    `${HOOK}#f`,
    `${HOOK}?q`,
  ])("is refused as %s", async (RotationLambdaARN) => {
    const refused = await call("RotateSecret", { SecretId: "a", RotationLambdaARN });
    expect(refused.error).toBe("AccessDeniedException");
    expect(requestOf(refused)).toMatchObject({ rotationLambdaARN: "https://hooks.example.com" });
  });

  it("is recorded as it is where it is an ARN or a rotator that there is, and else not at all", () => {
    const arn = "arn:aws:lambda:us-east-1:123456789012:function:rotate:live";
    expect(recordedRotator(arn, false)).toBe(arn);
    expect(recordedRotator("keytrail:random-password", true)).toBe("keytrail:random-password");
    expect(recordedRotator("mine", true)).toBe("mine");
    expect(recordedRotator(PASSWORD, false)).toBeUndefined();
    expect(recordedRotator(`arn:${PASSWORD}`, false)).toBeUndefined();
    expect(recordedRotator(` HTTPS://u:p@h.example.com/x`, true)).toBe("https://h.example.com");
    expect(recordedRotator("x://u:p@h/x", true)).toBeUndefined();
  });
});
