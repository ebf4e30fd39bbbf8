/** Whose credentials of IAM can be minted, what cannot, and those of which each reading has its own. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TimeOrderedIds } from "../../kernel/ids.ts";
import { Vault } from "../../secrets/vault.ts";
import type { Identity } from "../call.ts";
import { deleteAccessGroup } from "../groups/delete-access-group.ts";
import { createApiKey } from "../identity/api-keys.ts";
import { isAdministered } from "../identity/administration.ts";
import { createPolicy } from "../identity/policies.ts";
import { updateServiceId } from "../identity/update-service-id.ts";
import { Performer } from "../perform.ts";
import { ACCOUNT, SCHEDULE, START } from "../testing/test-app.ts";
import { createSecret } from "./create-secret.ts";
import { createVersion } from "./create-version.ts";
import { deleteSecret } from "./delete-secret.ts";
import { readSecret } from "./read-secret.ts";
import { readVersion } from "./read-version.ts";
import { created, valued } from "./testing/inputs.ts";
import { apiKeyIn, iamSecret, openMintingApp, TTL_S, type MintingApp } from "./testing/minting.ts";
import { updateSecretMetadata, updateSecretMetadataInput } from "./update-secret-metadata.ts";

const TTL_MS = TTL_S * 1_000;

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

describe("credentials of a service ID that exists", () => {
  it("are keys of it, which alone are taken back", async () => {
    const { app, manager } = minting;
    const { id: serviceId, iamId } = await minting.serviceId("deployer");
    const input = iamSecret("static", { serviceId });
    const made = valued(await app.done(createSecret, manager, input));
    expect(await minting.login(keyOf(made))).toMatchObject({ id: iamId });
    expect(made.attributes).toMatchObject({ serviceIdIsStatic: true, serviceId: iamId });
    await app.done(deleteSecret, manager, { id: made.id });
    expect(await works(made)).toBe(false);
    const still = await app.state.read(({ identity }) => identity.serviceId(ACCOUNT, serviceId));
    expect(still?.iamId).toBe(iamId);
  });

  it("are refused where it is locked, unknown, the engine's own or another secret's", async () => {
    const { app, manager } = minting;
    const code = async (serviceId: string) =>
      (await app.refused(createSecret, manager, iamSecret("static", { serviceId }))).code;
    const { id } = await minting.serviceId("deployer");
    await app.done(updateServiceId, SCHEDULE, {
      id,
      change: { kind: "lock" },
    });
    expect(await code(id)).toBe("locked");
    expect(await code("ServiceId-unknown")).toBe("invalid_request");
    expect(await code(minting.engine.id)).toBe("invalid_request");
    const made = await make();
    const [lease] = await minting.leases(made.id);
    expect(await code(lease?.serviceId ?? "")).toBe("invalid_request");
    expect((await minting.minted()).keys).toHaveLength(1);
  });
});

describe("whoever has minted credentials", () => {
  const isAdministeredNow = () =>
    minting.app.state.read((view) => isAdministered(ACCOUNT, view, minting.app.clock.now()));
  const administer = (subject: string) =>
    minting.app.done(createPolicy, SCHEDULE, { subject, roles: ["Administrator"], resource: {} });

  it("is nobody to leave an account to, since a lease ends whoever else there is", async () => {
    const { app, manager } = minting;
    await administer(minting.group);
    const made = await make();
    const [lease] = await minting.leases(made.id);
    // Not even with a key that somebody made by hand: it goes with the service ID.
    await app.done(createApiKey, SCHEDULE, { iamId: lease?.serviceId ?? "", name: "by hand" });
    const { id: serviceId, iamId } = await minting.serviceId("ops");
    await administer(iamId);
    await app.done(createSecret, manager, iamSecret("static", { serviceId }));
    expect(await isAdministeredNow()).toBe(false);
    await app.done(createApiKey, SCHEDULE, { iamId, name: "its own" });
    expect(await isAdministeredNow()).toBe(true);
  });
});

describe("what cannot be minted", () => {
  const refused = async (given: object, input: object = {}) => {
    const { app, manager } = minting;
    const { code, details } = await app.refused(
      createSecret,
      manager,
      iamSecret("ci", given, input),
    );
    return [code, details["field"]];
  };

  it("is refused by what is wrong with it, and nothing is made", async () => {
    const accessGroups = [minting.group];
    const many = Array.from({ length: 11 }, (_, n) => `AccessGroupId-${n}`);
    expect(await refused({})).toEqual(["invalid_request", "access_groups"]);
    expect(await refused({ accessGroups: [] })).toEqual(["invalid_request", "access_groups"]);
    expect(await refused({ accessGroups: many })).toEqual(["invalid_request", "access_groups"]);
    expect(await refused({ accessGroups: [minting.group, minting.group] })).toEqual([
      "invalid_request",
      "access_groups",
    ]);
    expect(await refused({ accessGroups, serviceId: "ServiceId-x" })).toEqual([
      "invalid_request",
      "access_groups",
    ]);
    expect(await refused({ accessGroups, ttlSeconds: 59 })).toEqual(["invalid_request", "ttl"]);
    expect(await refused({ accessGroups, ttlSeconds: 90 * 86_400 + 1 })).toEqual([
      "invalid_request",
      "ttl",
    ]);
    expect(await refused({ accessGroups, accountId: "f".repeat(32) })).toEqual([
      "invalid_request",
      "account_id",
    ]);
    expect(await refused({ accessGroups: ["AccessGroupId-none"] })).toEqual([
      "invalid_request",
      undefined,
    ]);
    expect(await refused({ accessGroups: ["AccessGroupId-PublicAccess"] })).toEqual([
      "conflict",
      undefined,
    ]);
    const rotation = { autoRotate: true, interval: 1, unit: "day" };
    expect(await refused({ accessGroups, reuseApiKey: false }, { rotation })).toEqual([
      "invalid_request",
      "rotation",
    ]);
    expect(await minting.minted()).toEqual({ keys: [], serviceIds: [] });
  });

  it("is a new version of a secret whose group is gone", async () => {
    const { id } = await make();
    await minting.app.done(deleteAccessGroup, SCHEDULE, { id: minting.group, force: true });
    const refusal = await minting.app.refused(createVersion, minting.manager, { id });
    expect(refusal.code).toBe("precondition_failed");
    expect((await minting.minted()).keys).toHaveLength(1);
  });

  it("is kept on a lease that a patch makes longer or shorter, within the same bounds, from the next key on", async () => {
    const { app, manager } = minting;
    const { id } = await make();
    const patch = (ttl: number | null) => updateSecretMetadataInput(id, { ttl });
    expect((await app.refused(updateSecretMetadata, manager, patch(59))).code).toBe(
      "invalid_request",
    );
    expect((await app.refused(updateSecretMetadata, manager, patch(null))).code).toBe(
      "invalid_request",
    );
    await app.done(updateSecretMetadata, manager, patch(60));
    const [before] = await minting.leases(id);
    expect(before?.expiresAt).toBe(START + TTL_MS);
    const next = await rotate(id);
    expect(next.expiresAt).toBe(START + 60_000);
  });
});

describe("a secret of which each reading has a key of its own", () => {
  const each = async () =>
    valued(
      await minting.app.done(
        createSecret,
        minting.manager,
        iamSecret("each", { accessGroups: [minting.group], reuseApiKey: false }),
      ),
    );

  it("has no value until it is read, and then another one each time, on a lease of its own", async () => {
    const { app, manager } = minting;
    const made = await each();
    expect([made.payload, made.state]).toEqual([null, 1]);
    // So that who made it does not count among those who know a value of it.
    expect(minting.app.lastEvent().responseData).toMatchObject({ payloadAvailable: false });
    expect(await minting.minted()).toEqual({ keys: [], serviceIds: [] });
    const { id } = made;
    const before = app.log.size;
    const one = await app.done(readSecret, manager, { id });
    expect(since(before)).toEqual([
      "secret.read by manager",
      "serviceid.create by engine",
      "access-group-member.add by engine",
      "serviceid-apikey.create by engine",
    ]);
    expect(app.events()[before]).toMatchObject({
      requestData: { id },
      responseData: { versionId: made.versionId, payloadAvailable: true, downloaded: true },
    });
    expect(app.events()[before]?.responseData).toHaveProperty("apiKeyId");
    app.clock.advance(1_000);
    const two = await app.done(readVersion, manager, { id, alias: "current" });
    expect(keyOf(one).reveal()).not.toBe(keyOf(two).reveal());
    expect([await works(one), await works(two)]).toEqual([true, true]);
    expect((await minting.minted()).serviceIds).toHaveLength(2);
    app.clock.set(START + TTL_MS);
    // The key itself ends with its lease, whenever the schedule comes to it.
    expect([await works(one), await works(two)]).toEqual([false, true]);
    expect(await minting.pass()).toMatchObject({ credentials: [1, 0] });
    await app.done(deleteSecret, manager, { id });
    expect(await works(two)).toBe(false);
    expect(await minting.minted()).toEqual({ keys: [], serviceIds: [] });
  });

  it("has credentials for a hundred readings at a time", async () => {
    const { app, manager } = minting;
    const { id } = await each();
    for (let n = 0; n < 100; n += 1) await app.done(readSecret, manager, { id });
    expect((await app.refused(readSecret, manager, { id })).code).toBe("limit_reached");
    app.clock.advance(TTL_MS);
    await minting.pass();
    await app.done(readSecret, manager, { id });
  });

  it("is not rotated, and not read by who may not", async () => {
    const { app, manager } = minting;
    const { id } = await each();
    const reader = await app.callerWith(["Reader"]);
    expect((await app.refused(readSecret, reader, { id })).code).toBe("forbidden");
    expect((await app.refused(createVersion, manager, { id })).code).toBe("precondition_failed");
    const rotation = { autoRotate: true, interval: 1, unit: "day" } as const;
    const patch = updateSecretMetadataInput(id, { rotation });
    expect((await app.refused(updateSecretMetadata, manager, patch)).code).toBe("invalid_request");
    expect(await minting.minted()).toEqual({ keys: [], serviceIds: [] });
  });

  it("has none made while the vault is sealed", async () => {
    const { app, manager } = minting;
    const { id } = await each();
    const { state, trail, clock } = app;
    const capabilities = { ...app.capabilities, vault: Vault.sealed("There is no root key.") };
    const ids = new TimeOrderedIds(clock);
    const sealed = new Performer({ state, trail, clock, ids, capabilities });
    const read = await sealed.perform(readSecret, app.call(manager), () => ({ id }));
    expect(read.kind === "refused" && read.refusal.code).toBe("sealed");
    expect(await minting.minted()).toEqual({ keys: [], serviceIds: [] });
  });

  it("tells whoever creates it that nobody could be given any", async () => {
    const { app, manager } = minting;
    const input = iamSecret("each", { accessGroups: ["AccessGroupId-no"], reuseApiKey: false });
    expect((await app.refused(createSecret, manager, input)).code).toBe("invalid_request");
  });
});
