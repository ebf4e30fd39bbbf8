/** Shares the event loop: long work is done a step at a time, and no turn of the loop does much of it. */

/** What all the work together may take of one turn of the event loop, give or take the last step. */
export const TURN_MS = 4;

interface Work {
  readonly step: () => boolean;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Works for many, one step of each after another, so that nobody's long steps keep others from getting on. However much
 * work there is, requests are answered between two turns of it.
 */
export class Turns {
  readonly #now: () => number;
  readonly #waiting: Work[] = [];
  #isDue = false;

  /** `now` is in milliseconds, from whenever. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Calls `step` until it returns that there is no more to do. Rejects with what it throws. */
  run(step: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ step, done: resolve, failed: reject });
      this.#ask();
    });
  }

  #ask(): void {
    if (this.#isDue || this.#waiting.length === 0) return;
    this.#isDue = true;
    // Not a microtask, and not a tick: those go before whatever has come in.
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#isDue = false;
    const until = this.#now() + TURN_MS;
    do {
      const work = this.#waiting.shift();
      if (work === undefined) return;
      try {
        if (work.step()) this.#waiting.push(work);
        else work.done();
      } catch (error) {
        work.failed(error);
      }
    } while (this.#now() < until);
    this.#ask();
  }
}
