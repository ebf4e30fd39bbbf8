/** DSV's wire (Delinea DevOps Secrets Vault), under `/v1`: what of it is no other dialect's. */
import {
  authenticateOverConnections,
  type AuthenticationPorts,
} from "../../../app/identity/authenticate.ts";
import type { Caller } from "../../../app/call.ts";
import type { Dialect } from "../../dialect.ts";
import type { Route } from "../../route.ts";
import { faultAnswer, outageAnswer, refusalAnswer } from "./errors.ts";
import { placeOf } from "./place.ts";
import { auditRoutes } from "./audit.ts";
import { authProvidersRoutes } from "./auth-providers.ts";
import { clientsRoutes } from "./clients.ts";
import { configRoutes } from "./config.ts";
import { cryptoRoutes } from "./crypto.ts";
import { enginesRoutes } from "./engines.ts";
import { groupsRoutes } from "./groups.ts";
import { homesRoutes } from "./homes.ts";
import { pkiRoutes } from "./pki.ts";
import { policiesRoutes } from "./policies.ts";
import { poolsRoutes } from "./pools.ts";
import { rolesRoutes } from "./roles.ts";
import { secretsRoutes } from "./secrets.ts";
import { siemRoutes } from "./siem.ts";
import { tasksRoutes } from "./tasks.ts";
import { tokensRoutes } from "./tokens.ts";
import { usageRoutes } from "./usage.ts";
import { usersRoutes } from "./users.ts";

const OWN_PATH = /^\/v1(?:\/|$)/;
const SCHEME = /^bearer /i;

const routes: readonly Route[] = [
  ...secretsRoutes,
  ...homesRoutes,
  ...usersRoutes,
  ...rolesRoutes,
  ...groupsRoutes,
  ...clientsRoutes,
  ...policiesRoutes,
  ...configRoutes,
  ...authProvidersRoutes,
  ...tokensRoutes,
  ...cryptoRoutes,
  ...pkiRoutes,
  ...poolsRoutes,
  ...enginesRoutes,
  ...tasksRoutes,
  ...siemRoutes,
  ...auditRoutes,
  ...usageRoutes,
];

/** Whoever asks for a token, or gives one back, often sends the last one along, which is no good any more. */
const FOR_ANYONE =
  /^\/v1\/(?:token|revoke|certificate\/auth|oidc\/auth|clients\/bootstrap)(?:\/|$)/;
const NOBODY: Caller = { kind: "anonymous", refusal: null };

export function dsvDialect(ports: AuthenticationPorts): Dialect {
  const authenticate = authenticateOverConnections(ports);
  return {
    name: "dsv",
    routes,
    owns: (path) => OWN_PATH.test(path),
    async authenticate(request) {
      const { headers, socket, routeOptions } = request;
      const caller = await authenticate(withScheme(headers.authorization), socket);
      const isNeeded = !FOR_ANYONE.test(routeOptions.url ?? "");
      return isNeeded || caller.kind !== "anonymous" ? caller : NOBODY;
    },
    place: (request, caller) => ports.state.read((view) => placeOf(request, caller, view)),
    refusal: refusalAnswer,
    outage: outageAnswer,
    fault: faultAnswer,
    headers: () => ({ "Strict-Transport-Security": "max-age=31536000; includeSubDomains" }),
  };
}

/** Some clients send a token bare, others with its scheme. */
function withScheme(authorization: string | undefined): string | undefined {
  if (authorization === undefined || SCHEME.test(authorization)) return authorization;
  return `Bearer ${authorization}`;
}
