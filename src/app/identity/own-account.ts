/** Wires that name an account in a call name the caller's own: no other is served to it, or known to it. */
import { Refusal } from "../../kernel/errors.ts";
import type { Call } from "../call.ts";

export function assertOwnAccount(account: string | undefined, { place }: Call): void {
  if (account === undefined || account === place.account) return;
  throw new Refusal("not_found", "There is no such account for this caller.");
}
