/**
 * IBM's Activity Tracker Event Routing, version 2: targets, the routes to them, and the account's settings of both. Its
 * paths lie under `/api`, as those of Secrets Manager do.
 */
import type { AuthenticationPorts } from "../../../../app/identity/authenticate.ts";
import type { Dialect } from "../../../dialect.ts";
import { accountDialect } from "../account-dialect.ts";
import { faultAnswer, outageAnswer, refusalAnswer } from "./errors.ts";
import { routingRoutes } from "./router.ts";

const PATHS = /^\/api\/v2\/(?:targets|routes|settings)(?:\/|$)/;

export function routingDialect(ports: AuthenticationPorts): Dialect {
  return accountDialect(
    {
      routes: routingRoutes,
      paths: PATHS,
      refusal: refusalAnswer,
      outage: outageAnswer,
      fault: faultAnswer,
    },
    ports,
  );
}
