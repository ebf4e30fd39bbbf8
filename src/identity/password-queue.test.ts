import { describe, expect, it } from "vitest";
import { MAX_HASHES_AT_ONCE, MAX_HASHES_WAITING, PasswordQueue } from "./password-queue.ts";

interface Work {
  readonly done: Promise<number>;
  readonly finish: () => void;
}

describe("the queue of slow hashes", () => {
  it("runs a few at a time, in the order in which they came, and refuses what is too many", async () => {
    const queue = new PasswordQueue();
    const begun: number[] = [];
    const asked = (n: number): Work => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const done = queue.run(async () => {
        begun.push(n);
        await promise;
        return n;
      });
      return { done, finish: resolve };
    };
    const most = MAX_HASHES_AT_ONCE + MAX_HASHES_WAITING;
    const works = Array.from({ length: most }, (_, n) => asked(n));
    await expect(asked(most).done).rejects.toMatchObject({ code: "rate_limited" });
    expect(begun).toEqual(Array.from({ length: MAX_HASHES_AT_ONCE }, (_, n) => n));
    for (const { finish, done } of works) {
      finish();
      await done;
    }
    expect(begun).toEqual(works.map((_, n) => n));
    const last = asked(most);
    last.finish();
    expect(await last.done).toBe(most);
  });

  it("goes on after work that fails", async () => {
    const queue = new PasswordQueue();
    const failing = Array.from({ length: MAX_HASHES_AT_ONCE * 2 }, () =>
      queue.run(() => Promise.reject(new Error("no memory"))),
    );
    expect((await Promise.allSettled(failing)).every(({ status }) => status === "rejected")).toBe(
      true,
    );
    expect(await queue.run(async () => 7)).toBe(7);
  });
});
