/** What the trail of a running server tells of a trusted profile: its history, who acted as it, and who changed it. */
import IamIdentityV1 from "@ibm-cloud/platform-services/iam-identity/v1.js";
import { IamAssumeAuthenticator } from "ibm-cloud-sdk-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { removeFolder, RunningServer, temporaryFolder, tokenOf } from "../e2e/running-server.ts";
import { identityAt } from "./iam-identity.ts";

let folder: string;
let server: RunningServer;

beforeAll(async () => {
  folder = temporaryFolder();
  server = await RunningServer.start(folder);
});
afterAll(async () => {
  await server.kill();
  removeFolder(folder);
});

describe("a trusted profile", () => {
  it("is told of by the trail: what became of it and of whom it trusts, and who acted as it", async () => {
    const { url } = server;
    const { account_id: accountId, api_key: apikey } = server.bootstrap;
    const iam = identityAt(url, apikey);
    const { result: profile } = await iam.createProfile({ accountId, name: "on-duty" });
    const profileId = profile.id;
    const key = { name: "ci", apikey: { name: "first" } };
    const { result: ci } = await iam.createServiceId({ accountId, ...key });
    const trusted = { identityType: "serviceid", type: "serviceid", identifier: ci.id };
    await iam.setProfileIdentity({ profileId, ...trusted });
    await iam.updateProfile({ profileId, ifMatch: "*", description: "nights" });

    const applying = new IamAssumeAuthenticator({
      apikey: ci.apikey?.apikey ?? "",
      iamProfileId: profileId,
      url,
    });
    const asProfile = new IamIdentityV1({ authenticator: applying, serviceUrl: url });
    await expect(asProfile.getProfile({ profileId })).rejects.toMatchObject({ status: 403 });

    const asked = { accountId, name: "on-duty", includeHistory: true };
    const [shown] = (await iam.listProfiles(asked)).result.profiles;
    expect(shown?.history?.map(({ message }) => message)).toEqual([
      "IAM Identity Service: update account-profile on-duty",
      "IAM Identity Service: add profile-identity on-duty",
      "IAM Identity Service: create account-profile on-duty",
    ]);
    expect(shown?.history?.[0]).toMatchObject({
      action: "iam-identity.account-profile.update",
      iam_id_account: accountId,
      params: [`id: ${profileId}`, "prev_instance_name: on-duty", "instance_name: on-duty"],
    });
    const { result: read } = await iam.getProfile({ profileId, includeActivity: true });
    expect(read.activity).toEqual({ last_authn: expect.stringMatching(/Z$/), authn_count: 1 });

    const update = "iam-identity.account-profile.update";
    expect(await operationsOf(`action:${update}`)).toEqual([
      "profile.update",
      "profile-identity.add",
    ]);
    expect(await operationsOf("action:iam-identity.profile-identity.add")).toEqual([
      "profile-identity.add",
    ]);
  });
});

/** Newest first. */
async function operationsOf(query: string): Promise<readonly string[]> {
  const token = await tokenOf(server.url, server.bootstrap.api_key);
  const url = new URL("/trail/v1/events", server.url);
  url.searchParams.set("query", query);
  const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  const { events } = (await response.json()) as {
    events: readonly { event: { operation: string } }[];
  };
  return events.map(({ event }) => event.operation);
}
