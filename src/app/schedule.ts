/**
 * The schedule: does what has fallen due, once each, through the same road as every call. What is
 * due follows from the state alone, so a restart loses nothing and what fell due while the server
 * was down is done at its start.
 */
import type { Clock, Millis } from "../kernel/clock.ts";

/** One thing that is due. `key` is the same each time it is found due, until it has been done. */
export interface Task {
  readonly key: string;
  /**
   * Resolves to whether it was done; a refusal is recorded by the road itself. May throw an Outage.
   */
  run(): Promise<boolean>;
}

/** A kind of work that falls due. */
export interface Job {
  readonly name: string;
  /**
   * Of work that waits for others: so many tasks at once, for none of which a pass waits. Left out, one after the other.
   */
  readonly atOnce?: number;
  /** The oldest due first. */
  due(now: Millis, limit: number): Promise<readonly Task[]>;
}

export const TICK_INTERVAL_MS = 1_000;
/** Tasks of one job in one pass. */
export const MAX_TASKS_PER_PASS = 100;
/** What failed is tried again after a minute, then after twice that, up to an hour. */
export const FIRST_BACKOFF_MS = 60_000;
export const MAX_BACKOFF_MS = 3_600_000;
/**
 * Failing tasks remembered; beyond that the oldest is forgotten, and with it only how long it has
 * to wait.
 */
export const MAX_BACKING_OFF = 10_000;

export interface PassResult {
  readonly job: string;
  readonly done: number;
  readonly failed: number;
}

interface Backoff {
  readonly failures: number;
  readonly notBefore: Millis;
}

export interface ScheduleOptions {
  readonly jobs: readonly Job[];
  readonly clock: Clock;
  /** Told of every pass that did something, for metrics. */
  readonly onPass?: (result: PassResult) => void;
  /** Told of what failed other than by a refusal. The schedule goes on: the task is tried again. */
  readonly onError?: (job: string, error: unknown) => void;
}

export class Schedule {
  readonly #options: ScheduleOptions;
  readonly #backoffs = new Map<string, Backoff>();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<unknown> = Promise.resolve();
  /** Tasks that no pass waits for, by job and key. */
  readonly #underWay = new Map<string, Promise<void>>();
  #isStopped = false;

  constructor(options: ScheduleOptions) {
    this.#options = options;
  }

  /**
   * Looks for due work now, and from then on each TICK_INTERVAL_MS after the last look has ended.
   */
  start(): void {
    void this.pass().finally(() => {
      if (this.#isStopped) return;
      this.#timer = setTimeout(() => this.start(), TICK_INTERVAL_MS).unref();
    });
  }

  /** Waits for the tasks under way; those after them stay due. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#running;
    await this.settled();
  }

  /** Resolves once there is nothing under way that passes do not wait for. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay.values());
  }

  /**
   * Does what is due now, a bounded part of it, one after the other; passes never overlap. Never
   * rejects.
   */
  pass(): Promise<readonly PassResult[]> {
    const mine = this.#running.then(() => this.#pass());
    this.#running = mine;
    return mine;
  }

  async #pass(): Promise<readonly PassResult[]> {
    const results: PassResult[] = [];
    for (const job of this.#options.jobs) {
      if (this.#isStopped) break;
      const result = await (job.atOnce === undefined
        ? this.#passOf(job)
        : this.#startOf(job, job.atOnce));
      if (result.done + result.failed > 0) this.#options.onPass?.(result);
      results.push(result);
    }
    return results;
  }

  async #passOf(job: Job): Promise<PassResult> {
    let done = 0;
    let failed = 0;
    for (const task of await this.#dueOf(job)) {
      if (this.#isStopped) break;
      if (await this.#attempt(job, task)) done += 1;
      else failed += 1;
    }
    return { job: job.name, done, failed };
  }

  /** Begins what there is room for, and tells of each when it has ended. */
  async #startOf(job: Job, atOnce: number): Promise<PassResult> {
    const isOf = (name: string): boolean => name.startsWith(`${job.name} `);
    for (const task of await this.#dueOf(job)) {
      const key = `${job.name} ${task.key}`;
      if (this.#isStopped || [...this.#underWay.keys()].filter(isOf).length >= atOnce) break;
      if (this.#underWay.has(key)) continue;
      this.#underWay.set(key, this.#attemptApart(job, task, key));
    }
    return { job: job.name, done: 0, failed: 0 };
  }

  async #attemptApart(job: Job, task: Task, key: string): Promise<void> {
    const isDone = await this.#attempt(job, task);
    this.#underWay.delete(key);
    this.#options.onPass?.({ job: job.name, done: Number(isDone), failed: Number(!isDone) });
  }

  /**
   * What is due and not waiting after a failure. Asks for so many more that those waiting cannot
   * hide the rest.
   */
  async #dueOf(job: Job): Promise<readonly Task[]> {
    const now = this.#options.clock.now();
    try {
      const due = await job.due(now, MAX_TASKS_PER_PASS + this.#backoffs.size);
      return due
        .filter(({ key }) => (this.#backoffs.get(`${job.name} ${key}`)?.notBefore ?? 0) <= now)
        .slice(0, MAX_TASKS_PER_PASS);
    } catch (error) {
      this.#options.onError?.(job.name, error);
      return [];
    }
  }

  async #attempt(job: Job, task: Task): Promise<boolean> {
    const key = `${job.name} ${task.key}`;
    let isDone = false;
    try {
      isDone = await task.run();
    } catch (error) {
      this.#options.onError?.(job.name, error);
    }
    if (isDone) this.#backoffs.delete(key);
    else this.#backOff(key);
    return isDone;
  }

  #backOff(key: string): void {
    const failures = (this.#backoffs.get(key)?.failures ?? 0) + 1;
    const waitMs = Math.min(FIRST_BACKOFF_MS * 2 ** (failures - 1), MAX_BACKOFF_MS);
    this.#backoffs.delete(key);
    this.#backoffs.set(key, { failures, notBefore: this.#options.clock.now() + waitMs });
    const oldest = this.#backoffs.keys().next().value;
    if (this.#backoffs.size > MAX_BACKING_OFF && oldest !== undefined) {
      this.#backoffs.delete(oldest);
    }
  }
}
