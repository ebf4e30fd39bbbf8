/**
 * Rotates the root key while operations run. The new key is kept beside the old one and named in
 * the state; then the data keys are sealed anew by it, in batches; then the old one is removed.
 * Between any two steps, and after a crash anywhere, every key that seals something is kept, and
 * the state says which one seals from now on.
 */
import { invariant, Outage, Refusal } from "../kernel/errors.ts";
import { operatorPlace } from "../audit/crn.ts";
import { newRootKey, type RootKey, type RootKeySource } from "../secrets/root-key.ts";
import { checkOf, type Vault } from "../secrets/vault.ts";
import { changeOperation } from "./operation.ts";
import type { State } from "./state.ts";

/** Data keys sealed anew in one transaction: other changes wait no longer than that takes. */
export const REWRAP_BATCH = 100;

export interface RotateRootKeyOutput {
  readonly keyId: string;
  readonly previousKeyId: string;
  /** How many data keys are to be sealed anew. */
  readonly dataKeys: number;
}

/** Begins a rotation; RootKeyRotation carries it out. */
export const rotateRootKey = changeOperation<object, null, RotateRootKeyOutput>({
  name: "root-key.rotate",

  async locate() {
    const place = operatorPlace();
    const target = { place, kind: "root-key", id: "", name: "root key" };
    return { target, resource: { service: "keytrail", place }, subject: null };
  },

  async run(_input, _located, { store, capabilities: { vault, rootKeys } }) {
    const { status } = vault;
    if (status.kind === "sealed") throw new Refusal("sealed", "The vault is sealed.");
    const check = await store.secrets.rootKeyCheck();
    invariant(check !== undefined, "a vault was unsealed by its check");
    const remaining = await store.secrets.countDataKeysNotUnder(check.rootKeyId);
    if (remaining > 0 || check.rootKeyId !== status.rootKeyId) {
      throw new Refusal("conflict", "The rotation before this one is not finished yet.", {
        remaining,
      });
    }
    const fresh = await nextKey(rootKeys, check.rootKeyId);
    // A crash here leaves a key that seals nothing beside the one in use; the first pass after it
    // removes it.
    await store.secrets.setRootKeyCheck(checkOf(fresh));
    return {
      keyId: fresh.id,
      previousKeyId: check.rootKeyId,
      dataKeys: await store.secrets.countDataKeysNotUnder(fresh.id),
    };
  },
});

/**
 * A new key, kept beside the one in use; or, where keys are given from outside, the one given
 * first.
 */
async function nextKey(source: RootKeySource, activeId: string): Promise<RootKey> {
  const keys = (await source.load()) ?? [];
  const active = keys.find((root) => root.id === activeId);
  if (!active) {
    throw new Refusal("precondition_failed", "The root key in use is not where it was at start.");
  }
  if (source.save) {
    const fresh = newRootKey();
    await source.save([fresh, active]);
    return fresh;
  }
  const given = keys[0];
  if (!given || given.id === activeId) {
    throw new Refusal(
      "precondition_failed",
      `The root key is given by ${source.name}: give the new one there, followed by the one in use, and restart first.`,
    );
  }
  return given;
}

export class RootKeyRotation {
  readonly #state: State;
  readonly #vault: Vault;
  readonly #source: RootKeySource;
  /**
   * The key under which everything is known to be, so that a pass with nothing to do costs one
   * look-up.
   */
  #settledUnder: string | null = null;

  constructor(ports: {
    readonly state: State;
    readonly vault: Vault;
    readonly rootKeys: RootKeySource;
  }) {
    this.#state = ports.state;
    this.#vault = ports.vault;
    this.#source = ports.rootKeys;
  }

  /** Whether a step has anything to do. */
  async isPending(): Promise<boolean> {
    const rootKeyId = await this.#pendingKey();
    if (rootKeyId === undefined) return false;
    if (!(await this.#isSettled(rootKeyId))) return true;
    this.#settledUnder = rootKeyId;
    return false;
  }

  /**
   * Seals one batch of data keys anew, or ends the rotation when none is left. Resolves to whether
   * there is more to do. Safe to be called at any time, also when nothing was begun.
   */
  async step(): Promise<boolean> {
    const rootKeyId = await this.#pendingKey();
    if (rootKeyId === undefined) return false;
    await this.#activate(rootKeyId);
    const remaining = await this.#rewrapBatch(rootKeyId);
    if (remaining > 0) return true;
    await this.#forgetOthers(rootKeyId);
    return false;
  }

  /**
   * The key that the state names, unless everything is known to be under it, or the vault is
   * sealed.
   */
  async #pendingKey(): Promise<string | undefined> {
    if (this.#vault.status.kind === "sealed") return undefined;
    const check = await this.#state.read(({ secrets }) => secrets.rootKeyCheck());
    return check?.rootKeyId === this.#settledUnder ? undefined : check?.rootKeyId;
  }

  /** The key seals already, nothing is sealed by another, and no other is kept. */
  async #isSettled(rootKeyId: string): Promise<boolean> {
    const { status } = this.#vault;
    if (status.kind === "sealed" || status.rootKeyId !== rootKeyId) return false;
    const others = await this.#state.read(({ secrets }) =>
      secrets.countDataKeysNotUnder(rootKeyId),
    );
    if (others > 0) return false;
    return !this.#source.save || (await this.#source.load())?.length === 1;
  }

  /**
   * Only once the state that names the key is committed: what a rotation that failed had made is
   * never used.
   */
  async #activate(rootKeyId: string): Promise<void> {
    const { status } = this.#vault;
    if (status.kind === "unsealed" && status.rootKeyId === rootKeyId) return;
    const root = (await this.#source.load())?.find((one) => one.id === rootKeyId);
    if (!root) throw new Outage(`root key ${rootKeyId} is not in ${this.#source.name}`);
    this.#vault.activate(root);
  }

  /**
   * In a transaction, so that no rotation can begin, and keep a new key, between the look and the
   * removal.
   */
  async #forgetOthers(rootKeyId: string): Promise<void> {
    await this.#state.transact(async ({ secrets }) => {
      const check = await secrets.rootKeyCheck();
      if (check?.rootKeyId !== rootKeyId) return;
      if ((await secrets.countDataKeysNotUnder(rootKeyId)) > 0) return;
      const keys = (await this.#source.load()) ?? [];
      const kept = keys.filter((root) => root.id === rootKeyId);
      if (this.#source.save && kept.length === 1 && keys.length > 1) await this.#source.save(kept);
      this.#settledUnder = rootKeyId;
    });
  }

  /** Resolves to how many data keys are left. */
  #rewrapBatch(rootKeyId: string): Promise<number> {
    return this.#state.transact(async ({ secrets }) => {
      for (const { owner, at, key } of await secrets.dataKeysNotUnder(rootKeyId, REWRAP_BATCH)) {
        await secrets.replaceDataKey({ owner, at, key: this.#vault.rewrap(key, at, owner) });
      }
      return secrets.countDataKeysNotUnder(rootKeyId);
    });
  }
}
