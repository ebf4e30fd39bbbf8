/**
 * IBM's Policy Management wire, version 1 and version 2: policies on users, service IDs, trusted profiles and access
 * groups, and the roles that they give. What IBM has besides, templates and their assignments to other accounts, is
 * refused in the same form.
 */
import type { AuthenticationPorts } from "../../../../app/identity/authenticate.ts";
import type { Dialect } from "../../../dialect.ts";
import { accountDialect } from "../account-dialect.ts";
import { faultAnswer, outageAnswer, refusalAnswer } from "./errors.ts";
import { policyRoutes, unservedRoleRoutes } from "./router.ts";

/** `/v1/roles` are DSV's: IBM's have been by version 2 alone. */
const PATHS =
  /^\/(?:v2\/roles|v[12]\/(?:policies|(?:policy|role|action_control)_(?:templates|assignments)))(?:\/|$)/;

export function policiesDialect(ports: AuthenticationPorts): Dialect {
  return accountDialect(
    {
      routes: [...policyRoutes, ...unservedRoleRoutes],
      paths: PATHS,
      refusal: refusalAnswer,
      outage: outageAnswer,
      fault: faultAnswer,
    },
    ports,
  );
}
