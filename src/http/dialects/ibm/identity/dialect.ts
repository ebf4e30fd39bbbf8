/**
 * IBM's IAM Identity wire: `/identity/…`. Apart from the rest of IBM's dialect, since its calls bring their credential
 * in the body, are addressed to no account, and are refused in a form of their own.
 */
import type { FastifyRequest } from "fastify";
import { endReplayedSession } from "../../../../app/identity/end-session.ts";
import { issueToken } from "../../../../app/identity/issue-token.ts";
import { operatorPlace } from "../../../../audit/crn.ts";
import type { Dialect } from "../../../dialect.ts";
import { route, type Route } from "../../../route.ts";
import { encodeTokens } from "./token-answer.ts";
import { encodeFault, encodeOutage, encodeRefusal } from "./token-errors.ts";
import { decodeTokenRequest } from "./token-request.ts";

const login = route({
  method: "POST",
  url: "/identity/token",
  operation: issueToken,
  decode: decodeTokenRequest,
  encode: encodeTokens,
});

/** A login; and after one that was refused for a used refresh token, the end of that session. */
const token: Route = {
  ...login,
  async perform(performer, call, request: FastifyRequest) {
    const performed = await login.perform(performer, call, request);
    if (performed.kind === "refused") {
      await endReplayedSession(performer, call, performed.refusal);
    }
    return performed;
  },
};

export const ibmIdentityDialect: Dialect = {
  name: "ibm",
  routes: [token],
  owns: (path) => path === "/identity" || path.startsWith("/identity/"),
  // The credential is in the body; the Basic header names the client, not the caller.
  authenticate: async () => ({ kind: "anonymous", refusal: null }),
  // A failed login belongs to no account; one that succeeds is recorded in its own.
  place: async () => operatorPlace(),
  refusal: encodeRefusal,
  outage: encodeOutage,
  fault: encodeFault,
  headers: ({ requestId }) => ({
    "Transaction-Id": requestId,
    "X-Global-Transaction-Id": requestId,
  }),
};
