/** Health for whatever watches the process: `/healthz` it lives, `/readyz` it can do its work. */
import type { FastifyInstance } from "fastify";

export interface HealthPorts {
  /** Whether an event could be recorded now. */
  readonly trail: () => "open" | "refusing" | "stopped";
  /** Whether secret values can be opened. */
  readonly vault: () => "unsealed" | "sealed";
  readonly size: () => number;
  readonly indexed: () => number;
}

/**
 * Ready is: the trail can be written and the vault is unsealed. An index that is behind is told and does not count,
 * since nothing that is recorded waits for it.
 */
export function healthSurface(ports: HealthPorts): (server: FastifyInstance) => void {
  return (server) => {
    server.get("/healthz", (_request, reply) =>
      reply.header("cache-control", "no-store").send({ status: "ok" }),
    );
    server.get("/readyz", (_request, reply) => {
      const [trail, vault] = [ports.trail(), ports.vault()];
      const isReady = trail === "open" && vault === "unsealed";
      return reply
        .code(isReady ? 200 : 503)
        .header("cache-control", "no-store")
        .send({
          status: isReady ? "ready" : "not ready",
          trail,
          vault,
          index: { size: ports.size(), indexed: ports.indexed() },
        });
    });
  };
}
