/** Health for whatever watches the process: `/healthz` it lives, `/readyz` it can do its work. */
import type { FastifyInstance } from "fastify";

export interface HealthPorts {
  /** Whether an event could be recorded now. */
  readonly trail: () => "open" | "refusing" | "stopped";
  /** Whether secret values can be opened. */
  readonly vault: () => "unsealed" | "sealed";
  readonly size: () => number;
  readonly indexed: () => number;
  readonly delivery: () => DeliveryHealth;
}

/** Destinations of the trail, counted. */
export interface DeliveryHealth {
  readonly failing: number;
  /** Required ones that are further behind than they may be: their accounts' operations are refused. */
  readonly overdue: number;
  /** Whether everybody's operations are, as one of the operator's own is among them. */
  readonly isBlocking: boolean;
}

/**
 * Ready is: the trail can be written, the vault is unsealed, and no destination without which nothing is to happen is too
 * far behind. An index that is behind is told and does not count, since nothing that is recorded waits for it; nor does
 * a destination of one account, which is nothing to the others.
 */
export function healthSurface(ports: HealthPorts): (server: FastifyInstance) => void {
  return (server) => {
    server.get("/healthz", (_request, reply) =>
      reply.header("cache-control", "no-store").send({ status: "ok" }),
    );
    server.get("/readyz", (_request, reply) => {
      const [trail, vault] = [ports.trail(), ports.vault()];
      const { isBlocking, failing, overdue } = ports.delivery();
      const isReady = trail === "open" && vault === "unsealed" && !isBlocking;
      return reply
        .code(isReady ? 200 : 503)
        .header("cache-control", "no-store")
        .send({
          status: isReady ? "ready" : "not ready",
          trail,
          vault,
          index: { size: ports.size(), indexed: ports.indexed() },
          delivery: { failing, overdue },
        });
    });
  };
}
