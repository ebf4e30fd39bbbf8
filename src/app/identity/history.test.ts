import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { OperationName } from "../../audit/catalogue.ts";
import { describe as described } from "../../audit/describe.ts";
import type { Place } from "../../audit/crn.ts";
import { TimeOrderedIds } from "../../kernel/ids.ts";
import type { Caller } from "../call.ts";
import { PLACE } from "../testing/test-app.ts";
import { openTrailApp, type TrailApp } from "../trail/testing/trail-app.ts";
import { readAccountSettings, updateAccountSettings } from "./account-settings.ts";
import { createApiKey, type CreatedApiKey } from "./api-keys.ts";
import { MAX_HISTORY } from "./history.ts";
import { identifyApiKey, listApiKeys, readApiKey } from "./read-api-keys.ts";
import { readServiceId } from "./read-service-ids.ts";
import { createServiceId } from "./service-ids.ts";
import { updateApiKey } from "./update-api-key.ts";

const ELSEWHERE: Place = { account: "f".repeat(32), region: "global", instance: null };

let app: TrailApp;
let admin: Caller;
let key: CreatedApiKey;
beforeEach(async () => {
  app = await openTrailApp();
  admin = await app.base.callerWith(["Administrator"]);
  const { iamId } = await app.done(createServiceId, admin, { name: "ci" });
  key = await app.done(createApiKey, admin, { iamId, name: "key" });
});
afterEach(() => app.close());

/** An event that no operation of the test made, about the key unless it says otherwise. */
async function plant(
  operation: OperationName,
  {
    place = { ...PLACE, region: "global", instance: null },
    id = key.id,
    initiatorId = "IBMid-someone",
    output = {},
    status,
  }: {
    readonly place?: Place;
    readonly id?: string;
    readonly initiatorId?: string;
    readonly output?: object;
    readonly status?: number;
  } = {},
): Promise<void> {
  app.base.clock.advance(1);
  const ids = new TimeOrderedIds(app.base.clock);
  await app.trail.record([
    described({
      id: ids.next(),
      at: app.base.clock.now(),
      operation,
      initiator: {
        id: initiatorId,
        name: "someone",
        typeURI: "service/security/account/user",
        credential: { type: "token" },
        host: { address: "192.0.2.1", addressType: "IPv4", agent: "test" },
      },
      target: { place, kind: "apikey", id, name: "key" },
      input: {},
      ending:
        status === undefined
          ? { kind: "success", output }
          : { kind: "failure", status, sentence: "No." },
      dialect: "ibm",
      requestId: "request",
      correlationId: "correlation",
    }),
  ]);
}

const historyOf = async (): Promise<readonly string[]> => {
  const read = await app.done(readApiKey, admin, { id: key.id, includeHistory: true });
  return (read.history ?? []).map(({ message }) => message);
};

describe("the history of a key", () => {
  it("is its own changes, refused ones too, newest first, and nobody else's", async () => {
    await plant("serviceid-apikey.update", { status: 412 });
    await plant("serviceid-apikey.update", { id: "ApiKey-another" });
    await plant("serviceid-apikey.update", {
      place: ELSEWHERE,
    });
    await plant("apikey.read");
    expect(await historyOf()).toEqual([
      "IAM Identity Service: update account-apikey key -failure",
      "IAM Identity Service: create account-apikey key",
    ]);
  });

  it("has the newest hundred, and is not given unless it is asked for", async () => {
    for (let n = 0; n < MAX_HISTORY; n++) await plant("serviceid-apikey.update");
    const told = await historyOf();
    expect([told.length, new Set(told).size]).toEqual([MAX_HISTORY, 1]);
    expect(await app.done(readApiKey, admin, { id: key.id })).not.toHaveProperty("history");
  });

  it("comes with lists, and with a key that is known by its value", async () => {
    const asked = { includeHistory: true };
    const [listed] = (await app.done(listApiKeys, admin, { ...asked, iamId: key.iamId })).apiKeys;
    expect(listed?.history).toHaveLength(1);
    const value = { ...asked, apiKey: key.value };
    expect((await app.done(identifyApiKey, admin, value)).history).toHaveLength(1);
    const holder = await app.base.callerWith(["Reader"]);
    const seen = await app.done(identifyApiKey, holder, value);
    expect([seen.id, seen.history]).toEqual([key.id, undefined]);
  });
});

describe("the activity of a key", () => {
  it("is its successful logins, and not those of others", async () => {
    const activity = async () =>
      (await app.done(readApiKey, admin, { id: key.id, includeActivity: true })).activity;
    expect(await activity()).toEqual({ lastLoginAt: undefined, loginCount: 0 });
    const output = { apikeyId: key.id };
    await plant("serviceid-apikey.login", { output });
    await plant("refreshtoken.login", { output });
    const { eventTime } = (await app.events()).at(-1)!;
    await plant("serviceid-apikey.login", { output: { apikeyId: `${key.id}0` } });
    await plant("serviceid-apikey.login", { status: 401 });
    await plant("serviceid-apikey.login", { output, place: ELSEWHERE });
    expect(await activity()).toEqual({ lastLoginAt: eventTime, loginCount: 2 });
  });
});

describe("the activity of a service ID", () => {
  it("is its successful logins with any key", async () => {
    const { id, iamId } = await app.done(createServiceId, admin, { name: "robot" });
    await plant("serviceid-apikey.login", { initiatorId: iamId });
    await plant("serviceid-apikey.login", { initiatorId: iamId });
    const { eventTime } = (await app.events()).at(-1)!;
    await plant("serviceid-apikey.login", { initiatorId: iamId, status: 401 });
    await plant("secret.read", { initiatorId: iamId });
    const input = { id, includeActivity: true };
    const { activity } = await app.done(readServiceId, admin, input);
    expect(activity).toEqual({ lastLoginAt: eventTime, loginCount: 2 });
  });
});

describe("the history of account settings", () => {
  it("is told with the values before and after", async () => {
    const changes = { mfa: "TOTP" } as const;
    await app.done(updateAccountSettings, admin, { changes, ifMatch: "*" });
    const { history } = await app.done(readAccountSettings, admin, { includeHistory: true });
    expect(history?.map(({ params }) => params)).toEqual([
      ['changes: {"mfa":"TOTP"}', 'previous: {"mfa":"NONE"}'],
    ]);
  });
});

describe("a locked-out reader", () => {
  it("sees no history of what it may not read", async () => {
    const nosy = await app.base.callerWith(["Reader"]);
    const input = { id: key.id, includeHistory: true };
    expect(await app.perform(readApiKey, nosy, input)).toMatchObject({ kind: "refused" });
    const lock = { id: key.id, change: { kind: "lock" } } as const;
    expect(await app.perform(updateApiKey, nosy, lock)).toMatchObject({ kind: "refused" });
  });
});
