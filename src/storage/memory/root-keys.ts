/** Root keys in memory, with a hook that makes keeping them fail; for tests. */
import type { RootKey, RootKeySource } from "../../secrets/root-key.ts";

export class RootKeysInMemory implements RootKeySource {
  readonly name = "the memory";
  keys: readonly RootKey[] | undefined;
  /** The next save fails: before it has kept the keys, or after ("failed but kept"). */
  failNext: "before" | "after" | null = null;

  async load(): Promise<readonly RootKey[] | undefined> {
    return this.keys;
  }

  async save(keys: readonly RootKey[]): Promise<void> {
    const failure = this.failNext;
    this.failNext = null;
    if (failure !== "before") this.keys = keys;
    if (failure) throw new Error(`told to fail ${failure} keeping the keys`);
  }
}
