import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SettingChanges } from "../../identity/account-settings.ts";
import { MAX_ALLOWED_ADDRESSES } from "../../identity/addresses.ts";
import type { Caller } from "../call.ts";
import { readAccountSettings, updateAccountSettings } from "./account-settings.ts";
import { createApiKey } from "./api-keys.ts";
import { IdentityApp } from "./testing/identity-app.ts";

let app: IdentityApp;
let admin: Caller;
beforeEach(async () => {
  app = await IdentityApp.open();
  admin = await app.administrator();
});
afterEach(() => app.close());

const set = (changes: SettingChanges, ifMatch = "*") => ({ changes, ifMatch });

describe("account settings", () => {
  it("are changed by administrators, seen by viewers, and by nobody else", async () => {
    const { caller: viewer } = await app.user("v@example.com", ["Viewer"]);
    const { caller: nobody } = await app.user("n@example.com");
    const changes = set({ mfa: "TOTP" });
    expect((await app.done(readAccountSettings, viewer, {})).settings.mfa).toBe("NONE");
    expect(await app.refused(readAccountSettings, nobody, {})).toMatch(/^forbidden: /);
    expect(await app.refused(updateAccountSettings, viewer, changes)).toMatch(/^forbidden: /);
    expect(app.parts.lastEvent()).toMatchObject({ severity: "critical", requestData: {} });
    expect((await app.done(updateAccountSettings, admin, changes)).settings.mfa).toBe("TOTP");
    const elsewhere = { account: "f".repeat(32) };
    expect(await app.refused(readAccountSettings, admin, elsewhere)).toMatch(/^not_found: /);
    expect(await app.refused(readAccountSettings, nobody, elsewhere)).toMatch(/^forbidden: /);
  });

  it("do not shut out the address that shuts the door, in either kind of address", async () => {
    const before = (await app.done(readAccountSettings, admin, {})).settings;
    for (const allowedIpAddresses of [["198.51.100.7"], ["2001:db8::/32"]]) {
      const changes = set({ allowedIpAddresses });
      expect(await app.refused(updateAccountSettings, admin, changes)).toMatch(/^conflict: /);
    }
    expect((await app.done(readAccountSettings, admin, {})).settings).toEqual(before);
    const changes = set({ allowedIpAddresses: ["192.0.2.0/24"] });
    await app.done(updateAccountSettings, admin, changes);
    const call = { ...app.call(admin), host: { ...app.call(admin).host, address: "203.0.113.9" } };
    const { performer } = app.parts;
    const outside = await performer.perform(readAccountSettings, call, () => ({}));
    expect(outside).toMatchObject({ kind: "refused", refusal: { code: "forbidden" } });
  });

  it("restrict the making of API keys to those with a role, from the next call on", async () => {
    const { user, caller } = await app.user("ada@example.com");
    const { user: other, caller: creator } = await app.user("c@example.com", ["UserApiKeyCreator"]);
    const key = { iamId: user.iamId, name: "key" };
    await app.done(createApiKey, caller, key);
    await app.done(updateAccountSettings, admin, set({ restrictCreateApiKey: "RESTRICTED" }));
    expect(await app.refused(createApiKey, caller, key)).toMatch(/^forbidden: /);
    await app.done(createApiKey, creator, { ...key, iamId: other.iamId });
    await app.done(updateAccountSettings, admin, set({ restrictCreateApiKey: "NOT_SET" }));
    await app.done(createApiKey, caller, key);
  });

  it("are recorded whole, before and after, however many addresses are allowed", async () => {
    const here = "192.0.2.0/24";
    const others = Array.from({ length: MAX_ALLOWED_ADDRESSES - 1 }, (_, n) => `2001:db8::${n}`);
    const changes = { allowedIpAddresses: [...others, here] };
    await app.done(updateAccountSettings, admin, set(changes));
    expect(app.parts.lastEvent().requestData).toMatchObject({ changes });
    await app.done(updateAccountSettings, admin, set({ allowedIpAddresses: [here] }));
    expect(app.parts.lastEvent().requestData).toMatchObject({ previous: changes });
  });

  it.each(["NOT_RESTRICTED", "RESTRICTED"] as const)(
    "let nobody but administrators make a key of somebody else (%s)",
    async (restrictCreateApiKey) => {
      const { iamId } = (await app.user("other@example.com", ["Manager"])).user;
      await app.done(updateAccountSettings, admin, set({ restrictCreateApiKey }));
      const { caller: creator } = await app.user("c@example.com", ["UserApiKeyCreator"]);
      expect(await app.refused(createApiKey, creator, { iamId, name: "admin's" })).toMatch(
        /^forbidden: A key of another user needs one of the roles Administrator here/,
      );
      expect(app.parts.lastEvent()).toMatchObject({
        operation: "user-apikey.create",
        outcome: "failure",
        severity: "critical",
        target: { name: "admin's" },
      });
      await app.done(createApiKey, admin, { iamId, name: "admin's" });
    },
  );

  it("are not changed by who has read others", async () => {
    const { settings } = await app.done(readAccountSettings, admin, {});
    const first = set({ mfa: "TOTP" }, settings.entityTag);
    await app.done(updateAccountSettings, admin, first);
    expect(await app.refused(updateAccountSettings, admin, first)).toMatch(/^precondition_failed/);
  });
});
