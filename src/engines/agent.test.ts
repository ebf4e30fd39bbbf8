import { expect, it } from "vitest";
import { runAgent } from "./agent.ts";
import { keyFileText, newEngineKeys, readKeyFile } from "./engine-key.ts";

it("comes again later and later while there is nobody, and ends when it is told to", async () => {
  const holder = { engine: "9f73b433-39f1-492c-a2ed-a01102d8db1a", server: "here" };
  const key = readKeyFile(keyFileText(holder, newEngineKeys().privateKey).reveal());
  if (!key) throw new Error("what is given out is read back");
  const stop = new AbortController();
  const waits: number[] = [];
  const ended = await runAgent({
    url: new URL("http://127.0.0.1:1"),
    name: "e1",
    key,
    userAgent: "keytrail-engine/test",
    signal: stop.signal,
    firstBackoffMs: 8,
    tell(news) {
      if (news.event === "lost") waits.push(news.retryInMs);
      if (waits.length === 4) stop.abort();
    },
  });
  expect(ended).toEqual({ kind: "stopped" });
  expect(waits).toHaveLength(4);
  for (const [times, waitMs] of waits.entries()) {
    expect(waitMs).toBeGreaterThanOrEqual(4 * 2 ** times);
    expect(waitMs).toBeLessThanOrEqual(8 * 2 ** times);
  }
});
