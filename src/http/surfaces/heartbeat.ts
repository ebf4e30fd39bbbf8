/** `/v1/heartbeat`, by which DSV's clients find out whether a tenant is there and has been initialised. */
import type { FastifyInstance } from "fastify";

/** It has been: the server makes its first account when it first starts. */
const INITIALISED = 1;

export function heartbeatSurface(server: FastifyInstance): void {
  server.get("/v1/heartbeat", (_request, reply) =>
    reply.header("cache-control", "no-store").send({ StatusCode: INITIALISED, Message: "" }),
  );
}
