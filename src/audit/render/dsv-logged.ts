/**
 * What DSV itself logs, of all that is recorded here (its documentation, "Available Audit Logs"): what its records are
 * cut to when they are asked for strictly.
 */
import { catalogue, operationNames, type OperationName } from "../catalogue.ts";

/** DSV logs what succeeds; of these also what is not there, or what cannot be taken. */
const LOGGED_FAILURES: Readonly<Record<string, readonly number[]>> = {
  "config:auth:{name}:version:{version} GET": [404],
  "config:auth:{name}:rollback:{version} PUT": [404],
  "config:policies:{path}:version:{version} GET": [404],
  "config:policies:{path}:rollback:{version} PUT": [404],
  "config GET": [404, 500],
  "config:version:{version} GET": [404, 500],
  "config POST": [400, 500],
  "secrets:{path} GET": [404],
  "secrets:{path}:version:{version} GET": [404],
  "secrets:{path}:rollback:{version} PUT": [404],
  "secrets:{path}::description GET": [404],
};

const NONE: readonly number[] = [];

/** Path and methods of every row but those that DSV says it does not log. */
const LOGGED = `
  clients POST GET | clients:{clientId} GET DELETE | clients:bootstrap:{clientId} GET | clients:{clientId}:restore GET
  config:auth POST GET | config:auth:{name} GET PUT DELETE | config:auth:{name}:version:{version} GET
  config:auth:{name}:rollback:{version} PUT | config:auth:{name}:restore GET
  config:policies POST GET | config:policies:{path} GET PUT DELETE | config:policies:{path}:version:{version} GET
  config:policies:{path}:rollback:{version} PUT
  config:siem POST | config:siem:{name} PUT GET DELETE
  crypto:key:{path} POST GET DELETE | crypto:key:{path}:restore PUT | crypto:rotate POST | crypto:encrypt POST
  crypto:decrypt POST
  engines POST | engines:{name} GET DELETE | engines:{name}:ping POST | pools POST | pools:{name} GET DELETE
  groups POST GET | groups:{name} GET DELETE | groups:{name}:members POST DELETE | groups:{name}:restore GET
  pki:register POST | pki:root POST | pki:sign POST | pki:leaf POST | pki:ssh-cert POST
  roles POST GET | roles:{name} PUT GET DELETE | roles:{name}:version:{version} GET | roles:{name}:restore GET
  task:status:{id} GET | token POST | revoke:{refreshtoken} POST
  users POST GET | users:{name} PUT GET DELETE | users:{name}:group GET | users:{name}:password POST
  users:{name}:version:{version} GET | users:{name}:restore GET
  config GET POST | config:version:{version} GET
  secrets GET | secrets:{path} GET POST PUT DELETE | secrets:{path}:version:{version} GET
  secrets:{path}:rollback:{version} PUT | secrets:{path}::description GET`;

const logged: ReadonlySet<string> = new Set(
  LOGGED.split(/[|\n]/).flatMap((row) => {
    const [path, ...methods] = row.trim().split(/\s+/);
    return methods.map((method) => `${path} ${method}`);
  }),
);

export interface LoggedOperation {
  readonly operation: OperationName;
  /** The statuses of failures that are logged too, besides the successes. */
  readonly failures: readonly number[] | "all";
}

export const loggedOperations: readonly LoggedOperation[] = operationNames.flatMap((operation) => {
  const row = catalogue[operation].dsv.join(" ");
  if (!logged.has(row)) return [];
  return [{ operation, failures: row === "token POST" ? "all" : (LOGGED_FAILURES[row] ?? NONE) }];
});
