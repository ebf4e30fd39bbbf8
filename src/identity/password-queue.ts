/**
 * The slow hashes of passwords, a few at a time: each takes 19 MiB and a thread of the pool that the disk needs too, and
 * anyone can ask for one.
 */
import { Refusal } from "../kernel/errors.ts";

export const MAX_HASHES_AT_ONCE = 2;
export const MAX_HASHES_WAITING = 64;

export class PasswordQueue {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  /** Runs the work in its turn; refuses it with `rate_limited` when too much waits already. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.#turn();
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }

  async #turn(): Promise<void> {
    if (this.#running < MAX_HASHES_AT_ONCE) {
      this.#running += 1;
      return;
    }
    if (this.#waiting.length >= MAX_HASHES_WAITING) {
      const sentence = "Too many passwords are being checked: try again in a moment.";
      throw new Refusal("rate_limited", sentence);
    }
    // Whoever ends hands its place on.
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
