/** Credentials of IAM as the value of a secret: what they are good for, from when on, and until when. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Identity } from "../call.ts";
import { deleteApiKey } from "../identity/api-keys.ts";
import { newApiKeyId } from "../../identity/api-key.ts";
import { newServiceId } from "../../identity/service-id.ts";
import { updateServiceId } from "../identity/update-service-id.ts";
import { deleteServiceId } from "../identity/service-ids.ts";
import { ACCOUNT, SCHEDULE, START } from "../testing/test-app.ts";
import { createSecret } from "./create-secret.ts";
import { createVersion } from "./create-version.ts";
import { deleteCredentials } from "./delete-credentials.ts";
import { deleteSecret } from "./delete-secret.ts";
import { deleteVersionData } from "./delete-version-data.ts";
import { listVersions } from "./list-versions.ts";
import { readSecret } from "./read-secret.ts";
import { readVersion } from "./read-version.ts";
import { createSecretLocks, createSecretLocksInput, deleteSecretLocks } from "./secret-locks.ts";
import { arbitrary, created, valued } from "./testing/inputs.ts";
import { apiKeyIn, iamSecret, openMintingApp, TTL_S, type MintingApp } from "./testing/minting.ts";
import { updateSecretMetadata, updateSecretMetadataInput } from "./update-secret-metadata.ts";

const TTL_MS = TTL_S * 1_000;
const DAY_MS = 86_400_000;

let minting: MintingApp;
beforeEach(async () => {
  minting = await openMintingApp();
});
afterEach(() => minting.app.close());

const make = async (name = "ci", input = {}) =>
  valued(
    await minting.app.done(
      createSecret,
      minting.manager,
      iamSecret(name, { accessGroups: [minting.group] }, input),
    ),
  );
const rotate = async (id: string, restoreFromVersion?: string) =>
  created(await minting.app.done(createVersion, minting.manager, { id, restoreFromVersion }));
const keyOf = (made: { payload: Parameters<typeof apiKeyIn>[0] }) => apiKeyIn(made.payload);
const works = async (made: { payload: Parameters<typeof apiKeyIn>[0] }) =>
  (await minting.login(keyOf(made))) !== undefined;
/** The operations of the events since an index, with who did each. */
const since = (index: number) =>
  minting.app
    .events()
    .slice(index)
    .map(({ operation, initiator }) => `${operation} by ${nameOf(initiator.id)}`);
const nameOf = (id: string) =>
  id === minting.engine.iamId ? "engine" : id === (minting.manager as Identity).id ? "manager" : id;

