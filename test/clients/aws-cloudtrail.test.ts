/** The event history by AWS's SDK, unmodified, against a running server. */
import {
  CloudTrailClient,
  LookupEventsCommand,
  paginateLookupEvents,
  type Event,
} from "@aws-sdk/client-cloudtrail";
import {
  DescribeSecretCommand,
  CreateSecretCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { removeFolder, RunningServer, temporaryFolder } from "../e2e/running-server.ts";
import { clientOptions, ownersKey, type AccessKey } from "./aws-wire.ts";

let folder: string;
let server: RunningServer;
let key: AccessKey;
let cloudtrail: CloudTrailClient;
let secrets: SecretsManagerClient;

beforeAll(async () => {
  folder = temporaryFolder();
  server = await RunningServer.start(folder);
  key = await ownersKey(server);
  cloudtrail = new CloudTrailClient(clientOptions(server, key));
  secrets = new SecretsManagerClient(clientOptions(server, key));
}, 60_000);

afterAll(async () => {
  cloudtrail.destroy();
  secrets.destroy();
  await server.stop();
  removeFolder(folder);
});

describe("the event history by AWS's SDK", () => {
  it("has a call as soon as that is answered", async () => {
    const { ARN = "" } = await secrets.send(
      new CreateSecretCommand({ Name: "db-prod", SecretString: "not-for-the-record" }),
    );
    const { Events: events = [] } = await cloudtrail.send(
      new LookupEventsCommand({
        LookupAttributes: [
          { AttributeKey: "ResourceName", AttributeValue: ARN },
          { AttributeKey: "AccessKeyId", AttributeValue: key.accessKeyId },
        ],
      }),
    );
    expect(events).toMatchObject([
      {
        EventName: "CreateSecret",
        EventTime: expect.any(Date),
        Username: "root",
        Resources: [],
        ReadOnly: "false",
      },
    ]);
    expect(events[0]?.CloudTrailEvent).not.toContain("not-for-the-record");
  });

  it("comes in pages, each event once", async () => {
    for (let i = 0; i < 12; i++) {
      await secrets.send(new DescribeSecretCommand({ SecretId: "db-prod" }));
    }
    const found: Event[] = [];
    const asked = {
      LookupAttributes: [{ AttributeKey: "EventName" as const, AttributeValue: "DescribeSecret" }],
      StartTime: new Date(Date.now() - 600_000),
      EndTime: new Date(Date.now() + 600_000),
    };
    const pages = paginateLookupEvents({ client: cloudtrail, pageSize: 5 }, asked);
    for await (const { Events: events = [] } of pages) found.push(...events);
    expect(found).toHaveLength(12);
    expect(new Set(found.map(({ EventId: id }) => id)).size).toBe(12);
  });

  it("refuses with the exceptions that the SDK knows", async () => {
    const asked = cloudtrail.send(new LookupEventsCommand({ MaxResults: 51 }));
    await expect(asked).rejects.toMatchObject({ name: "InvalidMaxResultsException" });
  });
});
