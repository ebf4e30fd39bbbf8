/** A right that a call turns out to need besides the one it was authorised by. */
import { catalogue, serviceOf, type OperationName } from "../../audit/catalogue.ts";
import { isAllowed } from "../../identity/authorize.ts";
import { rolesAllowing } from "../../identity/roles.ts";
import { Refusal } from "../../kernel/errors.ts";
import { isDeniedAnyOf } from "../judgement/document-reach.ts";
import { isWithinBounds, wholly } from "../judgement/judge.ts";
import type { Context } from "../operation.ts";
import type { View } from "../state.ts";
import { placeOf } from "./find.ts";

/** Whether the caller may do this too, in the account as a whole. */
export async function mayToo(permission: OperationName, context: Context<View>): Promise<boolean> {
  const { store, call, caller, now } = context;
  if (caller.kind !== "identity") return caller.kind === "internal";
  const place = placeOf(call);
  // As in `perform`: what an account gives everyone it gives its own.
  if (caller.account !== place.account) return false;
  if (!isWithinBounds(wholly(permission, place), { call, now })) return false;
  if (await isDeniedAnyOf([permission], place, context)) return false;
  const grants = await store.identity.grantsOf(caller.id, place.account, now);
  return isAllowed(grants, permission, { service: serviceOf(catalogue[permission].action), place });
}

/** Refuses a caller who may not; `what` is what takes the right. */
export async function assertMayToo(
  permission: OperationName,
  what: string,
  context: Context<View>,
): Promise<void> {
  if (await mayToo(permission, context)) return;
  const roles = rolesAllowing(permission);
  const sentence = `${what} needs one of the roles ${roles.join(", ")} here.`;
  throw new Refusal("forbidden", sentence, { permission, roles });
}
