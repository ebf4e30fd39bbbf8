/**
 * The dialect of the Vault-compatible surface: version 2's place and headers, with Vault's header for the token and
 * Vault's forms. A token is an access token, whichever of the two headers it comes in.
 */
import type { FastifyRequest } from "fastify";
import type { Caller } from "../../../../app/call.ts";
import {
  authenticateBearer,
  authenticateOverConnections,
} from "../../../../app/identity/authenticate.ts";
import type { Dialect } from "../../../dialect.ts";
import { ibmDialect, type IbmPorts } from "../dialect.ts";
import { vaultErrors } from "./errors.ts";
import { LOGIN, tokenIn } from "./login.ts";
import { vaultRoutes } from "./router.ts";

const OWN_PATH = /^\/v1\/(?:ibmcloud|auth|sys)(?:\/|$)/;

const NOBODY: Caller = { kind: "anonymous", refusal: null };

export function vaultDialect(ports: IbmPorts): Dialect {
  const base = ibmDialect(ports);
  const authenticate = authenticateOverConnections(ports);
  return {
    ...base,
    ...vaultErrors,
    routes: vaultRoutes,
    owns: (path) => OWN_PATH.test(path),
    authenticate: async (request) =>
      // Vault's command line sends the token it has along when it asks for a new one.
      isLogin(request) ? NOBODY : authenticate(authorizationOf(request), request.socket),
    place: async (request, caller) =>
      base.place(request, isLogin(request) ? await whoLogsIn(request, ports) : caller),
  };
}

function isLogin(request: FastifyRequest): boolean {
  return request.routeOptions.url === LOGIN;
}

function authorizationOf({ headers }: FastifyRequest): string | undefined {
  const token = headers["x-vault-token"];
  return typeof token === "string" ? `Bearer ${token}` : headers.authorization;
}

/** Behind an address that names no instance, the one that is logged in to is of the account that the token is of. */
async function whoLogsIn(request: FastifyRequest, ports: IbmPorts): Promise<Caller> {
  const token = tokenIn(request);
  return token ? authenticateBearer(`Bearer ${token.reveal()}`, ports) : NOBODY;
}
