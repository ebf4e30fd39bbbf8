/** The native dialect: `/trail/v1`, and the log's entries. JSON, bearer tokens, `{"errors":[…],"trace"}`. */
import type { FastifyRequest } from "fastify";
import type { Caller } from "../../../app/call.ts";
import type { TrailReader } from "../../../app/trail/trail-reader.ts";
import { operatorPlace, type Place } from "../../../audit/crn.ts";
import type { Dialect } from "../../dialect.ts";
import { accessRoutes } from "./access.ts";
import { destinationRoutes } from "./destinations.ts";
import { faultAnswer, outageAnswer, refusalAnswer } from "./errors.ts";
import { eventRoutes } from "./events.ts";
import { exportRoute } from "./export-stream.ts";
import { instanceRoutes } from "./instances.ts";
import { logEntriesRoute } from "./log-entries.ts";
import type { NativeRoute } from "./native-route.ts";
import { receiptRoute } from "./receipts.ts";
import { rootKeyRoutes } from "./root-key.ts";
import { tailRoute, type Tails } from "./tail.ts";
import type { TailTimes } from "./tail-stream.ts";

/** From an `Authorization` header to a caller; never throws a Refusal. */
export type Authenticate = (authorization: string | undefined) => Promise<Caller>;

export interface NativePorts {
  readonly trail: TrailReader;
  readonly authenticate: Authenticate;
  /** Kept by the server, which ends them when it closes. */
  readonly tails: Tails;
  readonly tailTimes?: TailTimes;
  /** Routes of other areas that speak this dialect. */
  readonly routes?: readonly NativeRoute[];
}

/** Every route of the dialect, in the order of the document. */
export function nativeRoutes(ports: NativePorts): readonly NativeRoute[] {
  const { trail, authenticate, tails, tailTimes, routes = [] } = ports;
  return [
    ...eventRoutes,
    tailRoute({ trail, authenticate, tails, ...(tailTimes ? { times: tailTimes } : {}) }),
    exportRoute(trail),
    receiptRoute,
    ...accessRoutes,
    logEntriesRoute,
    ...rootKeyRoutes,
    ...instanceRoutes,
    ...destinationRoutes,
    ...routes,
  ];
}

export function nativeDialect(
  ports: Pick<NativePorts, "authenticate">,
  routes: readonly NativeRoute[],
): Dialect {
  return {
    name: "native",
    routes: routes.map(({ route }) => route),
    owns: (path) => /^\/(?:trail|log)(?:\/|$)/.test(path),
    authenticate: ({ headers }: FastifyRequest) => ports.authenticate(headers.authorization),
    place: async (_request, caller) => placeOf(caller),
    refusal: refusalAnswer,
    outage: outageAnswer,
    fault: faultAnswer,
    headers: ({ requestId }) => ({
      "x-request-id": requestId,
      "X-Global-Transaction-Id": requestId,
    }),
  };
}

/** Where a caller is at home. Whoever is nobody stands in the operator's own stream. */
function placeOf(caller: Caller): Place {
  if (caller.kind !== "identity") return operatorPlace();
  return { account: caller.account, region: "global", instance: null };
}
