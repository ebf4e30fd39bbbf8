/**
 * `GET /api/v1/instances/{crn}/endpoints`: where an instance is to be called. The one call of version 1 that version 2
 * has nothing in place of.
 */
import type { FastifyRequest } from "fastify";
import {
  readEndpoints,
  readEndpointsInput,
  type InstanceEndpoints,
  type ReadEndpointsInput,
} from "../../../app/instances/read-endpoints.ts";
import type { Route } from "../../route.ts";
import { line, ok } from "./line.ts";
import { segment } from "./path.ts";

export const endpointsRoute: Route = line("GET /api/v1/instances/:crn/endpoints", readEndpoints, [
  decodeEndpoints,
  ok(endpointsBody),
]);

function decodeEndpoints(request: FastifyRequest): ReadEndpointsInput {
  const { protocol: scheme, host } = request;
  return readEndpointsInput(segment(request, "crn"), { scheme, host });
}

/** An installation is reached in one way: what it says of IBM's private network is the same as of the public one. */
function endpointsBody({ url }: InstanceEndpoints): object {
  const endpoints = { service_api: `${url}/api`, vault_api: url };
  return { public_endpoints: endpoints, private_endpoints: endpoints };
}
