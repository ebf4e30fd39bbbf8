/** IBM's own SDK of IAM Identity, unmodified: API keys and service IDs, and the event of each call. */
import { IamAuthenticator } from "ibm-cloud-sdk-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { errorOf, openIamWire, tagOf, type IamWire } from "./iam-identity.ts";

let wire: IamWire["wire"];
let url: string;
let accountId: string;
let adminId: string;
let iam: IamWire["iam"];
let last: IamWire["last"];

beforeAll(async () => {
  ({ wire, url, accountId, adminId, iam, last } = await openIamWire());
});
afterAll(() => wire.close());

describe("an API key of a user", () => {
  it("is made, read, found by its value, changed and deleted", async () => {
    const made = await iam.createApiKey({
      name: "laptop",
      iamId: adminId,
      accountId,
      description: "mine",
      actionWhenLeaked: "disable",
      supportSessions: true,
      expiresAt: "2999-12-31T23:59+0000",
    });
    expect(made.status).toBe(201);
    const { result: key } = made;
    expect(key).toMatchObject({
      id: expect.stringMatching(/^ApiKey-/),
      crn: `crn:v1:bluemix:public:iam-identity:global:a/${accountId}::apikey:${key.id}`,
      entity_tag: expect.stringMatching(/^1-[0-9a-f]{32}$/),
      name: "laptop",
      description: "mine",
      iam_id: adminId,
      account_id: accountId,
      created_by: adminId,
      locked: false,
      disabled: false,
      support_sessions: true,
      action_when_leaked: "disable",
      expires_at: "2999-12-31T23:59:00.000Z",
      apikey: expect.stringMatching(/^ktk_/),
    });
    expect(last()).toMatchObject({
      action: "iam-identity.user-apikey.create",
      outcome: "success",
      target: { id: key.crn, name: "laptop" },
      requestData: { name: "laptop", iamId: adminId, lock: false, actionWhenLeaked: "disable" },
      responseData: { id: key.id },
    });

    const { result: read } = await iam.getApiKey({ id: key.id });
    expect([read.entity_tag, read.apikey]).toEqual([key.entity_tag, undefined]);
    const { result: found } = await iam.getApiKeysDetails({ iamApiKey: key.apikey });
    expect(found.id).toBe(key.id);
    expect(last()).toMatchObject({ operation: "apikey.identify", target: { id: key.crn } });
    expect(wire.app.parts.log.lines.map(String).join()).not.toContain(key.apikey);

    const updated = await iam.updateApiKey({ id: key.id, ifMatch: tagOf(key), name: "desk" });
    expect(updated.result).toMatchObject({ name: "desk", description: "mine" });
    expect(updated.headers["etag"]).toBe(`"${updated.result.entity_tag}"`);
    expect(last()).toMatchObject({
      action: "iam-identity.user-apikey.update",
      severity: "warning",
      target: { id: key.crn, name: "desk" },
      requestData: { lock: false, prev_instance_name: "laptop", instance_name: "desk" },
    });
    await iam.updateApiKey({ id: key.id, ifMatch: "*", description: "at work" });
    expect(last().requestData).toMatchObject({
      lock: false,
      prev_instance_name: "desk",
      instance_name: "desk",
    });

    expect((await iam.deleteApiKey({ id: key.id })).status).toBe(204);
    expect(last()).toMatchObject({
      action: "iam-identity.user-apikey.delete",
      severity: "critical",
      requestData: { lock: false },
    });
    const gone = await errorOf(iam.getApiKey({ id: key.id }));
    expect([gone.status, gone.message]).toEqual([404, "There is no such API key."]);
  });

  it("is made locked and disabled by headers; locked, unlocked, disabled and enabled by paths", async () => {
    const { result: key } = await iam.createApiKey({
      name: "spare",
      iamId: adminId,
      entityLock: "true",
      entityDisable: "true",
    });
    expect(key).toMatchObject({ locked: true, disabled: true });
    expect((await iam.unlockApiKey({ id: key.id })).status).toBe(204);
    expect(last().requestData).toEqual({ id: key.id, iamId: adminId, lock: false });
    expect((await iam.enableApiKey({ id: key.id })).status).toBe(204);
    expect(last().requestData).toEqual({
      id: key.id,
      iamId: adminId,
      lock: false,
      disabled: false,
    });
    expect((await iam.disableApiKey({ id: key.id })).status).toBe(204);
    expect(last().requestData).toEqual({ id: key.id, iamId: adminId, lock: false, disabled: true });
    expect((await iam.lockApiKey({ id: key.id })).status).toBe(204);
    expect(last().requestData).toEqual({ id: key.id, iamId: adminId, lock: true });
    const { result: read } = await iam.getApiKey({ id: key.id });
    expect(read).toMatchObject({ locked: true, disabled: true, name: "spare" });
  });

  it("cannot be changed while it is locked, and the attempt is critical", async () => {
    const { result: key } = await iam.createApiKey({
      name: "kept",
      iamId: adminId,
      entityLock: "true",
    });
    const error = await errorOf(iam.updateApiKey({ id: key.id, ifMatch: "*", name: "taken" }));
    expect(error).toMatchObject({
      status: 412,
      message: "The API key is locked: it cannot be changed or deleted.",
      result: { status_code: 412, errors: [{ code: "locked" }] },
    });
    expect(last()).toMatchObject({
      action: "iam-identity.user-apikey.update",
      outcome: "failure",
      severity: "critical",
      message: "IAM Identity Service: update user-apikey kept -failure",
      target: { name: "kept" },
      requestData: { lock: true, prev_instance_name: "kept" },
    });
    expect((await errorOf(iam.deleteApiKey({ id: key.id }))).status).toBe(412);
    expect((await errorOf(iam.disableApiKey({ id: key.id }))).status).toBe(412);
    await iam.unlockApiKey({ id: key.id });
    expect((await iam.updateApiKey({ id: key.id, ifMatch: "*", name: "taken" })).status).toBe(200);
  });

  it("is not changed by who has read another state of it", async () => {
    const { result: key } = await iam.createApiKey({ name: "shared", iamId: adminId });
    await iam.updateApiKey({ id: key.id, ifMatch: tagOf(key), description: "first" });
    const error = await errorOf(
      iam.updateApiKey({ id: key.id, ifMatch: tagOf(key), description: "second" }),
    );
    expect(error.status).toBe(409);
    expect(error.message).toContain("changed since it was read");
    expect(error.result.context).toEqual({
      transaction_id: error.result.trace,
      operation: "PUT /v1/apikeys/:id",
      user_agent: expect.stringContaining("platform-services-node-sdk"),
    });
    expect(last()).toMatchObject({ outcome: "failure", reason: { reasonCode: 412 } });
  });

  it.each([
    [{ apikey: "one-that-I-have-chosen-myself-of-32-characters" }, "cannot be chosen"],
    [{ storeValue: true }, "is not kept"],
    [{ accountId: "f".repeat(32) }, "no such account"],
    [{ iamId: "nobody" }, "iam_id"],
    [{ expiresAt: "yesterday" }, "expires"],
    [{ expiresAt: "2001-01-01T00:00+0000" }, "ahead"],
    [{ entityLock: "yes" }, "Entity-Lock"],
    [{ actionWhenLeaked: "explode" }, "action_when_leaked"],
    [{ name: " " }, "name"],
  ])("is not made with %j", async (given, words) => {
    const error = await errorOf(iam.createApiKey({ name: "key", iamId: adminId, ...given }));
    expect([400, 404]).toContain(error.status);
    expect(error.message).toContain(words);
    expect(last()).toMatchObject({ operation: "user-apikey.create", requestData: {} });
    expect(JSON.stringify([error.result, last()])).not.toContain("chosen-myself");
  });
});

