/** LookupEvents as AWS's clients call it, over what was done by AWS's wire and by IBM's. */
import { SignatureV4 } from "@smithy/signature-v4";
import { decode, encode } from "cborg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { indexTrail } from "../../../../app/trail/testing/indexed-trail.ts";
import { createSecret } from "../../../../app/secrets/create-secret.ts";
import { arbitrary } from "../../../../app/secrets/testing/inputs.ts";
import { faultsOfCloudTrail } from "../../../../../test/support/cloudtrail-validator.ts";
import { AwsServer, REGION, type AwsCallOptions } from "../testing/aws-server.ts";
import { Sha256 } from "../testing/sha256.ts";

const SECRETS_MANAGER = "secretsmanager.amazonaws.com";

interface Found {
  readonly EventId: string;
  readonly EventName: string;
  readonly CloudTrailEvent: string;
  readonly [member: string]: unknown;
}

let server: AwsServer;
let stopIndex: () => Promise<void>;

beforeEach(async () => {
  server = await AwsServer.open();
  stopIndex = await indexTrail(server.app);
});
afterEach(async () => {
  await stopIndex();
  await server.close();
});

async function page(members: object = {}, options: AwsCallOptions = {}) {
  const answered = await server.aws("cloudtrail", "LookupEvents", members, options);
  expect([answered.error, answered.status]).toEqual([undefined, 200]);
  return answered.body as { readonly Events: readonly Found[]; readonly NextToken?: string };
}

async function find(
  attributes: Readonly<Record<string, string>>,
  { region, as, ...members }: AwsCallOptions & Readonly<Record<string, unknown>> = {},
): Promise<readonly Found[]> {
  const LookupAttributes = Object.entries(attributes).map(([AttributeKey, AttributeValue]) => ({
    AttributeKey,
    AttributeValue,
  }));
  const options = { ...(region ? { region } : {}), ...(as === undefined ? {} : { as }) };
  return (await page({ LookupAttributes, ...members }, options)).Events;
}

const names = (events: readonly Found[]) => events.map(({ EventName }) => EventName);

async function secretNamed(name: string, options: AwsCallOptions = {}): Promise<string> {
  const made = await server.secrets(
    "CreateSecret",
    { Name: name, SecretString: "CANARY-of-a-secret" },
    options,
  );
  expect(made.status).toBe(200);
  return made.body.ARN as string;
}