describe("credentials of access groups", () => {
  it("are an API key that may do what the groups may, and nothing else", async () => {
    const made = await make();
    const caller = await minting.login(keyOf(made));
    expect(caller).toMatchObject({ kind: "identity", name: "keytrail-ci", account: ACCOUNT });
    const { app } = minting;
    if (!caller) throw new Error("the key does not work");
    await app.done(createSecret, caller, arbitrary("by-minted"));
    const other = await app.done(createSecret, minting.manager, arbitrary("other"));
    expect((await app.refused(deleteSecret, caller, { id: other.id })).code).toBe("forbidden");
  });

  it("are made with the rights of the engine, each part with an event, and no event has the key", async () => {
    const before = minting.app.log.size;
    const made = await make();
    expect(since(before)).toEqual([
      "secret.create by manager",
      "serviceid.create by engine",
      "access-group-member.add by engine",
      "serviceid-apikey.create by engine",
    ]);
    const [secret, serviceId, member, key] = minting.app.events().slice(before);
    const { attributes } = made;
    if (attributes?.kind !== "iam_credentials") throw new Error("of another type");
    expect(secret).toMatchObject({ responseData: { apiKeyId: attributes.apiKeyId } });
    expect(serviceId).toMatchObject({
      requestData: { name: "keytrail-ci" },
      responseData: { iamId: attributes.serviceId },
      region: "global",
      initiator: { credential: { type: "apikey-serviceid" } },
      correlationId: secret?.correlationId,
    });
    expect(member).toMatchObject({
      requestData: { iam_id: attributes.serviceId },
      target: { name: "writers" },
    });
    expect(key).toMatchObject({ responseData: { id: attributes.apiKeyId } });
    const value = keyOf(made).reveal();
    const lines = minting.app.log.lines.map((line) => Buffer.from(line).toString()).join("\n");
    expect(lines).not.toContain(value);
  });

  it("are the same at each reading, until the secret is rotated; the ones before go on until they are dropped", async () => {
    const first = await make();
    const { id } = first;
    const read = await minting.app.done(readSecret, minting.manager, { id });
    expect(keyOf(read).reveal()).toBe(keyOf(first).reveal());
    const second = await rotate(id);
    expect(keyOf(second).reveal()).not.toBe(keyOf(first).reveal());
    expect([await works(first), await works(second)]).toEqual([true, true]);
    expect((await minting.minted()).serviceIds).toHaveLength(1);
    const before = minting.app.log.size;
    const third = await rotate(id);
    expect([await works(first), await works(second), await works(third)]).toEqual([
      false,
      true,
      true,
    ]);
    expect(since(before).slice(0, 4)).toEqual([
      "version.create by manager",
      "serviceid-apikey.create by engine",
      "secret-credentials.delete by manager",
      "serviceid-apikey.delete by keytrail-credentials",
    ]);
    expect(minting.app.events()[before + 2]).toMatchObject({
      requestData: { versionId: first.versionId, trigger: "version-value-removal" },
    });
  });

  it("stop at the end of the lease, with the sessions got by them and what was made for them, once", async () => {
    const made = await make();
    const caller = await minting.session(keyOf(made));
    minting.app.clock.set(START + TTL_MS - 1);
    expect(await minting.pass()).toEqual({ rotation: [0, 0], credentials: [0, 0] });
    expect(await works(made)).toBe(true);
    expect((await caller()).kind).toBe("identity");
    minting.app.clock.set(START + TTL_MS);
    const before = minting.app.log.size;
    expect(await minting.pass()).toEqual({ rotation: [0, 0], credentials: [1, 0] });
    expect(since(before)).toEqual([
      "secret-credentials.delete by keytrail-credentials",
      "serviceid-apikey.delete by keytrail-credentials",
      "access-group-member.delete by keytrail-credentials",
      "serviceid.delete by keytrail-credentials",
    ]);
    expect(minting.app.events()[before]).toMatchObject({
      target: { id: made.crn, name: "ci" },
      requestData: {
        id: made.id,
        versionId: made.versionId,
        serviceId: expect.stringMatching(/^ServiceId-/),
        trigger: "lease-end",
      },
    });
    expect(await works(made)).toBe(false);
    expect(await minting.minted()).toEqual({ keys: [], serviceIds: [] });
    expect((await caller()).kind).toBe("anonymous");
    expect(await minting.pass()).toEqual({ rotation: [0, 0], credentials: [0, 0] });
    const read = await minting.app.done(readSecret, minting.manager, { id: made.id });
    expect([read.payload, read.state]).toEqual([null, 1]);
  });

  it("are not given out after the end of their lease, even before they have been taken back", async () => {
    const { id, versionId } = await make();
    minting.app.clock.set(START + TTL_MS);
    const { app, manager } = minting;
    expect((await app.done(readSecret, manager, { id })).payload).toBeNull();
    expect((await app.done(readVersion, manager, { id, versionId })).payload).toBeNull();
  });

  it("of a locked version go on past their lease, but are given to nobody, until the lock is gone", async () => {
    const made = await make();
    const { id } = made;
    const { app, manager } = minting;
    await app.done(createSecretLocks, manager, createSecretLocksInput(id, [{ name: "app" }]));
    app.clock.set(START + TTL_MS);
    expect(await minting.pass()).toEqual({ rotation: [0, 0], credentials: [0, 0] });
    expect(await works(made)).toBe(true);
    expect((await app.refused(readSecret, manager, { id })).code).toBe("locked");
    const refused = await app.refused(readVersion, manager, { id, alias: "current" });
    expect(refused.code).toBe("locked");
    await app.done(deleteSecretLocks, manager, { id });
    expect(await minting.pass()).toEqual({ rotation: [0, 0], credentials: [1, 0] });
    expect(await works(made)).toBe(false);
  });

  it("are made anew by a rotation after their lease has ended", async () => {
    const { id } = await make();
    minting.app.clock.set(START + TTL_MS);
    await minting.pass();
    const next = await rotate(id);
    expect(await works(next)).toBe(true);
    const caller = await minting.login(keyOf(next));
    await minting.app.done(createSecret, caller as Identity, arbitrary("by-minted"));
  });

  it("are rotated on time", async () => {
    const rotation = { autoRotate: true, interval: 1, unit: "day" } as const;
    const made = await make("ci", { rotation });
    await minting.app.done(
      updateSecretMetadata,
      minting.manager,
      updateSecretMetadataInput(made.id, { ttl: 3 * 86_400 }),
    );
    minting.app.clock.set(START + DAY_MS);
    expect(await minting.pass()).toEqual({ rotation: [1, 0], credentials: [1, 0] });
    const { versions } = await minting.app.done(listVersions, minting.manager, { id: made.id });
    expect(versions.map(({ autoRotated, expiresAt }) => [autoRotated, expiresAt])).toEqual([
      [true, START + 4 * DAY_MS],
      [false, START + TTL_MS],
    ]);
  });

  it("go with the value of their version, and with their secret", async () => {
    const { app, manager } = minting;
    const one = await make("one");
    const { id } = one;
    await app.done(deleteVersionData, manager, { id, alias: "current" });
    expect(await works(one)).toBe(false);
    const other = await make("other");
    const next = await rotate(other.id);
    await app.done(deleteSecret, manager, { id: other.id });
    expect([await works(other), await works(next)]).toEqual([false, false]);
    expect(await minting.minted()).toEqual({ keys: [], serviceIds: [] });
  });

  it("are taken back even if somebody has deleted the key, or all of the service ID, and the record says so", async () => {
    const { app, manager } = minting;
    const one = await make("one");
    const [lease] = await minting.leases(one.id);
    if (!lease) throw new Error("there is no lease");
    await app.done(deleteApiKey, SCHEDULE, { id: lease.apiKeyId });
    const before = app.log.size;
    await app.done(deleteSecret, manager, { id: one.id });
    expect(since(before)).toContain("serviceid.delete by keytrail-credentials");
    expect(app.events()[before + 1]).toMatchObject({
      operation: "secret-credentials.delete",
      responseData: { apiKeyId: lease.apiKeyId, wasGone: true },
    });
    const two = await make("two");
    const [other] = await minting.leases(two.id);
    await app.done(deleteServiceId, SCHEDULE, { id: other?.serviceId.slice(4) ?? "" });
    expect(await works(await rotate(two.id))).toBe(true);
    await app.done(deleteSecret, manager, { id: two.id });
    expect(await minting.minted()).toEqual({ keys: [], serviceIds: [] });
  });

  it("are taken back whatever somebody has locked in IAM", async () => {
    const made = await make();
    const [lease] = await minting.leases(made.id);
    const id = lease?.serviceId.slice(4) ?? "";
    await minting.app.done(updateServiceId, SCHEDULE, {
      id,
      change: { kind: "lock" },
    });
    minting.app.clock.set(START + TTL_MS);
    expect(await minting.pass()).toMatchObject({ credentials: [1, 0] });
    expect(await minting.minted()).toEqual({ keys: [], serviceIds: [] });
  });
});

