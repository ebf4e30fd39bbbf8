/**
 * The commands of the seed, and a secret's whole life, by AWS's command line as Debian packages it. Nothing is set but
 * the endpoint, the region and a key.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { removeFolder, RunningServer, temporaryFolder } from "../e2e/running-server.ts";
import {
  debian,
  environmentOf,
  ownersKey,
  REGION,
  run,
  type AccessKey,
  type Ran,
} from "./aws-wire.ts";

let folder: string;
let server: RunningServer;
let key: AccessKey;

beforeAll(async () => {
  folder = temporaryFolder();
  server = await RunningServer.start(folder);
  key = await ownersKey(server);
}, 60_000);

afterAll(async () => {
  await server.stop();
  removeFolder(folder);
});

// oxlint-disable-next-line typescript/no-explicit-any -- output is compared, not trusted
type Json = any;

function ran(command: string): Promise<Ran> {
  const args = command.split(" ").map((part) => part.replaceAll("␣", " "));
  return run(debian("aws"), ["--endpoint-url", server.url, ...args], environmentOf(key));
}

/** What the command prints, as JSON. Spaces within an argument are written ␣. */
async function aws(command: string): Promise<Json> {
  const { code, stdout, stderr } = await ran(command);
  if (code !== 0) throw new Error(`aws ${command}: ${stderr}`);
  return stdout.trim() === "" ? null : JSON.parse(stdout);
}

async function refused(command: string): Promise<string> {
  const { code, stderr } = await ran(command);
  expect([command, code]).toEqual([command, 254]);
  return stderr.trim();
}

