/** Work that many may ask for at once: each gets a run that began after they asked, and they share it. */
export class Coalesced<T> {
  readonly #work: () => Promise<T>;
  #running: Promise<T> | undefined;
  #next: Promise<T> | undefined;

  constructor(work: () => Promise<T>) {
    this.#work = work;
  }

  /** Resolves to the outcome of a run that starts now, or as soon as the one under way has ended. */
  run(): Promise<T> {
    // Also in the moment in which the run before it has ended and it has not begun.
    if (this.#next !== undefined) return this.#next;
    if (this.#running === undefined) return this.#start();
    this.#next = this.#running
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        return this.#start();
      });
    return this.#next;
  }

  /** Resolves when nothing is running or about to, whatever the outcomes. */
  async idle(): Promise<void> {
    for (let last = this.#last(); last !== undefined; last = this.#last()) {
      await last.catch(() => undefined);
    }
  }

  #last(): Promise<T> | undefined {
    return this.#next ?? this.#running;
  }

  async #start(): Promise<T> {
    const running = this.#work();
    this.#running = running;
    try {
      return await running;
    } finally {
      if (this.#running === running) this.#running = undefined;
    }
  }
}