describe("restoring a version", () => {
  it("makes its credentials current again, with what is left of their lease, and they outlive it", async () => {
    const { app, manager } = minting;
    const first = await make();
    const { id } = first;
    app.clock.advance(1_000);
    const second = await rotate(id);
    const restored = await rotate(id, "previous");
    expect(keyOf(restored).reveal()).toBe(keyOf(first).reveal());
    expect(restored.expiresAt).toBe(START + TTL_MS);
    const read = await app.done(readSecret, manager, { id });
    expect(keyOf(read).reveal()).toBe(keyOf(first).reveal());
    expect(read.attributes).toMatchObject({ leaseEndsAt: START + TTL_MS });
    expect([await works(first), await works(second)]).toEqual([true, true]);
    app.clock.set(START + TTL_MS);
    await minting.pass();
    expect([await works(first), await works(second)]).toEqual([false, true]);
  });

  it("is refused of one that is gone, over, unknown or current", async () => {
    const { app, manager } = minting;
    const first = await make();
    const { id } = first;
    const refused = async (restoreFromVersion: string) =>
      (await app.refused(createVersion, manager, { id, restoreFromVersion })).code;
    expect(await refused(first.versionId)).toBe("invalid_request");
    expect(await refused("previous")).toBe("invalid_request");
    await rotate(id);
    await app.done(deleteVersionData, manager, { id, alias: "previous" });
    expect(await refused(first.versionId)).toBe("gone");
    await rotate(id);
    app.clock.advance(TTL_MS);
    expect(await refused("previous")).toBe("gone");
  });
});

