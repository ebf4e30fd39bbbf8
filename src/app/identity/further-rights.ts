/** A right that a call turns out to need besides the one it was authorised by. */
import { catalogue, serviceOf, type OperationName } from "../../audit/catalogue.ts";
import { isAllowed } from "../../identity/authorize.ts";
import type { Context } from "../operation.ts";
import type { View } from "../state.ts";
import { placeOf } from "./find.ts";

/** Whether the caller may do this too, in the account as a whole. */
export async function mayToo(
  permission: OperationName,
  { store, call, caller, now }: Context<View>,
): Promise<boolean> {
  if (caller.kind !== "identity") return caller.kind === "internal";
  const place = placeOf(call);
  const grants = await store.identity.grantsOf(caller.id, place.account, now);
  return isAllowed(grants, permission, { service: serviceOf(catalogue[permission].action), place });
}
