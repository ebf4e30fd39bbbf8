/** Credentials for a while by AWS's SDK, unmodified: whose they are, what they may do, and when they end. */
import {
  GetSecretValueCommand,
  CreateSecretCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import {
  GetAccessKeyInfoCommand,
  GetCallerIdentityCommand,
  GetFederationTokenCommand,
  GetSessionTokenCommand,
  STSClient,
  type Credentials,
} from "@aws-sdk/client-sts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keytrail, removeFolder, RunningServer, temporaryFolder } from "../e2e/running-server.ts";
import { clientOptions, eventsOf, ownersKey, type AccessKey } from "./aws-wire.ts";

let folder: string;
let server: RunningServer;
let key: AccessKey;
let sts: STSClient;

beforeAll(async () => {
  folder = temporaryFolder();
  server = await RunningServer.start(folder);
  key = await ownersKey(server);
  sts = new STSClient(clientOptions(server, key));
}, 60_000);

afterAll(async () => {
  await server.stop();
  removeFolder(folder);
});

function keyIn(given: Credentials | undefined): AccessKey & { readonly sessionToken: string } {
  const { AccessKeyId = "", SecretAccessKey = "", SessionToken = "" } = given ?? {};
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
}

describe("the SDK of AWS", () => {
  it("is told who it is, and whose a key is", async () => {
    const who = await sts.send(new GetCallerIdentityCommand({}));
    expect(who).toMatchObject({
      Account: expect.stringMatching(/^\d{12}$/),
      Arn: `arn:aws:iam::${who.Account}:root`,
      UserId: who.Account,
    });
    const asked = new GetAccessKeyInfoCommand({ AccessKeyId: key.accessKeyId });
    expect((await sts.send(asked)).Account).toBe(who.Account);
  });

  it("goes on with a session, until its key is disabled", async () => {
    const { Credentials: given } = await sts.send(new GetSessionTokenCommand({}));
    expect(given?.Expiration?.getTime()).toBeGreaterThan(Date.now());
    const session = new STSClient(clientOptions(server, keyIn(given)));
    expect((await session.send(new GetCallerIdentityCommand({}))).Arn).toMatch(/:root$/);
    const { url, bootstrap } = server;
    const by = { KEYTRAIL_API_KEY: bootstrap.api_key };
    const command = (what: string) =>
      keytrail(["access-keys", what, key.accessKeyId, "--url", url], by);
    expect((await command("disable")).code).toBe(0);
    await expect(session.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({
      name: "ExpiredToken",
    });
    await expect(sts.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({
      name: "InvalidClientTokenId",
    });
    expect((await command("enable")).code).toBe(0);
    await sts.send(new GetCallerIdentityCommand({}));
  });

  it("gives somebody else a session that reads one secret and no other", async () => {
    const secrets = new SecretsManagerClient(clientOptions(server, key));
    const made = await secrets.send(new CreateSecretCommand({ Name: "one", SecretString: "1" }));
    await secrets.send(new CreateSecretCommand({ Name: "two", SecretString: "2" }));
    const statement = { Effect: "Allow", Action: "secretsmanager:Get*", Resource: made.ARN };
    const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
    const token = await sts.send(new GetFederationTokenCommand({ Name: "bob", Policy }));
    expect(token.FederatedUser?.Arn).toMatch(/:federated-user\/bob$/);
    const bobs = new SecretsManagerClient(clientOptions(server, keyIn(token.Credentials)));
    const read = (SecretId: string) => bobs.send(new GetSecretValueCommand({ SecretId }));
    expect((await read("one")).SecretString).toBe("1");
    await expect(read("two")).rejects.toMatchObject({ name: "AccessDeniedException" });
    const id = token.Credentials?.AccessKeyId ?? "";
    const events = await eventsOf(server, `accesskeyid:${id}`);
    expect(events.map(({ outcome }) => outcome)).toEqual(["failure", "success"]);
    expect(JSON.stringify(events)).not.toContain(token.Credentials?.SessionToken);
  });
});
