import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fromUtf8, utf8 } from "../../kernel/bytes.ts";
import { Sensitive } from "../../kernel/sensitive.ts";
import { MemoryEntryLog } from "../../storage/memory/entry-log.ts";
import { RootKeysInMemory } from "../../storage/memory/root-keys.ts";
import type { Caller } from "../call.ts";
import { rotateRootKey, RootKeyRotation } from "../rotate-root-key.ts";
import { openTestApp, type TestApp } from "../testing/test-app.ts";
import { decrypt, encrypt, rotateData } from "./data.ts";
import { createKey, deleteKey } from "./keys.ts";
import { createManualKey } from "./manual-keys.ts";

const plaintext = new Sensitive(utf8("the plain text"));
const path = "apps/key";

let app: TestApp;
let rootKeys: RootKeysInMemory;
let manager: Caller;
beforeEach(async () => {
  rootKeys = new RootKeysInMemory();
  app = await openTestApp({ rootKeys });
  manager = await app.callerWith(["Manager", "Operator"]);
  await app.done(createKey, manager, { path });
});
afterEach(() => app.close());

async function opens(by: TestApp, ciphertext: Sensitive<Uint8Array>): Promise<string> {
  const opened = await by.done(decrypt, manager, { path, ciphertext });
  return fromUtf8(opened.plaintext.reveal());
}

/** A server started now, from what is on disk and these root keys. */
const restarted = (keys: RootKeysInMemory): Promise<TestApp> =>
  openTestApp({ rootKeys: keys, database: app.database, log: new MemoryEntryLog() });

describe("the material of encryption keys", () => {
  it("is sealed anew with the root key, and goes on opening what it encrypted", async () => {
    const { ciphertext } = await app.done(encrypt, manager, { path, plaintext });
    const rotated = await app.done(rotateData, manager, { path, ciphertext });
    const { keyId } = await app.done(rotateRootKey, manager, {});
    const { state, capabilities } = app;
    const { vault } = capabilities;
    const rotation = new RootKeyRotation({ state, vault, rootKeys });
    while (await rotation.step());
    const under = app.database.all("SELECT DISTINCT root_key_id AS id FROM data_keys");
    expect(under).toEqual([{ id: keyId }]);
    expect(rootKeys.keys?.map(({ id }) => id)).toEqual([keyId]);
    for (const data of [ciphertext, rotated.ciphertext]) {
      expect(await opens(app, data)).toBe("the plain text");
      expect(await opens(await restarted(rootKeys), data)).toBe("the plain text");
    }
  });

  it("is out of reach while the vault is sealed, which is recorded", async () => {
    const { ciphertext } = await app.done(encrypt, manager, { path, plaintext });
    const sealed = await restarted(new RootKeysInMemory());
    const value = new Sensitive(new Uint8Array(32));
    const refused = [
      await sealed.refused(encrypt, manager, { path, plaintext }),
      await sealed.refused(decrypt, manager, { path, ciphertext }),
      await sealed.refused(decrypt, manager, { path, ciphertext: new Sensitive(utf8("none")) }),
      await sealed.refused(rotateData, manager, { path, ciphertext }),
      await sealed.refused(createKey, manager, { path: "another" }),
      await sealed.refused(createManualKey, manager, { path: "brought", value }),
    ];
    expect(refused.map(({ code }) => code)).toEqual(refused.map(() => "sealed"));
    // Before them stand events that the server before had on their way.
    const recorded = sealed.events().slice(-refused.length);
    const outcomes = recorded.map(({ outcome, reason }) => [outcome, reason.reasonCode]);
    expect(outcomes).toEqual(refused.map(() => ["failure", 503]));
    const keys = sealed.database.get("SELECT count(*) AS n FROM items");
    expect(keys).toEqual({ n: 1 });
  });

  it("is held open for as long as its key is there, and no longer", async () => {
    await app.done(encrypt, manager, { path, plaintext });
    const { vault } = app.capabilities;
    const held = vault.heldDataKeys;
    expect(held).toBeGreaterThan(0);
    await app.done(encrypt, manager, { path, plaintext });
    expect(vault.heldDataKeys).toBe(held);
    await app.done(deleteKey, manager, { path, force: true });
    expect(vault.heldDataKeys).toBe(held - 1);
  });

  it("of one key opens nothing under the id of another", async () => {
    const { id } = await app.done(createKey, manager, { path: "other" });
    const { ciphertext } = await app.done(encrypt, manager, { path, plaintext });
    const columns = "root_key_id = other.root_key_id, wrapped = other.wrapped";
    const other = "(SELECT * FROM data_keys WHERE owner = ?) AS other";
    const sql = `UPDATE data_keys SET ${columns} FROM ${other} WHERE data_keys.owner <> ?`;
    app.database.run(sql, `${id}:0`, `${id}:0`);
    const opening = app.perform(decrypt, manager, { path, ciphertext });
    await expect(opening).rejects.toThrow("does not open");
  });
});
