import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { formatRootKey, givenRootKeys, newRootKey } from "../secrets/root-key.ts";
import { MemoryEntryLog } from "../storage/memory/entry-log.ts";
import { RootKeysInMemory } from "../storage/memory/root-keys.ts";
import type { Caller } from "./call.ts";
import { REWRAP_BATCH, rotateRootKey, RootKeyRotation } from "./rotate-root-key.ts";
import { Schedule } from "./schedule.ts";
import type { State } from "./state.ts";
import { createSecret } from "./secrets/create-secret.ts";
import { rootKeyJob } from "./secrets/jobs.ts";
import { listSecrets } from "./secrets/list-secrets.ts";
import { readSecret } from "./secrets/read-secret.ts";
import { arbitrary, revealed } from "./secrets/testing/inputs.ts";
import { openTestApp, type TestApp } from "./testing/test-app.ts";
import { unseal } from "./unseal.ts";

const SECRETS = 2 * REWRAP_BATCH + 20;

let app: TestApp;
let rootKeys: RootKeysInMemory;
let manager: Caller;
let operator: Caller;
let rotation: RootKeyRotation;
beforeEach(async () => {
  rootKeys = new RootKeysInMemory();
  app = await openTestApp({ rootKeys });
  manager = await app.callerWith(["Manager"]);
  operator = await app.callerWith(["Operator"]);
  rotation = rotationOf(app);
  for (let i = 0; i < SECRETS; i++) {
    await app.done(createSecret, manager, arbitrary(`secret-${i}`, `value-${i}`));
  }
});
afterEach(() => app.close());

function rotationOf({ state, capabilities }: TestApp): RootKeyRotation {
  return new RootKeyRotation({ state, vault: capabilities.vault, rootKeys: capabilities.rootKeys });
}

const keyIds = (): readonly string[] => (rootKeys.keys ?? []).map(({ id }) => id);
const keysInUse = (): unknown[] =>
  app.database.all("SELECT DISTINCT root_key_id AS id FROM data_keys").map(({ id }) => id);

/** Data keys that are not under the key the state names. */
const remaining = () =>
  app.state.read(async ({ secrets }) =>
    secrets.countDataKeysNotUnder((await secrets.rootKeyCheck())?.rootKeyId ?? ""),
  );

/** Every secret opens to its value in a server started now, from what is on disk alone. */
async function expectAllToOpenAfterRestart(): Promise<TestApp> {
  // Its trail is another: whoever shares a log here would count the same events twice.
  const restarted = await openTestApp({
    rootKeys,
    database: app.database,
    log: new MemoryEntryLog(),
  });
  await expectAllToOpen(restarted);
  return restarted;
}

async function expectAllToOpen(running: TestApp): Promise<void> {
  const { secrets } = await running.done(listSecrets, manager, { limit: 1_000 });
  expect(secrets.length).toBeGreaterThanOrEqual(SECRETS);
  for (const { id, name } of secrets) {
    const { payload } = await running.done(readSecret, manager, { id });
    expect(revealed(payload)).toBe(name.replace("secret", "value"));
  }
}

