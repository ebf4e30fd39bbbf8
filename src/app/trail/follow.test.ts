import { expect, it } from "vitest";
import { follow } from "./follow.ts";
import { TURN_MS } from "./turns.ts";

const LINES = 20;

it("lets the event loop turn while it looks at what takes long", async () => {
  const controller = new AbortController();
  const log = {
    size: LINES,
    async *read() {
      yield { first: 0, lines: Array.from({ length: LINES }, () => new Uint8Array()) };
    },
    onAppended: () => () => {},
  };
  let turns = 0;
  const count = () => {
    turns += 1;
    if (!controller.signal.aborted) setImmediate(count);
  };
  setImmediate(count);
  const look = ({ index }: { readonly index: number }) => {
    const until = performance.now() + TURN_MS;
    while (performance.now() < until);
    return index % 2 === 0 ? index : undefined;
  };
  for await (const { found, next } of follow(log, 0, { look, signal: controller.signal })) {
    expect(found).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16, 18]);
    expect(next).toBe(LINES);
    controller.abort();
  }
  expect(turns).toBeGreaterThanOrEqual(LINES);
});
