/** A witness's state in memory: for tests, which can make its writes fail before or after they took effect. */
import type { SignedCheckpoint } from "../../ledger/checkpoint.ts";
import type { WitnessState } from "../../ledger/witness.ts";

export class MemoryWitnessState implements WitnessState {
  readonly #latest = new Map<string, SignedCheckpoint>();

  /** Called around each write; throwing from it is the disk failing at that moment. */
  fault: ((when: "before" | "after") => void) | undefined;

  async latest(origin: string): Promise<SignedCheckpoint | undefined> {
    return this.#latest.get(origin);
  }

  async advance(previous: SignedCheckpoint | undefined, next: SignedCheckpoint): Promise<boolean> {
    this.fault?.("before");
    if (this.#latest.get(next.origin)?.text !== previous?.text) return false;
    this.#latest.set(next.origin, next);
    this.fault?.("after");
    return true;
  }
}
