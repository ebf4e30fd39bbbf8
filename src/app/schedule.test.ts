import { describe, expect, it } from "vitest";
import { ManualClock } from "../kernel/clock.ts";
import {
  FIRST_BACKOFF_MS,
  MAX_BACKOFF_MS,
  MAX_TASKS_PER_PASS,
  Schedule,
  type Job,
  type PassResult,
} from "./schedule.ts";

/** A job whose things fall due and, unless they are told to fail, are done. */
class Chores implements Job {
  readonly name: string;
  readonly left: string[];
  readonly attempts: string[] = [];
  readonly failing = new Set<string>();
  asked = 0;

  constructor(name: string, left: readonly string[]) {
    this.name = name;
    this.left = [...left];
  }

  async due(_now: number, limit: number) {
    this.asked = limit;
    return this.left.slice(0, limit).map((key) => ({ key, run: () => this.#run(key) }));
  }

  async #run(key: string): Promise<boolean> {
    this.attempts.push(key);
    if (key.startsWith("throws")) throw new Error(key);
    if (this.failing.has(key)) return false;
    this.left.splice(this.left.indexOf(key), 1);
    return true;
  }
}

const clock = () => new ManualClock(1_000_000);

describe("the schedule", () => {
  it("does what is due, once each, oldest first", async () => {
    const job = new Chores("chores", ["a", "b", "c"]);
    const schedule = new Schedule({ jobs: [job], clock: clock() });
    await Promise.all([schedule.pass(), schedule.pass()]);
    await schedule.pass();
    expect(job.attempts).toEqual(["a", "b", "c"]);
  });

  it("does a bounded part of it in one pass, the rest in the next", async () => {
    const job = new Chores(
      "chores",
      Array.from({ length: MAX_TASKS_PER_PASS + 5 }, (_, i) => `task-${i}`),
    );
    const schedule = new Schedule({ jobs: [job], clock: clock() });
    expect(await schedule.pass()).toEqual([{ job: "chores", done: MAX_TASKS_PER_PASS, failed: 0 }]);
    expect(await schedule.pass()).toEqual([{ job: "chores", done: 5, failed: 0 }]);
  });

  it("tries what failed again after a minute, then after twice as long, up to an hour", async () => {
    const now = clock();
    const job = new Chores("chores", ["bad"]);
    job.failing.add("bad");
    const schedule = new Schedule({ jobs: [job], clock: now });
    let waitMs = FIRST_BACKOFF_MS;
    await schedule.pass();
    for (let attempts = 1; attempts < 10; attempts++) {
      now.advance(waitMs - 1);
      await schedule.pass();
      expect(job.attempts).toHaveLength(attempts);
      now.advance(1);
      await schedule.pass();
      expect(job.attempts).toHaveLength(attempts + 1);
      waitMs = Math.min(waitMs * 2, MAX_BACKOFF_MS);
    }
    job.failing.clear();
    now.advance(MAX_BACKOFF_MS);
    expect(await schedule.pass()).toEqual([{ job: "chores", done: 1, failed: 0 }]);
  });

  it("counts failures anew once the task has been done", async () => {
    const now = clock();
    const job = new Chores("chores", ["task"]);
    const schedule = new Schedule({ jobs: [job], clock: now });
    job.failing.add("task");
    await schedule.pass();
    now.advance(FIRST_BACKOFF_MS);
    job.failing.clear();
    await schedule.pass();
    job.left.push("task");
    job.failing.add("task");
    await schedule.pass();
    now.advance(FIRST_BACKOFF_MS);
    await schedule.pass();
    expect(job.attempts).toHaveLength(4);
  });

  it("is not held up by what fails, however much of it there is", async () => {
    const failing = Array.from({ length: 3 * MAX_TASKS_PER_PASS }, (_, i) => `bad-${i}`);
    const job = new Chores("chores", [...failing, "good"]);
    for (const key of failing) job.failing.add(key);
    const schedule = new Schedule({ jobs: [job], clock: clock() });
    for (let i = 0; i < 4; i++) await schedule.pass();
    expect(job.attempts.at(-1)).toBe("good");
    expect(job.attempts).toHaveLength(failing.length + 1);
  });

  it("tells of errors, and goes on with the other tasks and jobs", async () => {
    const broken: Job = { name: "broken", due: async () => Promise.reject(new Error("no store")) };
    const job = new Chores("chores", ["throws", "fine"]);
    const errors: unknown[] = [];
    const passes: PassResult[] = [];
    const schedule = new Schedule({
      jobs: [broken, job],
      clock: clock(),
      onError: (name, error) => errors.push([name, String(error)]),
      onPass: (result) => passes.push(result),
    });
    await schedule.pass();
    expect(errors).toEqual([
      ["broken", "Error: no store"],
      ["chores", "Error: throws"],
    ]);
    expect(passes).toEqual([{ job: "chores", done: 1, failed: 1 }]);
  });

  it("waits for no task of a job that does several at once, and begins none twice", async () => {
    const ends = new Map<string, () => void>();
    const begun: string[] = [];
    const job: Job = {
      name: "slow",
      atOnce: 2,
      due: async () =>
        ["a", "b", "c"].map((key) => ({
          key,
          run: () => {
            begun.push(key);
            return new Promise((resolve) => ends.set(key, () => resolve(true)));
          },
        })),
    };
    const other = new Chores("chores", ["d"]);
    const passes: PassResult[] = [];
    const onPass = (result: PassResult) => passes.push(result);
    const schedule = new Schedule({ jobs: [job, other], clock: clock(), onPass });
    await schedule.pass();
    await schedule.pass();
    expect([begun, other.attempts]).toEqual([["a", "b"], ["d"]]);
    ends.get("b")?.();
    await new Promise((resolve) => setImmediate(resolve));
    await schedule.pass();
    expect(begun).toEqual(["a", "b", "b"]);
    expect(passes).toContainEqual({ job: "slow", done: 1, failed: 0 });
    let isStopped = false;
    const stopping = schedule.stop().then(() => (isStopped = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isStopped).toBe(false);
    for (const end of ends.values()) end();
    await stopping;
    expect(isStopped).toBe(true);
  });

  it("stops after the task under way", async () => {
    const job = new Chores("chores", ["a", "b"]);
    const schedule = new Schedule({ jobs: [job], clock: clock() });
    const pass = schedule.pass();
    await Promise.resolve();
    const stopping = schedule.stop();
    await Promise.all([pass, stopping]);
    expect(job.attempts.length).toBeLessThan(2);
    await schedule.pass();
    expect(job.attempts.length).toBeLessThan(2);
  });
});
