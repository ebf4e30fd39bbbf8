/**
 * IBM's IAM Identity wire: `/identity/…`. Apart from the rest of IBM's dialect, since its calls are addressed to no
 * account, and are refused in a form of their own. In two parts: who logs in brings a credential in the body; who gets
 * a passcode or logs out is logged in.
 */
import type { FastifyRequest } from "fastify";
import {
  authenticateBearer,
  authenticateCookie,
  type AuthenticationPorts,
  type CookiePorts,
} from "../../../../app/identity/authenticate.ts";
import { issueToken } from "../../../../app/identity/issue-token.ts";
import { openSession } from "../../../../app/identity/open-session.ts";
import type { Caller } from "../../../../app/call.ts";
import { operatorPlace } from "../../../../audit/crn.ts";
import { accountPlace } from "../../../../identity/account.ts";
import type { Dialect } from "../../../dialect.ts";
import { route, type Route } from "../../../route.ts";
import { federationRoutes } from "./federation.ts";
import { cookieIn } from "./identity-cookie.ts";
import { foreignOrigin, isOwnOrigin } from "./own-origin.ts";
import { pageLogin, sessionRoutes } from "./session-routes.ts";
import { encodeTokens } from "./token-answer.ts";
import { encodeFault, encodeOutage, encodeRefusal } from "./token-errors.ts";
import { decodeKeyLogin, decodeTokenRequest, isBareKeyLogin } from "./token-request.ts";

const wire = { method: "POST", url: "/identity/token", encode: encodeTokens } as const;
const withoutSession = route({ ...wire, operation: issueToken, decode: decodeKeyLogin });
const withSession = route({ ...wire, operation: openSession, decode: decodeTokenRequest });

/** A login. An API key of a client that does not name itself leaves nothing behind; everything else a session. */
const token: Route = {
  ...withoutSession,
  perform: (performer, call, request) =>
    (isBareKeyLogin(request) ? withoutSession : withSession).perform(performer, call, request),
};

const NOBODY: Caller = { kind: "anonymous", refusal: null };

const form: Pick<Dialect, "name" | "refusal" | "outage" | "fault" | "headers"> = {
  name: "ibm",
  refusal: encodeRefusal,
  outage: encodeOutage,
  fault: encodeFault,
  headers: ({ requestId }) => ({
    "Transaction-Id": requestId,
    "X-Global-Transaction-Id": requestId,
  }),
};

export const ibmIdentityDialect: Dialect = {
  ...form,
  routes: [token, pageLogin, ...federationRoutes],
  owns: (path) => path === "/identity" || path.startsWith("/identity/"),
  // The credential is in the body; the Basic header names the client, not the caller.
  authenticate: async () => NOBODY,
  // A failed login belongs to no account; one that succeeds is recorded in its own.
  place: async () => operatorPlace(),
};

/** Calls of people and programs that are logged in, on the same paths. */
export function sessionsDialect(ports: AuthenticationPorts & CookiePorts): Dialect {
  return {
    ...form,
    routes: sessionRoutes,
    owns: () => false,
    authenticate: (request) => whoSends(request, ports),
    place: async (_request, caller) =>
      caller.kind === "identity" ? accountPlace(caller.account) : operatorPlace(),
  };
}

/** A browser sends its cookie whoever has it do so: it counts for pages of this server only. */
async function whoSends(
  request: FastifyRequest,
  ports: AuthenticationPorts & CookiePorts,
): Promise<Caller> {
  const { authorization } = request.headers;
  const namesClient = authorization !== undefined && /^basic /i.test(authorization);
  if (authorization !== undefined && !namesClient) return authenticateBearer(authorization, ports);
  const cookie = cookieIn(request);
  if (cookie === undefined) return NOBODY;
  if (!isOwnOrigin(request)) return { kind: "anonymous", refusal: foreignOrigin() };
  return authenticateCookie(cookie, ports);
}
