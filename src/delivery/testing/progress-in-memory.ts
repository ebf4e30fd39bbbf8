/** How far destinations have come, kept for as long as this lives. */
import type { Progress, ProgressStore } from "../progress.ts";

export class ProgressInMemory implements ProgressStore {
  readonly kept = new Map<string, Progress>();
  /** Thrown by the next calls. */
  fault: Error | undefined;
  saves = 0;
  /** Called before anything is kept. */
  onSave: (progress: ReadonlyMap<string, Progress>) => void = () => undefined;

  async load(): Promise<ReadonlyMap<string, Progress>> {
    if (this.fault) throw this.fault;
    return new Map(this.kept);
  }

  async save(progress: ReadonlyMap<string, Progress>): Promise<void> {
    if (this.fault) throw this.fault;
    this.saves += 1;
    this.onSave(progress);
    for (const [id, one] of progress) this.kept.set(id, one);
  }

  async forget(ids: readonly string[]): Promise<void> {
    if (this.fault) throw this.fault;
    for (const id of ids) this.kept.delete(id);
  }
}
