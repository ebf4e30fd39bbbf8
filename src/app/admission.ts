/** Whether a call is let in: who calls, what they have been granted here, what it is about, and whether they may. */
import { catalogue, serviceOf, type OperationName } from "../audit/catalogue.ts";
import { isAddressAllowed } from "../identity/addresses.ts";
import type { Grant, Scope } from "../identity/authorize.ts";
import { rolesAllowing } from "../identity/roles.ts";
import type { Millis } from "../kernel/clock.ts";
import { Refusal } from "../kernel/errors.ts";
import type { Call, Caller } from "./call.ts";
import type { Context, Located, Steps } from "./operation.ts";
import type { View } from "./state.ts";

/** Whoever brings no credential, or one that is no good, gets no further than a login. */
export function identify(caller: Caller, { forAnyone }: { readonly forAnyone?: true }): void {
  if (caller.kind !== "anonymous") return;
  if (caller.refusal) throw caller.refusal;
  if (!forAnyone) throw new Refusal("unauthenticated", "The request carries no credential.");
}

/**
 * For changes: an instance may have been deleted while a call about it was on its way, and nothing is to come into one
 * that is no more. A reading finds nothing in it by itself.
 */
export async function assertStanding({ place }: Call, { identity }: View): Promise<void> {
  if (place.instance === null || (await identity.instance(place.instance))) return;
  throw new Refusal("not_found", "There is no such instance.");
}

/**
 * What the caller has been granted in the place of the call; the server's own jobs need no grant. Refuses calls from
 * where the caller's account lets none come from.
 */
export async function grantsOf(
  call: Call,
  view: View,
  now: Millis,
): Promise<readonly Grant[] | "all"> {
  const { caller, place, host } = call;
  if (caller.kind === "internal") return "all";
  if (caller.kind === "anonymous") return [];
  const access = await view.identity.accessOf(caller.id, caller.account, now);
  if (!isAddressAllowed(access.allowedIpAddresses, host.address)) {
    const sentence = "The account does not allow calls from this address.";
    throw new Refusal("forbidden", sentence, { reason: "address" });
  }
  // What an account gives everyone it gives its own: a host name may lead into another one's instance.
  return caller.account === place.account ? access.grants : [];
}

/**
 * Finds the target. To a caller who may not do this anywhere in the place, what does not exist and what may not be
 * seen look the same.
 */
export async function locate<
  Input extends object,
  Subject,
  Output extends object,
  Store extends View,
>(
  operation: Steps<Input, Subject, Output, Store> & { readonly name: OperationName },
  input: Input,
  context: Context<Store>,
): Promise<Located<Subject>> {
  try {
    return await operation.locate(input, context);
  } catch (error) {
    // What anybody may ask for hides nothing by being there or not.
    if (error instanceof Refusal && error.code === "not_found" && !operation.forAnyone) {
      const service = serviceOf(catalogue[operation.name].action);
      const whole = { service, place: context.call.place };
      if (isNowhere(context.scope(whole))) throw forbidden(operation.name, context.caller);
    }
    throw error;
  }
}

export function authorize<Store extends View>(
  permission: OperationName,
  located: Located<unknown>,
  context: Context<Store>,
): void {
  if (located.resource === null) return;
  const scope = context.scope(located.resource);
  if (scope.kind === "all" || (located.inPart && scope.groups.size > 0)) return;
  if (located.anywhere && context.parts().length > 0) return;
  throw forbidden(permission, context.caller);
}

function isNowhere(scope: Scope): boolean {
  return scope.kind === "groups" && scope.groups.size === 0;
}

function forbidden(permission: OperationName, caller: Caller): Refusal {
  if (caller.kind === "anonymous") {
    return new Refusal("unauthenticated", "The request carries no credential.");
  }
  const roles = rolesAllowing(permission);
  return new Refusal("forbidden", `This needs one of the roles ${roles.join(", ")} here.`, {
    permission,
    roles,
  });
}
