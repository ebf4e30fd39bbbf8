import fastify from "fastify";
import { describe, expect, it } from "vitest";
import { healthSurface, type HealthPorts } from "./health.ts";

const working: HealthPorts = {
  trail: () => "open",
  vault: () => "unsealed",
  size: () => 10,
  indexed: () => 10,
  delivery: () => ({ failing: 0, overdue: 0, isBlocking: false }),
};

async function ready(over: Partial<HealthPorts>) {
  const server = fastify();
  healthSurface({ ...working, ...over })(server);
  const response = await server.inject("/readyz");
  const alive = await server.inject("/healthz");
  await server.close();
  return { code: response.statusCode, alive: alive.statusCode, body: response.json() };
}

describe("readiness", () => {
  it.each<[Partial<HealthPorts>, number]>([
    [{}, 200],
    [{ trail: () => "refusing" }, 503],
    [{ trail: () => "stopped" }, 503],
    [{ vault: () => "sealed" }, 503],
    [{ indexed: () => 0 }, 200],
    [{ delivery: () => ({ failing: 2, overdue: 1, isBlocking: false }) }, 200],
    [{ delivery: () => ({ failing: 1, overdue: 1, isBlocking: true }) }, 503],
  ])("with %o is %i", async (over, code) => {
    const answered = await ready(over);
    const { failing, overdue } = over.delivery?.() ?? { failing: 0, overdue: 0 };
    expect([answered.code, answered.alive]).toEqual([code, 200]);
    expect(answered.body).toEqual({
      status: code === 200 ? "ready" : "not ready",
      trail: over.trail?.() ?? "open",
      vault: over.vault?.() ?? "unsealed",
      index: { size: 10, indexed: over.indexed?.() ?? 10 },
      delivery: { failing, overdue },
    });
  });
});
