/** IBM's Access Groups wire (v2). */
import type { AuthenticationPorts } from "../../../../app/identity/authenticate.ts";
import type { Dialect } from "../../../dialect.ts";
import { accountDialect } from "../account-dialect.ts";
import { faultAnswer, outageAnswer } from "../errors.ts";
import { refusalAnswer } from "./errors.ts";
import { accessGroupRoutes } from "./router.ts";

export function groupsDialect(ports: AuthenticationPorts): Dialect {
  return accountDialect(
    {
      routes: accessGroupRoutes,
      paths: /^\/v2\/groups(?:\/|$)/,
      refusal: refusalAnswer,
      outage: outageAnswer,
      fault: faultAnswer,
    },
    ports,
  );
}
