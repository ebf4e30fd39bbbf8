/** What is done all the same while a required destination is too far behind: what it takes to put that right. */
import { subjectOf, type OperationName, type Subject } from "../../audit/catalogue.ts";

const NEEDED: ReadonlySet<Subject> = new Set<Subject>([
  "destination",
  "route",
  "routing-settings",
  // To get in, and to see what is the matter.
  "event",
  "receipt",
  "log",
  "account",
  "federation",
  "certificate-challenge",
  "session",
  "refreshtoken",
  "passcode",
]);

/** Logins have names of their own: `user.login`, `apikey.login`. */
const LOGIN = /\.login$/;

/** Who administers an account need not be one of its Operators: after a recovery nobody may be. */
const GIVES_ROLE: OperationName = "policy.create";

export function needsRoom(operation: OperationName): boolean {
  if (operation === GIVES_ROLE || LOGIN.test(operation)) return false;
  return !NEEDED.has(subjectOf(operation));
}
