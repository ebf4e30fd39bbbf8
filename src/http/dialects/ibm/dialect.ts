/** The dialect of IBM Secrets Manager, under `/api`. IAM has a folder of its own beside this one. */
import {
  authenticateOverConnections,
  type AuthenticationPorts,
} from "../../../app/identity/authenticate.ts";
import type { Regions } from "../../../identity/region.ts";
import type { Dialect, Exchange } from "../../dialect.ts";
import { configurationRoutes } from "./configurations/router.ts";
import { endpointsRoute } from "./endpoints.ts";
import { faultAnswer, outageAnswer, refusalAnswer } from "./errors.ts";
import { notificationRoutes } from "./notifications/router.ts";
import { placeOf } from "./place.ts";
import { groupRoutes, lockRoutes, secretRoutes, versionRoutes } from "./router.ts";
import { taskRoutes } from "./tasks-router.ts";

export interface IbmPorts extends AuthenticationPorts {
  readonly regions: Regions;
}

/** What is no version at all as well: refused here, in the same form. Version 1 has a dialect of its own. */
const OWN_PATH = /^\/api(?:\/|$)/;

export function ibmDialect(ports: IbmPorts): Dialect {
  const authenticate = authenticateOverConnections(ports);
  return {
    name: "ibm",
    routes: [
      ...secretRoutes,
      ...versionRoutes,
      ...groupRoutes,
      ...lockRoutes,
      ...configurationRoutes,
      ...taskRoutes,
      endpointsRoute,
      ...notificationRoutes,
    ],
    owns: (path) => OWN_PATH.test(path),
    authenticate: (request) => authenticate(request.headers.authorization, request.socket),
    place: (request, caller) =>
      ports.state.read(({ identity }) =>
        placeOf(request, caller, { identity, regions: ports.regions }),
      ),
    refusal: refusalAnswer,
    outage: outageAnswer,
    fault: faultAnswer,
    headers,
  };
}

/** The names by which IBM's services and tools hand a request's ids on. */
function headers({ requestId, correlationId }: Exchange): Readonly<Record<string, string>> {
  return {
    "X-Correlation-Id": correlationId,
    "X-Request-Id": requestId,
    "X-Global-Transaction-Id": requestId,
    "Transaction-Id": correlationId,
  };
}
