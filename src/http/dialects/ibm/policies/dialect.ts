/** IBM's Policy Management wire (v1 and v2). */
import type { AuthenticationPorts } from "../../../../app/identity/authenticate.ts";
import type { Dialect } from "../../../dialect.ts";
import { accountDialect } from "../account-dialect.ts";
import { faultAnswer, outageAnswer, refusalAnswer } from "../errors.ts";

export function policiesDialect(ports: AuthenticationPorts): Dialect {
  return accountDialect(
    {
      routes: [],
      paths: /^\/v[12]\/(?:policies|roles)(?:\/|$)/,
      refusal: refusalAnswer,
      outage: outageAnswer,
      fault: faultAnswer,
    },
    ports,
  );
}
