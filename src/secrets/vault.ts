/**
 * The vault: seals and opens secret values. A root key seals data keys, one to a secret; a data key
 * seals values with AES-256-GCM (NIST SP 800-38D), the additional data saying what each value is
 * for.
 */
import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  randomBytes,
  type KeyObject,
} from "node:crypto";
import { bytesEqual, utf8 } from "../kernel/bytes.ts";
import { invariant, Outage, Refusal } from "../kernel/errors.ts";
import type { RootKey } from "./root-key.ts";
import type { Instance } from "./secret.ts";

/** A data key, sealed by the root key with this id. */
export interface WrappedKey {
  readonly rootKeyId: string;
  readonly bytes: Uint8Array;
}

/** One byte that says how it was sealed, 12 of nonce, the ciphertext, 16 of tag. */
export type SealedValue = Uint8Array;

/** What a sealed value is for: it opens for nothing else, so that rows cannot be swapped. */
export interface Binding {
  readonly purpose:
    | "secret-version"
    | "secret-username"
    | "secret-csr-key"
    | "configuration"
    | "issuance"
    | "task-errors"
    | "user-totp"
    | "identity-provider-secret"
    | "access-key"
    /** A destination's credentials: destinations began as DSV's SIEM endpoints. */
    | "siem-token";
  readonly at: Instance;
  /** What the data key belongs to: a secret, a configuration, a user or an identity provider, by its id. */
  readonly owner: string;
  /** Which of the owner's values: a version, by its id. */
  readonly part: string;
}

/** A text sealed by the root key in use: whoever opens it has the right key. */
export interface RootKeyCheck {
  readonly rootKeyId: string;
  readonly sealed: SealedValue;
}

export type VaultStatus =
  | { readonly kind: "unsealed"; readonly rootKeyId: string }
  | { readonly kind: "sealed"; readonly reason: string };

/**
 * Data keys held open, those used last: reading a secret again then opens its value only. They lie in the memory in
 * which the root key, that opens them all, lies anyway.
 */
export const MAX_HELD_DATA_KEYS = 1_000;

/** A data key that was opened, and what it was opened from. */
interface HeldKey {
  readonly wrapped: WrappedKey;
  readonly key: KeyObject;
}

const FORMAT = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const DATA_KEY_BYTES = 32;
const CHECK_TEXT = "keytrail root key check";

export class Vault {
  #keys: ReadonlyMap<string, RootKey>;
  #status: VaultStatus;
  /** By what they belong to; insertion order is the order of last use. */
  readonly #held = new Map<string, HeldKey>();

  private constructor(keys: readonly RootKey[], status: VaultStatus) {
    this.#keys = new Map(keys.map((root) => [root.id, root]));
    this.#status = status;
  }

  /** Seals with the first key; opens with whichever a data key names. */
  static unsealed(active: RootKey, others: readonly RootKey[] = []): Vault {
    return new Vault([active, ...others], { kind: "unsealed", rootKeyId: active.id });
  }

  /** A vault that refuses every value, and says why. */
  static sealed(reason: string): Vault {
    return new Vault([], { kind: "sealed", reason });
  }

  get status(): VaultStatus {
    return this.#status;
  }

  /** How many data keys are held open. */
  get heldDataKeys(): number {
    return this.#held.size;
  }

  /** Seals with this key from now on. The one in use so far is kept, for reads that have begun. */
  activate(root: RootKey): void {
    const before = this.#active();
    this.#held.clear();
    this.#keys = new Map([root, before].map((one) => [one.id, one]));
    this.#status = { kind: "unsealed", rootKeyId: root.id };
  }

  /** Refuses while it is sealed, as every use of a value does. */
  assertUnsealed(): void {
    this.#active();
  }

  newDataKey(at: Instance, owner: string): WrappedKey {
    return this.#wrap({ at, owner }, randomBytes(DATA_KEY_BYTES));
  }

  /** The same of a key that was made elsewhere: 32 bytes. */
  sealDataKey(at: Instance, owner: string, value: Uint8Array): WrappedKey {
    invariant(value.length === DATA_KEY_BYTES, "a data key has 32 bytes");
    return this.#wrap({ at, owner }, Uint8Array.from(value));
  }

  /**
   * The data key itself, for those whose business is encrypting and not keeping: held open like any other, and let go of
   * with it. Throws an Outage for one that was altered, or is not the owner's.
   */
  dataKey(key: WrappedKey, at: Instance, owner: string): KeyObject {
    return this.#dataKey(key, { at, owner });
  }

  /** The same data key, sealed by the root key in use. */
  rewrap(key: WrappedKey, at: Instance, owner: string): WrappedKey {
    return this.#wrap({ at, owner }, this.#unwrap(key, { at, owner }));
  }

