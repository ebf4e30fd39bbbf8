/** IBM's event routing, line by line: method and path, the operation, and how it is read and shown. */
import type { FastifyRequest } from "fastify";
import {
  createRoute,
  deleteRoute,
  listRoutes,
  readRoute,
  updateRoute,
} from "../../../../app/destinations/routes.ts";
import {
  readRoutingSettings,
  updateRoutingSettings,
} from "../../../../app/destinations/routing-settings.ts";
import {
  createTarget,
  deleteTarget,
  listTargets,
  readTarget,
  updateTarget,
  validateTarget,
} from "../../../../app/destinations/targets.ts";
import type { Operation } from "../../../../app/operation.ts";
import { route, type Answer, type Method, type Route } from "../../../route.ts";
import * as routes from "./decode.ts";
import * as targets from "./decode-targets.ts";
import { deletedBody, routeBody, routeListBody, settingsBody } from "./encode.ts";
import { targetBody, targetListBody, validatedBody } from "./encode-targets.ts";

const TARGETS = "/api/v2/targets";
const ROUTES = "/api/v2/routes";
const SETTINGS = "/api/v2/settings";

export const routingRoutes: readonly Route[] = [
  line(`POST ${TARGETS}`, createTarget, [targets.decodeNewTarget, answered(201, targetBody)]),
  line(`GET ${TARGETS}`, listTargets, [targets.decodeTargetList, answered(200, targetListBody)]),
  line(`GET ${TARGETS}/:id`, readTarget, [routes.decodeId, answered(200, targetBody)]),
  line(`PUT ${TARGETS}/:id`, updateTarget, [targets.decodeTarget, answered(200, targetBody)]),
  line(`DELETE ${TARGETS}/:id`, deleteTarget, [routes.decodeId, deletedBody]),
  line(`POST ${TARGETS}/:id/validate`, validateTarget, [
    routes.decodeId,
    answered(200, validatedBody),
  ]),
  line(`POST ${ROUTES}`, createRoute, [routes.decodeNewRoute, answered(201, routeBody)]),
  line(`GET ${ROUTES}`, listRoutes, [routes.decodeRouteList, answered(200, routeListBody)]),
  line(`GET ${ROUTES}/:id`, readRoute, [routes.decodeId, answered(200, routeBody)]),
  line(`PUT ${ROUTES}/:id`, updateRoute, [routes.decodeRoute, answered(200, routeBody)]),
  line(`DELETE ${ROUTES}/:id`, deleteRoute, [routes.decodeId, () => ({ status: 204 })]),
  line(`GET ${SETTINGS}`, readRoutingSettings, [routes.decodeNothing, answered(200, settingsBody)]),
  line(`PUT ${SETTINGS}`, updateRoutingSettings, [
    routes.decodeSettings,
    answered(200, settingsBody),
  ]),
];

/** One line of the table: how IBM writes the call, the operation, and how its input and its output are written. */
function line<Input extends object, Subject, Output extends object>(
  call: `${Method} /${string}`,
  operation: Operation<Input, Subject, Output>,
  [decode, encode]: readonly [
    (request: FastifyRequest) => Input,
    (output: Output, request: FastifyRequest) => Answer,
  ],
): Route {
  const [method, url] = call.split(" ", 2) as [Method, string];
  const kind = url.startsWith(ROUTES) ? "route" : "destination";
  const about = url.includes("/:id") ? routes.about(kind) : () => null;
  return route({ method, url, operation, decode, encode, about });
}

function answered<Output>(status: number, body: (output: Output) => object) {
  return (output: Output): Answer => ({ status, body: body(output) });
}
