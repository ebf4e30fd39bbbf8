import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bootstrap, ADMINISTRATOR_EMAIL } from "./bootstrap.ts";
import { IdentityApp } from "./identity/testing/identity-app.ts";
import { listUsers } from "./identity/users.ts";

let app: IdentityApp;
beforeEach(async () => {
  app = await IdentityApp.open();
});
afterEach(() => app.close());

describe("the first start", () => {
  it("begins the trail with the account, the administrator, the policy and the key", () => {
    const { account, instance, administrator } = app.first;
    expect(app.parts.events().map(({ operation }) => operation)).toEqual([
      "account.create",
      "instance.create",
      "user.create",
      "policy.create",
      "user-apikey.create",
    ]);
    expect(app.parts.events().every((event) => event.account === account.id)).toBe(true);
    expect(app.parts.events().every(({ initiator }) => initiator.id === "keytrail-bootstrap")).toBe(
      true,
    );
    expect(app.parts.events()[0]).toMatchObject({
      target: {
        id: `crn:v1:bluemix:public:iam-identity:global:a/${account.id}::account:${account.id}`,
      },
      responseData: { id: account.id, instanceId: instance.id },
    });
    const crn = `crn:v1:bluemix:public:secrets-manager:us-south:a/${account.id}:${instance.id}::`;
    expect(app.parts.events()[1]).toMatchObject({
      region: "us-south",
      instance: instance.id,
      logSourceCRN: crn,
      requestData: { name: "secrets", region: "us-south" },
      responseData: { id: instance.id, crn, region: "us-south" },
    });
    expect(account.id).toMatch(/^[0-9a-f]{32}$/);
    expect(instance).toMatchObject({ account: account.id, region: "us-south" });
    expect(administrator.email).toBe(ADMINISTRATOR_EMAIL);
  });

  it("gives a key that logs in and administers", async () => {
    const listed = await app.done(listUsers, await app.administrator(), {});
    expect(listed.users.map(({ email }) => email)).toEqual([ADMINISTRATOR_EMAIL]);
  });

  it("does nothing once the key has been handed over", async () => {
    const before = app.parts.log.size;
    expect(await bootstrap({ ...app.parts, region: "us-south" })).toBeUndefined();
    expect(app.parts.log.size).toBe(before);
  });

  it("makes a new key, and the old one void, as long as none was handed over", async () => {
    const account = { ...app.first.account, isHandedOver: false };
    await app.parts.state.transact((tx) => tx.identity.putAccount(account));
    const again = await bootstrap({ ...app.parts, region: "eu-de" });
    expect(again).toMatchObject({
      account,
      instance: app.first.instance,
      administrator: app.first.administrator,
    });
    await expect(app.login(app.first.apiKey)).rejects.toThrow("not known");
    expect((await app.login(again!.apiKey)).expiresInS).toBe(3_600);
  });

  it("completes a start that was killed after any of its steps", async () => {
    const half = await IdentityApp.open();
    const account = { ...half.first.account, isHandedOver: false };
    const tables = ["api_keys", "policies", "users"];
    for (const table of tables) {
      await half.parts.state.transact((tx) => tx.identity.putAccount(account));
      half.parts.database.exec(`DELETE FROM ${table}`);
      const again = await bootstrap({ ...half.parts, region: "us-south" });
      expect((await half.login(again!.apiKey)).apikeyId).toMatch(/^ApiKey-/);
    }
    await half.close();
  });
});