describe("the rotation of the root key", () => {
  it("seals every data key anew while operations go on, and then forgets the old root key", async () => {
    const [old] = keyIds();
    const { keyId, previousKeyId, dataKeys } = await app.done(rotateRootKey, operator, {});
    expect([previousKeyId, dataKeys]).toEqual([old, SECRETS]);
    expect(keyIds()).toEqual([keyId, old]);
    expect(app.lastEvent()).toMatchObject({
      action: "keytrail.root-key.rotate",
      account: "operator",
      responseData: { keyId, previousKeyId: old, dataKeys: SECRETS },
    });
    await app.done(createSecret, manager, arbitrary("secret-before", "value-before"));
    expect(await rotation.step()).toBe(true);
    expect(await remaining()).toBe(SECRETS + 1 - REWRAP_BATCH);
    await app.done(createSecret, manager, arbitrary("secret-during", "value-during"));
    await expectAllToOpen(app);
    expect(await rotation.step()).toBe(true);
    expect(await rotation.step()).toBe(false);
    expect([keyIds(), keysInUse(), await remaining()]).toEqual([[keyId], [keyId], 0]);
    await expectAllToOpen(app);
    await expectAllToOpenAfterRestart();
  });

  it("is carried out by the schedule", async () => {
    const schedule = new Schedule({ jobs: [rootKeyJob(rotation)], clock: app.clock });
    expect(await schedule.pass()).toEqual([{ job: "root-key", done: 0, failed: 0 }]);
    const { keyId } = await app.done(rotateRootKey, operator, {});
    expect(await schedule.pass()).toEqual([{ job: "root-key", done: 1, failed: 0 }]);
    expect([keyIds(), keysInUse()]).toEqual([[keyId], [keyId]]);
    expect(await schedule.pass()).toEqual([{ job: "root-key", done: 0, failed: 0 }]);
  });

  it("lets others in between its batches", async () => {
    await app.done(rotateRootKey, operator, {});
    const schedule = new Schedule({ jobs: [rootKeyJob(rotation)], clock: app.clock });
    const seen = new Set<number>();
    const watched = (async () => {
      for (let left = SECRETS; left > 0; left = await remaining()) {
        seen.add(left);
        await nextTurn();
      }
    })();
    await Promise.all([schedule.pass(), watched]);
    expect([...seen]).toEqual([SECRETS, SECRETS - REWRAP_BATCH, SECRETS - 2 * REWRAP_BATCH]);
  });

  it("of a server that is started anew takes a key away that no rotation got to use", async () => {
    const [inUse] = rootKeys.keys ?? [];
    rootKeys.keys = [newRootKey(), inUse!];
    const schedule = new Schedule({ jobs: [rootKeyJob(rotation)], clock: app.clock });
    expect(await schedule.pass()).toEqual([{ job: "root-key", done: 1, failed: 0 }]);
    expect(keyIds()).toEqual([inUse?.id]);
  });

  it.each([0, 1, 2, 3])("goes on after a crash behind %i of its steps", async (steps) => {
    const { keyId } = await app.done(rotateRootKey, operator, {});
    for (let i = 0; i < steps; i++) await rotation.step();
    const restarted = await expectAllToOpenAfterRestart();
    const resumed = rotationOf(restarted);
    while (await resumed.step());
    expect([keyIds(), keysInUse()]).toEqual([[keyId], [keyId]]);
    await expectAllToOpen(restarted);
    await expectAllToOpenAfterRestart();
  });

  it("has not begun when the new key cannot be kept", async () => {
    const [old] = keyIds();
    rootKeys.failNext = "before";
    await expect(app.perform(rotateRootKey, operator, {})).rejects.toThrow("told to fail");
    await rotation.step();
    expect([keyIds(), keysInUse()]).toEqual([[old], [old]]);
    await expectAllToOpen(app);
  });

  it("has not begun when the crash came between keeping the key and the commit", async () => {
    const [old] = keyIds();
    rootKeys.failNext = "after";
    await expect(app.perform(rotateRootKey, operator, {})).rejects.toThrow("told to fail");
    expect(keyIds()).toEqual([expect.any(String), old]);
    const restarted = await expectAllToOpenAfterRestart();
    await rotationOf(restarted).step();
    expect([keyIds(), keysInUse()]).toEqual([[old], [old]]);
    await expectAllToOpenAfterRestart();
  });

  it("goes on when the old key could not be removed", async () => {
    const { keyId } = await app.done(rotateRootKey, operator, {});
    await rotation.step();
    await rotation.step();
    rootKeys.failNext = "before";
    await expect(rotation.step()).rejects.toThrow("told to fail");
    await expectAllToOpenAfterRestart();
    await rotation.step();
    expect(keyIds()).toEqual([keyId]);
  });

  it("keeps the old key as long as anything is sealed by it, whatever happened in between", async () => {
    const [old] = keyIds();
    const one = app.database.get("SELECT * FROM data_keys LIMIT 1");
    const { keyId } = await app.done(rotateRootKey, operator, {});
    let transactions = 0;
    const state: State = {
      ...app.state,
      read: (work) => app.state.read(work),
      async transact(work, committed) {
        const result = await app.state.transact(work, committed);
        if (++transactions !== 3) return result;
        const sql = "UPDATE data_keys SET root_key_id = ?, wrapped = ? WHERE owner = ?";
        app.database.run(sql, one!["root_key_id"]!, one!["wrapped"]!, one!["owner"]!);
        return result;
      },
    };
    const { vault, rootKeys: source } = app.capabilities;
    const disturbed = new RootKeyRotation({ state, vault, rootKeys: source });
    while (await disturbed.step());
    expect(keyIds()).toEqual([keyId, old]);
    await expectAllToOpenAfterRestart();
    await disturbed.step();
    expect([keyIds(), keysInUse()]).toEqual([[keyId], [keyId]]);
    await expectAllToOpen(app);
  });

  it("waits for the one before it, and is the operator's alone", async () => {
    await app.done(rotateRootKey, operator, {});
    expect((await app.refused(rotateRootKey, operator, {})).message).toContain("not finished yet");
    while (await rotation.step());
    await app.done(rotateRootKey, operator, {});
    while (await rotation.step());
    expect(keyIds()).toHaveLength(1);
    expect((await app.refused(rotateRootKey, manager, {})).code).toBe("forbidden");
    await expectAllToOpenAfterRestart();
  });

  it("takes a key that is given from outside, once it is there beside the one in use", async () => {
    const [inUse] = rootKeys.keys ?? [];
    const texts = [formatRootKey(inUse!)];
    const given = givenRootKeys("KEYTRAIL_ROOT_KEY", texts);
    const running = await openTestApp({
      rootKeys: given,
      database: app.database,
      log: new MemoryEntryLog(),
    });
    const refusal = await running.refused(rotateRootKey, operator, {});
    expect(refusal.message).toContain("given by KEYTRAIL_ROOT_KEY");
    const fresh = newRootKey();
    texts.unshift(formatRootKey(fresh));
    const { keyId } = await running.done(rotateRootKey, operator, {});
    const resumed = rotationOf(running);
    while (await resumed.step());
    expect([keyId, keysInUse()]).toEqual([fresh.id, [fresh.id]]);
    const alone = givenRootKeys("KEYTRAIL_ROOT_KEY", [formatRootKey(fresh)]);
    expect((await unseal(app.state, alone)).status).toEqual({
      kind: "unsealed",
      rootKeyId: fresh.id,
    });
  });
});
