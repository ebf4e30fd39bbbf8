/** What IBM's wires of identities have in common: a bearer token, and the caller's own account for a place. */
import {
  authenticateOverConnections,
  type AuthenticationPorts,
} from "../../../app/identity/authenticate.ts";
import { operatorPlace } from "../../../audit/crn.ts";
import { accountPlace } from "../../../identity/account.ts";
import type { Dialect } from "../../dialect.ts";
import type { Route } from "../../route.ts";

export interface AccountWire extends Pick<Dialect, "refusal" | "outage" | "fault"> {
  readonly routes: readonly Route[];
  /** The paths that are this wire's, also where no route fits. */
  readonly paths: RegExp;
}

/** A caller whom nobody knows speaks to the installation's first account: its owner must hear of the attempt. */
export function accountDialect(
  { routes, paths, refusal, outage, fault }: AccountWire,
  ports: AuthenticationPorts,
): Dialect {
  const authenticate = authenticateOverConnections(ports);
  return {
    name: "ibm",
    routes,
    owns: (path) => paths.test(path),
    authenticate: (request) => authenticate(request.headers.authorization, request.socket),
    place: async (_request, caller) => {
      if (caller.kind === "identity") return accountPlace(caller.account);
      const [first] = await ports.state.read(({ identity }) => identity.accounts());
      return first ? accountPlace(first.id) : operatorPlace();
    },
    refusal,
    outage,
    fault,
    headers: ({ requestId }) => ({
      "Transaction-Id": requestId,
      "X-Global-Transaction-Id": requestId,
    }),
  };
}