describe("the command line of AWS", () => {
  it("sees in the event history what it has just done, in the shape of the seed's example", async () => {
    const made = await aws(
      "secretsmanager create-secret --name MyTestSecret --secret-string not-for-the-record",
    );
    const { Events: events } = await aws(
      `cloudtrail lookup-events --region ${REGION} --lookup-attributes AttributeKey=EventSource,AttributeValue=secretsmanager.amazonaws.com`,
    );
    expect(events).toHaveLength(1);
    const [event] = events;
    expect(event).toMatchObject({
      EventId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      EventName: "CreateSecret",
      EventSource: "secretsmanager.amazonaws.com",
      ReadOnly: "false",
      AccessKeyId: key.accessKeyId,
      Username: "root",
      Resources: [],
    });
    expect(Math.abs(Date.now() - Date.parse(event.EventTime))).toBeLessThan(60_000);
    const record = JSON.parse(event.CloudTrailEvent);
    const account = made.ARN.split(":")[4];
    expect(record).toMatchObject({
      eventVersion: "1.11",
      userIdentity: {
        type: "Root",
        principalId: account,
        arn: `arn:aws:iam::${account}:root`,
        accountId: account,
        accessKeyId: key.accessKeyId,
      },
      eventSource: "secretsmanager.amazonaws.com",
      eventName: "CreateSecret",
      awsRegion: REGION,
      sourceIPAddress: "127.0.0.1",
      userAgent: expect.stringContaining("aws-cli/"),
      requestParameters: {
        name: "MyTestSecret",
        clientRequestToken: made.VersionId,
        forceOverwriteReplicaSecret: false,
      },
      responseElements: { arn: made.ARN },
      eventID: event.EventId,
      readOnly: false,
      eventType: "AwsApiCall",
      managementEvent: true,
      recipientAccountId: account,
      eventCategory: "Management",
    });
    expect(event.CloudTrailEvent).not.toContain("not-for-the-record");
  }, 60_000);

  it("is told that a secret was marked for deletion, and both of the alarms' patterns match the record", async () => {
    await aws("secretsmanager create-secret --name MyDatabaseSecret --secret-string gone-soon");
    const deleted = await aws(
      "secretsmanager delete-secret --secret-id MyDatabaseSecret --recovery-window-in-days 30",
    );
    expect(deleted).toMatchObject({
      Name: "MyDatabaseSecret",
      DeletionDate: expect.anything(),
    });
    expect(await refused("secretsmanager get-secret-value --secret-id MyDatabaseSecret")).toBe(
      "An error occurred (InvalidRequestException) when calling the GetSecretValue operation: You can't perform this operation on the secret because it was marked for deletion.",
    );
    const lookUp = async (name: string) => {
      const { Events: events } = await aws(
        `cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=${name} --max-results 1`,
      );
      return JSON.parse(events[0].CloudTrailEvent);
    };
    const read = await lookUp("GetSecretValue");
    expect(read).toMatchObject({
      eventName: "GetSecretValue",
      errorCode: "InvalidRequestException",
      requestParameters: { secretId: "MyDatabaseSecret" },
      responseElements: null,
    });
    expect(read.errorMessage).toMatch(/secret because it was deleted/);
    expect(read.errorMessage).toMatch(/secret because it was marked for deletion/);
    expect(await lookUp("DeleteSecret")).toMatchObject({
      requestParameters: { recoveryWindowInDays: 30, secretId: "MyDatabaseSecret" },
      responseElements: {
        name: "MyDatabaseSecret",
        deletionDate: expect.stringMatching(
          /^[A-Z][a-z]{2} \d{1,2}, \d{4} \d{1,2}:\d\d:\d\d [AP]M$/,
        ),
        arn: deleted.ARN,
        aRN: deleted.ARN,
      },
    });
    await aws("secretsmanager restore-secret --secret-id MyDatabaseSecret");
    const value = await aws("secretsmanager get-secret-value --secret-id MyDatabaseSecret");
    expect(value.SecretString).toBe("gone-soon");
    // One for each version, by the service.
    expect(await lookUp("CancelSecretVersionDelete")).toMatchObject({
      eventType: "AwsServiceEvent",
      userIdentity: { invokedBy: "secretsmanager.amazonaws.com" },
      additionalEventData: { SecretId: deleted.ARN },
    });
  }, 90_000);

  it("pages through more than one answer holds", async () => {
    // Look-ups are events themselves: those of secrets stay the same meanwhile.
    const lookUp =
      "cloudtrail lookup-events --lookup-attributes AttributeKey=EventSource,AttributeValue=secretsmanager.amazonaws.com";
    const all = await aws(`${lookUp} --page-size 3`);
    expect(all.Events.length).toBeGreaterThan(6);
    expect(new Set(all.Events.map((event: Json) => event.EventId)).size).toBe(all.Events.length);
    const some = await aws(`${lookUp} --max-items 2`);
    expect(some.Events).toEqual(all.Events.slice(0, 2));
    expect(some.NextToken).toEqual(expect.any(String));
  }, 60_000);

  it("says who it is, and works with the credentials of a session", async () => {
    const identity = await aws("sts get-caller-identity");
    expect(identity).toEqual({
      UserId: identity.Account,
      Account: expect.stringMatching(/^\d{12}$/),
      Arn: `arn:aws:iam::${identity.Account}:root`,
    });
    const { Credentials: session } = await aws("sts get-session-token --duration-seconds 900");
    const { code, stdout } = await run(
      debian("aws"),
      ["--endpoint-url", server.url, "secretsmanager", "list-secrets"],
      {
        ...environmentOf({
          accessKeyId: session.AccessKeyId,
          secretAccessKey: session.SecretAccessKey,
        }),
        AWS_SESSION_TOKEN: session.SessionToken,
      },
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout).SecretList).toHaveLength(2);
  }, 60_000);

  it("is refused in AWS's words", async () => {
    const wrong = { ...key, secretAccessKey: "0".repeat(40) };
    const { stderr } = await run(
      debian("aws"),
      ["--endpoint-url", server.url, "secretsmanager", "list-secrets"],
      environmentOf(wrong),
    );
    expect(stderr).toContain(
      "An error occurred (InvalidSignatureException) when calling the ListSecrets operation: The request signature we calculated does not match the signature you provided.",
    );
    expect(await refused("secretsmanager get-secret-value --secret-id nothing")).toContain(
      "(ResourceNotFoundException) when calling the GetSecretValue operation: Secrets Manager can't find the specified secret.",
    );
    expect(await refused("secretsmanager describe-secret --secret-id not␣a␣name")).toContain(
      "(ValidationException) when calling the DescribeSecret operation: Invalid name.",
    );
  }, 60_000);
});
