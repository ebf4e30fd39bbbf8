import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { crn } from "../../audit/crn.ts";
import { accountPlace } from "../../identity/account.ts";
import { LEAK_ACTIONS, type ActionWhenLeaked } from "../../identity/api-key.ts";
import { Sensitive } from "../../kernel/sensitive.ts";
import type { Caller } from "../call.ts";
import { createApiKey, type CreatedApiKey } from "./api-keys.ts";
import { reportLeakedKey } from "./leaked-keys.ts";
import { readApiKey } from "./read-api-keys.ts";
import { createServiceId } from "./service-ids.ts";
import { IdentityApp, NOBODY } from "./testing/identity-app.ts";
import { updateApiKey } from "./update-api-key.ts";
import { updateServiceId } from "./update-service-id.ts";

let app: IdentityApp;
let admin: Caller;
beforeEach(async () => {
  app = await IdentityApp.open();
  admin = await app.administrator();
});
afterEach(() => app.close());

function keyThat(actionWhenLeaked: ActionWhenLeaked, lock = false): Promise<CreatedApiKey> {
  const { iamId } = app.first.administrator;
  return app.done(createApiKey, admin, { iamId, name: "leaky", actionWhenLeaked, lock });
}

describe("a leaked API key", () => {
  it.each([
    ["none", []],
    ["disable", ["user-apikey.update"]],
    ["delete", ["user-apikey.delete"]],
  ] as const)(
    "that is to do %s when reported does, in its account's trail",
    async (action, more) => {
      const key = await keyThat(action);
      const before = app.parts.log.size;
      expect(await app.done(reportLeakedKey, NOBODY, { apiKey: key.value })).toEqual({});
      const [report, ...others] = app.parts.events().slice(before);
      expect(report).toMatchObject({
        operation: "apikey.leak",
        account: app.first.account.id,
        severity: "critical",
        outcome: "success",
        initiator: { id: "", credential: { type: "public-access" } },
        target: {
          id: crn("iam-identity", accountPlace(key.account), { kind: "apikey", id: key.id }),
          name: "leaky",
        },
        requestData: {},
        responseData: { id: key.id, taken: action },
      });
      expect(others.map(({ operation }) => operation)).toEqual(more);
      expect(others.every(({ initiator }) => initiator.id === "keytrail-leaks")).toBe(true);
    },
  );

  it("that is disabled ends its sessions, also for when it is enabled again", async () => {
    const { value, id } = await keyThat("disable");
    const tokens = await Promise.all([app.login(value), app.login(value, "bx")]);
    await app.done(reportLeakedKey, NOBODY, { apiKey: value });
    expect((await app.done(readApiKey, admin, { id })).key.disabled).toBe(true);
    await app.done(updateApiKey, admin, { id, change: { kind: "enable" } });
    for (const { accessToken } of tokens) {
      expect((await app.authenticated(accessToken)).kind).toBe("anonymous");
    }
  });

  it("that is disabled already stays as it is, however often it is reported", async () => {
    const { value, id } = await keyThat("disable");
    await app.done(reportLeakedKey, NOBODY, { apiKey: value });
    const { key } = await app.done(readApiKey, admin, { id });
    app.parts.clock.advance(5);
    const before = app.parts.log.size;
    await app.done(reportLeakedKey, NOBODY, { apiKey: value });
    expect(app.parts.log.size).toBe(before + 1);
    expect(app.parts.lastEvent().responseData).toEqual({ id, taken: "none" });
    expect((await app.done(readApiKey, admin, { id })).key).toEqual(key);
  });

  it.each(LEAK_ACTIONS)(
    "that is locked and is to do %s is disabled at the most",
    async (action) => {
      const { value, id } = await keyThat(action, true);
      await app.done(reportLeakedKey, NOBODY, { apiKey: value });
      const { key } = await app.done(readApiKey, admin, { id });
      expect([key.locked, key.disabled]).toEqual([true, action !== "none"]);
    },
  );

  it("of a locked service ID is disabled, not deleted", async () => {
    const service = await app.done(createServiceId, admin, { name: "ci" });
    const { iamId } = service;
    const asked = { iamId, name: "key", actionWhenLeaked: "delete" } as const;
    const { id, value } = await app.done(createApiKey, admin, asked);
    await app.done(updateServiceId, admin, { id: service.id, change: { kind: "lock" } });
    await app.done(reportLeakedKey, NOBODY, { apiKey: value });
    expect((await app.done(readApiKey, admin, { id })).key.disabled).toBe(true);
  });
});

describe("a value that is nobody's key", () => {
  it.each(["ktk_", "hunter2", "", `ktk_${"A".repeat(43)}`])(
    "as %j is answered alike, and stands in the operator's own stream",
    async (text) => {
      const performed = await app.perform(reportLeakedKey, NOBODY, { apiKey: new Sensitive(text) });
      expect(performed).toMatchObject({ kind: "done", output: {} });
      expect(app.parts.lastEvent()).toMatchObject({
        operation: "apikey.leak",
        account: "operator",
        outcome: "failure",
        requestData: {},
        responseData: {},
      });
      if (text !== "") expect(JSON.stringify(app.parts.lastEvent())).not.toContain(text);
    },
  );
});