  /** Lets go of the owner's data key: it is being deleted. */
  forget(at: Instance, owner: string): void {
    this.#held.delete(holderOf({ at, owner }));
  }

  seal(key: WrappedKey, binding: Binding, value: Uint8Array): SealedValue {
    return encrypt(this.#dataKey(key, binding), value, additionalData(binding));
  }

  /**
   * Throws an Outage for a value that was altered, or that is not the one the binding speaks of.
   */
  open(key: WrappedKey, binding: Binding, sealed: SealedValue): Uint8Array {
    return decrypt(this.#dataKey(key, binding), sealed, additionalData(binding));
  }

  /** The data key, opened now or held from an earlier use of these same sealed bytes by this same owner. */
  #dataKey(wrapped: WrappedKey, of: Pick<Binding, "at" | "owner">): KeyObject {
    const holder = holderOf(of);
    let held = this.#held.get(holder);
    if (held && isSame(held.wrapped, wrapped)) {
      this.#held.delete(holder);
    } else {
      const bytes = this.#unwrap(wrapped, of);
      held = { wrapped, key: createSecretKey(bytes) };
      bytes.fill(0);
    }
    this.#held.set(holder, held);
    if (this.#held.size > MAX_HELD_DATA_KEYS) {
      const [oldest] = this.#held.keys();
      if (oldest !== undefined) this.#held.delete(oldest);
    }
    return held.key;
  }

  #wrap(of: Pick<Binding, "at" | "owner">, dataKey: Uint8Array): WrappedKey {
    const { id, key } = this.#active();
    const bytes = encrypt(key, dataKey, dataKeyData(of));
    dataKey.fill(0);
    return { rootKeyId: id, bytes };
  }

  #unwrap(wrapped: WrappedKey, of: Pick<Binding, "at" | "owner">): Uint8Array {
    const root = this.#keys.get(wrapped.rootKeyId);
    if (!root) {
      this.#active();
      throw new Outage(`a data key is sealed by root key ${wrapped.rootKeyId}, which is not here`);
    }
    return decrypt(root.key, wrapped.bytes, dataKeyData(of));
  }

  #active(): RootKey {
    const root =
      this.#status.kind === "unsealed" ? this.#keys.get(this.#status.rootKeyId) : undefined;
    if (!root) throw new Refusal("sealed", "The vault is sealed: no secret value can be used.");
    return root;
  }
}

export function checkOf(root: RootKey): RootKeyCheck {
  return { rootKeyId: root.id, sealed: encrypt(root.key, utf8(CHECK_TEXT), utf8(root.id)) };
}

/** Whether this is the key that the check was made with. */
export function passesCheck(root: RootKey, check: RootKeyCheck): boolean {
  if (root.id !== check.rootKeyId) return false;
  try {
    return Buffer.from(decrypt(root.key, check.sealed, utf8(root.id))).equals(utf8(CHECK_TEXT));
  } catch {
    return false;
  }
}

function holderOf({ at, owner }: Pick<Binding, "at" | "owner">): string {
  return `${at.account} ${at.instance} ${owner}`;
}

function isSame(one: WrappedKey, other: WrappedKey): boolean {
  return one.rootKeyId === other.rootKeyId && bytesEqual(one.bytes, other.bytes);
}

/** JSON, so that no two bindings have the same bytes. */
function additionalData({ purpose, at, owner, part }: Binding): Uint8Array {
  return Buffer.from(JSON.stringify(["keytrail", purpose, at.account, at.instance, owner, part]));
}

function dataKeyData({ at, owner }: Pick<Binding, "at" | "owner">): Uint8Array {
  return utf8(JSON.stringify(["keytrail", "data-key", at.account, at.instance, owner]));
}

function encrypt(key: KeyObject | Uint8Array, value: Uint8Array, data: Uint8Array): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(data);
  const parts = [Uint8Array.of(FORMAT), nonce, cipher.update(value), cipher.final()];
  return Buffer.concat([...parts, cipher.getAuthTag()]);
}

function decrypt(key: KeyObject | Uint8Array, sealed: Uint8Array, data: Uint8Array): Uint8Array {
  if (sealed[0] !== FORMAT || sealed.length < 1 + NONCE_BYTES + TAG_BYTES) {
    throw new Outage("a sealed value is in no known form");
  }
  const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
  const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(data);
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  try {
    const opened = decipher.update(sealed.subarray(1 + NONCE_BYTES, -TAG_BYTES));
    // GCM gives every byte with `update`; what is left to the end is whether they may be believed.
    decipher.final();
    return opened;
  } catch (cause) {
    throw new Outage("a sealed value does not open: it was altered, or is not where it belongs", {
      cause,
    });
  }
}