describe("a look-up", () => {
  it("right after a call finds it, in the form of the documentation", async () => {
    await secretNamed("MyTestSecret");
    const [event, ...others] = await find({ EventName: "CreateSecret" });
    expect(others).toEqual([]);
    const record = JSON.parse(event?.CloudTrailEvent ?? "") as Record<string, unknown>;
    expect(faultsOfCloudTrail(record)).toEqual([]);
    expect(record).toMatchObject({ eventName: "CreateSecret", awsRegion: "us-east-1" });
    expect(event).toEqual({
      EventId: record["eventID"],
      EventName: "CreateSecret",
      ReadOnly: "false",
      AccessKeyId: server.manager.credentials.accessKeyId,
      EventTime: server.app.clock.now() / 1_000,
      EventSource: SECRETS_MANAGER,
      Username: server.manager.user.name,
      Resources: [],
      CloudTrailEvent: expect.any(String),
    });
    expect(event?.CloudTrailEvent).not.toContain("CANARY");
  });

  it("finds by each attribute, compared as it is written", async () => {
    const arn = await secretNamed("db-prod");
    await server.secrets("GetSecretValue", { SecretId: arn });
    await server.aws("sts", "GetCallerIdentity");
    const [read] = await find({ EventName: "GetSecretValue" });
    const EventId = read?.EventId ?? "";
    const { accessKeyId } = server.manager.credentials;
    expect(names(await find({ EventId }))).toEqual(["GetSecretValue"]);
    expect(names(await find({ EventSource: SECRETS_MANAGER })).toSorted()).toEqual([
      "CreateSecret",
      "GetSecretValue",
    ]);
    for (const ResourceName of ["db-prod", arn]) {
      expect(names(await find({ ResourceName, ReadOnly: "true" }))).toEqual(["GetSecretValue"]);
    }
    const type = { ResourceType: "AWS::SecretsManager::Secret" };
    expect(names(await find(type))).toEqual(["GetSecretValue", "CreateSecret"]);
    expect(names(await find({ EventSource: "sts.amazonaws.com" }))).toEqual(["GetCallerIdentity"]);
    expect(names(await find({ AccessKeyId: accessKeyId, EventName: "CreateSecret" }))).toEqual([
      "CreateSecret",
    ]);
    const by = { Username: server.manager.user.name, EventSource: SECRETS_MANAGER };
    expect(await find(by)).toHaveLength(2);
    for (const none of [
      { EventName: "getsecretvalue" },
      { EventName: "GetSecret" },
      { AccessKeyId: accessKeyId.toLowerCase() },
      { EventSource: "secretsmanager" },
      { EventName: "GetSecretValue", ReadOnly: "false" },
      { EventId, EventName: "CreateSecret" },
    ]) {
      expect(await find(none)).toEqual([]);
    }
  });

  it("finds a refused call by the name that was asked for", async () => {
    await secretNamed("db-prod");
    const nobody = await server.user("nobody@example.com");
    const refused = await server.secrets("GetSecretValue", { SecretId: "db-prod" }, { as: nobody });
    expect(refused.error).toBe("AccessDeniedException");
    const [event] = await find({ EventName: "GetSecretValue", ResourceName: "db-prod" });
    expect(event).toMatchObject({ Username: nobody.user.name });
    const record = JSON.parse(event?.CloudTrailEvent ?? "") as Record<string, unknown>;
    expect(record).toMatchObject({
      errorCode: "AccessDeniedException",
      errorMessage: refused.body.Message ?? refused.body.message,
      requestParameters: { secretId: "db-prod" },
    });
  });

  it("finds what was asked for by its ARN and is not there; of a name that nothing has, only that", async () => {
    const arn = await secretNamed("db-prod");
    const gone = `${arn.slice(0, -6)}AAAAAA`;
    const { body } = await server.secrets("DescribeSecret", { SecretId: gone });
    const [event] = await find({ ResourceName: gone });
    expect(JSON.parse(event?.CloudTrailEvent ?? "")).toMatchObject({
      eventName: "DescribeSecret",
      errorCode: "ResourceNotFoundException",
      errorMessage: body.Message,
      requestParameters: { secretId: gone },
      responseElements: null,
    });
    await server.secrets("DescribeSecret", { SecretId: "CANARY" });
    const missing = await find({ EventName: "DescribeSecret" });
    expect(missing).toHaveLength(2);
    expect(JSON.stringify(missing)).not.toContain("CANARY");
  });

  it("keeps to seconds, both ends included", async () => {
    await secretNamed("first");
    server.app.clock.advance(1_500);
    await secretNamed("second");
    const at = server.app.clock.now() / 1_000;
    const within = async (times: object) =>
      (
        await page({
          ...times,
          LookupAttributes: [{ AttributeKey: "EventName", AttributeValue: "CreateSecret" }],
        })
      ).Events.length;
    expect(await within({})).toBe(2);
    expect(await within({ StartTime: Math.floor(at) })).toBe(1);
    expect(await within({ EndTime: Math.floor(at) })).toBe(2);
    expect(await within({ EndTime: Math.floor(at) - 1 })).toBe(1);
    expect(await within({ StartTime: Math.floor(at) + 1 })).toBe(0);
  });

  it("sees one region, and in us-east-1 what is of all of them", async () => {
    await secretNamed("here");
    await secretNamed("there", { region: "eu-west-1" });
    await server.aws("iam", "ListUsers", {}, { region: "us-east-1" });
    expect(names(await find({ EventName: "CreateSecret" }))).toHaveLength(1);
    const [there] = await find({ EventName: "CreateSecret" }, { region: "eu-west-1" });
    expect(JSON.parse(there?.CloudTrailEvent ?? "")).toMatchObject({
      awsRegion: "eu-west-1",
      requestParameters: { name: "there" },
    });
    const iam = { EventSource: "iam.amazonaws.com", EventName: "ListUsers" };
    expect(await find(iam)).toHaveLength(1);
    expect(await find(iam, { region: "eu-west-1" })).toEqual([]);
  });

  it("shows what was done by IBM's wire as what it is", async () => {
    await secretNamed("by-aws");
    const { app, manager } = server;
    const call = app.call(manager.caller, await server.placeIn());
    const { kind } = await app.performer.perform(createSecret, call, () => arbitrary("by-ibm"));
    expect(kind).toBe("done");
    const found = await find({ EventName: "CreateSecret" });
    expect(found).toHaveLength(2);
    expect(found[0]).not.toHaveProperty("AccessKeyId");
  });

  it("leaves what could not be told who it was by to those who ask for it", async () => {
    const unsigned = await server.secrets("GetSecretValue", { SecretId: "x" }, { as: null });
    expect(unsigned.error).toBe("MissingAuthenticationTokenException");
    const event = { EventName: "GetSecretValue" };
    expect(await find(event)).toEqual([]);
    const [rejected] = await find(event, { EventCategory: "rejected" });
    expect(JSON.parse(rejected?.CloudTrailEvent ?? "")).toMatchObject({
      eventCategory: "Rejected",
      managementEvent: false,
    });
    expect(await find({}, { EventCategory: "insight" })).toEqual([]);
  });

  it("shows nobody more than their roles do", async () => {
    await secretNamed("db-prod");
    const reader = await server.user("reader@example.com", ["Manager"]);
    const refused = await server.aws("cloudtrail", "LookupEvents", {}, { as: reader });
    expect(refused.error).toBe("AccessDeniedException");
    const auditor = await server.user("auditor@example.com", ["Auditor"], {
      service: "iam-identity",
    });
    const seen = await find({}, { as: auditor });
    expect(new Set(seen.map(({ EventSource }) => EventSource))).not.toContain(SECRETS_MANAGER);
  });

  it("is recorded itself, with what it looked for", async () => {
    await find({ EventName: "GetSecretValue" }, { StartTime: 1_525_106_994, MaxResults: 5 });
    const [itself] = await find({ EventName: "LookupEvents" });
    expect(JSON.parse(itself?.CloudTrailEvent ?? "")).toMatchObject({
      eventSource: "cloudtrail.amazonaws.com",
      requestParameters: {
        lookupAttributes: [{ attributeKey: "EventName", attributeValue: "GetSecretValue" }],
        startTime: "Apr 30, 2018, 4:49:54 PM",
        maxResults: 5,
      },
      readOnly: true,
    });
  });
});

