import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fromUtf8, utf8 } from "../kernel/bytes.ts";
import {
  formatRootKey,
  givenRootKeys,
  newRootKey,
  type RootKeySource,
} from "../secrets/root-key.ts";
import type { Vault } from "../secrets/vault.ts";
import { RootKeysInMemory } from "../storage/memory/root-keys.ts";
import { createSecret } from "./secrets/create-secret.ts";
import { listSecrets } from "./secrets/list-secrets.ts";
import { readSecret } from "./secrets/read-secret.ts";
import { arbitrary, revealed } from "./secrets/testing/inputs.ts";
import { openTestApp, type TestApp } from "./testing/test-app.ts";
import { unseal } from "./unseal.ts";

let app: TestApp;
let rootKeys: RootKeysInMemory;
beforeEach(async () => {
  rootKeys = new RootKeysInMemory();
  app = await openTestApp({ rootKeys });
});
afterEach(() => app.close());

const reasonOf = (vault: Vault): string =>
  vault.status.kind === "sealed" ? vault.status.reason : "unsealed";
const unsealedBy = (source: RootKeySource): Promise<Vault> => unseal(app.state, source);

describe("the first start", () => {
  it("makes a root key and keeps it; the next start unseals with it", async () => {
    expect(rootKeys.keys).toHaveLength(1);
    const at = { account: "acme", instance: "main" };
    const binding = { purpose: "secret-version", at, owner: "s", part: "v" } as const;
    const key = app.capabilities.vault.newDataKey(at, "s");
    const sealed = app.capabilities.vault.seal(key, binding, utf8("hunter2"));
    const again = await unsealedBy(rootKeys);
    expect(fromUtf8(again.open(key, binding, sealed))).toBe("hunter2");
  });

  it("uses a key that is given, and one that was kept before a crash", async () => {
    const given = newRootKey();
    const sources = [
      givenRootKeys("KEYTRAIL_ROOT_KEY", [formatRootKey(given)]),
      new RootKeysInMemory(),
    ];
    (sources[1] as RootKeysInMemory).keys = [given];
    for (const source of sources) {
      app.database.exec("DELETE FROM root_key_check");
      const { status } = await unsealedBy(source);
      expect(status).toEqual({ kind: "unsealed", rootKeyId: given.id });
    }
  });

  it("seals nothing by a key that could not be kept", async () => {
    app.database.exec("DELETE FROM root_key_check");
    const failing = new RootKeysInMemory();
    failing.failNext = "before";
    await expect(unsealedBy(failing)).rejects.toThrow("told to fail");
    expect(app.database.all("SELECT * FROM root_key_check")).toEqual([]);
  });
});

describe("a later start", () => {
  it("stays sealed without the root key, and says which one is missing", async () => {
    const id = rootKeys.keys?.[0]?.id;
    rootKeys.keys = undefined;
    expect(reasonOf(await unsealedBy(rootKeys))).toBe(
      `This state was sealed by root key ${id}, and the memory is missing.`,
    );
    expect(rootKeys.keys).toBeUndefined();
  });

  it("stays sealed with another root key, and says so", async () => {
    const wrong = newRootKey();
    const source = givenRootKeys("KEYTRAIL_ROOT_KEY", [formatRootKey(wrong)]);
    expect(reasonOf(await unsealedBy(source))).toContain(
      `KEYTRAIL_ROOT_KEY holds ${wrong.id} instead`,
    );
  });

  it("stays sealed with what is no key, and does not repeat it", async () => {
    const reason = reasonOf(await unsealedBy(givenRootKeys("KEYTRAIL_ROOT_KEY", ["canary-key"])));
    expect(reason).toBe("KEYTRAIL_ROOT_KEY gives no root key: not 32 bytes in base64.");
  });

  it("stays sealed when part of the secrets needs a key that is not there", async () => {
    const manager = await app.callerWith(["Manager"]);
    await app.done(createSecret, manager, arbitrary("db"));
    app.database.exec("UPDATE data_keys SET root_key_id = 'fedcba9876543210'");
    expect(reasonOf(await unsealedBy(rootKeys))).toContain("still by fedcba9876543210");
  });
});

describe("a sealed server", () => {
  it("shows what is known of secrets, gives no value, and records both", async () => {
    const manager = await app.callerWith(["Manager"]);
    const { id } = await app.done(createSecret, manager, arbitrary("db"));
    const sealed = await openTestApp({
      rootKeys: givenRootKeys("nothing", []),
      database: app.database,
      log: app.log,
    });
    const refusal = await sealed.refused(readSecret, manager, { id });
    expect(refusal.code).toBe("sealed");
    expect(sealed.lastEvent()).toMatchObject({
      outcome: "failure",
      severity: "critical",
      reason: { reasonCode: 503 },
    });
    expect((await sealed.refused(createSecret, manager, arbitrary("new"))).code).toBe("sealed");
    expect((await sealed.done(listSecrets, manager, {})).secrets.map(({ name }) => name)).toEqual([
      "db",
    ]);
    expect(revealed((await app.done(readSecret, manager, { id })).payload)).toBe("hunter2");
  });
});
