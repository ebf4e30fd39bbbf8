/** IBM's own SDK of IAM Identity, unmodified: account settings, and the history that the trail tells. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { removeFolder, RunningServer, temporaryFolder } from "../e2e/running-server.ts";
import { errorOf, identityAt, openIamWire, tagOf, type IamWire } from "./iam-identity.ts";

let wire: IamWire["wire"];
let accountId: string;
let iam: IamWire["iam"];
let last: IamWire["last"];

beforeAll(async () => {
  ({ wire, accountId, iam, last } = await openIamWire());
});
afterAll(() => wire.close());

describe("account settings", () => {
  it("are read, changed against their entity tag, and taken back", async () => {
    const { result: before } = await iam.getAccountSettings({ accountId });
    expect(before).toMatchObject({
      account_id: accountId,
      restrict_create_service_id: "RESTRICTED",
      restrict_create_platform_apikey: "NOT_RESTRICTED",
      restrict_user_list_visibility: "NOT_RESTRICTED",
      allowed_ip_addresses: "",
      mfa: "NONE",
      user_mfa: [],
      max_sessions_per_identity: "NOT_SET",
      session_expiration_in_seconds: "86400",
      session_invalidation_in_seconds: "7200",
      system_access_token_expiration_in_seconds: "3600",
      system_refresh_token_expiration_in_seconds: "259200",
    });
    const { result: after } = await iam.updateAccountSettings({
      accountId,
      ifMatch: tagOf(before),
      allowedIpAddresses: "127.0.0.0/8, ::1",
      mfa: "TOTP4ALL",
      maxSessionsPerIdentity: "3",
      systemAccessTokenExpirationInSeconds: "900",
    });
    expect(after).toMatchObject({
      allowed_ip_addresses: "127.0.0.0/8,::1",
      mfa: "TOTP4ALL",
      max_sessions_per_identity: "3",
      system_access_token_expiration_in_seconds: "900",
    });
    expect(last()).toMatchObject({
      action: "iam-identity.accountsettings.update",
      requestData: {
        changes: { mfa: "TOTP4ALL", maxSessionsPerIdentity: 3, accessTokenLifetimeS: 900 },
        previous: { mfa: "NONE", maxSessionsPerIdentity: null, accessTokenLifetimeS: 3_600 },
      },
    });
    const stale = iam.updateAccountSettings({ accountId, ifMatch: tagOf(before), mfa: "NONE" });
    expect((await errorOf(stale)).status).toBe(409);
    const { result: back } = await iam.updateAccountSettings({
      accountId,
      ifMatch: tagOf(after),
      allowedIpAddresses: "NOT_SET",
      mfa: "NOT_SET",
      maxSessionsPerIdentity: "NOT_SET",
      systemAccessTokenExpirationInSeconds: "NOT_SET",
    });
    expect({ ...back, context: null, entity_tag: null }).toEqual({
      ...before,
      context: null,
      entity_tag: null,
    });
  });

  it.each([
    [{ mfa: "LEVEL3" }, "NONE, NONE_NO_ROPC, TOTP, TOTP4ALL"],
    [{ allowedIpAddresses: "198.51.100.0/24" }, "leave out the one that this call comes from"],
    [{ allowedIpAddresses: "localhost" }, "IP addresses"],
    [{ sessionExpirationInSeconds: "899" }, "900 to 86400"],
    [{ sessionInvalidationInSeconds: "7201" }, "900 to 7200"],
    [{ maxSessionsPerIdentity: "0" }, "1 to"],
    [{ systemAccessTokenExpirationInSeconds: "many" }, "system_access_token_expiration_in_seconds"],
    [{ userMfa: [{ iam_id: "IBMid-1", mfa: "NONE" }] }, "exempted"],
    [{ restrictUserListVisibility: "RESTRICTED" }, "list of users"],
    [{ restrictUserDomains: [{ realm_id: "IBMid" }] }, "domains"],
  ])("are not set to %j", async (given, words) => {
    const error = await errorOf(iam.updateAccountSettings({ accountId, ifMatch: "*", ...given }));
    expect([400, 409]).toContain(error.status);
    expect(error.message).toContain(words);
  });

  it("of another account do not exist for the caller", async () => {
    const error = await errorOf(iam.getAccountSettings({ accountId: "f".repeat(32) }));
    expect(error.status).toBe(404);
  });
});

describe("history and activity", () => {
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

  it("are what the trail says, of a key and of its service ID", async () => {
    const { account_id: account, api_key: apikey } = server.bootstrap;
    const admin = identityAt(server.url, apikey);
    const { result: made } = await admin.createServiceId({
      accountId: account,
      name: "ci",
      apikey: { name: "first" },
    });
    const program = identityAt(server.url, made.apikey?.apikey ?? "");
    expect((await errorOf(program.listServiceIds({ accountId: account }))).status).toBe(403);
    const keyId = made.apikey?.id ?? "";
    await admin.updateApiKey({ id: keyId, ifMatch: "*", name: "second" });
    await admin.lockApiKey({ id: keyId });

    const asked = { includeHistory: true, includeActivity: true };
    const { result: key } = await admin.getApiKey({ id: keyId, ...asked });
    const whose = `iamId: ${made.iam_id}`;
    expect(key.history?.map(({ message, params }) => [message, params.slice(1)])).toEqual([
      ["IAM Identity Service: update account-apikey second", [whose, "lock: true"]],
      [
        "IAM Identity Service: update account-apikey second",
        [whose, "lock: false", "prev_instance_name: first", "instance_name: second"],
      ],
      ["IAM Identity Service: create account-apikey first", [whose, "lock: false"]],
    ]);
    expect(key.history?.[0]).toMatchObject({
      timestamp: expect.stringMatching(/Z$/),
      iam_id: key.created_by,
      iam_id_account: account,
      action: "iam-identity.serviceid-apikey.update",
    });
    expect(key.activity).toEqual({
      last_authn: expect.stringMatching(/Z$/),
      authn_count: 1,
    });
    const { result: serviceId } = await admin.getServiceId({ id: made.id, ...asked });
    expect(serviceId.history).toHaveLength(1);
    expect(serviceId.activity?.authn_count).toBe(1);
    const { result: list } = await admin.listServiceIds({
      accountId: account,
      includeHistory: true,
    });
    expect(list.serviceids[0]?.history).toEqual(serviceId.history);
  });
});