describe("a service ID", () => {
  it("is made with a first key in one go, and both are recorded", async () => {
    const before = wire.app.parts.log.size;
    const { status, result } = await iam.createServiceId({
      accountId,
      name: "ci",
      description: "builds",
      uniqueInstanceCrns: ["crn:v1:bluemix:public:toolchain:us-south:a/x:y::"],
      apikey: { name: "first", action_when_leaked: "delete" },
    });
    expect(status).toBe(201);
    expect(result).toMatchObject({
      id: expect.stringMatching(/^ServiceId-/),
      iam_id: `iam-${result.id}`,
      crn: `crn:v1:bluemix:public:iam-identity:global:a/${accountId}::serviceid:${result.id}`,
      name: "ci",
      account_id: accountId,
      locked: false,
      unique_instance_crns: ["crn:v1:bluemix:public:toolchain:us-south:a/x:y::"],
      apikey: { name: "first", iam_id: `iam-${result.id}`, action_when_leaked: "delete" },
    });
    const events = wire.app.parts.events().slice(before);
    expect(events.map(({ action, target }) => [action, target.name]).slice(-2)).toEqual([
      ["iam-identity.account-serviceid.create", "ci"],
      ["iam-identity.serviceid-apikey.create", "first"],
    ]);
    const token = await new IamAuthenticator({
      apikey: result.apikey?.apikey ?? "",
      url,
    }).authenticate({ headers: {} });
    expect(token).toBeUndefined();
    expect(last().action).toBe("iam-identity.serviceid-apikey.login");
    const { result: read } = await iam.getServiceId({ id: result.id });
    expect([read.apikey, read.entity_tag]).toEqual([undefined, result.entity_tag]);
  });

  it("is renamed, locked, defended, unlocked, changed and deleted", async () => {
    const { result: made } = await iam.createServiceId({
      accountId,
      name: "robot",
      apikey: { name: "arm" },
    });
    const { id } = made;
    const renamed = await iam.updateServiceId({ id, ifMatch: tagOf(made), name: "android" });
    expect(renamed.result.name).toBe("android");
    expect(last()).toMatchObject({
      action: "iam-identity.account-serviceid.update",
      target: { name: "android" },
      requestData: { lock: false, prev_instance_name: "robot", instance_name: "android" },
    });
    expect((await iam.lockServiceId({ id })).status).toBe(204);
    expect(last().requestData).toEqual({ id, lock: true });

    const error = await errorOf(iam.updateServiceId({ id, ifMatch: "*", name: "gone" }));
    expect([error.status, error.message]).toEqual([412, expect.stringContaining("locked")]);
    expect(last()).toMatchObject({
      outcome: "failure",
      severity: "critical",
      message: "IAM Identity Service: update account-serviceid android -failure",
      requestData: { lock: true },
    });
    expect((await errorOf(iam.deleteServiceId({ id }))).status).toBe(412);

    const keyId = made.apikey?.id ?? "";
    const key = await errorOf(iam.updateApiKey({ id: keyId, ifMatch: "*", name: "leg" }));
    expect([key.status, key.message]).toEqual([412, expect.stringContaining("service ID of")]);
    expect(last()).toMatchObject({
      action: "iam-identity.serviceid-apikey.update",
      severity: "critical",
      message: "IAM Identity Service: update account-apikey arm -failure",
      requestData: { lock: true },
    });
    expect((await errorOf(iam.deleteApiKey({ id: keyId }))).status).toBe(412);
    const another = iam.createApiKey({ name: "leg", iamId: made.iam_id });
    expect((await errorOf(another)).status).toBe(412);
    expect(last()).toMatchObject({ severity: "critical", requestData: { lock: true } });

    expect((await iam.unlockServiceId({ id })).status).toBe(204);
    expect(last().requestData).toEqual({ id, lock: false });
    expect((await iam.updateServiceId({ id, ifMatch: "*", description: "" })).status).toBe(200);
    expect((await iam.deleteServiceId({ id })).status).toBe(204);
    expect((await errorOf(iam.getServiceId({ id }))).status).toBe(404);
  });
});
