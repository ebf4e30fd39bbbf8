/** What is done all the same while a required destination is too far behind: what it takes to put that right. */
import { subjectOf, type OperationName } from "../../audit/catalogue.ts";

const NEEDED: ReadonlySet<string> = new Set([
  "destination",
  "route",
  "routing-settings",
  // To get in, and to see what is the matter.
  "event",
  "receipt",
  "log",
  "account",
  "token",
  "user-token",
  "session",
  "refreshtoken",
  "passcode",
]);

/** Logins have names of their own: `user.login`, `apikey.login`. */
const LOGIN = /\.(?:login|begin|vouch)$/;

export function needsRoom(operation: OperationName): boolean {
  return !NEEDED.has(subjectOf(operation)) && !LOGIN.test(operation);
}
