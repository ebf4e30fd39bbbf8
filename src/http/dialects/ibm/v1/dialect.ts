/** The dialect of IBM Secrets Manager's version 1, under `/api/v1`: version 2's in all but its calls and its errors. */
import type { Dialect } from "../../../dialect.ts";
import { ibmDialect, type IbmPorts } from "../dialect.ts";
import { v1Errors } from "./errors.ts";
import { v1Routes } from "./router.ts";

const OWN_PATH = /^\/api\/v1(?:\/|$)/;

export function v1Dialect(ports: IbmPorts): Dialect {
  return {
    ...ibmDialect(ports),
    ...v1Errors,
    routes: v1Routes,
    owns: (path) => OWN_PATH.test(path),
  };
}
