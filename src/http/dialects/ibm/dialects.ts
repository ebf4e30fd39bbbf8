/** Every wire of IBM's. Logging in stands first: it also answers what belongs to none of them. */
import type { CookiePorts } from "../../../app/identity/authenticate.ts";
import type { Dialect } from "../../dialect.ts";
import { ibmDialect, type IbmPorts } from "./dialect.ts";
import { groupsDialect } from "./groups/dialect.ts";
import { iamDialect } from "./iam/dialect.ts";
import { ibmIdentityDialect, sessionsDialect } from "./identity/dialect.ts";
import { policiesDialect } from "./policies/dialect.ts";

export function ibmDialects(
  ports: IbmPorts & CookiePorts,
): readonly [Dialect, ...Dialect[]] {
  return [
    ibmIdentityDialect,
    sessionsDialect(ports),
    ibmDialect(ports),
    iamDialect(ports),
    groupsDialect(ports),
    policiesDialect(ports),
  ];
}
