import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { newEntityTag } from "../identity/entity-tag.ts";
import { initialSettings } from "../identity/account-settings.ts";
import { administersAccount } from "../identity/policy.ts";
import { noCredentials } from "../identity/user-credentials.ts";
import type { Call } from "./call.ts";
import { IdentityApp, START } from "./identity/testing/identity-app.ts";
import { listUsers } from "./identity/users.ts";
import {
  recoverAdministrator,
  type RecoverAdministratorInput,
  type RecoveredAdministrator,
} from "./recover-administrator.ts";

const REQUEST: RecoverAdministratorInput = {
  request: "11111111-2222-4333-8444-555555555555",
  requestedAt: "2026-11-21T08:59:00.000Z",
  addresses: ["127.0.0.1", "::1"],
};
const RECOVERY = { kind: "internal", job: "recovery" } as const;

let app: IdentityApp;
beforeEach(async () => {
  app = await IdentityApp.open();
});
afterEach(() => app.close());

const account = (): string => app.first.account.id;
const recover = (more: Partial<RecoverAdministratorInput> = {}): Promise<RecoveredAdministrator> =>
  app.done(recoverAdministrator, RECOVERY, { ...REQUEST, ...more });

/** What was recorded since, as operations. */
async function recordedBy(work: () => Promise<unknown>): Promise<readonly string[]> {
  const before = app.parts.events().length;
  await work();
  return app.parts
    .events()
    .slice(before)
    .map(({ operation }) => operation);
}

async function administers({ apiKey }: RecoveredAdministrator): Promise<void> {
  const caller = await app.authenticated((await app.login(apiKey)).accessToken);
  expect((await app.done(listUsers, caller, {})).totalCount).toBeGreaterThan(0);
}

describe("the recovery of an administrator", () => {
  it("gives the first one a key, and takes nothing else from anybody who is in order", async () => {
    const { user } = await app.user("other@x.y");
    const operations = await recordedBy(async () => {
      const recovered = await recover();
      expect(recovered).toMatchObject({
        iamId: app.first.administrator.iamId,
        email: app.first.administrator.email,
      });
      await administers(recovered);
    });
    expect(operations.slice(0, 2)).toEqual(["administrator.recover", "user-apikey.create"]);
    expect(
      await app.parts.state.read((view) => view.identity.principal(account(), user.iamId)),
    ).toEqual(user);
    expect((await app.login(app.first.apiKey)).expiresInS).toBe(3_600);
  });

  it("is one critical event with what was asked for and what came of it, and a part for each change", async () => {
    const { iamId, apikeyId, policyId, apiKey } = await recover({ email: "New@x.y" });
    const recorded = app.parts.events().slice(-4);
    expect(recorded.map(({ operation, severity }) => [operation, severity])).toEqual([
      ["administrator.recover", "critical"],
      ["user.create", "normal"],
      ["policy.create", "normal"],
      ["user-apikey.create", "normal"],
    ]);
    expect(recorded[0]).toMatchObject({
      action: "keytrail.administrator.restore",
      account: account(),
      initiator: { id: "keytrail-recovery" },
      target: { name: "new@x.y" },
      requestData: { email: "New@x.y", requestedAt: REQUEST.requestedAt },
      responseData: { iamId, apikeyId, policyId },
    });
    expect(JSON.stringify(app.parts.events())).not.toContain(apiKey.reveal());
    const policies = await app.parts.state.read((view) =>
      view.identity.policies(account(), iamId, { offset: 0, limit: 10 }),
    );
    expect(policies.items).toMatchObject([{ roles: ["Administrator", "Auditor"], resource: {} }]);
  });

  it("brings back one who is disabled, locked out and without the second factor", async () => {
    const { iamId } = app.first.administrator;
    const token = (await app.login(app.first.apiKey, "client")).accessToken;
    app.parts.clock.advance(1);
    await app.parts.state.transact(async ({ identity, logins }) => {
      await identity.putUser({ ...app.first.administrator, state: "disabled" });
      await logins.putUserCredentials({
        ...noCredentials(account(), iamId),
        password: "$argon2id$",
        totp: new Uint8Array(8),
        isTotpConfirmed: true,
        failures: 5,
        lockedUntil: START + 1_000_000,
      });
    });
    const operations = await recordedBy(async () => administers(await recover()));
    expect(operations.slice(0, 6)).toEqual([
      "administrator.recover",
      "user.update",
      "user.unlock",
      "user-totp.delete",
      "user-password.delete",
      "user-apikey.create",
    ]);
    expect(
      await app.parts.state.read((view) => view.logins.userCredentials(account(), iamId)),
    ).toMatchObject({ password: null, totp: null, lockedUntil: null, failures: 0 });
    expect(await app.authenticated(token)).toMatchObject({ kind: "anonymous" });
  });

  it("lets in the machine's own addresses besides those the account allows, and no other", async () => {
    const settings = { ...initialSettings(account(), START), allowedIpAddresses: ["10.0.0.0/8"] };
    await app.parts.state.transact(({ identity }) => identity.putSettings(settings));
    const operations = await recordedBy(() => recover());
    expect(operations).toEqual([
      "administrator.recover",
      "identity-settings.update",
      "user-apikey.create",
    ]);
    const after = await app.parts.state.read((view) => view.identity.settings(account()));
    expect(after.allowedIpAddresses).toEqual(["10.0.0.0/8", "127.0.0.1", "::1"]);
  });

  it("done again, as after a crash, replaces the key and doubles nothing", async () => {
    const email = "new@x.y";
    const first = await recover({ email });
    const operations = await recordedBy(() => recover({ email }));
    expect(operations).toEqual([
      "administrator.recover",
      "user-apikey.delete",
      "user-apikey.create",
    ]);
    await expect(app.login(first.apiKey)).rejects.toThrow("not known");
    const all = { offset: 0, limit: 10 };
    const { users, policies, keys } = await app.parts.state.read(async ({ identity }) => ({
      users: await identity.users(account(), all),
      policies: await identity.policies(account(), first.iamId, all),
      keys: await identity.apiKeys(account(), first.iamId, all),
    }));
    expect([users.totalCount, policies.totalCount, keys.totalCount]).toEqual([2, 1, 1]);
    const other = "99999999-2222-4333-8444-555555555555";
    await administers(await recover({ email, request: other }));
  });

  it("finds somebody when nobody administers the account any more", async () => {
    await app.parts.state.transact(async ({ identity }) => {
      for (const policy of await identity.administration(account())) {
        await identity.putPolicy({ ...policy, state: "deleted", entityTag: newEntityTag() });
      }
    });
    const recovered = await recover();
    expect(recovered.iamId).toBe(app.first.administrator.iamId);
    await administers(recovered);
    const policies = await app.parts.state.read((view) => view.identity.administration(account()));
    expect(policies.every(administersAccount)).toBe(true);
  });

  it("is nothing that anybody can ask for on a wire", async () => {
    const administrator = await app.administrator();
    expect(await app.refused(recoverAdministrator, administrator, REQUEST)).toContain("forbidden");
    const call: Call = { ...app.call(RECOVERY), dialect: "internal" };
    const performed = await app.parts.performer.perform(recoverAdministrator, call, () => ({
      ...REQUEST,
      email: "no address",
    }));
    expect(performed).toMatchObject({ kind: "refused", refusal: { code: "invalid_request" } });
  });
});