describe("a look-up in CBOR", () => {
  it("finds the same, with times as CBOR has them", async () => {
    await secretNamed("db-prod");
    const body = Buffer.from(
      encode({ LookupAttributes: [{ AttributeKey: "EventName", AttributeValue: "CreateSecret" }] }),
    );
    const path = "/service/CloudTrail_20131101/operation/LookupEvents";
    const headers = {
      host: "aws.keytrail.test",
      "content-type": "application/cbor",
      "smithy-protocol": "rpc-v2-cbor",
    };
    const { credentials } = server.manager;
    const signer = new SignatureV4({
      service: "cloudtrail",
      region: REGION,
      credentials,
      sha256: Sha256,
    });
    const request = {
      method: "POST",
      protocol: "https:",
      hostname: headers.host,
      path,
      headers,
      body,
    } as const;
    const signingDate = new Date(server.app.clock.now());
    const signed = await signer.sign(request, { signingDate });
    const { statusCode, rawPayload } = await server.http.server.inject({
      method: "POST",
      url: path,
      headers: signed.headers,
      payload: body,
    });
    expect(statusCode).toBe(200);
    const tags = [];
    tags[1] = (seconds: () => unknown) => new Date(Number(seconds()) * 1_000);
    const { Events: events } = decode(rawPayload, { tags }) as { Events: readonly Found[] };
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({ EventName: "CreateSecret", EventTime: signingDate });
  });
});

describe("pages of a look-up", () => {
  it("neither leave out nor repeat an event, while others are recorded", async () => {
    const arn = await secretNamed("db-prod");
    for (let i = 0; i < 120; i++) await server.secrets("DescribeSecret", { SecretId: arn });
    const LookupAttributes = [{ AttributeKey: "EventName", AttributeValue: "DescribeSecret" }];
    const expected = server.app
      .events()
      .filter(({ action }) => action === "secrets-manager.secret-metadata.read")
      .map(({ id }) => id);
    const seen: string[] = [];
    let NextToken: string | undefined;
    do {
      const { Events, NextToken: next } = await page({
        LookupAttributes,
        MaxResults: 17,
        ...(NextToken ? { NextToken } : {}),
      });
      seen.push(...Events.map(({ EventId }) => EventId));
      NextToken = next;
      await server.secrets("DescribeSecret", { SecretId: arn });
    } while (NextToken !== undefined);
    expect(expected).toHaveLength(120);
    expect(seen.toReversed()).toEqual(expected);
  });

  it("go on only where the same is looked for", async () => {
    await secretNamed("one");
    await secretNamed("two");
    const { NextToken } = await page({ MaxResults: 1 });
    expect(NextToken).toBeDefined();
    expect((await page({ MaxResults: 2, NextToken })).Events).toHaveLength(2);
    const other = { LookupAttributes: [{ AttributeKey: "ReadOnly", AttributeValue: "true" }] };
    for (const [members, options] of [
      [{ ...other, NextToken }, {}],
      [{ NextToken: "made-up" }, {}],
      [{ NextToken }, { region: "eu-west-1" }],
    ] as const) {
      const { error } = await server.aws("cloudtrail", "LookupEvents", members, options);
      expect(error).toBe("InvalidNextTokenException");
    }
  });
});

describe("a look-up that cannot be meant", () => {
  it.each([
    [{ MaxResults: 51 }, "InvalidMaxResultsException"],
    [{ MaxResults: 0 }, "InvalidMaxResultsException"],
    [{ StartTime: 2, EndTime: 1 }, "InvalidTimeRangeException"],
    [{ EventCategory: "data" }, "InvalidEventCategoryException"],
    [
      { LookupAttributes: [{ AttributeKey: "UserName", AttributeValue: "x" }] },
      "InvalidLookupAttributesException",
    ],
    [
      { LookupAttributes: [{ AttributeKey: "Username", AttributeValue: "" }] },
      "InvalidLookupAttributesException",
    ],
    [
      { LookupAttributes: [{ AttributeKey: "ReadOnly", AttributeValue: "yes" }] },
      "InvalidLookupAttributesException",
    ],
    [
      { LookupAttributes: [{ AttributeKey: "Username", AttributeValue: "x".repeat(2_001) }] },
      "InvalidLookupAttributesException",
    ],
  ])("%j is refused as AWS does, and recorded", async (members, error) => {
    const answered = await server.aws("cloudtrail", "LookupEvents", members);
    expect([answered.status, answered.error]).toEqual([400, error]);
    expect(answered.events.at(-1)).toMatchObject({
      operation: "event.search",
      outcome: "failure",
      requestData: {},
    });
  });
});
