/** IBM's IAM Identity wire: API keys, service IDs, trusted profiles, account settings. */
import type { AuthenticationPorts } from "../../../../app/identity/authenticate.ts";
import type { Dialect } from "../../../dialect.ts";
import { accountDialect } from "../account-dialect.ts";
import { faultAnswer, outageAnswer, refusalAnswer } from "./errors.ts";
import { profileRoutes } from "./profile-routes.ts";
import { apiKeyRoutes, serviceIdRoutes, settingsRoutes } from "./router.ts";

export function iamDialect(ports: AuthenticationPorts): Dialect {
  return accountDialect(
    {
      routes: [...apiKeyRoutes, ...serviceIdRoutes, ...profileRoutes, ...settingsRoutes],
      paths: /^\/v1\/(?:apikeys|serviceids|profiles|accounts)(?:\/|$)/,
      refusal: refusalAnswer,
      outage: outageAnswer,
      fault: faultAnswer,
    },
    ports,
  );
}
