/** `context`: what IBM's IAM Identity tells of a request in its answer, for those who look into a problem. */
import type { FastifyRequest } from "fastify";
import { MAX_AGENT_CHARS } from "../../../origin.ts";

export interface RequestContext {
  /** The request's id, by which the trail knows it too. */
  readonly transaction_id: string;
  /** Its method and the form of its path, without what was in the path. */
  readonly operation: string;
  readonly user_agent: string;
}

export function contextOf({ id, method, routeOptions, headers }: FastifyRequest): RequestContext {
  return {
    transaction_id: id,
    operation: `${method} ${routeOptions.url ?? ""}`.trimEnd(),
    user_agent: (headers["user-agent"] ?? "").slice(0, MAX_AGENT_CHARS),
  };
}
