/**
 * What whoever has credentials minted must be allowed already. The engine bounds what can be minted at all; but it may do
 * more than those who write secrets, and whoever holds a key is as good as its owner.
 */
import { catalogue, serviceOf, type OperationName } from "../../audit/catalogue.ts";
import type { Place } from "../../audit/crn.ts";
import { accountPlace, instancePlace, type Instance } from "../../identity/account.ts";
import { isAllowed, type Grant } from "../../identity/authorize.ts";
import { permissionsOf, type RoleName } from "../../identity/roles.ts";
import { Refusal } from "../../kernel/errors.ts";
import { isDeniedAnyOf } from "../judgement/document-reach.ts";
import { isWithinBounds, wholly } from "../judgement/judge.ts";
import type { Context } from "../operation.ts";
import type { View } from "../state.ts";
import { SERVICE } from "./find.ts";

/** What only those who manage an instance may do in it: they decide what is minted in it anyway. */
const MANAGES = "configuration.create";

/** For rights of access groups: refuses who may not create secrets in the instance as a whole. */
export async function assertWritesAll(context: Context<View>): Promise<void> {
  const { place } = context.call;
  if (await mayEach(["secret.create"], place, context)) return;
  throw refused(
    "Credentials of access groups are made by those who may create secrets in the whole instance, not in a secret group of it only.",
  );
}

/** For a role on an instance: refuses who does not have there all that it gives. */
export async function assertHasRole(
  role: RoleName,
  instance: Instance,
  context: Context<View>,
): Promise<void> {
  const place = instancePlace(instance);
  // Of what a role holds it gives on an instance what is this service's.
  const given = [...permissionsOf(role)].filter(
    (permission) => serviceOf(catalogue[permission].action) === SERVICE,
  );
  const isDenied = await isDeniedAnyOf(given, place, context);
  if (!isDenied && (await mayEach([MANAGES], place, context))) return;
  if (await mayEach(given, place, context)) return;
  throw refused(
    `Credentials with the role ${role} are made by those who have all that it gives on that instance themselves.`,
  );
}

/** For a key of a service ID that exists: refuses who could not make one of it in IAM. */
export async function assertMakesKeys(context: Context<View>): Promise<void> {
  const place = accountPlace(context.call.place.account);
  if (await mayEach(["serviceid-apikey.create"], place, context)) return;
  throw refused(
    "Credentials of a service ID that exists are made by those who may create API keys of it: Administrators and Editors.",
  );
}

/** Null: the server itself, which nothing binds. */
async function grantsOf({
  store,
  caller,
  call,
  now,
}: Context<View>): Promise<readonly Grant[] | null> {
  if (caller.kind === "internal") return null;
  if (caller.kind !== "identity" || caller.account !== call.place.account) return [];
  return store.identity.grantsOf(caller.id, caller.account, now);
}

async function mayEach(
  permissions: readonly OperationName[],
  place: Place,
  context: Context<View>,
): Promise<boolean> {
  const grants = await grantsOf(context);
  if (grants === null) return true;
  // Whoever bears them is somebody else, whom the denial does not name.
  if (await isDeniedAnyOf(permissions, place, context)) return false;
  return permissions.every(
    (permission) =>
      isAllowed(grants, permission, { service: serviceOf(catalogue[permission].action), place }) &&
      isWithinBounds(wholly(permission, place), context),
  );
}

function refused(sentence: string): Refusal {
  return new Refusal("forbidden", sentence, { reason: "bearer-rights" });
}
