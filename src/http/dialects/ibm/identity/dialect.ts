/**
 * IBM's IAM Identity wire: `/identity/…`. Apart from the rest of IBM's dialect, since its calls bring their credential
 * in the body, are addressed to no account, and are refused in a form of their own.
 */
import { issueToken } from "../../../../app/identity/issue-token.ts";
import { openSession } from "../../../../app/identity/open-session.ts";
import { operatorPlace } from "../../../../audit/crn.ts";
import type { Dialect } from "../../../dialect.ts";
import { route, type Route } from "../../../route.ts";
import { encodeTokens } from "./token-answer.ts";
import { encodeFault, encodeOutage, encodeRefusal } from "./token-errors.ts";
import { decodeTokenRequest } from "./token-request.ts";

const wire = {
  method: "POST",
  url: "/identity/token",
  decode: decodeTokenRequest,
  encode: encodeTokens,
} as const;
const byDefaultClient = route({ ...wire, operation: issueToken });
const byNamedClient = route({ ...wire, operation: openSession });

/** A login. A client that names itself in the Basic header gets a session with refresh tokens. */
const token: Route = {
  ...byDefaultClient,
  perform: (performer, call, request) =>
    (request.headers.authorization === undefined ? byDefaultClient : byNamedClient).perform(
      performer,
      call,
      request,
    ),
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
