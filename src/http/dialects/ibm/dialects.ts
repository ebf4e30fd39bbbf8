/** Every wire of IBM's. Logging in stands first: it also answers what belongs to none of them. */
import type { CookiePorts } from "../../../app/identity/authenticate.ts";
import type { Dialect } from "../../dialect.ts";
import { routingDialect } from "./atracker/dialect.ts";
import { ibmDialect, type IbmPorts } from "./dialect.ts";
import { groupsDialect } from "./groups/dialect.ts";
import { iamDialect } from "./iam/dialect.ts";
import { ibmIdentityDialect, sessionsDialect } from "./identity/dialect.ts";
import { policiesDialect } from "./policies/dialect.ts";
import { v1Dialect } from "./v1/dialect.ts";
import { vaultDialect } from "./vault/dialect.ts";

export function ibmDialects(ports: IbmPorts & CookiePorts): readonly [Dialect, ...Dialect[]] {
  return [
    ibmIdentityDialect,
    sessionsDialect(ports),
    v1Dialect(ports),
    vaultDialect(ports),
    // Before what has the rest of `/api`.
    routingDialect(ports),
    ibmDialect(ports),
    iamDialect(ports),
    groupsDialect(ports),
    policiesDialect(ports),
  ];
}
