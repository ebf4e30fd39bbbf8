import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromUtf8, utf8 } from "../kernel/bytes.ts";
import { Outage, Refusal } from "../kernel/errors.ts";
import { formatRootKey, newRootKey, parseRootKey, rootKeyOf } from "./root-key.ts";
import { checkOf, MAX_HELD_DATA_KEYS, passesCheck, Vault, type Binding } from "./vault.ts";

const at = { account: "acme", instance: "main" };
const binding: Binding = { purpose: "secret-version", at, owner: "secret-1", part: "version-1" };
const root = newRootKey();
const vault = Vault.unsealed(root);
const key = vault.newDataKey(at, "secret-1");
const sealed = vault.seal(key, binding, utf8("hunter2"));

describe("the vault", () => {
  it("opens what it sealed, for whatever bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), (value) => {
        const closed = vault.seal(key, binding, value);
        expect(Buffer.from(vault.open(key, binding, closed))).toEqual(Buffer.from(value));
      }),
    );
  });

  it("seals the same value differently each time", () => {
    const again = vault.seal(key, binding, utf8("hunter2"));
    expect(Buffer.from(again).equals(sealed)).toBe(false);
  });

  it.each<[string, Partial<Binding>]>([
    ["another version of the secret", { part: "version-2" }],
    ["another secret", { owner: "secret-2" }],
    ["another instance", { at: { ...at, instance: "other" } }],
    ["another account", { at: { ...at, account: "evil" } }],
    ["another purpose", { purpose: "secret-username" }],
  ])("does not open a value that was moved to %s", (_where, moved) => {
    expect(() => vault.open(key, { ...binding, ...moved }, sealed)).toThrow(Outage);
  });

  it("does not open a value whose data key was moved with it to another secret", () => {
    const other = { ...binding, owner: "secret-2" };
    expect(() => vault.open(key, other, sealed)).toThrow("altered, or is not where it belongs");
  });

  it("does not open a value in which any bit was changed", () => {
    fc.assert(
      fc.property(fc.nat(sealed.length * 8 - 1), (bit) => {
        const altered = Uint8Array.from(sealed);
        const index = bit >> 3;
        altered[index] = altered[index]! ^ (1 << (bit & 7));
        expect(() => vault.open(key, binding, altered)).toThrow(Outage);
      }),
    );
  });

  it("does not open a value that was cut short", () => {
    for (let length = 0; length < sealed.length; length++) {
      expect(() => vault.open(key, binding, sealed.subarray(0, length))).toThrow(Outage);
    }
  });

  it("does not open a data key with another root key that claims its id", () => {
    const other = { ...newRootKey(), id: root.id };
    expect(() => Vault.unsealed(other).open(key, binding, sealed)).toThrow(Outage);
  });

  it("names the root key that is missing", () => {
    const other = Vault.unsealed(newRootKey());
    expect(() => other.open(key, binding, sealed)).toThrow(`root key ${root.id}`);
  });

  it("refuses every value while it is sealed, and says why", () => {
    const closed = Vault.sealed("The key is gone.");
    expect(closed.status).toEqual({ kind: "sealed", reason: "The key is gone." });
    expect(() => closed.newDataKey(at, "secret-1")).toThrow(Refusal);
    expect(() => closed.open(key, binding, sealed)).toThrow("The vault is sealed");
    expect(() => closed.seal(key, binding, utf8("x"))).toThrow("The vault is sealed");
  });

  it("opens the same values after their data key was sealed anew, then without the old root key too", () => {
    const rotating = Vault.unsealed(root);
    const fresh = newRootKey();
    rotating.activate(fresh);
    expect(fromUtf8(rotating.open(key, binding, sealed))).toBe("hunter2");
    const rewrapped = rotating.rewrap(key, at, "secret-1");
    expect(rewrapped.rootKeyId).toBe(fresh.id);
    expect(fromUtf8(Vault.unsealed(fresh).open(rewrapped, binding, sealed))).toBe("hunter2");
  });

  it("opens with the data key it is given, not with one that it held for the same secret", () => {
    const other = vault.newDataKey(at, "secret-1");
    expect(fromUtf8(vault.open(key, binding, sealed))).toBe("hunter2");
    expect(() => vault.open(other, binding, sealed)).toThrow(Outage);
    const closed = vault.seal(other, binding, utf8("hunter3"));
    expect(fromUtf8(vault.open(other, binding, closed))).toBe("hunter3");
    expect(fromUtf8(vault.open(key, binding, sealed))).toBe("hunter2");
  });

  it("does not take altered bytes of a data key for the ones it holds open", () => {
    expect(fromUtf8(vault.open(key, binding, sealed))).toBe("hunter2");
    const altered = {
      ...key,
      bytes: Uint8Array.from(key.bytes, (byte, i) => byte ^ Number(i === 20)),
    };
    expect(() => vault.open(altered, binding, sealed)).toThrow(Outage);
    expect(() => vault.open({ ...key, rootKeyId: "0".repeat(16) }, binding, sealed)).toThrow(
      "which is not here",
    );
  });

  it("opens the values of more secrets than it holds data keys of, in any order", () => {
    const values = Array.from({ length: MAX_HELD_DATA_KEYS + 10 }, (_, i) => {
      const of = { ...binding, owner: `secret-${i}` };
      const dataKey = vault.newDataKey(at, of.owner);
      return { of, dataKey, closed: vault.seal(dataKey, of, utf8(`value ${i}`)) };
    });
    const opened = [...values, ...values.toReversed()].map(({ of, dataKey, closed }) =>
      fromUtf8(vault.open(dataKey, of, closed)),
    );
    const expected = values.map((_, i) => `value ${i}`);
    expect(opened).toEqual([...expected, ...expected.toReversed()]);
    expect(vault.heldDataKeys).toBe(MAX_HELD_DATA_KEYS);
  });

  it("holds no data key any more that a removed root key had sealed", () => {
    const rotating = Vault.unsealed(root);
    expect(fromUtf8(rotating.open(key, binding, sealed))).toBe("hunter2");
    rotating.activate(newRootKey());
    expect(rotating.heldDataKeys).toBe(0);
    rotating.activate(newRootKey());
    expect(() => rotating.open(key, binding, sealed)).toThrow(`root key ${root.id}`);
  });

  it("lets go of the data key of a secret that is deleted", () => {
    const closing = Vault.unsealed(root);
    closing.open(key, binding, sealed);
    expect(closing.heldDataKeys).toBe(1);
    closing.forget(at, "secret-1");
    expect(closing.heldDataKeys).toBe(0);
  });

  it("shows no key when it is printed", () => {
    const text =
      inspect([vault, root], { depth: 10, showHidden: true }) + JSON.stringify([vault, root]);
    expect(text).not.toContain(formatRootKey(root));
    expect(text).not.toContain(root.key.export().toString("hex"));
  });
});

describe("a root key", () => {
  it("has an id that only the same key has", () => {
    const bytes = new Uint8Array(32).fill(7);
    expect(rootKeyOf(bytes).id).toBe(rootKeyOf(bytes).id);
    expect(rootKeyOf(bytes).id).not.toBe(newRootKey().id);
    expect(rootKeyOf(bytes).id).toMatch(/^[0-9a-f]{16}$/);
  });

  it("is read from its text, and from nothing else", () => {
    expect(parseRootKey(formatRootKey(root))?.id).toBe(root.id);
    for (const text of ["", "secret", "A".repeat(43), `${formatRootKey(root)}=`, "A".repeat(44)]) {
      expect(parseRootKey(text)).toBeUndefined();
    }
  });

  it("passes its own check only, whatever id the other claims", () => {
    const other = newRootKey();
    expect(passesCheck(root, checkOf(root))).toBe(true);
    expect(passesCheck(other, checkOf(root))).toBe(false);
    expect(passesCheck({ ...other, id: root.id }, checkOf(root))).toBe(false);
  });
});
