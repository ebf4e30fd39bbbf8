import { expect, it } from "vitest";
import { HeldLink } from "./held-link.ts";
import type { Link } from "./sink.ts";

it("a link that does not end what it was told to end is closed, and another one used in its place", async () => {
  const closed: number[] = [];
  const used: number[] = [];
  let opened = 0;
  const open = (): Link => {
    const number = opened++;
    return {
      send: () => {
        used.push(number);
        return number === 0
          ? new Promise(() => undefined)
          : Promise.resolve({ isAcknowledged: true, rejected: [] });
      },
      confirm: () => Promise.resolve(),
      close: () => Promise.resolve(void closed.push(number)),
    };
  };
  const link = new HeldLink(open, { sendTimeoutMs: 5, abortGraceMs: 5 });
  const never = new AbortController().signal;
  await expect(link.send([], never)).rejects.toMatchObject({ name: "TimeoutError" });
  expect(closed).toEqual([0]);
  await link.send([], never);
  expect(used).toEqual([0, 1]);
});
