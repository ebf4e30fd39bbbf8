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
    if (this.#running === undefined) return this.#start();
    this.#next ??= this.#running.catch(() => undefined).then(() => this.#start());
    return this.#next;
  }

  /** Resolves when nothing is running or about to, whatever the outcomes. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await (this.#next ?? this.#running).catch(() => undefined);
  }

  async #start(): Promise<T> {
    const running = this.#work();
    this.#running = running;
    this.#next = undefined;
    try {
      return await running;
    } finally {
      if (this.#running === running) this.#running = undefined;
    }
  }
}
