/** `/metrics`, in the Prometheus text format. Its labels are closed sets and ids, so it tells nothing of anyone. */
import type { FastifyInstance } from "fastify";
import type { Metrics } from "../metrics.ts";

export function metricsSurface(metrics: Metrics): (server: FastifyInstance) => void {
  return (server) => {
    server.get("/metrics", async (_request, reply) => {
      const { contentType, body } = await metrics.text();
      return reply
        .header("content-type", contentType)
        .header("cache-control", "no-store")
        .send(body);
    });
  };
}