describe("deleting credentials", () => {
  it("ends those of one key, or of a service ID, and destroys their versions' values", async () => {
    const { app, manager } = minting;
    const first = await make();
    const { id } = first;
    const second = await rotate(id);
    const [lease] = await minting.leases(id);
    await app.done(deleteCredentials, manager, { id, apiKeyId: lease?.apiKeyId });
    expect([await works(first), await works(second)]).toEqual([false, true]);
    const before = app.log.size;
    await app.done(deleteCredentials, manager, { id, serviceId: lease?.serviceId });
    expect(since(before)).toEqual([
      "secret-credentials.delete by manager",
      "serviceid-apikey.delete by keytrail-credentials",
      "access-group-member.delete by keytrail-credentials",
      "serviceid.delete by keytrail-credentials",
    ]);
    expect(await works(second)).toBe(false);
    const { versions } = await app.done(listVersions, manager, { id });
    expect(versions.map(({ payloadAvailable }) => payloadAvailable)).toEqual([false, false]);
  });

  it("is refused where there are none such, where nothing is named, where a version is locked, and to a Writer", async () => {
    const { app, manager } = minting;
    const { id } = await make();
    const [lease] = await minting.leases(id);
    const apiKeyId = lease?.apiKeyId;
    const writer = await app.callerWith(["Writer"]);
    const code = async (input: object, caller = manager) =>
      (await app.refused(deleteCredentials, caller, { id, ...input })).code;
    expect(await code({ apiKeyId: newApiKeyId() })).toBe("not_found");
    expect(await code({ serviceId: newServiceId() })).toBe("not_found");
    expect(await code({})).toBe("invalid_request");
    expect(await code({ apiKeyId }, writer)).toBe("forbidden");
    await app.done(createSecretLocks, manager, createSecretLocksInput(id, [{ name: "app" }]));
    expect(await code({ apiKeyId })).toBe("locked");
    expect(await code({ apiKeyId, isAtLeaseEnd: true }, SCHEDULE)).toBe("precondition_failed");
    expect(await minting.leases(id)).toHaveLength(1);
  });
});

describe("a key in the place of its id", () => {
  it("is refused for its form, and nothing of it is recorded", async () => {
    const { app, manager } = minting;
    const made = await make();
    const { id } = made;
    const key = keyOf(made).reveal();
    const each = await app.done(
      createSecret,
      manager,
      iamSecret("each", { accessGroups: [minting.group], reuseApiKey: false }),
    );
    const { code } = await app.refused(deleteCredentials, manager, { id, apiKeyId: key });
    expect(code).toBe("invalid_request");
    expect((await app.refused(deleteCredentials, manager, { id, serviceId: key })).code).toBe(code);
    for (const of of [id, each.id]) {
      const input = { id: of, restoreFromVersion: key };
      expect((await app.refused(createVersion, manager, input)).code).toBe(code);
    }
    const lines = app.log.lines.map((line) => Buffer.from(line).toString()).join("\n");
    expect(lines).not.toContain(key);
  });
});
